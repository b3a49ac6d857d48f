"""The Lambda functions: a folder each, and `shared`. README.md has their contract with the platform."""
