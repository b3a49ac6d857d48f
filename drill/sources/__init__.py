"""Where a rehearsal's alarms are from: the catalog, synthesized Terraform, a live account, files."""
