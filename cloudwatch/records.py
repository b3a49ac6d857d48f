"""JSON objects of AWS's APIs, read member by member; what is missing, unknown or malformed is refused."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from cloudwatch.errors import RecordError, UnsupportedRecordError


def _same(member: str) -> str:
    return member


@dataclass(frozen=True, slots=True)
class Record:
    """One object."""

    where: str
    """Where it is, for messages: a file and what is in it, a resource's address, an alarm's name."""
    given: Mapping[str, Any]
    """Its members by the API's names."""
    spelt: Callable[[str], str] = field(default=_same)
    """From the API's name of a member to the one that its author wrote, for messages."""

    def refuse(self, member: str, says: str) -> NoReturn:
        """Raise the error about a member.

        Raises:
            RecordError: always.
        """
        raise RecordError(self.where, f"{self.spelt(member)} {says}")

    def only(self, known: Collection[str], refused: Mapping[str, str] | None = None) -> None:
        """Raise unless every member is known.

        Args:
            known: names of members.
            refused: members that AWS accepts and that are not evaluated here -> what they do.

        Raises:
            RecordError: a member is unknown.
            UnsupportedRecordError: a member is not evaluated here.
        """
        for member, value in self.given.items():
            if value is not None and member in (refused or {}):
                text = f"{self.spelt(member)} is not supported: {(refused or {})[member]}"
                raise UnsupportedRecordError(self.where, text)
            if value is not None and member not in known:
                near = difflib.get_close_matches(member, known, 1)
                says = f"is no such key; did you mean {self.spelt(near[0])}?" if near else "is no such key"
                allowed = ", ".join(sorted(map(self.spelt, known)))
                self.refuse(member, f"{says}; known: {allowed}" if not near else says)

    def has(self, member: str) -> bool:
        """Return whether a member is given, and not null."""
        return self.given.get(member) is not None

    def needs(self, member: str) -> Any:  # noqa: ANN401  # JSON
        """Return a member that has to be given.

        Raises:
            RecordError: it is not.
        """
        value = self.given.get(member)
        if value is None:
            self.refuse(member, "is missing")
        return value

    def text(self, member: str, default: str | None = None) -> str:
        """Return a text; it has to be given unless it has a default.

        Raises:
            RecordError: it is missing, or no text, or not known before it is applied.
        """
        value = default if default is not None and not self.has(member) else self.needs(member)
        if not isinstance(value, str):
            self.refuse(member, f"has to be text, not {shown(value)}")
        return value

    def one_of(self, member: str, allowed: Sequence[str], default: str | None = None) -> Any:  # noqa: ANN401  # a literal
        """Return a text that is one of some.

        Raises:
            RecordError: it is missing, or another.
        """
        value = self.text(member, default)
        if value not in allowed:
            self.refuse(member, f"is {shown(value)}; allowed: {', '.join(allowed)}")
        return value

    def number(self, member: str) -> float:
        """Return a number, which may be written as text, as CloudFormation and Terraform take it too.

        Raises:
            RecordError: it is missing, or no finite number.
        """
        value = self.needs(member)
        try:
            if isinstance(value, bool):
                raise TypeError  # noqa: TRY301  # one message for all that is no number
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            self.refuse(member, f"has to be a number, not {shown(value)}")
        return number

    def whole(self, member: str, default: int | None = None, *, least: int = 1) -> int:
        """Return a whole number.

        Raises:
            RecordError: it is missing, no whole number, or less than `least`.
        """
        if default is not None and not self.has(member):
            return default
        number = self.number(member)
        if number != int(number) or number < least:
            self.refuse(member, f"has to be a whole number from {least}, not {shown(self.given[member])}")
        return int(number)

    def truth(self, member: str, *, default: bool) -> bool:
        """Return true or false, which may be written as text.

        Raises:
            RecordError: it is neither.
        """
        value = self.given.get(member)
        known = {True: True, False: False, "true": True, "false": False}
        if value is None:
            return default
        if not isinstance(value, bool | str) or value not in known:
            self.refuse(member, f"has to be true or false, not {shown(value)}")
        return known[value]

    def texts(self, member: str) -> tuple[str, ...]:
        """Return a list of texts; none if it is not given.

        Raises:
            RecordError: it is something else.
        """
        value = self.given.get(member)
        if value is None:
            return ()
        if not isinstance(value, list | tuple) or not all(isinstance(entry, str) for entry in value):
            self.refuse(member, f"has to be a list of texts, not {shown(value)}")
        return tuple(value)

    def records(self, member: str) -> Iterator[Record]:
        """Yield the objects of a list; none if it is not given.

        Raises:
            RecordError: it is no list of objects.
        """
        value = self.given.get(member)
        if value is None:
            return
        if not isinstance(value, list):
            self.refuse(member, f"has to be a list, not {shown(value)}")
        for number, entry in enumerate(value, start=1):
            yield self._inner(f"{self.spelt(member)} {number}", member, entry)

    def record(self, member: str) -> Record:
        """Return an object that has to be given.

        Raises:
            RecordError: it is missing, or none.
        """
        return self._inner(self.spelt(member), member, self.needs(member))

    def _inner(self, called: str, member: str, value: object) -> Record:
        if not isinstance(value, Mapping):
            self.refuse(member, f"has to hold objects, not {shown(value)}")
        return Record(f"{self.where}: {called}", value, self.spelt)


def shown(value: object) -> str:
    """Return a value as a message shows it: whole if it is short."""
    text = repr(value)
    most = 60
    return text if len(text) <= most else f"{text[: most - 1]}…"
