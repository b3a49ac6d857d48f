"""How long suppression waits and lasts: one message per trouble, and none that is late or lost."""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterator
from typing import Any

from catalog.slos import TIERS
from catalog.specs import Alarm, AllOf, AnyOf, Composite, InAlarm, NotInAlarm, Rule
from catalog.suppression.timing import BEYOND, EVALUATION_S, PROMPT_S, Timing, alarms_after_s, settles_after_s
from cloudwatch.evaluation import Settings, State, evaluate
from tests.support.tables import each
from tests.unit.catalog.catalogs import EVERY, Graph, Made, changed

TIER_KEYS = {tier.key for tier in TIERS}


def suppressed(name: str) -> Iterator[Composite]:
    """Yield the composites of an environment that are suppressed."""
    yield from (composite for composite in EVERY[name][1].composites if composite.suppressor)


def leaves(graph: Graph, rule: Rule, *, without: Container[str] = ()) -> Iterator[Alarm]:
    """Yield the metric alarms that a rule wants to be in ALARM, at any depth but below some composites."""
    if isinstance(rule, InAlarm):
        alarm = graph.alarms.get(rule.alarm)
        if alarm:
            yield alarm
        elif rule.alarm not in without:
            yield from leaves(graph, graph.composites[rule.alarm].rule, without=without)
    elif not isinstance(rule, NotInAlarm):
        for part in rule.all_of if isinstance(rule, AllOf) else rule.any_of:
            yield from leaves(graph, part, without=without)


def simulated(alarm: Alarm, trouble: list[int]) -> list[tuple[int, State]]:
    """Return when a metric alarm changes, in seconds.

    It is evaluated each minute; a datapoint breaches when all of its seconds do, or any if one sample does.

    Args:
        alarm: the alarm.
        trouble: for each second whether it is bad (1), good (0), or silent (-1).
    """
    any_breaches = alarm.threshold == 0 and alarm.comparison == "GreaterThanThreshold"
    settings = Settings(alarm.evaluation_periods, alarm.datapoints_to_alarm, alarm.treat_missing_data)
    state: State = "OK"
    found: list[tuple[int, State]] = []
    before = (alarm.evaluation_periods + BEYOND) * alarm.period_s
    seconds = [0] * before + trouble
    for now_s in range(EVALUATION_S, len(trouble) + 1, EVALUATION_S):
        datapoints: list[bool | None] = []
        for back in range(alarm.evaluation_periods + BEYOND, 0, -1):
            begin = before + now_s - back * alarm.period_s
            samples = [number for number in seconds[begin : begin + alarm.period_s] if number >= 0]
            breaches = any(samples) if any_breaches else all(samples)
            datapoints.append(breaches if samples else None)
        new = evaluate(datapoints, settings, state)
        if new != state:
            found.append((now_s, new))
        state = new
    return found


def alike() -> dict[str, Alarm]:
    """Return one metric alarm for each way in which they are evaluated, of all environments."""
    found = {}
    for _, made in EVERY.values():
        for alarm in made.alarms:
            any_breaches = alarm.threshold == 0 and alarm.comparison == "GreaterThanThreshold"
            key = (
                alarm.period_s,
                alarm.evaluation_periods,
                alarm.datapoints_to_alarm,
                alarm.treat_missing_data,
            )
            if alarm.window_s <= 3600 and "FILL" not in getattr(alarm.watches, "expression", ""):
                found[f"{key} {any_breaches}"] = alarm
    return found


