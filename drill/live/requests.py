"""A request that asks a function to fail, in each of the forms in which requests reach functions.

The member `drill` goes into the request itself: the event, the JSON body of an HTTP request of API Gateway,
or the JSON body of each message of an SQS batch (functions/README.md, "Drills").
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from config.errors import CommandError

MEMBER = "drill"


def asking(event: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event that asks for `asked`; one that asks for nothing as it is.

    Raises:
        CommandError: the event carries a body that is no JSON object.
    """
    if not asked:
        return dict(event)
    records = event.get("Records")
    if isinstance(records, list):
        return {**event, "Records": [_with_body(record, asked) for record in records]}
    if isinstance(event.get("requestContext"), dict):
        return _with_body(event, asked)
    return {**event, MEMBER: dict(asked)}


def _with_body(carrier: Any, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401  # JSON
    body: Any = carrier.get("body") if isinstance(carrier, dict) else None
    try:
        text = base64.b64decode(body, validate=True) if carrier.get("isBase64Encoded") else body
        request = json.loads(text)
    except (AttributeError, TypeError, ValueError) as error:
        message = "the event's body is no JSON, so that nothing can be asked for in it"
        raise CommandError(message) from error
    if not isinstance(request, dict):
        message = "the event's body is no JSON object, so that nothing can be asked for in it"
        raise CommandError(message)
    changed = {**carrier, "body": json.dumps({**request, MEMBER: dict(asked)})}
    if "isBase64Encoded" in carrier:
        changed["isBase64Encoded"] = False
    return changed
