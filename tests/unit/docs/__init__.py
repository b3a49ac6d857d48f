"""Runbooks and documents."""
