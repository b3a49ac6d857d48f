"""Sends alarms and ECS events as messages to people: `functions.notifier.handler.handle`."""
