"""The timeline of a rehearsal as an HTML page, and the index of all scenarios of a run.

A page is one file: the timeline, failed expectations, all expectations, and notifications.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

from cloudwatch.alarms import CompositeAlarm
from drill import durations
from drill.rehearsal import Notification, Rehearsal
from drill.report.chart import Detail, axis, step_s
from drill.report.diagnostics import Diagnostics, Summary, action_line, arrived, run_time, states_of
from drill.report.markup import Html, file_of, join, page, script_data, tag
from drill.report.rows import ICONS, Flag, Group, Rows, Tracks, flags_of, icon, mark, pins, rows
from drill.report.words import Names, count

_LISTED: Final = 1500
"""Maximum number of alarms that are listed by name. More are counted by service, to limit the page size."""


def _header(rehearsal: Rehearsal, diagnostics: Diagnostics) -> Html:
    """Return the name of the scenario, its description, verdict and time."""
    summary = Summary.of(rehearsal)
    verdict = "passed" if rehearsal.passed else "failed"
    badge = tag("span", f"{'✓' if rehearsal.passed else '✗'} {summary.verdict}", class_=f"badge {verdict}")
    counts = tag(
        "span",
        icon("page"),
        count(summary.pages, "page"),
        icon("ticket"),
        count(summary.tickets, "ticket"),
        class_="counts",
    )
    lasts, step = (durations.text_of(value) for value in (diagnostics.moments.lasts_s, rehearsal.step_s))
    about = f"{rehearsal.system.title} · {diagnostics.moments.date()} · {lasts} in steps of {step}"
    return tag(
        "header",
        tag("h1", rehearsal.name),
        tag("p", badge, counts, class_="verdict"),
        tag("p", rehearsal.description, class_="description"),
        tag("p", about, class_="note"),
        *(tag("p", f"Note: {note}", class_="note") for note in rehearsal.notes),
    )


def _failures(flags: Sequence[Flag], diagnostics: Diagnostics) -> Html:
    """Return the failed expectations with diagnostics; empty if there are none."""
    failed = [
        _failure(flag, diagnostics, details)
        for flag, details in zip(flags, diagnostics.without_repetition(), strict=True)
        if not flag.verdict.passed
    ]
    return tag("section", tag("h2", "Failed expectations"), *failed, class_="failures") if failed else Html()


def _failure(flag: Flag, diagnostics: Diagnostics, details: Sequence[str]) -> Html:
    verdict = flag.verdict
    at = (
        ()
        if verdict.at_s is None
        else (" ", tag("span", diagnostics.moments.both(verdict.at_s), class_="note"))
    )
    listed = (tag("ul", *(tag("li", detail) for detail in details)),) if details else ()
    number = tag("a", f"✗{flag.number}", class_="flag failed", href=f"#expected-{flag.number}")
    description = tag(
        "dl",
        *(tag("dt", "expected"), tag("dd", verdict.expected, *at)),
        *(tag("dt", "actual"), tag("dd", tag("b", verdict.actual), *listed)),
        *(tag("dt", "in"), tag("dd", tag("code", verdict.place))),
    )
    return tag("article", number, description)


def _expectations(flags: Sequence[Flag], diagnostics: Diagnostics) -> Html:
    """Return all expectations, in the order of the file."""
    if not flags:
        return Html()
    return tag(
        "section",
        tag("h2", "Expectations"),
        tag("ol", *(_expected(flag, diagnostics) for flag in flags)),
        class_="expected",
    )


def _expected(flag: Flag, diagnostics: Diagnostics) -> Html:
    verdict = flag.verdict
    mark = tag(
        "span",
        f"{'✓' if verdict.passed else '✗'}{flag.number}",
        class_=f"flag {'passed' if verdict.passed else 'failed'}",
    )
    at = "" if verdict.at_s is None else f" · {diagnostics.moments.both(verdict.at_s)}"
    lines = (
        tag("p", verdict.expected),
        tag("p", verdict.actual, class_="actual"),
        tag("p", f"{verdict.place}{at}", class_="note"),
    )
    return tag("li", mark, tag("div", *lines), id=f"expected-{flag.number}")


def _left_out(diagnostics: Diagnostics) -> Html:
    """Return the alarms that are not rehearsed, with the reasons; empty if there are none."""
    entries = diagnostics.outcome.system.left_out
    if not entries:
        return Html()
    listed = [tag("li", tag("b", entry.name), f": {entry.reason}") for entry in entries[:_LISTED]]
    more = len(entries) - len(listed)
    rest = (tag("li", f"and {more} more"),) if more else ()
    return tag("section", tag("h2", "Not rehearsed"), tag("ul", *listed, *rest), class_="failures")


def _notifications(diagnostics: Diagnostics) -> Html:
    """Return all notifications, with their recipients and queues."""
    notifications = diagnostics.outcome.notifications
    inside = (
        tag("ol", *(_notification(diagnostics, notification) for notification in notifications))
        if notifications
        else tag("p", "No notifications.", class_="note")
    )
    others = [
        tag("li", tag("div", tag("p", action_line(diagnostics, action))))
        for action in diagnostics.outcome.actions
    ]
    listed = (tag("h2", "Other actions"), tag("ol", *others)) if others else ()
    return tag("section", tag("h2", "Notifications"), inside, *listed, class_="notified")


def _notification(diagnostics: Diagnostics, notification: Notification) -> Html:
    queues = arrived(diagnostics.outcome, notification)
    recipients = ", ".join(notification.delivered_to) or "no recipient"
    suppressed = (
        f"suppressed since {diagnostics.moments.offset(notification.changed_s)}"
        if notification.changed_s < notification.at_s
        else ""
    )
    notes = " · ".join(part for part in (suppressed, f"in {', '.join(queues)}" if queues else "") if part)
    return tag(
        "li",
        mark(diagnostics, [notification]),
        tag(
            "div",
            tag(
                "p",
                f"{notification.state} ",
                tag("b", diagnostics.names.short(notification.alarm), title=notification.alarm),
            ),
            tag("p", f"{notification.topic} → {recipients}", class_="actual"),
            tag(
                "p",
                diagnostics.moments.both(notification.at_s),
                f" · {notes}" if notes else "",
                class_="note",
            ),
        ),
    )


def _hidden(shown: Rows, names: Names) -> Html:
    """Return the alarms that are not in the timeline, folded. Most did not change."""
    folded = [_folded(f"stayed in {state}", alarms, names) for state, alarms in shown.unchanged.items()]
    if shown.more:
        folded.insert(0, _folded("that changed or have expectations, not shown", shown.more, names))
    return tag("section", *folded, class_="unchanged") if folded else Html()


def _folded(title: str, all_alarms: Sequence[str], names: Names) -> Html:
    by_service: dict[str, list[str]] = defaultdict(list)
    for alarm in all_alarms:
        by_service[names.services.get(alarm, "")].append(alarm)
    parts = [
        part
        for service, alarms in by_service.items()
        for part in (
            tag("dt", service or "no service"),
            tag("dd", _listed(service, alarms, names, len(all_alarms))),
        )
    ]
    return tag("details", tag("summary", f"{count(len(all_alarms), 'alarm')} {title}"), tag("dl", *parts))


def _listed(service: str, alarms: Iterable[str], names: Names, total: int) -> Html:
    alarms = list(alarms)
    if total > _LISTED:
        return join([count(len(alarms), "alarm")])
    return join(
        part
        for index, alarm in enumerate(alarms)
        for part in (", " if index else "", tag("span", names.within(alarm, service), title=alarm))
    )


def _legend(diagnostics: Diagnostics) -> Html:
    """Return the legend."""
    states = (
        tag("span", tag("i", tag("i", class_=f"state {state.lower()}"), class_="bar"), state)
        for state in ("OK", "ALARM", "INSUFFICIENT_DATA")
    )
    composites = diagnostics.outcome.system.composites
    has_suppressions = any(diagnostics.suppressions(composite.name) for composite in composites)
    more = [
        *(
            [tag("span", tag("i", tag("i", class_="suppressed"), class_="bar"), "actions suppressed")]
            if has_suppressions
            else []
        ),
        tag("span", icon("page"), "page", class_="mark-page"),
        tag("span", icon("ticket"), "ticket", class_="mark-ticket"),
        tag(
            "span", tag("i", "✓1", class_="flag passed"), tag("i", "✗2", class_="flag failed"), "expectation"
        ),
    ]
    return tag("p", *states, *more, class_="legend")


def _footer(rehearsal: Rehearsal) -> Html:
    """Return the link to the index, and the run time."""
    return tag(
        "footer",
        tag("a", "all scenarios", href="index.html"),
        f" · rehearsed in {run_time(rehearsal)}",
        class_="note",
    )


LIMIT_BYTES: Final = 1_000_000
"""Maximum size of a page, so that it opens fast on a phone and can be sent as an attachment."""
_LEAST_COLUMNS: Final = 45
"""Minimum number of columns of a line. Other content is never omitted."""


def write(rehearsal: Rehearsal, folder: Path) -> Path:
    """Write the page of a rehearsal into a folder, which is created if necessary; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_of(rehearsal.name)
    path.write_text(timeline(rehearsal), encoding="utf-8")
    return path


