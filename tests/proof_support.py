"""One deliberate fault at a time, put into the Terraform JSON of an environment."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from catalog.known_metrics import Published
from terraform.configuration import Configuration
from verify import Proof, prove
from verify.alarms import Alarms
from verify.notifications import Notifications

Stacks = dict[str, dict[str, Any]]


class Edited:
    """The stacks of an environment, to be changed."""

    def __init__(self, stacks: Stacks) -> None:
        """Take a copy."""
        self.stacks = copy.deepcopy(stacks)

    def of_type(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the keys and bodies of all resources of a type."""
        for content in self.stacks.values():
            yield from list(content.get("resource", {}).get(kind, {}).items())

    def body(self, address: str) -> dict[str, Any]:
        """Return the body of a resource."""
        kind, _, key = address.partition(".")
        return next(body for name, body in self.of_type(kind) if name == key)

    def add(self, stack: str, address: str, **body: Any) -> dict[str, Any]:
        """Add a resource and return its body."""
        kind, _, key = address.partition(".")
        self.stacks[stack].setdefault("resource", {}).setdefault(kind, {})[key] = body
        return body

    def remove(self, address: str) -> None:
        """Remove a resource."""
        kind, _, key = address.partition(".")
        for content in self.stacks.values():
            content.get("resource", {}).get(kind, {}).pop(key, None)

    def statement(self, address: str, change: Callable[[dict[str, Any]], object], *, of: str = "") -> None:
        """Change the statements of a resource's policy: those for the service `of`, or all."""
        body = self.body(address)
        policy = json.loads(body["policy"])
        for entry in policy["Statement"]:
            if not of or of in str(entry.get("Principal")):
                change(entry)
        policy["Statement"] = [entry for entry in policy["Statement"] if entry]
        body["policy"] = json.dumps(policy)

    def add_statement(self, address: str, **statement: Any) -> None:
        """Add a statement to a resource's policy."""
        body = self.body(address)
        policy = json.loads(body["policy"])
        policy["Statement"].append(statement)
        body["policy"] = json.dumps(policy)


@dataclass(frozen=True)
class Broken:
    """A fault, and what has to be said of it."""

    does: str
    """The fault in words, the name of its test."""
    change: Callable[[Edited], object]
    link: str
    says: str
    subject: str = ""
    """Part of whom the message has to name; the alarm or rule that a test walks unless given."""
    others: frozenset[str] = frozenset()
    """Links that break with it."""

    def __str__(self) -> str:
        return self.does.replace(" ", "-")


def proved(stacks: Stacks, broken: Broken, published: Iterable[Published] = ()) -> Proof:
    """Return the proof of the stacks with the fault in them."""
    edited = Edited(stacks)
    broken.change(edited)
    assert edited.stacks != stacks, "the fault changes nothing"
    return prove(edited.stacks, published=published)


def check(stacks: Stacks, broken: Broken, subject: str, published: Iterable[Published] = ()) -> None:
    """Assert that the fault is found, at its link and for whom it concerns, and nothing else is."""
    faults = proved(stacks, broken, published).faults
    found = [fault for fault in faults if fault.link == broken.link and broken.says in fault.message]
    assert found, f"not found among {faults}"
    assert any((broken.subject or subject) in pair.subject for pair in found), found
    assert {fault.link for fault in faults} <= {broken.link, *broken.others}, faults


def unheard(stacks: Stacks) -> set[str]:
    """Return the names of the alarms of which nobody hears though somebody has to."""
    alarms = Alarms(Configuration(stacks))
    notifications = Notifications(alarms)
    return {resource.name for resource in alarms.all if notifications.finding(resource)}


@contextlib.contextmanager
def changed(body: dict[str, Any], **arguments: Any) -> Iterator[None]:
    """Set arguments of a resource for a while; sooner done than a copy of all the stacks."""
    before = dict(body)
    body.update(arguments)
    try:
        yield
    finally:
        body.clear()
        body.update(before)
