"""What stands around the timeline in words: what went wrong, what was expected, who was notified."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from drill import durations
from drill.rehearsal import Notification, Rehearsal
from drill.report.facts import Facts
from drill.report.marks import Flag, icon, mark
from drill.report.markup import Html, join, tag
from drill.report.names import Names
from drill.report.notified import arrived
from drill.report.rows import Rows
from drill.report.summary import Summary, took
from drill.report.texts import count

_LISTED: Final = 1500
"""Alarms that are listed by name; of more, each service's are counted, so that the page stays small."""


def header(rehearsal: Rehearsal, facts: Facts) -> Html:
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
    lasts, step = (durations.text_of(one) for one in (facts.moments.lasts_s, rehearsal.step_s))
    about = f"{rehearsal.system.title} · {facts.moments.date()} · {lasts} in steps of {step}"
    return tag(
        "header",
        tag("h1", rehearsal.name),
        tag("p", badge, told, class_="verdict"),
        tag("p", rehearsal.says, class_="says"),
        tag("p", about, class_="note"),
    )


def wrong(flags: Sequence[Flag], facts: Facts) -> Html:
    """Return what went wrong; nothing if nothing did."""
    failed = [
        _wrong(one, facts, known)
        for one, known in zip(flags, facts.once(), strict=True)
        if not one.verdict.passed
    ]
    return tag("section", tag("h2", "What went wrong"), *failed, class_="wrong") if failed else Html()


def _wrong(flag: Flag, facts: Facts, known: Sequence[str]) -> Html:
    verdict = flag.verdict
    at = () if verdict.at_s is None else (" ", tag("span", facts.moments.both(verdict.at_s), class_="note"))
    listed = (tag("ul", *(tag("li", one) for one in known)),) if known else ()
    number = tag("a", f"✗{flag.number}", class_="flag failed", href=f"#expected-{flag.number}")
    said = tag(
        "dl",
        *(tag("dt", "expected"), tag("dd", verdict.expected, *at)),
        *(tag("dt", "found"), tag("dd", tag("b", verdict.found), *listed)),
        *(tag("dt", "in"), tag("dd", tag("code", verdict.place))),
    )
    return tag("article", number, said)


def expected(flags: Sequence[Flag], facts: Facts) -> Html:
    """Return everything that was expected, in the scenario's order."""
    if not flags:
        return Html()
    return tag(
        "section",
        tag("h2", "What was expected"),
        tag("ol", *(_expected(one, facts) for one in flags)),
        class_="expected",
    )


def _expected(flag: Flag, facts: Facts) -> Html:
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


def notified(facts: Facts) -> Html:
    """Return every notification, with whom it reached and in which queues it arrived."""
    some = facts.rehearsal.notifications
    inside = (
        tag("ol", *(_notified(facts, one) for one in some))
        if some
        else tag("p", "Nobody was notified.", class_="note")
    )
    return tag("section", tag("h2", "Who was notified"), inside, class_="notified")


def _notified(facts: Facts, one: Notification) -> Html:
    queues = arrived(facts.rehearsal, one)
    whom = ", ".join(one.reached) or "nobody"
    held = f"held back since {facts.moments.offset(one.changed_s)}" if one.changed_s < one.at_s else ""
    notes = " · ".join(part for part in (held, f"in {', '.join(queues)}" if queues else "") if part)
    return tag(
        "li",
        mark(facts, [one]),
        tag(
            "div",
            tag("p", f"{one.state} ", tag("b", facts.names.short(one.alarm), title=one.alarm)),
            tag("p", f"{one.topic} → {whom}", class_="found"),
            tag("p", facts.moments.both(one.at_s), f" · {notes}" if notes else "", class_="note"),
        ),
    )


def others(shown: Rows, names: Names) -> Html:
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
        for index, one in enumerate(listed)
        for part in (", " if index else "", tag("span", names.within(one, service), title=one))
    )


def legend(facts: Facts) -> Html:
    """Return what the signs mean."""
    states = (
        tag("span", tag("i", tag("i", class_=f"state {state.lower()}"), class_="bar"), state)
        for state in ("OK", "ALARM", "INSUFFICIENT_DATA")
    )
    held = any(facts.suppressed(one.name) for one in facts.rehearsal.system.composites)
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


def footer(rehearsal: Rehearsal) -> Html:
    """Return where to go from here, and how long it took."""
    return tag(
        "footer",
        tag("a", "all scenarios", href="index.html"),
        f" · rehearsed in {took(rehearsal)}",
        class_="note",
    )
