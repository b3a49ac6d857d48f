"""The alarms that caused a composite alarm to fire, with their descriptions from CloudWatch.

A composite's notification has only the ARNs of the alarms that changed its state. Their descriptions and
reasons are requested from CloudWatch; without a response the message has the names, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.notifier.described import MOST_NAMES, Describe, Described, NotDescribedError
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
    """An alarm that is part of a composite.

    Attributes:
        name: Name of the alarm.
        state: State in the notification.
        state_now: State when CloudWatch was asked; empty if it did not describe the alarm.
        description: The alarm's description.
        reading: Values and threshold from the state's reason, if they are known.
        below: The inner composite that the alarm is part of; empty for an alarm of the rule itself.
    """

    name: str
    state: str
    state_now: str
    description: Description
    reading: Reading | None
    below: str = ""


@dataclass(frozen=True)
class Causes:
    """The causes of a composite alarm.

    Attributes:
        all: Each alarm of the rule, followed by the alarms that are part of it.
        unread: Why details are missing; empty if they are complete.
    """

    all: tuple[Cause, ...] = ()
    unread: str = ""

    def worst(self) -> Cause | None:
        """Return the alarm of the rule that exceeds its threshold the most, relative to the threshold.

        For an inner composite the worst of its alarms counts. An alarm that has ended is returned only if no
        other alarm is in ALARM.
        """
        candidates = [
            cause for cause in self.all if not cause.below and cause.description.headline and _is_bad(cause)
        ]
        return max(
            candidates,
            key=lambda cause: (cause.state_now in {"ALARM", ""}, self._excess(cause)),
            default=None,
        )

    def services(self) -> list[str]:
        """Return the services that fail now, without duplicates."""
        failing = (cause for cause in self.all if cause.state_now in {"ALARM", ""} and _is_bad(cause))
        return list(
            dict.fromkeys(cause.description.service for cause in failing if cause.description.service)
        )

    def _excess(self, cause: Cause) -> float:
        alarms = [cause, *(child for child in self.all if child.below == cause.name)]
        return max(alarm.reading.excess if alarm.reading else 0.0 for alarm in alarms)


def find_causes(
    message: Mapping[str, Any], describe: Describe, *, environment: str, of_one_service: bool = True
) -> Causes:
    """Return the alarms that caused a composite to fire, as far as they are known.

    Args:
        message: CloudWatch's notification of the composite.
        describe: Returns the descriptions of alarms by name.
        environment: Name of the environment, for their descriptions.
        of_one_service: Whether the composite is of a single service: then only the alarms that changed its
            state are described. Otherwise every alarm of its rule is, to name all services that fail.
    """
    notified = dict(children_of(message))
    names = list(notified)
    if not (names and of_one_service):
        names = list(dict.fromkeys([*names, *names_in(text(message, "AlarmRule"))]))
    if not names:
        return Causes()
    try:
        known = _described(describe, names)
    except NotDescribedError as error:
        return Causes(
            tuple(_cause(name, state, None, environment) for name, state in notified.items()), str(error)
        )
    in_alarm = {name for name, described in known.items() if described.state == "ALARM"}
    direct = notified if notified and of_one_service else {}
    direct = direct or {
        **notified,
        **{name: "ALARM" for name in names if name in in_alarm and name not in notified},
    }
    children = {name: names_in(known[name].rule) for name in direct if name in in_alarm}
    unknown = [child for rule in children.values() for child in rule if child not in known]
    unread = "" if known else "CloudWatch did not find these alarms"
    unread = unread or _too_many(names) or _too_many(list(dict.fromkeys(unknown)))
    try:
        known |= _described(describe, unknown)
    except NotDescribedError as error:
        unread = str(error)
    causes, listed_names = [], set(direct)
    for name, state in direct.items():
        causes.append(_cause(name, state, known.get(name), environment))
        for child in children.get(name, ()):
            if (
                child in known
                and child not in listed_names
                and known[child].state == "ALARM"
                and not known[child].rule
            ):
                listed_names.add(child)
                causes.append(_cause(child, "ALARM", known[child], environment, below=name))
    return Causes(tuple(causes), unread)


def children_of(message: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return name and state of the alarms that changed a composite's state, from the list or the reason."""
    children = [
        (
            one_line(text(child, "Arn").split(":alarm:", 1)[-1]),
            one_line(text(mapping(child, "State"), "Value")),
        )
        for child in mappings(message, "TriggeringChildren")
    ]
    children = [(name, state) for name, state in children if name]
    return children or _CHILD.findall(one_line(text(message, "NewStateReason")))


def names_in(rule: str) -> list[str]:
    """Return the names of all alarms in a rule, without duplicates; of an ARN the name in it."""
    names = []
    for quoted, bare in _REFERENCE.findall(rule):
        if bare and (bare in _KEYWORDS or _SHARE.fullmatch(bare)):
            continue
        name = re.sub(r"\\(.)", r"\1", quoted) if quoted else bare
        names.append(name.split(":alarm:", 1)[-1])
    return list(dict.fromkeys(name for name in names if name))


def _described(describe: Describe, names: Sequence[str]) -> dict[str, Described]:
    requested = list(dict.fromkeys(names))[:MOST_NAMES]
    return {described.name: described for described in describe(requested)} if requested else {}


def _too_many(names: Sequence[str]) -> str:
    return f"{len(names)} alarms, only {MOST_NAMES} were requested" if len(names) > MOST_NAMES else ""


def _cause(name: str, state: str, known: Described | None, environment: str, *, below: str = "") -> Cause:
    if known is None:
        return Cause(name, state, "", Description(), None, below)
    description = read_description(clean(known.description), environment=environment)
    reading = read_reason(known.reason, known.trigger, unit=description.unit)
    return Cause(name, state, known.state, description, reading, below)


def _is_bad(cause: Cause) -> bool:
    return "ALARM" in {cause.state, cause.state_now}
