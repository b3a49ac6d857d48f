"""Terraform's events during a run, and its plan ("Machine-Readable UI", Terraform documentation)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

_NO_CHANGE = {"noop", "read", "move", "import"}
"""Actions of a plan that change nothing in AWS ("Machine-Readable UI", Terraform documentation)."""

_WORDS = (("add", "to add"), ("change", "to change"), ("remove", "to destroy"))


@dataclass(frozen=True)
class Plan:
    """The planned changes of one stack."""

    stack: str
    add: int
    change: int
    remove: int
    output_changes: int
    removed: tuple[str, ...] = ()
    """Addresses of resources to be deleted or replaced."""
    changed: tuple[str, ...] = ()
    """Addresses of resources to be created, changed, deleted or replaced."""

    @property
    def is_empty(self) -> bool:
        """Whether there are no changes, including outputs."""
        return self.changes == 0 and self.output_changes == 0

    @property
    def changes(self) -> int:
        """Number of resource changes."""
        return self.add + self.change + self.remove

    def __str__(self) -> str:
        parts = [f"{getattr(self, name)} {words}" for name, words in _WORDS if getattr(self, name)]
        if self.output_changes:
            parts.append(f"{self.output_changes} outputs to change")
        return ", ".join(parts) or "No changes"


class PlanEvents:
    """Collects the plan from the events of a run."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._output_changes = 0
        self._removed: list[str] = []
        self.changed: list[str] = []
        """Addresses of resources to be created, changed, deleted or replaced, so far."""

    @property
    def changes(self) -> int:
        """Number of resource changes."""
        return sum(self._counts.get(name, 0) for name, _ in _WORDS)

    def take(self, event: dict[str, Any]) -> bool:
        """Record an event; return whether it is the last one about resource changes."""
        kind = event["type"]
        if kind == "planned_change" and event["change"]["action"] not in _NO_CHANGE:
            address = event["change"]["resource"]["addr"]
            self.changed.append(address)
            if event["change"]["action"] in {"delete", "replace"}:
                self._removed.append(address)
        elif kind == "outputs" and not self._output_changes:
            actions = [output.get("action", "noop") for output in event["outputs"].values()]
            self._output_changes = sum(action != "noop" for action in actions)
        elif kind == "change_summary" and event["changes"]["operation"] == "plan":
            self._counts = event["changes"]
            return True
        return False

    def result(self, stack: str) -> Plan:
        """Return the plan; all events must have been recorded."""
        add, change, remove = (self._counts.get(name, 0) for name, _ in _WORDS)
        return Plan(
            stack, add, change, remove, self._output_changes, tuple(self._removed), tuple(self.changed)
        )


def event_of(line: str) -> dict[str, Any]:
    """Return the event in a line; plain text becomes an event of type `text`."""
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    if isinstance(event, dict) and "type" in event:
        return event
    # Before its first event Terraform may print plain text, for one about its CLI configuration.
    return {"type": "text", "text": line.rstrip()}


def diagnostic_text(diagnostic: dict[str, Any]) -> str:
    """Return an error or a warning as lines of text: the address, the summary, the details."""
    address = diagnostic.get("address")
    lines = [f"{address}: {diagnostic['summary']}" if address else str(diagnostic["summary"])]
    detail = str(diagnostic.get("detail", "")).strip()
    lines += [f"  {line}" for line in detail.splitlines()]
    return "\n".join(lines)
