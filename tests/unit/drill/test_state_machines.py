"""A drill of a kind that is only watched: a state machine whose executions fail."""

from __future__ import annotations

from drill.sources import catalog
from tests.unit.catalog.catalogs import STATE_MACHINES, changed
from tests.unit.drill.rehearsing import run


def test_failing_executions_page_once_and_one_failure_is_a_ticket() -> None:
    """Of two state machines, in an environment in which the platform deploys no service."""
    baseline = [
        {"metric": f"AWS/States {name}", "value": value}
        for name, value in (("ExecutionsStarted", 10), ("ExecutionsSucceeded", 10), ("ExecutionsFailed", 0))
    ]
    failed = "AWS/States ExecutionsFailed"
    rehearsal = run(
        catalog.system(*changed(lambda data: data.update(services=STATE_MACHINES))),
        {
            "service": "refunds",
            "metric": failed,
            "value": 9,
            "from": "30m",
            "to": "1h",
        },
        {
            "service": "reports",
            "metric": failed,
            "value": 1,
            "from": "30m",
            "to": "31m",
        },
        baseline=baseline,
        duration="2h",
        expect=[
            {"notification": "refunds-impact", "topic": "critical", "by": "45m", "times": 1},
            {"notification": "reports-degraded", "topic": "warning", "by": "1h", "times": 1},
            {"no_notifications": ["reports-impact", "refunds-degraded"]},
        ],
    )
    assert [verdict for verdict in rehearsal.verdicts if not verdict.passed] == []
