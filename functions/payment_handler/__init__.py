"""Charges card payments: `functions.payment_handler.handler.handle`."""
