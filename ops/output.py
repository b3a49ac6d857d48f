"""The outputs of the stacks, as a table or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rich.console import Console

from config.errors import CommandError, visible
from config.models import Environment
from ops import state
from ops.order import chosen

_SHOWN_ENTRIES = 8
"""Entries of a map that the table shows."""
_SHOWN = 2_000
"""Characters of a value that the table shows; the longest value of the platform, a link, has hundreds."""


def collect(env: Environment, stack: str | None) -> dict[str, dict[str, Any]]:
    """Return stack -> name -> value, of the stacks that are deployed.

    Raises:
        CommandError: no stack is deployed.
    """
    by_stack = {name: state.outputs(env, name) for name in chosen(stack)} if state.bucket_exists(env) else {}
    deployed = {name: outputs for name, outputs in by_stack.items() if outputs is not None}
    if not deployed:
        subject = f"{stack} is not" if stack else "nothing is"
        message = f"{subject} deployed in {env.environment}: `make deploy ENV={env.environment}`."
        raise CommandError(message)
    return deployed


def as_json(outputs: dict[str, dict[str, Any]]) -> str:
    """Return a flat JSON object, name -> value; names are unique across stacks."""
    flat = {name: value for of_stack in outputs.values() for name, value in of_stack.items()}
    return json.dumps(flat, indent=2, sort_keys=True)


def show(outputs: dict[str, dict[str, Any]], console: Console) -> None:
    """Print the outputs by stack, each value unbroken on its own line, so that it can be copied."""
    rows = {
        stack: [row for output in sorted(of_stack.items()) for row in _rows(*output)]
        for stack, of_stack in outputs.items()
    }
    width = max((len(label) for of_stack in rows.values() for label, _ in of_stack), default=0)
    for stack, of_stack in rows.items():
        console.print(f"[bold]{stack}[/bold]")
        for label, text in of_stack:
            console.print(f"  {label:<{width}}  {text}", markup=False, highlight=False, soft_wrap=True)


def _rows(name: str, value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401  # JSON
    """Yield a row per value; of a long map only the number of entries."""
    if not isinstance(value, dict):
        yield name, visible(str(value), _SHOWN) or "-"
    elif len(value) > _SHOWN_ENTRIES:
        yield name, f"({len(value)} entries: JSON=1 lists them)"
    else:
        yield name, "" if value else "-"
        for key, entry in value.items():
            yield f"  {visible(str(key), _SHOWN)}", visible(str(entry), _SHOWN)
