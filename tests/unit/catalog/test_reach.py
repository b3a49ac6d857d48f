"""Whether alarms can fire: thresholds beyond what their metrics can reach are refused, and no others."""

# ruff: noqa: E501  # a message is compared whole, and reads best on one line

from __future__ import annotations

import copy
import dataclasses
import json
import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

import catalog
from catalog.check import check
from catalog.kinds import EVERY_KIND, KINDS
from catalog.naming import Names
from catalog.reach import outcome
from catalog.services import Instance, Service
from catalog.slos import events_of
from catalog.subjects import Subject
from catalog.templates import AlarmTemplate, MathTemplate, Percent, SeriesTemplate, metrics_of
from cloudwatch.alarms import Comparison
from cloudwatch.evaluation import breaches
from config.alarms import Slo
from config.errors import Location
from config.models import Environment
from tests.support.tables import each
from tests.unit.catalog.catalogs import EVERY, EXISTING, LOAD_BALANCER, STATE_MACHINES, plain
from tests.unit.config.configs import NEXT_LINE, PROD, Folder

HERE = f"config/prod.yaml:{NEXT_LINE}"
OPERATORS: tuple[Comparison, ...] = (
    "GreaterThanThreshold",
    "GreaterThanOrEqualToThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
)
NUMBERS = st.integers(-3, 12).map(float) | st.floats(-1e6, 1e6)


@given(st.sampled_from(OPERATORS), NUMBERS, st.none() | NUMBERS, st.none() | NUMBERS, st.floats(0, 1))
def test_never_and_always_are_what_cloudwatch_evaluates(
    comparison: Comparison, threshold: float, least: float | None, most: float | None, between: float
) -> None:
    """Of all values from the lowest to the highest: none breaches, all breach, or one of each kind is found."""
    low, high = (-1e9 if least is None else least), (1e9 if most is None else most)
    if low > high:
        return
    inside = min(max(low + (high - low) * between, low), high)
    near = [min(max(math.nextafter(threshold, to), low), high) for to in (-math.inf, math.inf)]
    values = [low, high, inside, min(max(threshold, low), high), *near]
    breaching = set(breaches(values, comparison, threshold).tolist())
    result = outcome(comparison, threshold, least, most)
    assert breaching == {"never": {0}, "always": {1}, None: {0, 1}}[result]


ALARMS = [(kind, alarm) for kind in EVERY_KIND for alarm in kind.alarms]


@each(("kind", "alarm"), ALARMS, ids=[f"{kind.name}:{alarm.key}" for kind, alarm in ALARMS])
def test_a_limit_is_known_or_there_is_a_reason(kind: Any, alarm: AlarmTemplate) -> None:
    """A new alarm must state the highest value of its metric, unless it adds samples up or is listed here."""
    watches = alarm.watches
    adds = isinstance(watches, SeriesTemplate) and watches.stat == "Sum"
    fills = isinstance(watches, MathTemplate) and watches.expression.startswith("FILL(")
    assert (watches.most is None) == (adds or fills or alarm.key in UNLIMITED), kind.name
    if watches.unit == "Percent" and alarm.key not in UNLIMITED:
        assert getattr(watches.most, "value", None) == 100
    assert alarm.comparison in OPERATORS


UNLIMITED = {
    "logged-error-rate": "a request can log any number of error entries",
    "dead-letters": "a queue can have any number of messages",
    "events-waiting": "a queue can have any number of messages",
    "dead-letters-waiting": "a queue can have any number of messages",
}
"""Alarms on a metric without a highest value, with the reason."""


def test_no_reason_is_left_over() -> None:
    """A reason for an alarm that is gone would excuse the next one of its name."""
    assert {alarm.key for _, alarm in ALARMS} >= UNLIMITED.keys()


