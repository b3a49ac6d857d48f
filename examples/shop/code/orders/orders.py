"""Stores the orders of a queue. It logs plain text: time, level, logger, message."""

import json
import logging

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True)
log = logging.getLogger("orders")


def handler(event, context):
    """Store each order; return the messages that failed, which SQS delivers again."""
    failed = [record["messageId"] for record in event["Records"] if not is_stored(record)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def is_stored(record):
    """Store the order of a message; return whether it is valid."""
    try:
        order = parsed(record["body"])
    except (KeyError, ValueError):
        log.exception("message %s is not an order", record["messageId"])
        return False
    if order["article"] == "art_locked":
        message = "database: could not obtain a lock"
        raise RuntimeError(message)  # fails the whole batch
    log.info("order %s stored", order["order"])
    return True


def parsed(body):
    """Return the order in the body of a message."""
    order = json.loads(body)
    if order["quantity"] < 1:
        message = f"quantity is {order['quantity']}"
        raise ValueError(message)
    return order
