"""A rehearsal as a picture: one page in one file, with what happened when, and what went wrong in words."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from cloudwatch.alarms import CompositeAlarm
from drill import durations
from drill.rehearsal import Rehearsal
from drill.report import sections, spans
from drill.report.axis import axis, step_s
from drill.report.facts import Facts
from drill.report.index import write_index as write_index  # noqa: PLC0414 - offered here too
from drill.report.marks import ICONS, Flag, flags_of, pins
from drill.report.markup import Html, join, script_data, tag
from drill.report.page import file_of, page
from drill.report.reduced import Detail
from drill.report.rows import Group, Rows, rows
from drill.report.texts import count
from drill.report.tracks import Tracks

LIMIT_BYTES: Final = 1_000_000
"""Of a page, so that it opens at once on a phone, and can be attached to anything."""
_LEAST_COLUMNS: Final = 45
"""Fewer would show nothing; what a page has besides lines and bars is not left out."""


def write(rehearsal: Rehearsal, folder: Path) -> Path:
    """Write a rehearsal's page into a folder, which is made if need be; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_of(rehearsal.name)
    path.write_text(timeline(rehearsal), encoding="utf-8")
    return path


def timeline(rehearsal: Rehearsal) -> str:
    """Return a rehearsal's page, as finely drawn as fits into so many bytes."""
    shown = rows(rehearsal)
    states = functools.cache(functools.partial(spans.states, rehearsal))
    detail = Detail.of(sum(row.has_line for group in shown.groups for row in group.rows))
    while True:
        tracks = Tracks(Facts.of(rehearsal), flags_of(rehearsal), detail, states)
        drawn = _drawn(rehearsal, shown, tracks)
        if len(drawn.encode()) <= LIMIT_BYTES or detail.columns <= _LEAST_COLUMNS:
            return drawn
        detail = detail.coarser()


def _drawn(rehearsal: Rehearsal, shown: Rows, tracks: Tracks) -> str:
    facts = tracks.facts
    picture = _picture(facts, shown, tracks)
    moments = facts.moments
    data = {
        "begins": moments.begins_s,
        "lasts": moments.lasts_s,
        "step": rehearsal.step_s,
        "rows": tracks.data,
    }
    return page(
        f"{'✓' if rehearsal.passed else '✗'} {rehearsal.name}",
        ICONS,
        tag(
            "main",
            sections.header(rehearsal, facts),
            sections.wrong(tracks.flags, facts),
            picture,
            sections.others(shown, facts.names),
            tag("div", sections.expected(tracks.flags, facts), sections.notified(facts), class_="columns"),
            sections.footer(rehearsal),
        ),
        tag("script", script_data(data), type="application/json", id="data"),
        script=True,
    )


def _picture(facts: Facts, shown: Rows, tracks: Tracks) -> Html:
    step = facts.moments.percent(facts.moments.begins_s + step_s(facts.moments))
    inside = [
        tag(
            "div",
            tag("div", tag("span", "UTC", class_="note"), class_="label"),
            tag("div", axis(facts.moments), class_="track"),
            class_="row axis",
        ),
        *_lanes(facts, tracks.flags),
        *(_group(one, tracks) for one in shown.groups),
        *_helpers(shown, tracks),
    ]
    return tag(
        "section",
        sections.legend(facts),
        *inside,
        tag("div", class_="crosshair", hidden=True),
        tag("div", class_="reading", hidden=True, role="status"),
        class_="timeline",
        style=f"--step:{step}%",
        tabindex="0",
        aria_label=f"Timeline of {durations.text_of(facts.moments.lasts_s)}",
    )


def _lanes(facts: Facts, numbered: Sequence[Flag]) -> Iterator[Html]:
    timed = [one for one in numbered if one.verdict.at_s is not None]
    if timed:
        yield _lane("Expected", pins(facts, timed, ()))
    yield _lane("Notified", pins(facts, (), facts.rehearsal.notifications))


def _lane(name: str, track: tuple[Html, ...]) -> Html:
    note = () if track else (tag("span", "nobody", class_="note"),)
    label = tag("div", tag("span", name, class_="name"), class_="label")
    return tag("div", label, tag("div", *track, *note, class_="track"), class_="row lane")


def _group(group: Group, tracks: Tracks) -> Html:
    has_root = isinstance(group.rows[0].alarm, CompositeAlarm)
    return tag(
        "section",
        *(() if has_root else (tag("h3", group.service or "no service"),)),
        join(tracks.row(row, group.service if row.above or not has_root else None) for row in group.rows),
        class_=f"group{' failed' if group.failed else ''}",
    )


def _helpers(shown: Rows, tracks: Tracks) -> Iterator[Html]:
    if shown.helpers:
        says = f"Changed too, and notify nobody: {count(len(shown.helpers), 'composite')}"
        yield tag(
            "details",
            tag("summary", says),
            join(tracks.row(row, None) for row in shown.helpers),
            class_="helpers",
        )