def everything() -> dict[str, Any]:
    """Return an environment with every alarm of every kind, each with a threshold."""
    data = plain(EVERY["everything"][0])
    data["services"] |= copy.deepcopy(STATE_MACHINES)
    data["services"]["payment-handler"]["timeout_s"] = 13  # longer than an initialization may take
    for service in data["services"].values():
        service["slos"] = {}
        for tuning in service.get("alarms", {}).values():
            tuning.pop("anomaly_band", None)
    return data


def instances(env: Environment) -> list[Instance]:
    """Return the services and the platform."""
    names = Names.of(env)
    services = [Service.of(env, names, name, service) for name, service in env.services.items()]
    return [*services, Instance.platform(env, names)]


class Edge(NamedTuple):
    """A threshold of an alarm, and whether the alarm can fire, but not always."""

    service: str
    alarm: str
    threshold: float
    is_accepted: bool


def edges() -> Iterator[Edge]:
    """Yield thresholds just below, at and above each limit of every alarm of every kind."""
    for instance in instances(Environment.model_validate(everything())):
        for subject in instance.subjects:
            for alarm in instance.kind.alarms:
                if subject.left_out(alarm) is None:
                    for threshold, is_accepted in _edges(subject, alarm):
                        yield Edge(instance.name, alarm.key, threshold, is_accepted)


def _edges(subject: Subject, alarm: AlarmTemplate) -> Iterator[tuple[float, bool]]:
    most = alarm.watches.most
    limit = subject.facts.get(most) if isinstance(most, str) else most
    below, may_equal = "Less" in alarm.comparison, "OrEqual" in alarm.comparison
    if limit is not None:
        base = subject.facts[alarm.threshold.of].value if isinstance(alarm.threshold, Percent) else 100
        value = 100 * limit.value / base
        yield value * 0.99, True
        yield value, may_equal or below
        yield value * 1.01, False
    if below or may_equal:
        yield 0, False


def test_every_kind_has_edges() -> None:
    """So that the next test is one over every kind."""
    found = {(edge.service, edge.alarm) for edge in edges()}
    env = Environment.model_validate(everything())
    kinds = {env.services[service].kind if service in env.services else service for service, _ in found}
    assert kinds == {kind.name for kind in EVERY_KIND if kind.alarms}
    assert len({alarm for _, alarm in found}) > 20


@each("edge", edges, ids=str)
def test_a_threshold_is_taken_up_to_what_its_metric_can_reach(edge: Edge) -> None:
    """For every alarm of every kind: above the limit it is refused, at the limit as the operator says."""
    data = everything()
    at: Location = ("alarms", edge.service, edge.alarm)
    tunings = data["alarms"].setdefault("platform", {})
    if edge.service in data["services"]:
        at = ("services", edge.service, "alarms", edge.alarm)
        tunings = data["services"][edge.service].setdefault("alarms", {})
    tunings[edge.alarm] = {**tunings.get(edge.alarm, {}), "threshold": edge.threshold}
    refused = [place for place, _ in catalog.check(Environment.model_validate(data))]
    assert refused == ([] if edge.is_accepted else [(*at, "threshold")])


FUNCTION = "kind: lambda, description: x, source: functions/x"


def test_the_message_names_the_threshold_and_the_limit_with_their_places(folder: Folder) -> None:
    """The threshold in one file, what limits it in another."""
    base = (folder.path / "base.yaml").read_text(encoding="utf-8")
    folder.write(
        "base", base.replace("    source: functions/api\n", "    source: functions/api\n    timeout_s: 2\n")
    )
    folder.append("prod", "services: {api: {alarms: {latency: {threshold: 3000}}}}\n")
    assert folder.refusal() == [
        f"{HERE}: services.api.alarms.latency.threshold: must be less than 2000 (the timeout of 2 s: services.api.timeout_s in config/base.yaml:11), such as 80 % of timeout; otherwise the alarm never fires (found: 3000)"
    ]
    timeout = {"REVEILLE_SERVICES__API__TIMEOUT_S": "3"}
    (said,) = folder.refusal(variables=timeout)
    assert "services.api.timeout_s in environment variable REVEILLE_SERVICES__API__TIMEOUT_S" in said
    assert folder.refusal(variables={"REVEILLE_SERVICES__API__TIMEOUT_S": "4"}) == []


