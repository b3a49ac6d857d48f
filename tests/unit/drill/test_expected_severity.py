"""Pages and tickets are counted only where a topic is for them: else there are none whatever happens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from drill.model import Topic
from tests.unit.drill.rehearsing import FALLBACK, PAGE, PAGES, TICKET, alarm, refused, run, system

FAILS = {"metric": "Errors", "value": 1, "from": "10m", "to": "15m"}
PLAIN = (replace(PAGE, severity=None), replace(TICKET, severity=None), FALLBACK)


@pytest.mark.parametrize(
    ("topics", "expect", "said"),
    [
        (PLAIN, {"pages": 0}, "pages: no topic of shop is for pages"),
        (PLAIN, {"pages": 1}, "pages: no topic of shop is for pages"),
        (PLAIN, {"tickets": 0}, "tickets: no topic of shop is for tickets"),
        ((PAGE,), {"tickets": 0}, "tickets: no topic of shop is for tickets"),
        ((TICKET,), {"pages": 0}, "pages: no topic of shop is for pages"),
    ],
)
def test_what_nobody_is_told_by_is_not_counted(
    topics: tuple[Topic, ...], expect: dict[str, Any], said: str
) -> None:
    """The message says how a topic gets its severity, and which topics there are."""
    (found,) = refused(system(alarm(actions=PAGES), topics=topics), FAILS, expect=[expect])
    tags = "critical or fallback" if "pages" in expect else "warning"
    names = ", ".join(sorted(topic.name for topic in topics))
    assert found.startswith(f"s.yaml:11: {said}")
    assert found.endswith(f"if its tag Severity, or its name, is {tags} (topics: {names})")


def test_where_a_topic_is_for_them_they_are_counted() -> None:
    """One topic of the severity is enough."""
    found = run(system(alarm(actions=PAGES), topics=(PAGE,)), FAILS, expect=[{"pages": 1}])
    assert found.passed


def test_without_topics_the_message_says_that_there_are_none() -> None:
    """As in Terraform that only has alarms."""
    (found,) = refused(system(alarm(), topics=()), FAILS, expect=[{"pages": 0}])
    assert found.endswith("(topics: none)")
