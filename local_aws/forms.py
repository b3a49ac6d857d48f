"""Requests of the Query protocol, whose input is a form: one with other fields is sent on."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from local_aws.errors import read_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_aws.calls import Call
    from local_aws.wire import Response


async def forward(call: Call, form: Mapping[str, str]) -> Response:
    """Return MiniStack's answer to a call with other fields.

    Raises:
        AwsError: MiniStack's error.
    """
    body = urlencode(form).encode()
    request = call.request.with_content(body, content_type="application/x-www-form-urlencoded")
    response = await call.upstream(request)
    if not response.ok:
        raise read_error(response)
    return response
