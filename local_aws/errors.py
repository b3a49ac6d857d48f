"""Errors of AWS's protocols: as MiniStack gives them, as clients expect them.

Sources: Smithy specification, the error sections of "AWS query protocol", "AWS JSON 1.0/1.1", "AWS restJson1
protocol" and "AWS restXml protocol".
"""

from __future__ import annotations

import json
import re
from xml.sax.saxutils import escape, unescape

from local_aws.wire import Request, Response, request_id

REST_XML = frozenset({"s3", "route53", "cloudfront"})
"""Signing names of the services whose protocol a request does not show."""


class AwsError(Exception):
    """An error as AWS gives it to a client.

    Args:
        code: AWS's name for the error.
        message: what AWS's message says.
        status: the HTTP status; below 500, because clients retry what is not.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def write_error(request: Request, error: AwsError) -> Response:
    """Return an error in the protocol of its request, as far as the request itself shows it.

    A service that the front has no model of can be refused, too.
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
    """Return an error as Amazon S3 and its like have it (Smithy specification, "AWS restXml protocol")."""
    name, identity = request_id()
    body = (
        f"<Error><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
        f"<RequestId>{identity}</RequestId></Error>"
    )
    return Response(error.status, (("content-type", "application/xml"), (name, identity)), body.encode())


def _json_error(content_type: str, identity: tuple[str, str], error: AwsError) -> Response:
    # Both spellings: services differ, and clients read either.
    body = json.dumps({"__type": error.code, "message": error.message, "Message": error.message}).encode()
    headers = (("content-type", content_type), ("x-amzn-errortype", error.code), identity)
    return Response(error.status, headers, body)


def read_error(response: Response) -> AwsError:
    """Return the error that an unsuccessful answer of MiniStack holds, in whichever protocol it came."""
    text = response.body.decode("utf-8", errors="replace")
    if text.lstrip().startswith("<"):
        code, message = (re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL) for tag in ("Code", "Message"))
        return AwsError(
            unescape(code[1]) if code else "InternalFailure",
            unescape(message[1]) if message else "",
            response.status,
        )
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = {}
    kind = (
        found.get("__type") or response.header("x-amzn-errortype") or found.get("code") or "InternalFailure"
    )
    message_text = found.get("message") or found.get("Message") or found.get("error") or text
    return AwsError(str(kind).rpartition("#")[2].partition(":")[0], str(message_text), response.status)
