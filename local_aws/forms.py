"""Requests of the Query protocol: forwarding a call with changed form fields."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from local_aws.errors import read_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_aws.calls import Call
    from local_aws.http import Response


async def forward(call: Call, form: Mapping[str, str]) -> Response:
    """Send a call with other form fields to MiniStack and return the answer.

    Raises:
        AwsError: MiniStack's error.
    """
    body = urlencode(form).encode()
    request = call.request.with_content(body, content_type="application/x-www-form-urlencoded")
    response = await call.upstream(request)
    if not response.ok:
        raise read_error(response)
    return response
