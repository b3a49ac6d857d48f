"""Long runs with inputs of any kind: `python -m tests.fuzz.<name> --minutes N`."""
