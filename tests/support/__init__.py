"""Helpers and programs for developers of the platform; not tests."""
