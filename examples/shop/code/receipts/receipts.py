"""Writes the receipt of an order. It logs like structlog: JSON with lower-case levels."""

import json
import sys
import time
from datetime import datetime, timezone

SLOW_S = 5


def handler(event, context):
    """Render a receipt; the template and the e-mail address select the result."""
    started_s = time.monotonic()
    if event.get("template") == "tpl_large":
        time.sleep(SLOW_S)
    if "@" not in event["email"]:
        log("error", "receipt not sent", order=event["order"], reason="address is not valid")
        return {"status": "rejected"}
    text = f"Order {event['order']}: {event['total'] / 100:.2f} EUR"  # fails without a total
    log("info", "receipt sent", order=event["order"], duration=round(time.monotonic() - started_s, 4))
    return {"status": "sent", "characters": len(text)}


def log(level, event, **fields):
    """Write a line of the log."""
    timestamp = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
    print(json.dumps({**fields, "event": event, "level": level, "timestamp": timestamp}), file=sys.stdout)
