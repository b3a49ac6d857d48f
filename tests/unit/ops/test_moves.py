"""What would be lost by a new Terraform address, found in the state and the synthesized configuration."""

from __future__ import annotations

from typing import Any

import pytest

from catalog import environment
from config.errors import CommandError
from ops import moves, state, synthesis
from ops.moves import NAMES, Lost, find
from stacks.moves import MOVES, Move, moved_blocks
from terraform.configuration import Stack

ALARM = "aws_cloudwatch_metric_alarm"
COMPOSITE = "aws_cloudwatch_composite_alarm"
ENV = environment.read("local", variables={})[0]


def configured(*addresses: str, name: str = "shop-errors-prod", **more: Any) -> Stack:
    """Return a stack's configuration with a resource of this name at each address."""
    resources: dict[str, Any] = {}
    for address in addresses:
        kind, _, key = address.partition(".")
        attribute = NAMES.get(kind, ("", "name"))[1]
        resources.setdefault(kind, {})[key] = {attribute: name}
    return Stack("monitoring", {"resource": resources, **more})


def deployed(*addresses: str, name: str = "shop-errors-prod") -> dict[str, dict[str, str]]:
    """Return a state with a resource of this name at each address."""
    return {address: {NAMES.get(address.partition(".")[0], ("", "name"))[1]: name} for address in addresses}


@pytest.mark.parametrize("kind", NAMES)
def test_what_aws_keeps_by_name_is_lost_by_a_new_address(kind: str) -> None:
    """For every type whose creation AWS takes for a change."""
    (lost,) = find(deployed(f"{kind}.old"), configured(f"{kind}.new"))
    assert lost == Lost(f"{NAMES[kind][0]} shop-errors-prod", f"{kind}.old", f"{kind}.new")


def test_an_alarm_that_becomes_a_composite_of_the_same_name_is_lost_too() -> None:
    """Metric alarms and composites share their names."""
    (lost,) = find(deployed(f"{ALARM}.errors"), configured(f"{COMPOSITE}.errors"))
    assert lost.new == f"{COMPOSITE}.errors"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (deployed(f"{ALARM}.same"), configured(f"{ALARM}.same")),
        (deployed(f"{ALARM}.gone"), configured()),
        (deployed(f"{ALARM}.old"), configured(f"{ALARM}.new", name="another")),
        (deployed("aws_sqs_queue.old"), configured("aws_sqs_queue.new")),
        (deployed(f"{ALARM}.old"), configured(f"{ALARM}.new", name="${aws_sns_topic.x.name}")),
        (
            deployed(f"{ALARM}.old"),
            configured(f"{ALARM}.new", moved=[{"from": f"{ALARM}.old", "to": f"{ALARM}.new"}]),
        ),
        ({}, configured(f"{ALARM}.new")),
    ],
    ids=["stays", "removed", "renamed", "known by id", "name not known yet", "said to move", "not deployed"],
)
def test_nothing_else_is_refused(before: dict[str, Any], after: Stack) -> None:
    """What stays, goes, or is said to move."""
    assert list(find(before, after)) == []


def test_a_name_that_another_address_takes_over_is_lost_too() -> None:
    """The old address stays, with another name: its alarm is replaced, and so deleted by the name it had."""
    after = configured(f"{ALARM}.new")
    after.resources[ALARM]["old"] = {"alarm_name": "another"}
    (lost,) = find(deployed(f"{ALARM}.old"), after)
    assert (lost.old, lost.new) == (f"{ALARM}.old", f"{ALARM}.new")


def test_a_move_to_somewhere_else_does_not_help() -> None:
    """Only the move from that address to that address keeps it."""
    elsewhere = [{"from": f"{ALARM}.old", "to": f"{ALARM}.other"}]
    assert len(list(find(deployed(f"{ALARM}.old"), configured(f"{ALARM}.new", moved=elsewhere)))) == 1


def test_the_refusal_says_what_moves_where_and_how_to_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the entry to add, ready to copy."""
    monkeypatch.setattr(synthesis, "configuration", lambda *_: configured(f"{ALARM}.new"))
    monkeypatch.setattr(state, "resources", lambda *_: deployed(f"{ALARM}.old"))
    with pytest.raises(CommandError) as refused:
        moves.refuse_to_lose(ENV, "monitoring")
    assert str(refused.value) == (
        f"monitoring: alarm shop-errors-prod has moved from {ALARM}.old to {ALARM}.new. Terraform would "
        "create it at the new address and then delete it by name. Add the move to stacks/moves.py: "
        f'Move("monitoring", "{ALARM}.old", "{ALARM}.new"). Nothing was changed.'
    )


def test_moves_become_blocks_of_their_own_stack() -> None:
    """As Terraform spells them."""
    listed = [Move("monitoring", "a.x", "a.y"), Move("compute", "b.x", "b.y")]
    assert moved_blocks("compute", listed) == [{"from": "b.x", "to": "b.y"}]
    assert moved_blocks("security", listed) == []


def test_no_move_leads_to_an_address_that_moves_on() -> None:
    """Terraform follows chains, but a reader should not have to; and each address moves once."""
    old = [(move.stack, move.old) for move in MOVES]
    assert len(set(old)) == len(old)
    assert not {(move.stack, move.new) for move in MOVES} & set(old)
