"""What stands at a time: expectations as flags, notifications as marks; what coincides stands together."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from drill.rehearsal import Notification, Rehearsal, Verdict
from drill.report.facts import Facts
from drill.report.markup import Html, join, tag
from drill.report.notified import told
from drill.report.summary import severity

_MARK: Final = 2.4
"""Percent of the track that a mark takes; notifications that are nearer to one another are one mark."""
_LETTER: Final = 0.95
"""Percent that a letter of a flag takes."""
_NARROW: Final = 2.8
"""How much wider, in percent, everything is on a phone."""
_EDGE: Final = 90
"""From this percent on, flags stand to the left of their time."""


@dataclass(frozen=True, slots=True)
class Flag:
    """An expectation and the number that it has on the page."""

    number: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Pin:
    left: float
    width: float
    """Both in percent."""
    html: Html


def flags_of(rehearsal: Rehearsal) -> tuple[Flag, ...]:
    """Return the expectations in their order, numbered."""
    return tuple(Flag(number, one) for number, one in enumerate(rehearsal.verdicts, 1))


def pins(facts: Facts, flags: Sequence[Flag], notifications: Sequence[Notification]) -> tuple[Html, ...]:
    """Return flags and marks at their times, on as many levels as they need; nothing if there are none.

    An expectation without a time has no flag.
    """
    pinned = sorted((*_flags(facts, flags), *_marks(facts, notifications)), key=lambda one: one.left)
    if not pinned:
        return ()
    wide, narrow = _levels(pinned, 1), _levels(pinned, _NARROW)
    pieces = (
        tag("span", pin.html, class_="pin", style=f"left:{pin.left}%;--level:{level};--narrow:{narrow_level}")
        for pin, level, narrow_level in zip(pinned, wide, narrow, strict=True)
    )
    levels = f"--levels:{max(wide) + 1};--narrows:{max(narrow) + 1}"
    return (tag("div", join(pieces), class_="pins", style=levels),)


def _levels(pinned: Sequence[_Pin], scale: float) -> list[int]:
    """Return on which level each pin has room, from left to right, if it is so much wider."""
    free: list[float] = []
    levels = []
    for pin in pinned:
        level = next((index for index, end in enumerate(free) if end <= pin.left), len(free))
        free[level : level + 1] = [pin.left + pin.width * scale]
        levels.append(level)
    return levels


def _flags(facts: Facts, flags: Sequence[Flag]) -> Iterator[_Pin]:
    timed = sorted((one for one in flags if one.verdict.at_s is not None), key=_when)
    for (at_s, passed), group in itertools.groupby(timed, _when):
        some = list(group)
        left = facts.moments.percent(at_s)
        numbers = (
            tag("a", str(one.number), href=f"#expected-{one.number}", title=one.verdict.expected)
            for one in some
        )
        said = "\n".join(f"{one.number}. {one.verdict.expected}: {one.verdict.found}" for one in some)
        side = " before" if left > _EDGE else ""
        flag = tag(
            "span",
            "✓" if passed else "✗",
            *numbers,
            class_=f"flag {'passed' if passed else 'failed'}{side}",
            title=f"{facts.moments.both(at_s)}\n{said}",
        )
        letters = 1 + sum(1 + len(str(one.number)) for one in some)
        yield _Pin(left, _LETTER * letters, flag)


def _when(flag: Flag) -> tuple[float, bool]:
    return flag.verdict.at_s or 0, flag.verdict.passed


def _marks(facts: Facts, some: Sequence[Notification]) -> Iterator[_Pin]:
    near: list[Notification] = []
    for one in some:
        if near and facts.moments.percent(one.at_s) - facts.moments.percent(near[0].at_s) >= _MARK:
            yield _mark(facts, near)
            near = []
        near.append(one)
    if near:
        yield _mark(facts, near)


def _mark(facts: Facts, some: Sequence[Notification]) -> _Pin:
    count = (tag("b", str(len(some))),) if len(some) > 1 else ()
    said = "\n".join(told(facts, one) for one in some)
    return _Pin(facts.moments.percent(some[0].at_s), _MARK, mark(facts, some, *count, title=said))


def mark(facts: Facts, some: Sequence[Notification], *more: Html, title: str | None = None) -> Html:
    """Return the sign of notifications: of the loudest among them, hollow if all say that it is over."""
    kinds = {severity(facts.rehearsal, one) for one in some}
    kind = "page" if "page" in kinds else "ticket" if "ticket" in kinds else "note"
    over = " over" if all(one.state == "OK" for one in some) else ""
    return tag("span", icon(kind), *more, class_=f"mark {kind}{over}", title=title)


def icon(kind: str) -> Html:
    """Return a bell for a page, a ticket for a ticket, a dot for what is neither."""
    return tag("svg", tag("use", href=f"#icon-{kind}"), class_="icon", aria_hidden="true")


_BELL: Final = (
    "M8 1a4.500 4.500 0 0 0-4.500 4.500V9L2 11.500V12h12v-.500L12.500 9V5.500A4.500 4.500 0 0 0 8 1z",
    "M6 13a2 2 0 0 0 4 0z",
)
_TICKET: Final = "M2 3h12v10H2zM4 6v1.300h8V6zm0 3v1.300h5V9z"

ICONS: Final = tag(
    "svg",
    tag("symbol", *(tag("path", d=one) for one in _BELL), id="icon-page", viewBox="0 0 16 16"),
    tag("symbol", tag("path", d=_TICKET, fill_rule="evenodd"), id="icon-ticket", viewBox="0 0 16 16"),
    tag("symbol", tag("circle", cx=8, cy=8, r=4), id="icon-note", viewBox="0 0 16 16"),
    class_="icons",
    aria_hidden="true",
)
"""What `icon` refers to; a page has it once."""
