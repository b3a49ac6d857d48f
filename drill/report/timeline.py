"""A rehearsal as a picture, and the page of all scenarios of a run.

A rehearsal is one page in one file: what happened when, and in words what went wrong, what was expected and
who was notified.
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
from drill.report.diagnostics import Diagnostics, Summary, arrived, states_of, took
from drill.report.markup import Html, file_of, join, page, script_data, tag
from drill.report.rows import ICONS, Flag, Group, Rows, Tracks, flags_of, icon, mark, pins, rows
from drill.report.words import Names, count

_LISTED: Final = 1500
"""Alarms that are listed by name; of more, each service's are counted, so that the page stays small."""


def _header(rehearsal: Rehearsal, facts: Diagnostics) -> Html:
    """Return the scenario's name, what it shows, its verdict and when it plays."""
    summary = Summary.of(rehearsal)
    verdict = "passed" if rehearsal.passed else "failed"
    badge = tag("span", f"{'✓' if rehearsal.passed else '✗'} {summary.verdict}", class_=f"badge {verdict}")
    told = tag(
        "span",
        icon("page"),
        count(summary.pages, "page"),
        icon("ticket"),
        count(summary.tickets, "ticket"),
        class_="told",
    )
    lasts, step = (durations.text_of(value) for value in (facts.moments.lasts_s, rehearsal.step_s))
    about = f"{rehearsal.system.title} · {facts.moments.date()} · {lasts} in steps of {step}"
    return tag(
        "header",
        tag("h1", rehearsal.name),
        tag("p", badge, told, class_="verdict"),
        tag("p", rehearsal.says, class_="says"),
        tag("p", about, class_="note"),
    )


def _failures(flags: Sequence[Flag], facts: Diagnostics) -> Html:
    """Return what went wrong; nothing if nothing did."""
    failed = [
        _wrong(flag, facts, known)
        for flag, known in zip(flags, facts.once(), strict=True)
        if not flag.verdict.passed
    ]
    return tag("section", tag("h2", "What went wrong"), *failed, class_="wrong") if failed else Html()


def _wrong(flag: Flag, facts: Diagnostics, known: Sequence[str]) -> Html:
    verdict = flag.verdict
    at = () if verdict.at_s is None else (" ", tag("span", facts.moments.both(verdict.at_s), class_="note"))
    listed = (tag("ul", *(tag("li", text) for text in known)),) if known else ()
    number = tag("a", f"✗{flag.number}", class_="flag failed", href=f"#expected-{flag.number}")
    said = tag(
        "dl",
        *(tag("dt", "expected"), tag("dd", verdict.expected, *at)),
        *(tag("dt", "found"), tag("dd", tag("b", verdict.found), *listed)),
        *(tag("dt", "in"), tag("dd", tag("code", verdict.place))),
    )
    return tag("article", number, said)


def _expectations(flags: Sequence[Flag], facts: Diagnostics) -> Html:
    """Return everything that was expected, in the scenario's order."""
    if not flags:
        return Html()
    return tag(
        "section",
        tag("h2", "What was expected"),
        tag("ol", *(_expected(flag, facts) for flag in flags)),
        class_="expected",
    )


def _expected(flag: Flag, facts: Diagnostics) -> Html:
    verdict = flag.verdict
    mark = tag(
        "span",
        f"{'✓' if verdict.passed else '✗'}{flag.number}",
        class_=f"flag {'passed' if verdict.passed else 'failed'}",
    )
    at = "" if verdict.at_s is None else f" · {facts.moments.both(verdict.at_s)}"
    said = (
        tag("p", verdict.expected),
        tag("p", verdict.found, class_="found"),
        tag("p", f"{verdict.place}{at}", class_="note"),
    )
    return tag("li", mark, tag("div", *said), id=f"expected-{flag.number}")


def _notifications(facts: Diagnostics) -> Html:
    """Return every notification, with whom it reached and in which queues it arrived."""
    some = facts.outcome.notifications
    inside = (
        tag("ol", *(_notified(facts, notification) for notification in some))
        if some
        else tag("p", "Nobody was notified.", class_="note")
    )
    return tag("section", tag("h2", "Who was notified"), inside, class_="notified")


def _notified(facts: Diagnostics, notification: Notification) -> Html:
    queues = arrived(facts.outcome, notification)
    whom = ", ".join(notification.reached) or "nobody"
    held = (
        f"held back since {facts.moments.offset(notification.changed_s)}"
        if notification.changed_s < notification.at_s
        else ""
    )
    notes = " · ".join(part for part in (held, f"in {', '.join(queues)}" if queues else "") if part)
    return tag(
        "li",
        mark(facts, [notification]),
        tag(
            "div",
            tag(
                "p",
                f"{notification.state} ",
                tag("b", facts.names.short(notification.alarm), title=notification.alarm),
            ),
            tag("p", f"{notification.topic} → {whom}", class_="found"),
            tag("p", facts.moments.both(notification.at_s), f" · {notes}" if notes else "", class_="note"),
        ),
    )


def _others(shown: Rows, names: Names) -> Html:
    """Return the alarms that are not in the picture, folded: most stayed what they were."""
    folded = [_folded(f"stayed {state}", some, names) for state, some in shown.others.items()]
    if shown.more:
        folded.insert(0, _folded("changed too, or were expected to", shown.more, names))
    return tag("section", *folded, class_="others") if folded else Html()


