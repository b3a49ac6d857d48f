"""What stands at a time: expectations as flags, notifications as marks; what coincides stands together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from drill.rehearsal import Notification, Verdict
from drill.report.facts import Facts
from drill.report.markup import Html, join, tag
from drill.report.notified import told
from drill.report.summary import severity

_FLAG: Final = 2.6
"""Percent of the track that a flag takes; those nearer to one another stand on several levels."""
_MARK: Final = 1.8
"""Percent within which notifications stand together as one mark."""


@dataclass(frozen=True, slots=True)
class Flag:
    """An expectation and the number that it has on the page."""

    number: int
    verdict: Verdict


def flags_of(facts: Facts) -> tuple[Flag, ...]:
    """Return the expectations in their order, numbered."""
    return tuple(Flag(number, one) for number, one in enumerate(facts.rehearsal.verdicts, 1))


def flags(facts: Facts, some: Sequence[Flag]) -> Html:
    """Return flags at the times by which something was expected; those without a time have none."""
    free: list[float] = []
    pieces = []
    for flag in sorted(
        (one for one in some if one.verdict.at_s is not None), key=lambda one: one.verdict.at_s or 0
    ):
        left = facts.moments.percent(flag.verdict.at_s or 0)
        level = next((index for index, end in enumerate(free) if end <= left), len(free))
        free[level : level + 1] = [left + _FLAG]
        pieces.append(_flag(facts, flag, left, level))
    return tag("div", join(pieces), class_="flags", style=f"--levels:{max(len(free), 1)}")


def _flag(facts: Facts, flag: Flag, left: float, level: int) -> Html:
    verdict = flag.verdict
    mark = "✓" if verdict.passed else "✗"
    at = "" if verdict.at_s is None else f"{facts.moments.both(verdict.at_s)} "
    return tag(
        "a",
        f"{mark}{flag.number}",
        class_=f"flag {'passed' if verdict.passed else 'failed'}",
        href=f"#expected-{flag.number}",
        style=f"left:{left}%;--level:{level}",
        title=f"{at}{flag.number}. {verdict.expected}: {verdict.found}",
    )


def marks(facts: Facts, some: Sequence[Notification]) -> Html:
    """Return notifications at their times."""
    return tag("div", join(_mark(facts, one) for one in _together(facts, some)), class_="marks")


def _together(facts: Facts, some: Sequence[Notification]) -> Iterator[list[Notification]]:
    near: list[Notification] = []
    for one in some:
        if near and facts.moments.percent(one.at_s) - facts.moments.percent(near[0].at_s) > _MARK:
            yield near
            near = []
        near.append(one)
    if near:
        yield near


def _mark(facts: Facts, some: Sequence[Notification]) -> Html:
    kind = loudest(facts, some)
    over = "" if any(one.state == "ALARM" for one in some) else " over"
    return tag(
        "i",
        icon(kind),
        *([tag("b", str(len(some)))] if len(some) > 1 else []),
        class_=f"mark {kind}{over}",
        style=f"left:{facts.moments.percent(some[0].at_s)}%",
        title="\n".join(told(facts, one) for one in some),
    )


def loudest(facts: Facts, some: Sequence[Notification]) -> str:
    """Return `page` if any of them is one, then `ticket`, then `note`."""
    kinds = {severity(facts.rehearsal, one) for one in some}
    return "page" if "page" in kinds else "ticket" if "ticket" in kinds else "note"


def icon(kind: str) -> Html:
    """Return a bell for a page, a ticket for a ticket, a dot for what is neither; they are in the page once."""
    return tag("svg", tag("use", href=f"#icon-{kind}"), class_="icon", aria_hidden="true")


ICONS: Final = tag(
    "svg",
    tag(
        "symbol",
        tag("path", d="M8 1a4.5 4.5 0 0 0-4.5 4.5V9L2 11.5V12h12v-.5L12.500 9V5.500A4.500 4.500 0 0 0 8 1z"),
        tag("path", d="M6 13a2 2 0 0 0 4 0z"),
        id="icon-page",
        viewBox="0 0 16 16",
    ),
    tag("symbol", tag("path", d="M2 3h12v10H2zM4 6v1.300h8V6zm0 3v1.300h5V9z", fill_rule="evenodd"), id="icon-ticket",
        viewBox="0 0 16 16"),
    tag("symbol", tag("circle", cx=8, cy=8, r=4), id="icon-note", viewBox="0 0 16 16"),
    class_="icons",
    aria_hidden="true",
)  # fmt: skip
