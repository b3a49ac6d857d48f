"""Reports of outcomes: a table for the terminal, JUnit XML for CI, and a timeline."""
