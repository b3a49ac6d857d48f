"""Long runs over inputs that nobody thought of: `python -m tests.fuzz.<name> --minutes 10`."""