def test_an_inherited_threshold_is_one_message_about_all_services(folder: Folder) -> None:
    """At the place of the value, with each service, its limit and the place of that, and the share that fits all."""
    folder.append(
        "prod",
        f"""\
services:
  api: {{timeout_s: 2}}
  long: {{{FUNCTION}}}
  own: {{{FUNCTION}, timeout_s: 1, alarms: {{latency: {{threshold: 500}}}}}}
  short: {{{FUNCTION}, timeout_s: 3}}
""",
    )
    (said,) = folder.refusal()
    assert said == (
        "config/base.yaml:4: alarms.lambda.latency.threshold: must be less than the limit of each service, or a share such as 80 % of timeout; otherwise the alarm never fires for "
        f"api (2000, the timeout of 2 s: services.api.timeout_s in config/prod.yaml:{NEXT_LINE + 1}), "
        f"short (3000, the timeout of 3 s: services.short.timeout_s in config/prod.yaml:{NEXT_LINE + 4}); "
        "services.<name>.alarms.latency.threshold sets it for a service (found: 3000)"
    )
    folder.append("prod", "alarms: {lambda: {latency: {threshold: 80 % of timeout}}}\n")
    made = catalog.build(folder.load())
    assert made.alarm("api_latency").threshold == 1600
    assert made.alarm("long_latency").threshold == 8000
    assert made.alarm("own_latency").threshold == 500
    assert "80 % of the timeout of 2 s" in made.alarm("api_latency").condition


def test_forty_services_are_listed_and_the_others_are_counted(folder: Folder) -> None:
    """Each with its own timeout; services with the same limit are listed together."""
    folder.append("prod", "services:\n")
    for number in range(50):
        folder.append("prod", f"  s{number:02}: {{{FUNCTION}, timeout_s: {1 + number % 3}}}\n")
    (said,) = folder.refusal()
    assert len(re.findall(r"\bs[0-9]{2} \(", said)) == 40
    assert ", and 10 more; services.<name>" in said
    assert "…" not in said
    folder.write(
        "prod",
        f"{PROD}quotas: {{lambda_concurrency: 90}}\nservices: {{b: {{{FUNCTION}}}, c: {{{FUNCTION}}}}}\n",
    )
    (said,) = folder.refusal()
    assert (
        f"for api, b, c (90, the account's quota of 90 concurrent executions: quotas.lambda_concurrency in {HERE})"
        in said
    )


