"""CloudWatch's semantics."""
