"""Turns alarms and ECS events into messages for people: `functions.notifier.handler.handle`."""
