"""Typed reading of external JSON objects.

This module is used instead of pydantic, whose compiled core would double the zip and add a tenth of a second
to each cold start, and instead of the JSON Schema validation of Powertools, whose messages contain the
invalid value, which must not be in the log or the response.
"""

from __future__ import annotations

import json
import re
from typing import Any, TypeVar

from functions.shared.errors import InvalidRequestError

T = TypeVar("T")

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# ISO 4217 codes that the sample shop accepts. Amounts are integers in the currency's minor unit
# (EUR: cent, JPY: yen), without rounding.
CURRENCIES = frozenset({"AUD", "CAD", "CHF", "CZK", "DKK", "EUR", "GBP", "JPY", "NOK", "PLN", "SEK", "USD"})
MAX_AMOUNT_MINOR = 100_000_000


def parse_json(text: object, *, field: str) -> object:
    """Parse external JSON.

    Args:
        text: The JSON text.
        field: The field name for the error.

    Raises:
        InvalidRequestError: It is not a text, not JSON, or exceeds the limits of the parser.
    """
    if not isinstance(text, str):
        raise InvalidRequestError({field: "must be a JSON text"})
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # RecursionError: thousands of opening brackets
        raise InvalidRequestError({field: "is not valid JSON"}) from None


class Fields:
    """Reads the fields of a JSON object and collects all problems."""

    def __init__(self, source: object, *, names: frozenset[str], at: str = "") -> None:
        self._at = at
        self.problems: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        if not isinstance(source, dict):
            self.problems[at or "request"] = "must be a JSON object"
            return
        self._values = source
        if not source.keys() <= names:
            # NOTE: the message does not contain the unknown names: a card number can be a key.
            self.problems[at or "request"] = f"has unknown fields; known: {', '.join(sorted(names))}"

    def text(self, name: str, pattern: re.Pattern[str], form: str) -> str:
        """Read a text that matches the whole `pattern`; `form` describes it in words."""
        value = self._values.get(name)
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        return self._refuse(name, f"must be {form}", "")

    def integer(self, name: str, *, minimum: int, maximum: int) -> int:
        """Read an integer from `minimum` to `maximum`, inclusive."""
        value = self._values.get(name)
        if type(value) is int and minimum <= value <= maximum:  # `type`: True is an int to isinstance
            return value
        return self._refuse(name, f"must be a whole number from {minimum} to {maximum}", minimum)

    def currency(self, name: str) -> str:
        """Read an ISO 4217 code in `CURRENCIES`."""
        return self.choice(name, CURRENCIES)

    def choice(self, name: str, known: frozenset[str]) -> str:
        """Read a text that is one of `known`."""
        value = self._values.get(name)
        if isinstance(value, str) and value in known:
            return value
        return self._refuse(name, f"must be one of {', '.join(sorted(known))}", "")

    def array(self, name: str, *, maximum: int) -> list[Any]:
        """Read a list of 1 to `maximum` entries."""
        value = self._values.get(name)
        if isinstance(value, list) and 1 <= len(value) <= maximum:
            return value
        no_entries: list[Any] = []
        return self._refuse(name, f"must be a list of 1 to {maximum} entries", no_entries)

    def finish(self) -> None:
        """Raise `InvalidRequestError` if a field was not valid."""
        if self.problems:
            raise InvalidRequestError(self.problems)

    def _refuse(self, name: str, problem: str, stand_in: T) -> T:
        """Add a problem and return `stand_in`, which is never used because `finish` raises."""
        self.problems[f"{self._at}.{name}" if self._at else name] = problem
        return stand_in