@each(
    ("line", "said"),
    [
        ("services: {api: {reserved_concurrency: 50}}", f"config/base.yaml:4: alarms.lambda.concurrency.threshold: must be less than the limit of each service, or a share such as 80 % of concurrency_limit; otherwise the alarm and the composite alarm critical never fire for api (50, the reserved concurrency of 50: services.api.reserved_concurrency in {HERE}); services.<name>.alarms.concurrency.threshold sets it for a service (found: 100)"),
        ("services: {api: {alarms: {concurrency: {threshold: 1000}}}}", f"{HERE}: services.api.alarms.concurrency.threshold: must be less than 1000 (the account's quota of 1000 concurrent executions: quotas.lambda_concurrency by default), such as 80 % of concurrency_limit; otherwise the alarm and the composite alarm critical never fire (found: 1000)"),
        ("services: {api: {alarms: {concurrency: {threshold: 400}}}, b: {kind: lambda, description: x, source: functions/x, reserved_concurrency: 600}}", f"{HERE}: services.api.alarms.concurrency.threshold: must be less than 400 (the account's quota of 1000 concurrent executions less the reserved 600 (b 600): quotas.lambda_concurrency by default), such as 80 % of concurrency_limit; otherwise the alarm and the composite alarm critical never fire (found: 400)"),
        ("services: {api: {reserved_concurrency: 2000}}", f"{HERE}: services.api.alarms.reserved-concurrency: must be less than 50 percent (the account's quota of 1000 concurrent executions: quotas.lambda_concurrency by default), such as 80 % of concurrency_limit; otherwise the alarm never fires (found: 80)"),
        ("services: {api: {sqs_trigger: {}, alarms: {queue-age: {threshold: 115200}}}}", f"{HERE}: services.api.alarms.queue-age.threshold: must be less than 115200 percent (the retention of the queue, 4 days); otherwise the alarm never fires (found: 115200)"),
        ("services: {web-site: {alarms: {not-converging: {threshold: 2}}}}", f"{HERE}: services.web-site.alarms.not-converging.threshold: must be less than 2 (the desired count of 2: services.web-site.desired_count by default), such as 80 % of desired_count; otherwise the alarm never fires (found: 2)"),
        ("services: {api: {alarms: {heartbeat: {enabled: true, threshold: 0}}}}", f"{HERE}: services.api.alarms.heartbeat.threshold: must be more than 0, otherwise the alarm never fires (found: 0)"),
        ("services: {api: {alarms: {timeouts: {threshold: 0}}}}", f"{HERE}: services.api.alarms.timeouts.threshold: must be more than 0, otherwise the alarm always fires (found: 0)"),
        ("services: {api: {alarms: {iterator-age: {enabled: true, threshold: 31536000001}}}}", f"{HERE}: services.api.alarms.iterator-age.threshold: must be less than 31536000000, the longest retention of a stream, 365 days, otherwise the alarm never fires (found: 31536000001)"),
        ("alarms: {platform: {account-concurrency: {threshold: 100}}}", f"{HERE}: alarms.platform.account-concurrency.threshold: must be less than 100 percent, otherwise the alarm and the composite alarm account-limits never fire (found: 100)"),
        ("alarms: {lambda: {latency: {threshold: 120% of timeout}}}", f"{HERE}: alarms.lambda.latency.threshold: must be less than 100 percent, otherwise the alarm never fires (found: 120% of timeout)"),
    ],
)  # fmt: skip
def test_a_threshold_beyond_its_metric_is_refused_with_what_limits_it(
    folder: Folder, line: str, said: str
) -> None:
    """With the key and the place of the limit, and the composite alarms that would never fire either."""
    folder.append("prod", f"{line}\n")
    assert folder.refusal() == [said]


def test_a_composite_none_of_whose_causes_can_fire_is_refused(folder: Folder) -> None:
    """It is named with each of its causes; one that another cause can put into ALARM is not."""
    keys = ["cpu", "memory", "disk"]
    folder.append("prod", f"alarms: {{ecs: {{{', '.join(f'{key}: {{threshold: 100}}' for key in keys)}}}}}\n")
    said = folder.refusal()
    assert len(said) == len(keys)
    both = "the alarm and the composite alarms resource-exhaustion and saturation never fire"
    for line, key in zip(said, keys, strict=True):
        assert f"alarms.ecs.{key}.threshold: must be less than 100 percent" in line
        assert (both if key != "disk" else "the alarm and the composite alarm saturation never fire") in line
    folder.write("prod", f"{PROD}alarms: {{ecs: {{cpu: {{threshold: 100}}}}}}\n")
    (said_of_cpu,) = folder.refusal()
    assert "the composite alarm resource-exhaustion never fire" in said_of_cpu
    assert "saturation" not in said_of_cpu


