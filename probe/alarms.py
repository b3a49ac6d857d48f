"""Probes of metric alarms: the evaluation range, missing data, and `FILL`.

An alarm is evaluated every minute, so the number of evaluations in a state is its duration in minutes,
whichever second of the minute they have.
"""

from __future__ import annotations

from catalog.suppression.timing import BEYOND
from probe.bench import Bench, Observed
from probe.verdicts import DoesNotHoldError, NotCheckedError

_MINUTE_S = 60
_FIRST_S = 360
"""Maximum seconds until the first evaluation of a new alarm or metric."""

_SETTLES_S = 720
"""Maximum seconds until the datapoints of a sample have left the evaluation range."""


def evaluation_range(bench: Bench) -> str:
    """Return how many datapoints alarms with N = 1 and N = 3 evaluate.

    Missing data breach. After a good datapoint, the alarm is in OK as long as the datapoint is in the range.
    """
    periods = (1, 3)
    alarms = {
        bench.alarm(
            f"range-{n}", EvaluationPeriods=n, TreatMissingData="breaching", **bench.metric("range")
        ): n
        for n in periods
    }
    states = bench.states(*alarms)
    if not bench.until(lambda: states.are("ALARM", *alarms), _FIRST_S):
        message = "an alarm without data, for which missing data breach, does not go into ALARM"
        raise DoesNotHoldError(message)
    bench.early_in_a_minute()
    bench.sample("range", 0)
    evaluated = {n: _evaluations(bench, states, alarm, "OK") for alarm, n in alarms.items()}
    text = "; ".join(f"{count} datapoints for N = {n}" for n, count in evaluated.items())
    if any(count != n + BEYOND for n, count in evaluated.items()):
        message = f"{text}, not N + {BEYOND}"
        raise DoesNotHoldError(message)
    return text


def missing_data(bench: Bench) -> str:
    """Return the state for each treatment after a good datapoint has left the evaluation range."""
    expected = {
        "missing": "INSUFFICIENT_DATA", "ignore": "OK", "breaching": "ALARM", "notBreaching": "OK",
    }  # fmt: skip
    alarms = {
        treatment: bench.alarm(
            f"missing-{treatment.lower()}", TreatMissingData=treatment, **bench.metric("missing")
        )
        for treatment in expected
    }
    states = bench.states(*alarms.values())

    def fed() -> bool:
        bench.sample("missing", 0)
        return states.are("OK", *alarms.values())

    if not bench.until(fed, _FIRST_S):
        message = "alarms with good datapoints do not go into OK"
        raise NotCheckedError(message)
    changing = {alarms[treatment]: state for treatment, state in expected.items() if state != "OK"}

    def changed() -> bool:
        states.poll()
        return all(states.now(alarm) == state for alarm, state in changing.items())

    bench.until(changed, _SETTLES_S)
    bench.sleep(2 * _MINUTE_S)
    states.poll()
    found = {treatment: states.now(alarm) for treatment, alarm in alarms.items()}
    text = ", ".join(f"{treatment}: {state}" for treatment, state in found.items())
    if found != expected:
        raise DoesNotHoldError(text)
    return text


def fill(bench: Bench) -> str:
    """Return how many datapoints an alarm on `FILL(m, 0)` evaluates: filled ones are not missing."""
    n = 2
    alarm = bench.alarm(
        "fill",
        EvaluationPeriods=n,
        DatapointsToAlarm=1,
        TreatMissingData="notBreaching",
        Metrics=[
            {
                "Id": "m",
                "ReturnData": False,
                "MetricStat": {"Metric": bench.metric("fill"), "Period": 60, "Stat": "Sum"},
            },
            {"Id": "filled", "Expression": "FILL(m, 0)"},
        ],
    )
    states = bench.states(alarm)
    if not bench.until(lambda: states.are("OK", alarm), _FIRST_S):
        message = "an alarm without data, for which missing data do not breach, does not go into OK"
        raise DoesNotHoldError(message)
    bench.early_in_a_minute()
    bench.sample("fill", 1)
    count = _evaluations(bench, states, alarm, "ALARM")
    text = f"{count} datapoints for N = {n}"
    if count != n:
        message = f"{text}: gaps are not filled before older datapoints are retrieved"
        raise DoesNotHoldError(message)
    return text


def _evaluations(bench: Bench, states: Observed, alarm: str, state: str) -> int:
    """Return in how many evaluations an alarm was in a state after a sample was put.

    Raises:
        DoesNotHoldError: it does not go into the state, or does not leave it.
    """

    def is_over() -> bool:
        states.poll()
        return states.lasted_s(alarm, state) is not None

    if not bench.until(is_over, _SETTLES_S):
        message = f"after one sample, the alarm does not go into {state} and back"
        raise DoesNotHoldError(message)
    return round((states.lasted_s(alarm, state) or 0) / _MINUTE_S)
