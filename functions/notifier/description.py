"""The text that the platform gives each alarm: words for people, then lines `Key: value`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from functions.notifier.wording import clean

_KEYS = ("Service", "Owner", "Log group", "Dashboard", "Runbook")
_LINE = re.compile(rf"({'|'.join(_KEYS)}): *(.*)")
_SENTENCE = re.compile(r"(.+?[.!?])\s+(.+)", re.DOTALL)
_DETAILS = re.compile(r"\s*\([^()]*\)$")
_UNIT = re.compile(r"\([<>]=? [\d.]+ (%|ms)[ ,)]")


@dataclass(frozen=True)
class Description:
    """A description in its parts; each may be empty, since people write alarms too.

    Attributes:
        sentence: The first sentence, without the "<service> in <environment>:" before it.
        what: The same without its period and the details in brackets at its end.
        advice: Everything else that is not a `Key: value` line of ours.
        service: Name of the service in the config.
        owner: Whom to ask.
        log_group: Log group of the service.
        dashboard: Name of the dashboard.
        runbook: URL, or path in the repository.
        unit: Of the values and the threshold, where it can be written behind them; else empty.
    """

    sentence: str = ""
    what: str = ""
    advice: str = ""
    service: str = ""
    owner: str = ""
    log_group: str = ""
    dashboard: str = ""
    runbook: str = ""
    unit: str = ""


def read_description(text: object, *, environment: str) -> Description:
    """Take a description apart; anything but a text (AWS sends null for none) is an empty one."""
    if not isinstance(text, str):
        return Description()
    values: dict[str, str] = {}
    words = []
    for line in clean(text).splitlines():
        found = _LINE.fullmatch(line.strip())
        if found and found[1] not in values:
            values[found[1]] = found[2].strip()
        elif line.strip():
            words.append(line.strip())
    service = values.get("Service", "")
    first, advice = _first_sentence(words)
    for prefix in (f"{service} in {environment}: ", f"{environment}: "):
        first = first.removeprefix(prefix)
    # What is about no service: "The whole system in <environment>: ..."; every message names the environment.
    if not service:
        first = re.sub(rf"^([^:]{{1,60}}) in {re.escape(environment)}: ", r"\1: ", first)
    unit = _UNIT.search(first)
    return Description(
        sentence=first,
        what=_DETAILS.sub("", first.rstrip(". ")),
        advice=advice,
        service=service,
        owner=values.get("Owner", ""),
        log_group=values.get("Log group", ""),
        dashboard=values.get("Dashboard", ""),
        runbook=values.get("Runbook", ""),
        unit=unit[1] if unit else "",
    )


def _first_sentence(lines: list[str]) -> tuple[str, str]:
    """Return the first sentence and the rest; a line break ends a sentence, too."""
    if not lines:
        return "", ""
    found = _SENTENCE.fullmatch(lines[0])
    first, rest = (found[1], [found[2]]) if found else (lines[0], [])
    return first, "\n".join([*rest, *lines[1:]])