def timeline(rehearsal: Rehearsal) -> str:
    """Return the page of a rehearsal, with as much detail as the size limit allows."""
    shown = rows(rehearsal)
    states = functools.cache(functools.partial(states_of, rehearsal))
    detail = Detail.of(sum(row.has_line for group in shown.groups for row in group.rows))
    while True:
        tracks = Tracks(Diagnostics.of(rehearsal), flags_of(rehearsal), detail, states)
        html = _page(rehearsal, shown, tracks)
        if len(html.encode()) <= LIMIT_BYTES or detail.columns <= _LEAST_COLUMNS:
            return html
        detail = detail.coarser()


def _page(rehearsal: Rehearsal, shown: Rows, tracks: Tracks) -> str:
    diagnostics = tracks.diagnostics
    timeline_section = _timeline(diagnostics, shown, tracks)
    moments = diagnostics.moments
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
            _header(rehearsal, diagnostics),
            _failures(tracks.flags, diagnostics),
            _left_out(diagnostics),
            timeline_section,
            _hidden(shown, diagnostics.names),
            tag(
                "div", _expectations(tracks.flags, diagnostics), _notifications(diagnostics), class_="columns"
            ),
            _footer(rehearsal),
        ),
        tag("script", script_data(data), type="application/json", id="data"),
        script=True,
    )