@each("alarm", alike().values(), ids=alike())
@each("begins_s", [0, 1, 59])
def test_an_alarm_comes_and_goes_as_fast_as_is_said(alarm: Alarm, begins_s: int) -> None:
    """Evaluated as CloudWatch does, whenever in its minute trouble begins; and not much sooner either."""
    silent = alarm.treat_missing_data == "breaching"
    lasts_s = 2 * (alarm.evaluation_periods + BEYOND) * alarm.period_s
    trouble = [0] * begins_s + [-1 if silent else 1] * lasts_s + [0] * lasts_s
    changes = simulated(alarm, trouble)
    assert [state for _, state in changes] == ["ALARM", "OK"]
    (began_s, _), (over_s, _) = changes
    within_s = alarms_after_s(alarm)
    assert began_s <= begins_s + within_s < began_s + 2 * EVALUATION_S
    ended_s = begins_s + lasts_s
    assert over_s <= ended_s + settles_after_s(alarm) + EVALUATION_S
    # A datapoint that is bad in part breaches where any sample does: only then it is as slow as it may be.
    any_breaches = alarm.threshold == 0 and alarm.comparison == "GreaterThanThreshold"
    sooner_s = EVALUATION_S if any_breaches else alarm.period_s
    assert over_s >= ended_s + settles_after_s(alarm) - sooner_s


def test_each_way_of_evaluation_is_tried() -> None:
    """Silence, any sample, M of N and one of one among them."""
    tried = list(alike().values())
    assert len(tried) > 10
    assert {alarm.treat_missing_data for alarm in tried} == {"breaching", "notBreaching", "missing", "ignore"}
    assert {alarm.datapoints_to_alarm < alarm.evaluation_periods for alarm in tried} == {True, False}


@each("name", EVERY)
def test_a_composite_waits_for_what_suppresses_it(name: str) -> None:
    """For each alarm behind its suppressor that is not too slow to be waited for, however deep it is.

    A page does not wait for alarms of other services: each page would be late.
    """
    graph = Graph(EVERY[name][1])
    for composite in suppressed(name):
        assert composite.suppressor
        spanning = {"system-critical", "system-outage"} if composite.topic != "warning" else set[str]()
        behind = list(leaves(graph, InAlarm(alarm=composite.suppressor.alarm), without=spanning))
        needed = [alarms_after_s(alarm) for alarm in behind]
        assert composite.suppressor.wait_s == max([EVALUATION_S, *(s for s in needed if s <= PROMPT_S)]), (
            composite.key
        )
        assert composite.topic, "only what notifies can be suppressed"


@each("name", EVERY)
def test_a_page_is_not_late(name: str) -> None:
    """A page of a service waits for one evaluation; nothing waits for long."""
    for composite in suppressed(name):
        assert composite.suppressor
        at_most_s = (
            PROMPT_S
            if composite.kind_key in {*TIER_KEYS, "degraded", "saturation", "unstable"}
            else EVALUATION_S
        )
        assert composite.suppressor.wait_s <= at_most_s, composite.key


@each("name", EVERY)
def test_a_ticket_that_was_held_back_has_forgotten_the_trouble(name: str) -> None:
    """Each alarm that it is made of, the slowest too."""
    graph = Graph(EVERY[name][1])
    for composite in (
        composite for composite in suppressed(name) if composite.kind_key in {"degraded", "saturation"}
    ):
        assert composite.suppressor
        parts = [graph.alarms[key] for key in composite.children() if key in graph.alarms]
        assert composite.suppressor.extension_s == max(map(settles_after_s, parts)) + EVALUATION_S, (
            composite.key
        )


@each("name", EVERY)
def test_what_happened_once_is_not_over_before_it_is_said(name: str) -> None:
    """A change that ends while it waits is never acted on: what any one sample may begin outlasts that."""
    graph = Graph(EVERY[name][1])
    for composite in suppressed(name):
        assert composite.suppressor
        for key in composite.children() if composite.kind_key not in TIER_KEYS else ():
            alarm = graph.alarms.get(key)
            if alarm and alarm.datapoints_to_alarm == 1:
                assert settles_after_s(alarm) > composite.suppressor.wait_s, key


@each("name", EVERY)
def test_a_budget_that_was_held_back_has_forgotten_the_trouble(name: str) -> None:
    """Its shorter window has."""
    made = EVERY[name][1]
    for composite in (composite for composite in suppressed(name) if composite.kind_key in TIER_KEYS):
        assert composite.suppressor
        short = made.alarm(f"{composite.key}-short")
        assert composite.suppressor.extension_s == short.period_s + EVALUATION_S


