"""Functions of the tests' shop."""
