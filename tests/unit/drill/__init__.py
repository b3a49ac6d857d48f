"""Tests of the drill's engine."""
