"""CloudWatch's documented semantics as pure functions: what it takes, computes and decides."""
