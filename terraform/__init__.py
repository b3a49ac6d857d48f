"""Terraform's languages: what its JSON means."""
