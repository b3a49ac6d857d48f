"""Refuse a plan that would delete by name what it has just made by the same name.

AWS keeps some things by name and takes a second creation for a change. When such a thing has a new Terraform
address, Terraform creates it there, which changes what exists, and then deletes the old address: what exists.
Terraform's plan shows one to add and one to destroy, and nobody sees that they are the same.
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
"""Types whose creation AWS takes for a change when the name exists (API references of PutMetricAlarm,
PutCompositeAlarm, PutDashboard, PutRule, PutMetricFilter, PutResourcePolicy, CreateTopic): what AWS calls
them, and the attribute that is their name."""


class Lost(NamedTuple):
    """Something that a deployment would make at a new address and then delete."""

    name: str
    old: str
    new: str


def refuse_to_lose(env: Environment, stack: str) -> None:
    """Refuse to deploy `stack` as synthesized, if something of it would be lost by changing its address.

    Raises:
        CommandError: it would; the message says how to move it.
    """
    configured = synthesis.configuration(env, stack)
    lost = list(find(state.resources(env, stack), configured))
    if lost:
        first = lost[0]
        more = f" (and {len(lost) - 1} more)" if lost[1:] else ""
        message = (
            f"{stack}: {first.name} has moved from {first.old} to {first.new}{more}. Terraform would make it "
            f"at the new address and then delete it by its name. Say that it moved, in stacks/moves.py: "
            f'Move("{stack}", "{first.old}", "{first.new}"). Nothing was changed.'
        )
        raise CommandError(message)


def find(deployed: Mapping[str, Mapping[str, Any]], configured: Stack) -> Iterator[Lost]:
    """Yield what would be lost.

    Args:
        deployed: address -> attributes, of what the state has.
        configured: the synthesized stack.
    """
    wanted = {
        f"{kind}.{key}": body
        for kind, of_kind in configured.resources.items()
        for key, body in of_kind.items()
    }
    addresses = {
        identity: address for address, body in wanted.items() if (identity := _identity(address, body))
    }
    for old, attributes in deployed.items():
        identity = _identity(old, attributes)
        new = addresses.get(identity) if identity else None
        if identity and new and configured.moved.get(old) != new and new not in deployed:
            yield Lost(" ".join(identity), old, new)


def _identity(address: str, attributes: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return by what AWS knows it; None for what it knows otherwise, or by a name that is not known yet."""
    what, attribute = NAMES.get(address.partition(".")[0], ("", ""))
    name = str(attributes.get(attribute, ""))
    return (what, name) if name and "${" not in name else None
