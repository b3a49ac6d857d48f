"""Calls of AWS: clients, timeouts, progress messages, and explanations of errors."""