@each("name", EVERY)
def test_what_a_deployment_has_broken_is_said_soon_after_it(name: str) -> None:
    """After its prompt alarms have settled, and not after those that look back over half an hour."""
    graph = Graph(EVERY[name][1])
    for composite in (composite for composite in suppressed(name) if composite.kind_key == "impact"):
        assert composite.suppressor
        parts = [graph.alarms[key] for key in composite.children() if key in graph.alarms]
        prompt = [alarm for alarm in parts if alarms_after_s(alarm) <= PROMPT_S]
        if not prompt:
            continue
        assert composite.suppressor.extension_s >= max(map(settles_after_s, prompt)) + EVALUATION_S
        assert composite.suppressor.extension_s < min(
            (settles_after_s(alarm) for alarm in parts if alarm not in prompt), default=3600
        )


@each("name", EVERY)
def test_the_whole_system_is_said_as_soon_as_its_impacts(name: str) -> None:
    """After a window, and not after the ten minutes for which tickets count errors."""
    made = {composite.key: composite for composite in suppressed(name)}
    impacts = [
        composite.suppressor.extension_s
        for key, composite in made.items()
        if composite.suppressor and "_impact" in key
    ]
    whole = made.get("system-critical")
    if whole and whole.suppressor:
        assert whole.suppressor.extension_s <= max(impacts)


def _tuned(**error_rate: Any) -> Made:
    def change(data: dict[str, Any]) -> None:
        data["services"]["payment-handler"]["alarms"]["error-rate"] = error_rate

    return changed(change)


def test_the_times_follow_the_alarms() -> None:
    """One that is tuned to look at more is waited for longer; one that is too slow is not waited for."""

    def wait_s(made: Made) -> int:
        tier = next(
            composite
            for composite in made[1].composites
            if composite.key == "payment-handler_slo-latency-fast-burn"
        )
        assert tier.suppressor
        return tier.suppressor.wait_s

    as_ever, longer, too_long = (_tuned(datapoints_to_alarm=m, evaluation_periods=m) for m in (3, 4, 6))
    assert [wait_s(made) for made in (as_ever, longer)] == [240, 300]
    assert wait_s(too_long) == 240, "the others still are"
    impacts = (made.composites for _, made in (as_ever, longer))
    pairs = itertools.zip_longest(*impacts)
    assert all(
        pair.suppressor.wait_s == other.suppressor.wait_s
        for pair, other in pairs
        if pair.kind_key == "impact" and pair.suppressor and other.suppressor
    )


def test_what_is_too_slow_or_absent_is_waited_for_by_one_evaluation() -> None:
    """An alarm over half an hour, and one that is not to be in ALARM, are nothing to wait for."""
    made = EVERY["prod"][1]
    slow, absent = InAlarm(alarm="payment-handler_mostly-failing"), "checkout-api_cpu-exhausted"
    rule = AnyOf(any_of=(slow, AllOf(all_of=(slow, NotInAlarm(not_in_alarm=absent)))))
    one = Composite.model_validate({**made.composites[0].model_dump(), "key": "one", "rule": rule})
    assert Timing(made.alarms, [one]).needs_s("one") == EVALUATION_S
    assert alarms_after_s(made.alarm(absent)) == PROMPT_S


def test_what_has_a_prompt_part_is_prompt() -> None:
    """Impact is, although few calls make it slow; what is beside it and slower does not count for a page."""
    made = EVERY["prod"][1]
    parts = (InAlarm(alarm="payment-handler_impact"), InAlarm(alarm="payment-handler_errors"))
    whole = next(composite for composite in made.composites if composite.key == "system-critical")
    one = Composite.model_validate({**whole.model_dump(), "key": "one", "rule": AnyOf(any_of=parts)})
    impact = next(composite for composite in made.composites if composite.key == parts[0].alarm)
    timing = Timing(made.alarms, [*made.composites, one])
    assert impact.suppressor
    assert (
        timing.suppressor(one, "maintenance_database-patching").extension_s == impact.suppressor.extension_s
    )
