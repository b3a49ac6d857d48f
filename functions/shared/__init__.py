"""Shared by all functions: validation, a log line per request, clients selected by environment variables."""
