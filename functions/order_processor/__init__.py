"""Takes orders off a queue: `functions.order_processor.handler.handle`."""
