"""Views of a rehearsal: a table for the terminal, JUnit XML for CI, a timeline for eyes."""
