"""Existing resources: what the account has of them, what a file should have, and how the two differ."""
