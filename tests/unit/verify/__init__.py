"""Checks before a deployment."""
