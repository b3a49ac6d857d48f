"""The account of the tests."""

from __future__ import annotations

import pytest

from tests.unit.ops.existing.world import World, replace_aws


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """The function `orders`, and the ECS service `web` in the cluster `shop`, in an account without calls."""
    made = World()
    replace_aws(monkeypatch, made)
    return made
