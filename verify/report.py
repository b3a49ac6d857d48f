"""What was proved, for people: one row per alarm, from itself to those whom it reaches."""

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
"""Columns of the table."""
_SHOWN: Final = 3
"""Composites that a row names before it counts."""


def summary(proof: Proof) -> str:
    """Return what was proved in one line."""
    rules = sum(route.is_event for route in proof.routes)
    events = f", {rules} event {'rules' if rules > 1 else 'rule'}" if rules else ""
    held = f"; {len(proof.suppressors)} only suppress others" if proof.suppressors else ""
    return f"{len(proof.routes) - rules} alarms{events} and {proof.metrics} metrics proved{held}"


def show(proof: Proof, console: Console) -> None:
    """Print the ways as a table; what several alarms have in common stands once."""
    shortened, left_out = _shortening(proof)
    if not console.is_terminal:
        console.width = WIDTH
    table = Table(box=None, pad_edge=False, width=min(WIDTH, console.width), header_style="")
    for heading, ratio in (("alarm", 9), ("notified through", 9), ("topic", 3), ("reaches", 8)):
        table.add_column(heading, ratio=ratio, overflow="fold")
    before: tuple[tuple[str, ...], ...] = ()
    for route in sorted(proof.routes, key=lambda route: (route.topics, route.is_event, route.name)):
        common = (route.topics, route.endpoints)
        cells = ("\n".join(route.topics), "\n".join(route.endpoints)) if common != before else ("", "")
        before = common
        row = (route.name, _counted(route.through), *cells)
        table.add_row(*(Text(shortened(cell)) for cell in row))
    console.print(table)
    if any(endpoint.startswith("via ") for route in proof.routes for endpoint in route.endpoints):
        said = "\nvia: all whom a function can reach; which of them it tells is its own to say."
        console.print(said, highlight=False, soft_wrap=True)
    if left_out:
        console.print(f"\nNames are without {left_out}.", highlight=False, soft_wrap=True)
    if proof.suppressors:
        names = ", ".join(shortened(suppressor) for suppressor in proof.suppressors)
        console.print(f"Only hold others back: {names}.", markup=False, highlight=False, soft_wrap=True)


def _counted(names: tuple[str, ...]) -> str:
    more = len(names) - _SHOWN
    return "\n".join(names[:_SHOWN]) + (f"\nand {more} more" if more > 0 else "")


def _shortening(proof: Proof) -> tuple[Callable[[str], str], str]:
    """Return what takes off names what all of them begin and end with, and what that is, in words."""
    names = [name for route in proof.routes for name in (route.name.rpartition(" ")[2], *route.topics)]
    prefix = _common(names)
    prefix = prefix[: prefix.rfind("-") + 1]
    suffix = _common([name[::-1] for name in names])[::-1]
    suffix = suffix[suffix.find("-") :] if "-" in suffix else ""
    if not prefix or not suffix:
        return str, ""
    name = re.compile(rf"(?<![\w./@-]){re.escape(prefix)}([\w-]+?){re.escape(suffix)}(?![\w.@-])")
    return lambda text: name.sub(r"\1", text), f"{prefix} and {suffix}"


def _common(names: list[str]) -> str:
    """Return what all names begin with."""
    same = itertools.takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in same)
