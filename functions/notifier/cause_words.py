"""The alarms below a composite, in words."""

from __future__ import annotations

from collections.abc import Iterator

from functions.notifier.causes import Causes
from functions.notifier.notice import Fact, Link
from functions.notifier.wording import clip, one_line
from functions.shared.description import Description

STATES = {"OK": "OK", "ALARM": "in alarm", "INSUFFICIENT_DATA": "without data"}
NAMED = 10
"""Children that a message describes, of at most 100; all are on the alarm's page."""

_WORDS_SHOWN = 300  # characters of one child's; a description has up to 1,024


def worst_words(causes: Causes, description: Description) -> str:
    """Return the services that fail, for a composite over several; else the words of the worst cause."""
    services = [] if description.service else causes.services()
    if services:
        return ", ".join(services[:NAMED]) + and_more(len(services) - NAMED)
    worst = causes.worst()
    if worst is None or worst.description.headline == description.headline:
        return ""
    words, service = clip(one_line(worst.description.headline), _WORDS_SHOWN), worst.description.service
    return f"{words} ({service})" if service and service != description.service else words


def details(causes: Causes) -> Iterator[Fact]:
    """Yield a line per cause: words, values and threshold, name; none when nothing is known of any."""
    if not any(cause.state_now for cause in causes.all):
        return
    for number, cause in enumerate(causes.all[:NAMED], start=1):
        now = cause.state_now if cause.state_now != cause.state else ""
        state = STATES.get(cause.state, cause.state) + (f", {STATES.get(now, now)} by now" if now else "")
        words = clip(one_line(cause.description.headline), _WORDS_SHOWN)
        said = ": ".join(filter(None, (words, cause.reading.value if cause.reading else "")))
        inside = f", below {cause.below}" if cause.below else ""
        title = "Caused by" if number == 1 else f"Caused by {number}"
        yield Fact(title, "; ".join(filter(None, (said, f"{cause.name} ({state}{inside})"))))
    rest = [cause.name for cause in causes.all[NAMED:]]
    if rest:
        yield Fact("Also", ", ".join(rest[:NAMED]) + and_more(len(rest) - NAMED))


def runbooks(causes: Causes, description: Description) -> Iterator[Link]:
    """Yield a link per runbook that the composite's own description does not name."""
    known = {description.runbook, ""}
    for cause in causes.all[:NAMED]:
        if cause.description.runbook not in known:
            known.add(cause.description.runbook)
            yield Link(f"Runbook of {cause.name}", cause.description.runbook)


def and_more(count: int) -> str:
    """Return how many are not named."""
    return f" and {count} more" if count > 0 else ""
