"""Rehearsals of alarms and live drills: whether alarms fire, when, and which recipients are notified."""