def _folded(what: str, some: Sequence[str], names: Names) -> Html:
    by_service: dict[str, list[str]] = defaultdict(list)
    for alarm in some:
        by_service[names.services.get(alarm, "")].append(alarm)
    parts = [
        part
        for service, alarms in by_service.items()
        for part in (
            tag("dt", service or "no service"),
            tag("dd", _listed(service, alarms, names, len(some))),
        )
    ]
    return tag("details", tag("summary", f"{count(len(some), 'alarm')} {what}"), tag("dl", *parts))


def _listed(service: str, alarms: Iterable[str], names: Names, total: int) -> Html:
    listed = list(alarms)
    if total > _LISTED:
        return join([count(len(listed), "alarm")])
    return join(
        part
        for index, text in enumerate(listed)
        for part in (", " if index else "", tag("span", names.within(text, service), title=text))
    )


def _legend(facts: Diagnostics) -> Html:
    """Return what the signs mean."""
    states = (
        tag("span", tag("i", tag("i", class_=f"state {state.lower()}"), class_="bar"), state)
        for state in ("OK", "ALARM", "INSUFFICIENT_DATA")
    )
    held = any(facts.suppressed(composite.name) for composite in facts.outcome.system.composites)
    more = [
        *(
            [tag("span", tag("i", tag("i", class_="held"), class_="bar"), "actions held back")]
            if held
            else []
        ),
        tag("span", icon("page"), "page", class_="mark-page"),
        tag("span", icon("ticket"), "ticket", class_="mark-ticket"),
        tag("span", tag("i", "✓1", class_="flag passed"), tag("i", "✗2", class_="flag failed"), "expected"),
    ]
    return tag("p", *states, *more, class_="legend")


def _footer(rehearsal: Rehearsal) -> Html:
    """Return where to go from here, and how long it took."""
    return tag(
        "footer",
        tag("a", "all scenarios", href="index.html"),
        f" · rehearsed in {took(rehearsal)}",
        class_="note",
    )


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
    states = functools.cache(functools.partial(states_of, rehearsal))
    detail = Detail.of(sum(row.has_line for group in shown.groups for row in group.rows))
    while True:
        tracks = Tracks(Diagnostics.of(rehearsal), flags_of(rehearsal), detail, states)
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
            _header(rehearsal, facts),
            _failures(tracks.flags, facts),
            picture,
            _others(shown, facts.names),
            tag("div", _expectations(tracks.flags, facts), _notifications(facts), class_="columns"),
            _footer(rehearsal),
        ),
        tag("script", script_data(data), type="application/json", id="data"),
        script=True,
    )


def _picture(facts: Diagnostics, shown: Rows, tracks: Tracks) -> Html:
    step = facts.moments.percent(facts.moments.begins_s + step_s(facts.moments))
    inside = [
        tag(
            "div",
            tag("div", tag("span", "UTC", class_="note"), class_="label"),
            tag("div", axis(facts.moments), class_="track"),
            class_="row axis",
        ),
        *_lanes(facts, tracks.flags),
        *(_group(group, tracks) for group in shown.groups),
        *_helpers(shown, tracks),
    ]
    return tag(
        "section",
        _legend(facts),
        *inside,
        tag("div", class_="crosshair", hidden=True),
        tag("div", class_="reading", hidden=True, role="status"),
        class_="timeline",
        style=f"--step:{step}%",
        tabindex="0",
        aria_label=f"Timeline of {durations.text_of(facts.moments.lasts_s)}",
    )


def _lanes(facts: Diagnostics, numbered: Sequence[Flag]) -> Iterator[Html]:
    timed = [flag for flag in numbered if flag.verdict.at_s is not None]
    if timed:
        yield _lane("Expected", pins(facts, timed, ()))
    yield _lane("Notified", pins(facts, (), facts.outcome.notifications))


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


def write_index(rehearsals: Sequence[Rehearsal], folder: Path) -> Path:
    """Write the page of all scenarios into a folder, which is made if need be; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "index.html"
    path.write_text(index(rehearsals), encoding="utf-8")
    return path


def index(rehearsals: Sequence[Rehearsal]) -> str:
    """Return the page of all scenarios: those that failed first."""
    failed = sum(not rehearsal.passed for rehearsal in rehearsals)
    verdict = f"✗ {failed} not as expected" if failed else "✓ all as expected"
    titles = dict.fromkeys(rehearsal.system.title for rehearsal in rehearsals)
    of = ", ".join(titles) or "nothing"
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
    verdict = "passed" if rehearsal.passed else "failed"
    told = (
        tag("span", icon(kind), count(number, kind), class_="none" if not number else None)
        for kind, number in (("page", summary.pages), ("ticket", summary.tickets))
    )
    wrong = (tag("li", item.expected, ": ", item.found) for item in rehearsal.verdicts if not item.passed)
    return tag(
        "a",
        tag("span", "✓" if rehearsal.passed else "✗", class_=f"badge {verdict}"),
        tag(
            "div",
            tag("h2", rehearsal.name),
            tag("p", rehearsal.says),
            tag("ul", *wrong) if not rehearsal.passed else Html(),
        ),
        tag(
            "div",
            tag("b", summary.verdict),
            tag("span", *told, class_="told"),
            tag("span", took(rehearsal), class_="note"),
            class_="numbers",
        ),
        class_=f"scenario {verdict}",
        href=quote(file_of(rehearsal.name)),
    )