def _timeline(diagnostics: Diagnostics, shown: Rows, tracks: Tracks) -> Html:
    step = diagnostics.moments.percent(diagnostics.moments.begins_s + step_s(diagnostics.moments))
    inside = [
        tag(
            "div",
            tag("div", tag("span", "UTC", class_="note"), class_="label"),
            tag("div", axis(diagnostics.moments), class_="track"),
            class_="row axis",
        ),
        *_lanes(diagnostics, tracks.flags),
        *(_group(group, tracks) for group in shown.groups),
        *_helpers(shown, tracks),
    ]
    return tag(
        "section",
        _legend(diagnostics),
        *inside,
        tag("div", class_="crosshair", hidden=True),
        tag("div", class_="reading", hidden=True, role="status"),
        class_="timeline",
        style=f"--step:{step}%",
        tabindex="0",
        aria_label=f"Timeline of {durations.text_of(diagnostics.moments.lasts_s)}",
    )


def _lanes(diagnostics: Diagnostics, numbered: Sequence[Flag]) -> Iterator[Html]:
    timed = [flag for flag in numbered if flag.verdict.at_s is not None]
    if timed:
        yield _lane("Expectations", pins(diagnostics, timed, ()))
    yield _lane("Notifications", pins(diagnostics, (), diagnostics.outcome.notifications))


def _lane(name: str, track: tuple[Html, ...]) -> Html:
    note = () if track else (tag("span", "none", class_="note"),)
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
        summary = f"{count(len(shown.helpers), 'composite')} without notifications that changed"
        yield tag(
            "details",
            tag("summary", summary),
            join(tracks.row(row, None) for row in shown.helpers),
            class_="helpers",
        )


def write_index(rehearsals: Sequence[Rehearsal], folder: Path) -> Path:
    """Write the index of all scenarios into a folder, which is created if necessary; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "index.html"
    path.write_text(index(rehearsals), encoding="utf-8")
    return path


def index(rehearsals: Sequence[Rehearsal]) -> str:
    """Return the index of all scenarios, failed ones first."""
    failed = sum(not rehearsal.passed for rehearsal in rehearsals)
    verdict = f"✗ {failed} failed" if failed else "✓ all passed"
    titles = dict.fromkeys(rehearsal.system.title for rehearsal in rehearsals)
    of = ", ".join(titles) or "no system"
    total = sum(rehearsal.took_s for rehearsal in rehearsals)
    about = f"{count(len(rehearsals), 'scenario')} of {of} in {total:.2f} s"
    return page(
        f"{'✗' if failed else '✓'} {count(len(rehearsals), 'scenario')}",
        ICONS,
        tag(
            "main",
            tag(
                "header",
                tag("h1", "Rehearsal"),
                tag(
                    "p",
                    tag("span", verdict, class_=f"badge {'failed' if failed else 'passed'}"),
                    class_="verdict",
                ),
                tag(
                    "p",
                    about,
                    class_="note",
                ),
            ),
            tag(
                "section",
                *map(_scenario, sorted(rehearsals, key=lambda rehearsal: rehearsal.passed)),
                class_="scenarios",
            ),
            class_="index",
        ),
    )


def _scenario(rehearsal: Rehearsal) -> Html:
    summary = Summary.of(rehearsal)
    result = "passed" if rehearsal.passed else "failed"
    counts = (
        tag("span", icon(kind), count(number, kind), class_="none" if not number else None)
        for kind, number in (("page", summary.pages), ("ticket", summary.tickets))
    )
    failures = (
        tag("li", verdict.expected, ": ", verdict.actual)
        for verdict in rehearsal.verdicts
        if not verdict.passed
    )
    return tag(
        "a",
        tag("span", "✓" if rehearsal.passed else "✗", class_=f"badge {result}"),
        tag(
            "div",
            tag("h2", rehearsal.name),
            tag("p", rehearsal.description),
            tag("ul", *failures) if not rehearsal.passed else Html(),
        ),
        tag(
            "div",
            tag("b", summary.verdict),
            tag("span", *counts, class_="counts"),
            tag("span", run_time(rehearsal), class_="note"),
            class_="numbers",
        ),
        class_=f"scenario {result}",
        href=quote(file_of(rehearsal.name)),
    )
