"""Errors in AWS's protocols: reading MiniStack's errors and writing errors to clients.

Sources: Smithy specification, the error sections of "AWS query protocol", "AWS JSON 1.0/1.1", "AWS restJson1
protocol" and "AWS restXml protocol".
"""

from __future__ import annotations

import json
import re
from xml.sax.saxutils import escape, unescape

from local_aws.http import Request, Response, request_id

REST_XML = frozenset({"s3", "route53", "cloudfront"})
"""Signing names of the restXml services. Their protocol cannot be detected from a request."""


class AwsError(Exception):
    """An error that is returned to the client, in the protocol of the request.

    Args:
        code: AWS's error code, such as `ValidationError`.
        message: the error message.
        status: the HTTP status; below 500, because clients retry a 5xx.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def write_error(request: Request, error: AwsError) -> Response:
    """Return an error in the protocol of its request.

    The protocol is detected from the request, so that no model of the service is needed.
    """
    name, identity = request_id()
    kind = request.header("content-type")
    if request.header("x-amz-target") or "json" in kind:
        return _json_error(kind if "json" in kind else "application/x-amz-json-1.1", (name, identity), error)
    if "form" in kind or "Action=" in request.query:
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{escape(error.code)}</Code>"
            f"<Message>{escape(error.message)}</Message></Error><RequestId>{identity}</RequestId></ErrorResponse>"
        )
        return Response(error.status, (("content-type", "text/xml"), (name, identity)), body.encode())
    return _json_error("application/json", (name, identity), error)


def write_rest_xml_error(error: AwsError) -> Response:
    """Return an error in the protocol of Amazon S3 (Smithy specification, "AWS restXml protocol")."""
    name, identity = request_id()
    body = (
        f"<Error><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
        f"<RequestId>{identity}</RequestId></Error>"
    )
    return Response(error.status, (("content-type", "application/xml"), (name, identity)), body.encode())


def _json_error(content_type: str, identity: tuple[str, str], error: AwsError) -> Response:
    # Both spellings of `message`, because services differ and clients read either.
    body = json.dumps({"__type": error.code, "message": error.message, "Message": error.message}).encode()
    headers = (("content-type", content_type), ("x-amzn-errortype", error.code), identity)
    return Response(error.status, headers, body)


def read_error(response: Response) -> AwsError:
    """Return the error in an unsuccessful answer of MiniStack, in any of AWS's protocols."""
    body = response.body.decode("utf-8", errors="replace")
    if body.lstrip().startswith("<"):
        code, message = (re.search(f"<{tag}>(.*?)</{tag}>", body, re.DOTALL) for tag in ("Code", "Message"))
        return AwsError(
            unescape(code[1]) if code else "InternalFailure",
            unescape(message[1]) if message else "",
            response.status,
        )
    try:
        fields = json.loads(body or "{}")
    except ValueError:
        fields = {}
    name = (
        fields.get("__type") or response.header("x-amzn-errortype") or fields.get("code") or "InternalFailure"
    )
    description = fields.get("message") or fields.get("Message") or fields.get("error") or body
    return AwsError(str(name).rpartition("#")[2].partition(":")[0], str(description), response.status)