@each(
    ("key", "value", "threshold", "said"),
    [
        ("latency", "80 % of timeout", 8000, None),
        ("latency", "12.5% of timeout", 1250, None),
        ("near-timeout", "70 % of timeout", 7000, None),
        ("concurrency", "80 % of concurrency_limit", 160, None),
        ("reserved-concurrency", "90 % of reserved_concurrency", 180, None),
        ("latency", "80 %", None, "must be a number, or a share of a limit, such as 80 % of timeout (found: 80 %)"),
        ("latency", "-80 % of timeout", None, "must be a number, or a share of a limit, such as 80 % of timeout (found: -80 % of timeout)"),
        ("latency", "much", None, "must be a number (found: much)"),
        ("latency", "80 % of reserved_concurrency", None, "must be a number, or a share of: timeout (found: 80 % of reserved_concurrency)"),
        ("reserved-concurrency", "80 % of timeout", None, "must be a number, or a share of: concurrency_limit, reserved_concurrency (found: 80 % of timeout)"),
        ("errors", "80 % of timeout", None, "must be a number (found: 80 % of timeout)"),
        ("error-rate", "80 % of timeout", None, "must be a number (found: 80 % of timeout)"),
    ],
)  # fmt: skip
def test_a_share_of_the_limit_is_a_threshold(
    folder: Folder, key: str, value: str, threshold: float | None, said: str | None
) -> None:
    """Of the limit of the alarm's own metric; in a file and in a variable, for a service and for all of a kind."""
    folder.append("prod", "services: {api: {reserved_concurrency: 200}}\n")
    prod = (folder.path / "prod.yaml").read_text(encoding="utf-8")
    own = prod.replace("200}", f"200, alarms: {{{key}: {{threshold: {value}}}}}}}")
    for text, at, variables in (
        (own, "services.api.alarms", {}),
        (f"{prod}alarms: {{lambda: {{{key}: {{threshold: {value}}}}}}}\n", "alarms.lambda", {}),
        (
            prod,
            "alarms.lambda",
            {f"REVEILLE_ALARMS__LAMBDA__{key.upper().replace('-', '_')}__THRESHOLD": value},
        ),
    ):
        folder.write("prod", text)
        refusal = folder.refusal(variables=variables)
        if said:
            (line,) = refusal
            assert line.endswith(f": {at}.{key}.threshold: {said}")
        else:
            assert refusal == []
            alarm = catalog.build(folder.load(variables=variables)).alarm(f"api_{key}")
            assert alarm.threshold == threshold


@each("name", EVERY)
@each("quota", [10, 150, 1000])
@each("share", [0, 3, 1])
def test_every_function_has_its_reservation_or_what_all_reservations_leave(
    name: str, quota: int, share: int
) -> None:
    """Whichever functions have one; the hundred that Lambda keeps, or the whole of a smaller quota, remain."""
    data = plain(EVERY[name][0])
    data.setdefault("quotas", {})["lambda_concurrency"] = quota
    functions = {key: entry for key, entry in data["services"].items() if entry["kind"] == "lambda"}
    for number, entry in enumerate(functions.values()):
        entry["reserved_concurrency"] = 20 + number if share and number % share == 0 else None
    env = Environment.model_validate(data)
    reserved = sum(entry["reserved_concurrency"] or 0 for entry in functions.values())
    for instance in instances(env):
        if instance.name in env.functions:
            own = env.functions[instance.name].reserved_concurrency
            left = max(quota - (0 if own else reserved), min(100, quota))
            for subject in instance.subjects:
                assert subject.facts["concurrency_limit"].value == (min(own, left) if own else left)


def test_the_reservations_that_limit_a_function_are_named(folder: Folder) -> None:
    """Three of them, and the number of the others."""
    folder.append("prod", "services:\n")
    for number in range(5):
        folder.append("prod", f"  r{number}: {{{FUNCTION}, reserved_concurrency: {100 + number}}}\n")
    folder.append("prod", f"  free: {{{FUNCTION}, alarms: {{concurrency: {{threshold: 490}}}}}}\n")
    folder.append("prod", "alarms: {lambda: {concurrency: {threshold: 99}}}\n")
    words = "less the reserved 510 (r0 100, r1 101, r2 102, 2 more)"
    (said,) = folder.refusal()
    assert f"must be less than 490 (the account's quota of 1000 concurrent executions {words}: " in said
    folder.append("prod", "quotas: {lambda_concurrency: 1001}\n")
    folder.load()


