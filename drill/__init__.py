"""Rehearsal of alarms: would it fire, when, and whom would it reach? CloudWatch's documented semantics."""
