"""That a composite can go into ALARM at all, and because of whom its text says that it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from verify.alarms import Alarms
from verify.configuration import Resource
from verify.faults import Finding
from verify.terms import with_whom

_ANY_OF: Final = re.compile(r"\bAny of: ([\w-]+(?:, [\w-]+)*)")
"""How a description lists the alarms of which each is enough, by names within those of the alarms."""


def findings(composite: Resource, alarms: Alarms) -> Iterator[Finding]:
    """Yield what a composite's rule does not keep."""
    children = tuple(alarms.children(composite.name))
    if composite.name in alarms.states.at_rest:
        says = "its rule is true while nothing is wrong, so it never goes into ALARM: name alarms"
        yield Finding("composite", says)
    elif not any(_sets_off(child, composite.name, alarms) for child in children):
        says = "no alarm can set it off: name one with ALARM(...) in its rule, without its contrary"
        yield Finding("composite", says)
    listed = _ANY_OF.search(composite.text("alarm_description"))
    if listed:
        yield from _of_list(listed[1].split(", "), composite.name, alarms)


def _of_list(names: list[str], composite: str, alarms: Alarms) -> Iterator[Finding]:
    """Yield what a text lists that the rule does not."""
    missing = dict.fromkeys(names)
    for child in alarms.children(composite):
        # `log-errors` is not `errors`.
        name = max((one for one in names if f"-{one}-" in f"-{child}-"), key=len, default=None)
        if name is None:
            continue
        missing.pop(name, None)
        if composite not in alarms.states.after({child}, [composite]):
            says = f'its text says "Any of: ... {name}", but {child} alone does not set it off: join it by OR'
            yield Finding("composite", says)
    for name in missing:
        yield Finding("composite", f'its text says "Any of: ... {name}", but its rule does not name it')


def _sets_off(child: str, composite: str, alarms: Alarms) -> bool:
    partners = with_whom(alarms.rules[composite].term, child)
    return partners is not None and composite in alarms.states.after({child} | partners, [composite])
