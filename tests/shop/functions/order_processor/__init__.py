"""A function of the tests' shop."""
