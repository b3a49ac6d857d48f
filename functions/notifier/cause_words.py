"""Words for the alarms that caused a composite alarm."""

from __future__ import annotations

from collections.abc import Iterator

from functions.notifier.causes import Causes
from functions.notifier.notice import Fact, Link
from functions.notifier.wording import clip, one_line
from functions.shared.description import Description

STATES = {"OK": "OK", "ALARM": "in alarm", "INSUFFICIENT_DATA": "without data"}
NAMED = 10
"""Number of children that a message describes, of at most 100; the alarm's page lists all."""

_WORDS_SHOWN = 300  # characters of a child's headline; a description has up to 1,024


def worst_words(causes: Causes, description: Description) -> str:
    """Return the failing services if the composite is of several, else the headline of the worst cause."""
    services = [] if description.service else causes.services()
    if services:
        return ", ".join(services[:NAMED]) + and_more(len(services) - NAMED)
    worst = causes.worst()
    if worst is None or worst.description.headline == description.headline:
        return ""
    words, service = clip(one_line(worst.description.headline), _WORDS_SHOWN), worst.description.service
    return f"{words} ({service})" if service and service != description.service else words


def details(causes: Causes) -> Iterator[Fact]:
    """Yield a line per cause: headline, values and threshold, name; none if no cause could be described."""
    if not any(cause.state_now for cause in causes.all):
        return
    for number, cause in enumerate(causes.all[:NAMED], start=1):
        now = cause.state_now if cause.state_now != cause.state else ""
        state = STATES.get(cause.state, cause.state) + (f", now {STATES.get(now, now)}" if now else "")
        headline = clip(one_line(cause.description.headline), _WORDS_SHOWN)
        description = ": ".join(filter(None, (headline, cause.reading.value if cause.reading else "")))
        parent = f", part of {cause.below}" if cause.below else ""
        title = "Caused by" if number == 1 else f"Caused by {number}"
        yield Fact(title, "; ".join(filter(None, (description, f"{cause.name} ({state}{parent})"))))
    remaining = [cause.name for cause in causes.all[NAMED:]]
    if remaining:
        yield Fact("Also", ", ".join(remaining[:NAMED]) + and_more(len(remaining) - NAMED))


def runbooks(causes: Causes, description: Description) -> Iterator[Link]:
    """Yield a link per runbook of the causes, except the composite's own."""
    linked = {description.runbook, ""}
    for cause in causes.all[:NAMED]:
        if cause.description.runbook not in linked:
            linked.add(cause.description.runbook)
            yield Link(f"Runbook of {cause.name}", cause.description.runbook)


def and_more(count: int) -> str:
    """Return ` and 3 more` for names that are left out."""
    return f" and {count} more" if count > 0 else ""
