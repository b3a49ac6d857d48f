"""Tests that synthesize: they start Node."""
