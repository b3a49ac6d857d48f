"""IAM: descriptions with characters that must be escaped in XML.

MiniStack does not escape the descriptions of roles and policies in XML. Clients cannot parse an answer with
`&` or `<` in a description, so descriptions are stored escaped.

Source: AWS Identity and Access Management API Reference, CreateRole, Description: any printable Latin-1
    character.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from local_aws import forms
from local_aws.calls import Answer, Call, Service

if TYPE_CHECKING:
    from local_aws.http import Response


async def with_escaped_description(call: Call) -> Response:
    """Forward the call with its description escaped for XML.

    Raises:
        AwsError: MiniStack's error.
    """
    form = call.request.fields()
    if "Description" in form:
        form["Description"] = escape(form["Description"])
    return await forms.forward(call, form)


_ANSWERS: dict[str, Answer] = {
    "CreatePolicy": with_escaped_description,
    "CreateRole": with_escaped_description,
    "UpdateRole": with_escaped_description,
    "UpdateRoleDescription": with_escaped_description,
}

SERVICE = Service("iam", _ANSWERS)
