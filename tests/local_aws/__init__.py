"""Tests of the local AWS: each answer of the front, and its process."""
