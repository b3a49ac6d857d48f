"""Resources that have another Terraform address than they had: told to Terraform, so that nothing is lost.

Without a move, Terraform makes the resource at the new address and then deletes the old one. What AWS keeps
by name, such as an alarm, is the same thing at both addresses, and is gone afterwards (terraform-provider-aws
issue 47390). `make deploy` refuses that; an entry here is the way to do it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Move(NamedTuple):
    """A resource that moved within its stack."""

    stack: str
    old: str
    """Its address before, such as `aws_cloudwatch_metric_alarm.checkout_errors`."""
    new: str
    """Its address now."""


MOVES: tuple[Move, ...] = ()
"""An entry may go when no environment has the old address in its state any more."""


def moved_blocks(stack: str, moves: Iterable[Move] = MOVES) -> list[dict[str, str]]:
    """Return Terraform's `moved` blocks of one stack."""
    return [{"from": move.old, "to": move.new} for move in moves if move.stack == stack]
