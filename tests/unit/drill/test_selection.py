"""Names in scenarios: alarms, metrics, log groups, queues; what means nothing is said with what was meant."""

from __future__ import annotations

from typing import Any

import pytest

from cloudwatch.alarms import Metric
from drill.errors import DrillError
from drill.model import System
from drill.scenarios.model import Lines, NoLogs, Samples
from drill.selection import Selection, UnknownNameError, is_pattern, matches
from drill.sources import catalog
from tests.support.tables import each
from tests.unit.catalog.catalogs import EVERY
from tests.unit.drill.rehearsing import alarm, composite, log_filter, metric, system

SHOP = system(
    alarm("shop-pay-errors-prod"),
    alarm("shop-pay-latency-prod", metric("Duration")),
    alarm("shop-cart-errors-prod", metric("Errors", "cart"), service="cart"),
    alarm(
        "shop-logs-prod", Metric("AWS/Logs", "IncomingLogEvents", (("LogGroupName", "/other"),)), service=None
    ),
    alarm("shop-cpu-prod", Metric("AWS/ECS", "CPU", (("Cluster", "a"), ("Service", "pay")))),
    alarm("shop-cpu-2-prod", Metric("AWS/ECS", "CPU", (("Cluster", "b"), ("Service", "pay")))),
    alarm("shop-custom-prod", Metric("Custom", "Errors", (("Service", "pay"),))),
    composite("shop-pay-prod", 'ALARM("shop-pay-errors-prod")'),
    filters=(log_filter(group="/filtered"),),
    short_names={
        f"{name}{end}": f"shop-{name}-prod"
        for name in ("pay-errors", "pay-latency", "cart-errors", "pay")
        for end in ("", "-prod")
    },
)
NAMES = Selection(SHOP)


def samples(**said: Any) -> Samples:
    """Return an entry about metrics."""
    return Samples.model_validate({"value": 1, **said})


def lines(**said: Any) -> Lines:
    """Return an entry about log lines."""
    return Lines.model_validate({"log": "x", "per_min": 1, **said})


def test_patterns_are_those_of_a_shell() -> None:
    """`*` is any text, `?` one character; a name is also itself when it has such signs in it."""
    assert matches("a-b", ["a-*"])
    assert matches("a-b", ["x", "a?b"])
    assert not matches("A-b", ["a-*"])
    assert matches("a[1]", ["a[1]"])
    assert [is_pattern(text) for text in ("a", "a*", "a?", "a[b]")] == [False, True, True, False]


def test_an_alarm_has_several_names_in_the_scenario_and_one_in_aws() -> None:
    """Full or short; the full one wins."""
    for name in ("pay-errors", "pay-errors-prod", "shop-pay-errors-prod"):
        assert NAMES.full_name(name) == "shop-pay-errors-prod"


def test_an_alarm_is_told_by_its_shortest_name() -> None:
    """Or by its name in AWS, if it has no other."""
    assert NAMES.short("shop-pay-errors-prod") == "pay-errors"
    assert NAMES.short("shop-cpu-prod") == "shop-cpu-prod"


def test_names_and_patterns_mean_alarms_in_the_order_of_the_system_each_once() -> None:
    """By their short and by their full names."""
    assert NAMES.full_names(["pay-*", "pay-latency", "shop-pay-err*"]) == (
        "shop-pay-errors-prod",
        "shop-pay-latency-prod",
        "shop-pay-prod",
    )
    assert NAMES.full_names(["*"]) == tuple(metric_alarm.name for metric_alarm in SHOP.all_alarms)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["pay-erors"], "no such alarm in shop (found: pay-erors)   did you mean pay-errors?"),
        (["zzz"], "no such alarm in shop (found: zzz)"),
        (["pay", "refund-*"], "matches no alarm of shop (found: refund-*)"),
    ],
)
def test_what_is_no_alarm_is_said_with_what_was_perhaps_meant(names: list[str], said: str) -> None:
    """The error is one that the command line shows as a sentence."""
    with pytest.raises(UnknownNameError) as error:
        NAMES.full_names(names)
    assert str(error.value) == said
    assert isinstance(error.value, DrillError)


