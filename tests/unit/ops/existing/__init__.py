"""Existing resources of an account."""
