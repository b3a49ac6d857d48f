"""Pagination, as in AWS's paginated operations."""

from __future__ import annotations

from typing import TypeVar

from local_aws.errors import AwsError

Row = TypeVar("Row")


def page(rows: list[Row], token: str | None, size: int) -> tuple[list[Row], str | None]:
    """Return the page of `rows` that `token` selects, and the token of the next page or None.

    Args:
        rows: all rows, in an order that does not change between two calls.
        token: the token of an earlier page; None for the first page.
        size: the maximum number of rows in a page.

    Raises:
        AwsError: InvalidParameterException, if the token is not valid.
    """
    if token is not None and not (token.isdecimal() and int(token) <= len(rows)):
        code = "InvalidParameterException"
        raise AwsError(code, "The specified nextToken is invalid.")
    start = int(token or 0)
    end = start + size
    return rows[start:end], str(end) if end < len(rows) else None
