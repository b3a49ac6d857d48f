"""Why a composite fired: the alarms below it, with what CloudWatch says of each.

A composite's notification names at most the alarms that moved it, by ARN. Their words, values and runbooks
are asked for; without an answer the message goes out with the names alone, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.notifier.described import MOST_NAMES, Ask, Described, NotDescribedError
from functions.notifier.fields import mapping, mappings, text
from functions.notifier.reason import Reading, read_reason
from functions.notifier.wording import clean, one_line
from functions.shared.description import Description, read_description

_CHILD = re.compile(r"arn:aws[\w-]*:cloudwatch:[\w-]*:\d*:alarm:(.+?) transitioned to (\w+)")
# Quoted, or without blanks, brackets and commas (CloudWatch API Reference, PutCompositeAlarm, AlarmRule).
_REFERENCE = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s(),"]+)')
_KEYWORDS = frozenset(["ALARM", "OK", "INSUFFICIENT_DATA", "AND", "OR", "NOT", "TRUE", "FALSE", "AT_LEAST"])
_SHARE = re.compile(r"\d+%?")  # of AT_LEAST


@dataclass(frozen=True)
class Cause:
    """One alarm below a composite.

    Attributes:
        name: The alarm's.
        state: As the notification tells it.
        state_now: When CloudWatch was asked; empty when it does not tell.
        description: Its own, in parts.
        reading: Its values and threshold, as far as its reason tells.
        below: The composite in between; empty for an alarm of the rule itself.
    """

    name: str
    state: str
    state_now: str
    description: Description
    reading: Reading | None
    below: str = ""


@dataclass(frozen=True)
class Causes:
    """Everything that a composite's message says of its children.

    Attributes:
        all: An alarm of the rule is followed by those below it.
        unread: Why details are missing; empty when they are not.
    """

    all: tuple[Cause, ...] = ()
    unread: str = ""

    def worst(self) -> Cause | None:
        """Return the alarm of the rule that is furthest beyond its own threshold; the first of equals.

        A composite is as far beyond as the worst alarm below it. One that is over by now does not count while
        another goes on.
        """
        best = [
            cause for cause in self.all if not cause.below and cause.description.headline and _is_bad(cause)
        ]
        return max(
            best, key=lambda cause: (cause.state_now in {"ALARM", ""}, self._excess(cause)), default=None
        )

    def services(self) -> list[str]:
        """Return the services that fail now, each once."""
        failing = (cause for cause in self.all if cause.state_now in {"ALARM", ""} and _is_bad(cause))
        return list(
            dict.fromkeys(cause.description.service for cause in failing if cause.description.service)
        )

    def _excess(self, cause: Cause) -> float:
        own = [cause, *(item for item in self.all if item.below == cause.name)]
        return max(item.reading.excess if item.reading else 0.0 for item in own)


def find_causes(
    message: Mapping[str, Any], ask: Ask, *, environment: str, of_one_service: bool = True
) -> Causes:
    """Return what is known of the alarms below a composite.

    Args:
        message: CloudWatch's notification of it.
        ask: Describes alarms by their names.
        environment: For their descriptions.
        of_one_service: Whether the alarms that moved it are enough. A composite over several services names
            all of them that fail, so every alarm of its rule is asked for.
    """
    told = dict(children_of(message))
    names = list(told)
    if not (names and of_one_service):
        names = list(dict.fromkeys([*names, *names_in(text(message, "AlarmRule"))]))
    if not names:
        return Causes()
    try:
        known = _known(ask, names)
    except NotDescribedError as error:
        return Causes(
            tuple(_cause(name, state, None, environment) for name, state in told.items()), str(error)
        )
    in_alarm = {name for name, described in known.items() if described.state == "ALARM"}
    direct = told if told and of_one_service else {}
    direct = direct or {**told, **{name: "ALARM" for name in names if name in in_alarm and name not in told}}
    inside = {name: names_in(known[name].rule) for name in direct if name in in_alarm}
    wanted = [name for found in inside.values() for name in found if name not in known]
    unread = "" if known else "CloudWatch knows none of them"
    unread = unread or _too_many(names) or _too_many(list(dict.fromkeys(wanted)))
    try:
        known |= _known(ask, wanted)
    except NotDescribedError as error:
        unread = str(error)
    found, shown = [], set(direct)
    for name, state in direct.items():
        found.append(_cause(name, state, known.get(name), environment))
        for item in inside.get(name, ()):
            if item in known and item not in shown and known[item].state == "ALARM" and not known[item].rule:
                shown.add(item)
                found.append(_cause(item, "ALARM", known[item], environment, below=name))
    return Causes(tuple(found), unread)


def children_of(message: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return name and state of the alarms that moved a composite, from the list or from the reason's text."""
    found = [
        (
            one_line(text(child, "Arn").split(":alarm:", 1)[-1]),
            one_line(text(mapping(child, "State"), "Value")),
        )
        for child in mappings(message, "TriggeringChildren")
    ]
    found = [(name, state) for name, state in found if name]
    return found or _CHILD.findall(one_line(text(message, "NewStateReason")))


def names_in(rule: str) -> list[str]:
    """Return the names of all alarms in a rule, each once; an ARN is cut to the name in it."""
    found = []
    for quoted, bare in _REFERENCE.findall(rule):
        if bare and (bare in _KEYWORDS or _SHARE.fullmatch(bare)):
            continue
        name = re.sub(r"\\(.)", r"\1", quoted) if quoted else bare
        found.append(name.split(":alarm:", 1)[-1])
    return list(dict.fromkeys(name for name in found if name))


def _known(ask: Ask, names: Sequence[str]) -> dict[str, Described]:
    asked = list(dict.fromkeys(names))[:MOST_NAMES]
    return {described.name: described for described in ask(asked)} if asked else {}


def _too_many(names: Sequence[str]) -> str:
    return f"{len(names)} alarms, of which {MOST_NAMES} were asked for" if len(names) > MOST_NAMES else ""


def _cause(name: str, state: str, known: Described | None, environment: str, *, below: str = "") -> Cause:
    if known is None:
        return Cause(name, state, "", Description(), None, below)
    description = read_description(clean(known.description), environment=environment)
    reading = read_reason(known.reason, known.trigger, unit=description.unit)
    return Cause(name, state, known.state, description, reading, below)


def _is_bad(cause: Cause) -> bool:
    return "ALARM" in {cause.state, cause.state_now}
