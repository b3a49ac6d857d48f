"""Tests that deploy to a local AWS with the real Terraform and the real provider."""