@each(
    ("said", "meant"),
    [
        ({"metric": "Duration"}, ["N Duration Service=pay"]),
        ({"metric": "N Errors"}, ["N Errors Service=pay", "N Errors Service=cart"]),
        ({"metric": "N Err*", "service": "cart"}, ["N Errors Service=cart"]),
        ({"metric": "N Errors", "service": "ca*"}, ["N Errors Service=cart"]),
        ({"metric": "N Errors", "dimensions": {"Service": "cart"}}, ["N Errors Service=cart"]),
        ({"metric": "CPU"}, ["AWS/ECS CPU Cluster=a Service=pay", "AWS/ECS CPU Cluster=b Service=pay"]),
        ({"metric": "CPU", "dimensions": {"Cluster": "b"}}, ["AWS/ECS CPU Cluster=b Service=pay"]),
        (
            {"metric": "AWS/*", "service": "pay"},
            ["AWS/ECS CPU Cluster=a Service=pay", "AWS/ECS CPU Cluster=b Service=pay"],
        ),
        ({"metric": "Custom *"}, ["Custom Errors Service=pay"]),
        ({"metric": "IncomingLogEvents"}, ["AWS/Logs IncomingLogEvents LogGroupName=/other"]),
        ({"metric": "*Errors", "service": "pay"}, ["N Errors Service=pay", "Custom Errors Service=pay"]),
    ],
)
def test_metrics_are_those_that_alarms_watch(said: dict[str, Any], meant: list[str]) -> None:
    """By name, by namespace and name, by pattern, by service, by any of their dimensions."""
    assert sorted(map(str, NAMES.metrics(samples(**said)))) == sorted(meant)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"metric": "Errors"}, "is the name of several metrics: Custom Errors, N Errors (found: Errors)"),
        ({"metric": "Erors"}, "no alarm uses such a metric (found: Erors)   did you mean Errors?"),
        ({"metric": "N Erors"}, "no alarm uses such a metric (found: N Erors)   did you mean N Errors?"),
        ({"metric": "errors"}, "no alarm uses such a metric (found: errors)   did you mean Errors?"),
        (
            {"metric": "Duration", "service": "cart"},
            "no alarm of cart uses such a metric (found: Duration)",
        ),
        (
            {"metric": "CPU", "dimensions": {"Cluster": "c"}},
            "no alarm uses such a metric with these dimensions (found: CPU)   did you mean CPU?",
        ),
        (
            {"metric": "Errors", "service": "payy"},
            "no such service; known: cart, pay (found: payy)   did you mean pay?",
        ),
    ],
)
def test_what_is_no_metric_is_said(said: dict[str, Any], message: str) -> None:
    """Who would have thought that nobody looks at it; and names alone that mean two things."""
    with pytest.raises(UnknownNameError) as error:
        NAMES.metrics(samples(**said))
    assert str(error.value) == message


def test_a_service_alone_settles_of_which_namespace_a_name_is() -> None:
    """If its alarms watch only one metric of that name."""
    assert [str(item) for item in NAMES.metrics(samples(metric="Errors", service="cart"))] == [
        "N Errors Service=cart"
    ]


def test_log_groups_are_those_somebody_looks_at() -> None:
    """A service's, a filter's, and what an alarm watches of a log group."""
    assert NAMES.log_groups == {"/pay", "/cart", "/filtered", "/other"}
    assert NAMES.groups(lines(service="pay")) == ("/pay",)
    assert NAMES.groups(lines(service="*")) == ("/pay", "/cart")
    assert NAMES.groups(lines(log_group="/f*")) == ("/filtered",)
    assert NAMES.groups(lines(log_group="/*")) == ("/cart", "/filtered", "/other", "/pay")
    for name, meant in (("pay", ("/pay",)), ("/pay", ("/pay",)), ("*", tuple(sorted(NAMES.log_groups)))):
        assert NAMES.stopped_groups(NoLogs(no_logs=name)) == meant


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (lines(service="cert"), "no such service; known: cart, pay (found: cert)   did you mean cart?"),
        (lines(service="/pay"), "no such service; known: cart, pay (found: /pay)   did you mean pay?"),
        (
            lines(log_group="/cert"),
            "no such log group; known: /cart, /filtered, /other, /pay (found: /cert)   did you mean /cart?",
        ),
        (
            NoLogs(no_logs="pya"),
            (
                "no such service or log group; known: /cart, /filtered, /other, /pay, cart, pay (found: pya)"
                "   did you mean pay?"
            ),
        ),
    ],
)
def test_what_is_no_log_group_is_said(entry: Lines | NoLogs, message: str) -> None:
    """With all that there are."""
    with pytest.raises(UnknownNameError) as error:
        NAMES.groups(entry) if isinstance(entry, Lines) else NAMES.stopped_groups(entry)
    assert str(error.value) == message


def test_queues_go_by_either_name() -> None:
    """Their short one and that in AWS."""
    assert NAMES.queue("alarms") is NAMES.queue("shop-alarms-prod")
    with pytest.raises(
        UnknownNameError, match=r"known: alarms, dead \(found: alrms\)   did you mean alarms\?"
    ):
        NAMES.queue("alrms")


def test_an_empty_system_knows_nothing_and_says_so() -> None:
    """Instead of an empty list."""
    empty = Selection(System("none", ()))
    for ask in (
        lambda: empty.queue("a"),
        lambda: empty.groups(lines(service="a")),
        lambda: empty.stopped_groups(NoLogs(no_logs="a")),
        lambda: empty.metrics(samples(metric="a", service="b")),
    ):
        with pytest.raises(UnknownNameError, match="known: none"):
            ask()


@each("name", EVERY)
def test_every_name_of_every_environment_means_what_it_says(name: str) -> None:
    """Each alarm by each of its names, each watched metric by its own, each service by its own."""
    whole = catalog.system(*EVERY[name])
    names = Selection(whole)
    for short, full in whole.short_names.items():
        assert names.full_name(short) == names.full_name(full) == full
    for item, services in names.watched.items():
        for service in services or {None}:
            asked = samples(
                metric=f"{item.namespace} {item.name}",
                service=service,
                dimensions=dict(item.dimensions),
            )
            assert item in names.metrics(asked)
    for service, group in whole.log_groups.items():
        assert names.groups(lines(service=service)) == (group,)
