"""Scenarios: what happens over time, and what is expected of the alarms then. YAML in, frozen values out."""
