"""Reject a deployment that would delete a resource because its Terraform address has changed.

AWS identifies some resources by name and treats a second creation as an update. If such a resource has a new
Terraform address, Terraform first creates it there, which updates the existing resource, and then destroys
the old address, which deletes it. The plan shows one resource to add and one to destroy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from config.errors import CommandError
from config.models import Environment
from ops import state, synthesis
from terraform.configuration import Stack

NAMES: Mapping[str, tuple[str, str]] = {
    "aws_cloudwatch_composite_alarm": ("alarm", "alarm_name"),
    "aws_cloudwatch_dashboard": ("dashboard", "dashboard_name"),
    "aws_cloudwatch_event_rule": ("rule", "name"),
    "aws_cloudwatch_log_metric_filter": ("metric filter", "name"),
    "aws_cloudwatch_log_resource_policy": ("log resource policy", "policy_name"),
    "aws_cloudwatch_metric_alarm": ("alarm", "alarm_name"),
    "aws_sns_topic": ("topic", "name"),
}
"""Types whose creation is an update when the name exists (API references of PutMetricAlarm,
PutCompositeAlarm, PutDashboard, PutRule, PutMetricFilter, PutResourcePolicy, CreateTopic): AWS's word for
them, and the attribute that holds their name."""


class Lost(NamedTuple):
    """A resource that a deployment would create at a new address and then delete."""

    name: str
    old: str
    new: str


def refuse_to_lose(env: Environment, stack: str) -> None:
    """Refuse to deploy `stack`, as synthesized, if a change of address would delete a resource.

    Raises:
        CommandError: a resource would be deleted; the message contains the `Move` that is needed.
    """
    configured = synthesis.configuration(env, stack)
    lost = list(find(state.resources(env, stack), configured))
    if lost:
        first = lost[0]
        more = f" (and {len(lost) - 1} more)" if lost[1:] else ""
        message = (
            f"{stack}: {first.name} has moved from {first.old} to {first.new}{more}. Terraform would create "
            f"it at the new address and then delete it by name. Add the move to stacks/moves.py: "
            f'Move("{stack}", "{first.old}", "{first.new}"). Nothing was changed.'
        )
        raise CommandError(message)


def find(deployed: Mapping[str, Mapping[str, Any]], configured: Stack) -> Iterator[Lost]:
    """Yield the resources that would be lost.

    Args:
        deployed: address -> attributes, as in the state.
        configured: the synthesized stack.
    """
    bodies = {
        f"{kind}.{key}": body
        for kind, of_kind in configured.resources.items()
        for key, body in of_kind.items()
    }
    addresses = {
        identity: address for address, body in bodies.items() if (identity := _identity(address, body))
    }
    for old, attributes in deployed.items():
        identity = _identity(old, attributes)
        new = addresses.get(identity) if identity else None
        if identity and new and configured.moved.get(old) != new and new not in deployed:
            yield Lost(" ".join(identity), old, new)


def _identity(address: str, attributes: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return AWS's word and the name; None if AWS identifies it otherwise, or the name is not known yet."""
    type_words, attribute = NAMES.get(address.partition(".")[0], ("", ""))
    name = str(attributes.get(attribute, ""))
    return (type_words, name) if name and "${" not in name else None
