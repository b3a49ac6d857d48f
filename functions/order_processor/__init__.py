"""Processes orders from a queue: `functions.order_processor.handler.handle`."""
