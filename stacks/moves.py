"""Terraform `moved` blocks for resources whose address has changed.

Without a move, Terraform creates the resource at the new address and then deletes the old one. Resources that
AWS identifies by name, such as alarms, are the same at both addresses, and are then deleted
(terraform-provider-aws issue 47390). `make deploy` rejects such a plan; add an entry here instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Move(NamedTuple):
    """A resource with a new address within its stack."""

    stack: str
    old: str
    """Its address before, such as `aws_cloudwatch_metric_alarm.checkout_errors`."""
    new: str
    """Its new address."""


MOVES: tuple[Move, ...] = ()
"""Remove an entry when no environment has the old address in its state."""


def moved_blocks(stack: str, moves: Iterable[Move] = MOVES) -> list[dict[str, str]]:
    """Return Terraform's `moved` blocks of one stack."""
    return [{"from": move.old, "to": move.new} for move in moves if move.stack == stack]
