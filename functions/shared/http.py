"""Requests by direct invocation and by HTTP, and their responses.

Shapes of HTTP: "Set up Lambda proxy integrations for API Gateway" (REST) and "Create AWS Lambda proxy
integrations for HTTP APIs" (payload format 2.0, also of function URLs), both in the API Gateway Developer
Guide; "Lambda functions as targets" in the User Guide for Application Load Balancers.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from functions.shared.errors import InvalidRequestError
from functions.shared.sources import is_http
from functions.shared.validation import parse_json

_STATUS_CODES = {"approved": 201, "declined": 402, "invalid": 400}


def read_request(event: object) -> object:
    """Return the request: the event, or the JSON in an HTTP body.

    Raises:
        InvalidRequestError: The body is not JSON.
    """
    if not isinstance(event, dict) or not is_http(event):
        return event
    body = event.get("body")
    if event.get("isBase64Encoded") and isinstance(body, str):
        try:
            body = base64.b64decode(body, validate=True).decode("utf-8")
        except ValueError:  # covers binascii.Error and UnicodeDecodeError
            raise InvalidRequestError({"body": "is not base64 of UTF-8 text"}) from None
    return parse_json(body, field="body")


def caller_correlation_id(event: object) -> object:
    """Return the header X-Correlation-Id, else the id of the HTTP request."""
    if not isinstance(event, dict) or not is_http(event):
        return None
    headers = event.get("headers")
    if isinstance(headers, dict):
        for name, value in headers.items():  # REST APIs keep upper case, HTTP APIs do not
            if str(name).lower() == "x-correlation-id":
                return value
    return event["requestContext"].get("requestId")


def answer(result: dict[str, Any], *, http: bool) -> dict[str, Any]:
    """Return the result as an HTTP response if `http`, else unchanged."""
    if not http:
        return result
    return {
        "statusCode": _STATUS_CODES[result["status"]],
        "headers": {"content-type": "application/json"},
        "body": json.dumps(result),
        "isBase64Encoded": False,
    }
