"""Sources of alarms: the catalog, synthesized Terraform, a live account, and files."""