def test_lambda_keeps_a_hundred_executions_unreserved(folder: Folder) -> None:
    """Reservations that leave less are refused before a deployment, and no limit is below."""
    folder.append(
        "prod",
        f"services: {{full: {{{FUNCTION}, reserved_concurrency: 2000}}}}\n"
        "alarms: {lambda: {concurrency: {threshold: 99}, reserved-concurrency: {threshold: 40}}}\n",
    )
    folder.load()


def test_a_share_of_a_limit_that_a_service_lacks_leaves_the_alarm_out(folder: Folder) -> None:
    """As an alarm whose default is relative; if the service itself has the setting, it is refused."""
    folder.append(
        "prod",
        "services: {web-site: {desired_count: 0}}\nalarms: {ecs: {pending-tasks: {threshold: 50 % of max_tasks}}}\n",
    )
    made = catalog.build(folder.load())
    left_out = {item.kind_key: item.reason for item in made.left_out if item.service == "web-site"}
    assert left_out["pending-tasks"] == "no task is desired (desired_count)"
    folder.write(
        "prod",
        PROD
        + "services: {web-site: {desired_count: 0, alarms: {pending-tasks: {threshold: 50 % of max_tasks}}}}\n",
    )
    assert folder.refusal() == [
        f"{HERE}: services.web-site.alarms.pending-tasks: is not an alarm of this service: no task is desired (desired_count)"
    ]


@each(("kind", "alarm"), ALARMS, ids=[f"{kind.name}:{alarm.key}" for kind, alarm in ALARMS])
def test_an_alarm_whose_limit_a_service_lacks_is_left_out(kind: Any, alarm: AlarmTemplate) -> None:
    """The limit is named and absent: it is not "no limit", for which no threshold would be too high."""
    if not isinstance(alarm.watches.most, str):
        return
    for instance in instances(Environment.model_validate(everything())):
        for subject in instance.subjects if instance.kind is kind else ():
            facts = {key: fact for key, fact in subject.facts.items() if key != alarm.watches.most}
            left_out = dataclasses.replace(subject, facts=facts).left_out(alarm)
            assert left_out is not None
            assert left_out.why == "not applicable"


def test_on_ec2_tasks_may_use_more_than_they_reserve() -> None:
    """No page is sent for it, and thresholds above 100 percent are for it, also those of own alarms."""
    data = everything()
    own = {"x": {"metric": "cpu", "threshold": 120, "summary": "the CPU is used"}}
    web = {
        **EXISTING["storefront"],
        "alarms": {"cpu": {"threshold": 150}, "memory": {"threshold": 101}, **own},
    }
    data["services"]["storefront"] = web
    at = ("services", "storefront", "alarms")
    expected = {(*at, key, "threshold") for key in ("cpu", "memory", "x")}
    assert {place for place, _ in check(Environment.model_validate(data))} == expected
    data["services"]["storefront"] = {**web, "launch_type": "ec2"}
    env = Environment.model_validate(data)
    assert list(check(env)) == []
    keys = {alarm.kind_key for alarm in catalog.build(env).all_alarms if alarm.service == "storefront"}
    assert {"cpu", "memory", "saturation", "x"} <= keys
    assert not keys & {"cpu-exhausted", "memory-exhausted", "resource-exhaustion"}


def test_autoscaling_raises_what_a_number_of_tasks_can_be() -> None:
    """The minimum is what is desired at least; the maximum limits thresholds and what is missing."""
    data = everything()
    web = {**EXISTING["storefront"], "autoscaling": {"min_tasks": 2, "max_tasks": 10}}
    for key, threshold in (
        ("not-converging", 3),
        ("too-few-tasks", "150 % of desired_count"),
        ("no-healthy-target", 4),
    ):
        data["services"]["storefront"] = {**web, "alarms": {key: {"threshold": threshold}}}
        assert list(check(Environment.model_validate(data))) == [], key
    data["services"]["storefront"] = {**web, "alarms": {"not-converging": {"threshold": 10}}}
    ((at, text),) = check(Environment.model_validate(data))
    assert at == ("services", "storefront", "alarms", "not-converging", "threshold")
    said = text(lambda _: "here") if callable(text) else text
    assert "must be less than 10 (the maximum of 10 tasks: here), such as 80 % of most_tasks;" in said


