"""JSON objects of AWS's APIs, read member by member; missing, unknown and invalid members are rejected."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from cloudwatch.errors import RecordError, UnknownRecordError, UnsupportedRecordError


def _same(member: str) -> str:
    return member


def _always(value: object) -> bool:
    del value
    return True


@dataclass(frozen=True, slots=True)
class Record:
    """A JSON object."""

    where: str
    """Location for messages: a file and an object in it, a resource's address, an alarm's name."""
    given: Mapping[str, Any]
    """Members by the API's names."""
    spelt: Callable[[str], str] = field(default=_same)
    """Returns the name of a member in its source, such as Terraform, from the API's name, for messages."""
    is_known: Callable[[object], bool] = field(default=_always)
    """Returns whether a value is known, and not an expression that is evaluated when it is applied."""

    def refuse(self, member: str, problem: str) -> NoReturn:
        """Raise the error about a member.

        Raises:
            RecordError: always.
        """
        raise RecordError(self.where, f"{self.spelt(member)} {problem}")

    def refuse_value(self, member: str, value: object, problem: str) -> NoReturn:
        """Raise the error about a value that is not valid, or whose expression stands for another value.

        Raises:
            UnknownRecordError: the value is an expression.
            RecordError: it is not.
        """
        if isinstance(value, str) and not self.is_known(value):
            raise UnknownRecordError(self.where, f"{self.spelt(member)} {problem}")
        self.refuse(member, problem)

    def only(self, known: Collection[str], refused: Mapping[str, str] | None = None) -> None:
        """Raise unless every member is known.

        Args:
            known: names of members.
            refused: members that AWS accepts and that are not supported -> what they do, the first one first.

        Raises:
            RecordError: a member is unknown.
            UnsupportedRecordError: a member is not supported.
        """
        for member, reason in (refused or {}).items():
            if self.has(member):
                raise UnsupportedRecordError(self.where, f"{self.spelt(member)} is not supported: {reason}")
        for member, value in self.given.items():
            if value is not None and member not in known:
                similar = difflib.get_close_matches(member, known, 1)
                allowed = ", ".join(sorted(map(self.spelt, known)))
                hint = f"did you mean {self.spelt(similar[0])}?" if similar else f"allowed: {allowed}"
                self.refuse(member, f"is not a valid key; {hint}")

    def has(self, member: str) -> bool:
        """Return whether a member is present and not null."""
        return self.given.get(member) is not None

    def needs(self, member: str) -> Any:  # noqa: ANN401  # JSON
        """Return a required member.

        Raises:
            RecordError: it is missing.
        """
        value = self.given.get(member)
        if value is None:
            self.refuse(member, "is missing")
        return value

    def text(self, member: str, default: str | None = None) -> str:
        """Return a string; it is required unless it has a default.

        Raises:
            RecordError: it is missing, or not a string.
        """
        value = default if default is not None and not self.has(member) else self.needs(member)
        if not isinstance(value, str):
            self.refuse_value(member, value, f"must be a string (found: {shown(value)})")
        return value

    def one_of(self, member: str, allowed: Sequence[str], default: str | None = None) -> Any:  # noqa: ANN401  # a literal
        """Return a string that is one of the allowed values.

        Raises:
            RecordError: it is missing, or another value.
        """
        value = self.text(member, default)
        if value not in allowed:
            self.refuse_value(member, value, f"{shown(value)} is not valid; allowed: {', '.join(allowed)}")
        return value

    def number(self, member: str) -> float:
        """Return a number; a string is accepted, as in CloudFormation and Terraform.

        Raises:
            RecordError: it is missing, or not a finite number.
        """
        value = self.needs(member)
        try:
            if isinstance(value, bool):
                raise TypeError  # noqa: TRY301  # one message for all invalid values
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            self.refuse_value(member, value, f"must be a number (found: {shown(value)})")
        return number

    def whole(self, member: str, default: int | None = None, *, least: int = 1) -> int:
        """Return an integer.

        Raises:
            RecordError: it is missing, not an integer, or less than `least`.
        """
        if default is not None and not self.has(member):
            return default
        number = self.number(member)
        if number != int(number) or number < least:
            found = shown(self.given[member])
            self.refuse(member, f"must be an integer of at least {least} (found: {found})")
        return int(number)

    def truth(self, member: str, *, default: bool) -> bool:
        """Return a Boolean; the strings "true" and "false" are accepted.

        Raises:
            RecordError: it is not a Boolean.
        """
        value = self.given.get(member)
        known = {True: True, False: False, "true": True, "false": False}
        if value is None:
            return default
        if not isinstance(value, bool | str) or value not in known:
            self.refuse_value(member, value, f"must be true or false (found: {shown(value)})")
        return known[value]

    def texts(self, member: str) -> tuple[str, ...]:
        """Return a list of strings; empty if it is missing.

        Raises:
            RecordError: it is not a list of strings.
        """
        value = self.given.get(member)
        if value is None:
            return ()
        if not isinstance(value, list | tuple) or not all(isinstance(element, str) for element in value):
            self.refuse_value(member, value, f"must be a list of strings (found: {shown(value)})")
        return tuple(value)

    def records(self, member: str) -> Iterator[Record]:
        """Yield the objects of a list; none if it is missing.

        Raises:
            RecordError: it is not a list of objects.
        """
        value = self.given.get(member)
        if value is None:
            return
        if not isinstance(value, list):
            self.refuse_value(member, value, f"must be a list (found: {shown(value)})")
        for number, element in enumerate(value, start=1):
            yield self._inner(f"{self.spelt(member)} {number}", member, element)

    def record(self, member: str) -> Record:
        """Return a required object.

        Raises:
            RecordError: it is missing, or not an object.
        """
        return self._inner(self.spelt(member), member, self.needs(member))

    def _inner(self, label: str, member: str, value: object) -> Record:
        if not isinstance(value, Mapping):
            self.refuse_value(member, value, f"must contain objects (found: {shown(value)})")
        return Record(f"{self.where}: {label}", value, self.spelt, self.is_known)


def shown(value: object) -> str:
    """Return a value for a message, cut off after 60 characters."""
    text = repr(value)
    maximum = 60
    return text if len(text) <= maximum else f"{text[: maximum - 1]}…"
