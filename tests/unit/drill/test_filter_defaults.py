"""The default value of a filter is said in one place, for rehearsals as for the local AWS."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cloudwatch import publishing
from cloudwatch.alarms import Metric
from cloudwatch.publishing import MetricFilter, Sample
from tests.unit.cloudwatch.steady import steady
from tests.unit.drill.rehearsing import alarm, counts, log_filter, scenario, sums, system, workload

LOGGED = Metric("Logs", "Errors")
TEXTS = ("ERROR a", "ERROR b", "all is well", "fine")
FILTERS = (log_filter(value="2", default_value=7.0), log_filter(value="2"), log_filter(pattern=""))


@steady(60)
@given(
    some.sampled_from(FILTERS),
    some.lists(
        some.tuples(some.sampled_from(TEXTS), some.integers(0, 4), some.integers(1, 3)),
        min_size=1,
        max_size=6,
    ),
)
def test_each_minute_holds_what_the_filter_publishes_of_its_lines(
    metric_filter: MetricFilter, lines: list[tuple[str, int, int]]
) -> None:
    """Minute by minute: the sum and the number of samples."""
    happens = [
        {"log": text, "service": "pay", "per_min": count, "at": f"{minute}m"} for text, minute, count in lines
    ]
    found = workload(system(alarm(of=LOGGED), filters=(metric_filter,)), scenario(happens)).series(LOGGED)
    minutes = {
        minute: publishing.samples(
            metric_filter, [(text, count) for text, at, count in lines if at == minute]
        )
        for minute in range(5)
    }
    assert sums(found) == {
        minute: sum(two.value * two.count for two in made) for minute, made in minutes.items() if made
    }
    assert counts(found) == {
        minute: sum(two.count for two in made) for minute, made in minutes.items() if made
    }


def test_what_a_minute_without_a_match_holds_is_left_to_the_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rehearsal knows in which minutes that is, and not what follows."""
    real = publishing.samples

    def samples(metric_filter: MetricFilter, lines: Iterable[tuple[str, float]]) -> tuple[Sample, ...]:
        return tuple(Sample(99.0, 2.0) if two.value == 7 else two for two in real(metric_filter, lines))

    monkeypatch.setattr(publishing, "samples", samples)
    happens = [{"log": "fine", "service": "pay", "per_min": 3, "at": "2m"}]
    made = system(alarm(of=LOGGED), filters=(FILTERS[0],))
    assert sums(workload(made, scenario(happens)).series(LOGGED)) == {2: 198}
