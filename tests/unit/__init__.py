"""Tests that need neither cdktf nor AWS: seconds for all of them."""
