"""The tests' own project."""
