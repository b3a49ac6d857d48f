"""The proof as a table: one row per alarm, with its composite alarms, topics and endpoints."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from verify.prover import Proof

WIDTH: Final = 110
"""Width of the table in characters."""
_SHOWN: Final = 3
"""Number of composite alarms that a row lists; the others are counted."""


def summary(proof: Proof) -> str:
    """Return the result in one line, without the faults."""
    rules = sum(route.is_event for route in proof.routes)
    events = f", {_count(rules, 'event rule')}" if rules else ""
    alarms, metrics = _count(len(proof.routes) - rules, "alarm"), _count(proof.metrics, "metric")
    suppressors = _count(len(proof.suppressors), "alarm")
    verb = "suppresses" if len(proof.suppressors) == 1 else "suppress"
    only = f"; {suppressors} only {verb} others" if proof.suppressors else ""
    declared = _count(len(proof.declared), "metric")
    verb = "is" if len(proof.declared) == 1 else "are"
    unproven = f"; {declared} of them {verb} only declared in the configuration" if proof.declared else ""
    return f"{alarms}{events} and {metrics} verified{unproven}{only}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def show(proof: Proof, console: Console) -> None:
    """Print the routes as a table; topics and endpoints that consecutive rows share are printed once."""
    shortened, omitted = _shortening(proof)
    if not console.is_terminal:
        console.width = WIDTH
    table = Table(box=None, pad_edge=False, width=min(WIDTH, console.width), header_style="")
    for heading, ratio in (("alarm", 9), ("notifies through", 9), ("topic", 3), ("delivers to", 8)):
        table.add_column(heading, ratio=ratio, overflow="fold")
    before: tuple[tuple[str, ...], ...] = ()
    for route in sorted(proof.routes, key=lambda route: (route.topics, route.is_event, route.name)):
        shared = (route.topics, route.endpoints)
        cells = ("\n".join(route.topics), "\n".join(route.endpoints)) if shared != before else ("", "")
        before = shared
        row = (route.name, _limited(route.through), *cells)
        table.add_row(*(Text(shortened(cell)) for cell in row))
    console.print(table)
    if any(endpoint.startswith("via ") for route in proof.routes for endpoint in route.endpoints):
        note = "\nvia: all recipients of the function; its code selects the recipients of each notification."
        console.print(note, highlight=False, soft_wrap=True)
    if omitted:
        console.print(f"\nOmitted from names: {omitted}.", highlight=False, soft_wrap=True)
    if proof.declared:
        line = f"\nMetrics that only the configuration declares: {', '.join(proof.declared)}."
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if proof.suppressors:
        names = ", ".join(shortened(suppressor) for suppressor in proof.suppressors)
        line = f"Alarms that only suppress others: {names}."
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _limited(names: tuple[str, ...]) -> str:
    more = len(names) - _SHOWN
    return "\n".join(names[:_SHOWN]) + (f"\nand {more} more" if more > 0 else "")


def _shortening(proof: Proof) -> tuple[Callable[[str], str], str]:
    """Return a function that removes the common prefix and suffix from names, and both of them in words."""
    names = [name for route in proof.routes for name in (route.name.rpartition(" ")[2], *route.topics)]
    prefix = _common_prefix(names)
    prefix = prefix[: prefix.rfind("-") + 1]
    suffix = _common_prefix([name[::-1] for name in names])[::-1]
    suffix = suffix[suffix.find("-") :] if "-" in suffix else ""
    if not prefix or not suffix:
        return str, ""
    name = re.compile(rf"(?<![\w./@-]){re.escape(prefix)}([\w-]+?){re.escape(suffix)}(?![\w.@-])")
    return lambda text: name.sub(r"\1", text), f"the prefix {prefix} and the suffix {suffix}"


def _common_prefix(names: list[str]) -> str:
    """Return the longest common prefix of names."""
    same = itertools.takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in same)