def test_without_a_minimum_the_absence_of_tasks_is_no_failure() -> None:
    """A service that is scaled to zero has no healthy target."""
    data = everything()
    data["services"]["storefront"] = {
        **EXISTING["storefront"],
        "autoscaling": {"min_tasks": 0, "max_tasks": 10},
    }
    keys = {
        alarm.kind_key
        for alarm in catalog.build(Environment.model_validate(data)).alarms
        if alarm.service == "storefront"
    }
    assert not keys & {"no-healthy-target", "too-few-tasks", "not-converging"}
    assert "pending-tasks" in keys


def test_a_service_without_desired_tasks_has_no_alarm_on_tasks(folder: Folder) -> None:
    """Some could not fire, and the absence of a healthy target would page without end."""
    of_tasks = {
        alarm.key
        for alarm in KINDS["ecs"].alarms
        if any(metric.most in {"most_tasks", "max_tasks"} for metric in metrics_of(alarm.watches))
    }
    assert {"too-few-tasks", "no-healthy-target"} < of_tasks
    balancer = json.dumps(LOAD_BALANCER).replace("333333333333", "111122223333")
    for tasks in (1, 0):
        folder.write(
            "prod",
            f"{PROD}services: {{web-site: {{desired_count: {tasks}, port: 80, load_balancer: {balancer}}}}}\n",
        )
        made = catalog.build(folder.load())
        keys = {alarm.kind_key for alarm in made.alarms if alarm.service == "web-site"}
        reasons = {item.kind_key: item.reason for item in made.left_out if item.service == "web-site"}
        assert keys & of_tasks == (of_tasks if tasks else set())
        assert "target-error-rate" in keys
        if not tasks:
            assert {reasons[key] for key in of_tasks} == {"no task is desired (desired_count)"}


def test_a_band_has_no_limit(folder: Folder) -> None:
    """What is expected is not known before; it replaces a threshold that is out of reach."""
    folder.append("prod", "services: {api: {timeout_s: 2, alarms: {latency: {anomaly_band: 3}}}}\n")
    assert folder.refusal() == []


@each("kind", KINDS.values(), ids=KINDS)
def test_an_slo_on_latency_must_be_below_the_limit_of_its_metric(kind: Any) -> None:
    """For every source of events with durations, in the unit of its metric."""
    data = everything()
    data["services"]["checkout-api"]["load_balancer"] = LOAD_BALANCER
    env = Environment.model_validate(data)
    found = 0
    for instance in instances(env):
        if not isinstance(instance, Service) or instance.kind is not kind:
            continue
        for events in kind.events:
            offered = events_of(instance.kind, Slo(objective_percent=99, events=events.key), instance.subject)
            limit = instance.subject.most(events.latency) if offered and events.latency else None
            if limit is None or events.latency is None:
                continue
            found += 1
            most_ms = limit.value * (1000 if events.latency.unit == "Seconds" else 1)
            for slow, is_accepted in ((most_ms - 1, True), (most_ms, False), (2 * most_ms, False)):
                slo = {"objective_percent": 99, "events": events.key, "slower_than_ms": slow}
                data["services"][instance.name]["slos"] = {"fast": slo}
                refused = [place for place, _ in catalog.check(Environment.model_validate(data))]
                at = ("services", instance.name, "slos", "fast", "slower_than_ms")
                assert refused == ([] if is_accepted else [at])
            data["services"][instance.name]["slos"] = {}
    assert found
