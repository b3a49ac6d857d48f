"""Lists a page at a time, as AWS's paginated operations give them."""

from __future__ import annotations

from typing import TypeVar

from local_aws.errors import AwsError

Row = TypeVar("Row")


def page(rows: list[Row], token: str | None, size: int) -> tuple[list[Row], str | None]:
    """Return the page of `rows` that `token` names, and the token of the next one or None.

    Args:
        rows: everything, in an order that does not change between two calls.
        token: what an earlier page gave; None for the first page.
        size: the longest a page may be, in rows.

    Raises:
        AwsError: InvalidParameterException, for a token that no page gave.
    """
    if token is not None and not (token.isdecimal() and int(token) <= len(rows)):
        code = "InvalidParameterException"
        raise AwsError(code, "The specified nextToken is invalid.")
    start = int(token or 0)
    end = start + size
    return rows[start:end], str(end) if end < len(rows) else None
