"""The Terraform binary and its formats."""
