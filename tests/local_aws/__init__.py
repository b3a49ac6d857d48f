"""Tests of the local AWS: each answer of the gateway, and its process."""
