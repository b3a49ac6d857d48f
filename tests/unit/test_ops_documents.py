"""Generated documents say what config says, also what it leaves out."""

from __future__ import annotations

import json

from ops import documents, environment


def test_a_switched_off_alarm_is_listed_with_its_reason() -> None:
    """Whoever misses an alarm finds here why it is not there."""
    tuning = json.dumps({"memory": {"enabled": False, "reason": "the cache is meant to fill up"}})
    env, catalog = environment.read("prod", variables={"REVEILLE_SERVICES__CHECKOUT_API__ALARMS": tuning})
    text = documents.alarms(env, catalog)
    assert "| `checkout-api` | `memory` | the cache is meant to fill up |" in text
    assert "reveille-checkout-api-memory-prod" not in text


def test_without_one_there_is_no_such_list() -> None:
    """Nothing is said of nothing."""
    assert "Switched off" not in documents.alarms(*environment.read("prod", variables={}))
