"""The environments that rules about the catalog are held against: those there are, and synthetic ones.

What no environment of ours uses, a user's will: so there is one with everything switched on, and others with
one thing or the other missing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import catalog
from catalog import Catalog, environment
from catalog.kinds import KINDS
from catalog.specs import (
    Alarm,
    AnyOf,
    Composite,
    InAlarm,
    LogFilter,
    NotInAlarm,
    Rule,
    Slo,
    Widget,
    holds,
    metrics_of,
)
from catalog.specs import Metric as MetricSpec
from config.loader import environments
from config.models import Environment
from config.rules import RULES

Made = tuple[Environment, Catalog]

LONGEST = {
    "project": "p" * 40,
    "environment": "e" * 12,
    "service": "s" * 24,
    "slo": "o" * 16,
    "window": "w" * 20,
}
"""The longest legal names (config/types.py and config/models.py)."""

LONGEST_OWNER = "o" * 64
LONGEST_RUNBOOKS_URL = "https://" + "r" * 192

ACCOUNT = "arn:aws:elasticloadbalancing:eu-west-1:333333333333"
LOAD_BALANCER = {
    "load_balancer_arn": f"{ACCOUNT}:loadbalancer/app/shop/0123456789abcdef",
    "target_group_arn": f"{ACCOUNT}:targetgroup/checkout/fedcba9876543210",
    "security_group_id": "sg-0123456789abcdef0",
}
WINDOWS = {
    "patching": {"cron": "0 3 ? * SUN *", "duration_min": 60, "reason": "The database is patched"},
    "backup": {"cron": "30 1 * * ? *", "duration_min": 1, "reason": "The backup locks tables"},
    "stocktaking": {"cron": "0 0 1 JAN ? *", "duration_min": 1440, "reason": "Nothing is sold on that day"},
}
SLOS = {
    "lambda": {
        "availability": {"objective_percent": 99.9},
        "logged": {"objective_percent": 99.5, "events": "logged-requests", "window_days": 7},
        "fine": {"objective_percent": 99.925},
        "fast": {"objective_percent": 99, "slower_than_ms": 750},
        "fast-log": {"objective_percent": 95, "events": "logged-requests", "slower_than_ms": 250.5},
    },
    "ecs": {
        "requests": {"objective_percent": 99.95, "window_days": 90, "min_events": 1},
        "fast": {"objective_percent": 99, "events": "requests", "slower_than_ms": 250.25},
        "logged": {"objective_percent": 93.1, "events": "logged-requests", "min_events": 10_000},
    },
}
"""Objectives over each source of events, on failures and on latency."""


def plain(env: Environment) -> dict[str, Any]:
    """Return what a file would say of an environment."""
    return env.model_dump(by_alias=True, exclude_unset=True)


def _everything(data: dict[str, Any]) -> None:
    """Switch on all there is."""
    services = data["services"]
    services["checkout-api"]["load_balancer"] = LOAD_BALANCER
    services["checkout-api"]["awslogs"] = {"mode": "blocking"}
    services["parked"] = {**services["inventory-worker"], "desired_count": 0, "alarms": {}}
    data |= {"maintenance": WINDOWS, "quotas": {"lambda_concurrency": 3000}}
    told = data["notifications"]
    told["pagerduty_region"] = "eu"
    told["runbooks_url"] = "https://wiki.example.com/runbooks/"
    for severity in ("critical", "warning"):
        told[severity] |= {
            "slack": [f"ssm:/shop/{severity}"], "pagerduty": [f"secretsmanager:shop/{severity}"],
            "ok_notifications": False,
        }  # fmt: skip
    for name in ("payment-handler", "checkout-api"):
        services[name]["slos"] = SLOS[services[name]["kind"]]
    env = Environment.model_validate(data)
    left_out = {(item.service, item.kind_key): item.why for item in catalog.build(env).left_out}
    for name, service in services.items():
        service["alarms"] = dict(service.get("alarms", {}))
        for alarm in KINDS[service["kind"]].alarms:
            if left_out.get((name, alarm.key)) == "not applicable":
                continue
            if alarm.opt_in:
                service["alarms"].setdefault(alarm.key, {})["enabled"] = True
            if alarm.anomaly:
                service["alarms"][alarm.key] = {"anomaly_band": 2.5}


def _longest(data: dict[str, Any]) -> None:
    """Give everything the longest legal name, and all opt-ins with it."""
    _everything(data)
    data |= {"project": LONGEST["project"], "environment": LONGEST["environment"], "owner": LONGEST_OWNER}
    data["notifications"]["runbooks_url"] = LONGEST_RUNBOOKS_URL
    data["maintenance"] = {LONGEST["window"]: {**WINDOWS["patching"], "reason": "r" * 200}}
    for number, name in enumerate(list(data["services"])):
        service = data["services"].pop(name)
        slos = {LONGEST["slo"][1:] + str(at): slo for at, slo in enumerate(service.get("slos", {}).values())}
        data["services"][LONGEST["service"][1:] + str(number)] = {
            **service,
            "owner": LONGEST_OWNER,
            "slos": slos,
        }


def _no_suppression(data: dict[str, Any]) -> None:
    data |= {"deployments": {"suppression_s": 0}, "maintenance": {}}


def _windows_only(data: dict[str, Any]) -> None:
    data |= {"deployments": {"suppression_s": 0}, "maintenance": WINDOWS}


def _deployments_only(data: dict[str, Any]) -> None:
    data |= {"deployments": {"suppression_s": 3600}, "maintenance": {}}


def _dark(data: dict[str, Any]) -> None:
    data["insights"] = {"containers": "disabled", "functions": False}


def _only(kind: str) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        data["services"] = {
            name: service for name, service in data["services"].items() if service["kind"] == kind
        }

    return change


STATE_MACHINES = {
    "refunds": {
        "kind": "state-machine",
        "description": "Pays money back",
        "state_machine": "Refunds_2",
        "timeout_s": 600,
        "alarms": {"heartbeat": {"enabled": True}},
        "slos": {
            "refunded": {"objective_percent": 99.5},
            "fast": {"objective_percent": 99, "slower_than_ms": 60_000},
        },
    },
    "reports": {"kind": "state-machine", "description": "Writes reports", "state_machine": "reports"},
}


def _state_machines(data: dict[str, Any]) -> None:
    data["services"] |= STATE_MACHINES


TARGETS = [
    {
        "load_balancer_arn": LOAD_BALANCER["load_balancer_arn"],
        "target_group_arn": f"{ACCOUNT}:targetgroup/{group}/fedcba987654321{number}",
    }
    for number, group in enumerate(("web", "admin", "internal"))
]
EXISTING: dict[str, dict[str, Any]] = {
    "orders": {
        "kind": "lambda",
        "description": "Takes orders",
        "function": "arn:aws:lambda:eu-west-1:333333333333:function:shop-orders",
        "alias": "live",
        "timeout_s": 20,
        "reserved_concurrency": 50,
        "insights": True,
        "sqs_trigger": {
            "queue": "shop-orders",
            "dead_letter_queue": "shop-orders-dlq",
            "visibility_timeout_s": 90,
        },
        "alarms": {"concurrency": {"threshold": 40}},
        "slos": SLOS["lambda"],
    },
    "canary": {
        "kind": "lambda",
        "description": "Takes some of the orders",
        "function": "shop-orders",
        "alias": "canary",
        "timeout_s": 20,
        "watch_log": False,
    },
    "invoices": {
        "kind": "lambda",
        "description": "Writes invoices",
        "function": "shop-invoices",
        "timeout_s": 30,
        "log_group": "/shop/invoices",
        "sqs_trigger": {"queue": "shop-invoices.fifo"},
    },
    "storefront": {
        "kind": "ecs",
        "description": "Shows articles",
        "cluster": "shop",
        "ecs_service": "web",
        "desired_count": 3,
        "autoscaling": {"min_tasks": 2, "max_tasks": 10},
        "log_groups": ["/shop/web", "/shop/proxy", "/shop/web-access", "/shop/web_access"],
        "target_groups": TARGETS,
        "container_insights": True,
        "slos": SLOS["ecs"],
    },
    "backoffice": {
        "kind": "ecs",
        "description": "Shows orders to clerks",
        "cluster": "office",
        "ecs_service": "web",
        "launch_type": "ec2",
        "desired_count": 1,
    },
}
"""Existing services: with every fact, with the required ones; two aliases; a name in two clusters."""


THEIR_DIMENSIONS: Mapping[str, Mapping[str, set[str]]] = {
    "orders": {
        "FunctionName": {"shop-orders"},
        "function_name": {"shop-orders"},
        "Resource": {"shop-orders:live"},
        "LogGroupName": {"/aws/lambda/shop-orders"},
        "QueueName": {"shop-orders", "shop-orders-dlq"},
    },
    "canary": {
        "FunctionName": {"shop-orders"},
        "Resource": {"shop-orders:canary"},
    },
    "invoices": {
        "FunctionName": {"shop-invoices"},
        "Resource": {"shop-invoices"},  # of its deployments only
        "LogGroupName": {"/shop/invoices"},
        "QueueName": {"shop-invoices.fifo"},
    },
    "storefront": {
        "ClusterName": {"shop"},
        "ServiceName": {"web"},
        "ClusterArn": {"arn:aws:ecs:eu-west-1:333333333333:cluster/shop"},
        "TaskGroup": {"service:web"},
        "Resource": {"arn:aws:ecs:eu-west-1:333333333333:service/shop/web"},
        "LogGroupName": {"/shop/web", "/shop/proxy", "/shop/web-access", "/shop/web_access"},
        "LoadBalancer": {"app/shop/0123456789abcdef"},
        "TargetGroup": {
            "targetgroup/web/fedcba9876543210",
            "targetgroup/admin/fedcba9876543211",
            "targetgroup/internal/fedcba9876543212",
        },
    },
    "backoffice": {
        "ClusterName": {"office"},
        "ServiceName": {"web"},
        "ClusterArn": {"arn:aws:ecs:eu-west-1:333333333333:cluster/office"},
        "TaskGroup": {"service:web"},
        "Resource": {"arn:aws:ecs:eu-west-1:333333333333:service/office/web"},
    },
}
"""The dimensions of all metrics of existing services."""


def theirs(env: Environment, dimension: str) -> set[str]:
    """Return the values that a dimension has in the metrics of the existing services of `env`."""
    return {
        value
        for name in EXISTING.keys() & env.services
        for value in THEIR_DIMENSIONS[name].get(dimension, ())
    }


def _existing(data: dict[str, Any]) -> None:
    data["services"] |= EXISTING


def _only_existing(data: dict[str, Any]) -> None:
    data["services"] = EXISTING


OWN: dict[str, dict[str, Any]] = {
    "payment-handler": {
        "metrics": {
            "declined": {"name": "PaymentsDeclined", "dimensions": {"service": "payments"},
                         "unit": "Count"},
            "paid": {"name": "PaymentsAccepted", "dimensions": {"service": "payments"}, "unit": "Count",
                     "healthy": 70},
            "refunded": {"pattern": '{ $.event = "refund" }', "value": "$.amount", "default_value": 0},
            "by_country": {"pattern": '{ $.event = "sale" }', "dimensions": {"Country": "$.country"}},
            "sales_ch": {"of": "by_country", "dimensions": {"Country": "CH"}, "healthy": 12,
                         "label": "sales"},
            "balance": {"namespace": "shop", "name": "Balance", "unit": "Kilobytes/Second", "least": None,
                        "most": 5000, "healthy": -20},
        },
        "alarms": {
            "declined-share": {
                "expression": "100 * declined / requests", "threshold": 20, "min_samples": 50,
                "evaluation_periods": 5, "datapoints_to_alarm": 3, "part_of": "impact",
                "unit_words": "% of payments declined", "summary": "too many payments are declined",
                "look": "the status page of the provider", "runbook": "docs/runbooks/lambda.md#impact",
            },
            "paid-share": {
                "expression": "100 * paid / FILL(requests, 0)", "threshold": 50, "min_samples": 50,
                "period_s": 300, "comparison": "LessThanThreshold", "part_of": "degraded",
                "summary": "few requests lead to a payment",
                "runbook": "https://wiki.example.com/payments?page=7#share",
            },
            "few-sales": {
                "metric": "sales_ch", "comparison": "LessThanOrEqualToThreshold", "threshold": 1,
                "missing": "breaching", "part_of": "impact", "summary": "almost nothing is sold",
            },
            "refunds": {
                "metric": "refunded", "stat": "p90", "comparison": "GreaterThanOrEqualToThreshold",
                "threshold": 1000, "missing": "ignore", "part_of": "saturation",
                "summary": "refunds are high",
            },
            "balance": {
                "metric": "balance", "threshold": -30, "comparison": "LessThanThreshold", "stat": "Minimum",
                "missing": "missing", "summary": "the balance is low",
            },
            "slow-and-failing": {
                "expression": "IF(duration > 900, errors, 0)", "threshold": 0, "evaluation_periods": 1,
                "period_s": 300, "summary": "slow invocations fail",
            },
            "latency": {"stat": "p95", "comparison": "GreaterThanOrEqualToThreshold", "missing": "ignore"},
            "throttles": {"comparison": "GreaterThanOrEqualToThreshold", "threshold": 1},
        },
        "slos": {
            "accepted": {"objective_percent": 99, "bad": "declined", "valid": "requests"},
            "paid": {"objective_percent": 95, "good": "paid", "valid": "requests"},
        },
        "dashboard": {
            "widgets": [
                {"text": "### Money\n\nAll amounts are in francs.", "width": 8, "height": 3},
                {"title": "Refunds", "metrics": ["refunded", "declined"], "width": 16, "stat": "Maximum"},
                {"title": "Requests", "metrics": ["requests", "duration"]},
            ]
        },
    },
    "checkout-api": {
        "metrics": {"carts": {"pattern": "[level = INFO, event = cart, size]", "value": "$size",
                              "unit": "None"}},
        "alarms": {"large-carts": {"metric": "carts", "stat": "Maximum", "threshold": 500,
                                   "part_of": "degraded", "summary": "a cart is very large"}},
    },
    "refunds": {
        "metrics": {"rejected": {"namespace": "bank", "name": "Rejected", "unit": "Count"}},
        "alarms": {"rejected-share": {"expression": "100 * FILL(rejected, 0) / requests", "threshold": 10,
                                "min_samples": 5, "part_of": "impact",
                                "summary": "the bank rejects refunds"}},
    },
}  # fmt: skip
"""What services define themselves: every form of a metric, every operator, and what missing data can be."""

OWN_OF_ENVIRONMENT: dict[str, Any] = {
    "metrics": {
        "throttled": {"namespace": "AWS/DynamoDB", "name": "WriteThrottleEvents", "unit": "Count",
                      "dimensions": {"TableName": "orders"}},
        "waiting": {"namespace": "AWS/SQS", "name": "ApproximateNumberOfMessagesVisible", "stat": "Maximum",
                    "dimensions": {"QueueName": "another-team"}, "unit": "Count", "healthy": 3},
        "clicks": {"namespace": "AWS/ApiGateway", "name": "Count", "dimensions": {"ApiName": "shop"},
                   "unit": "Count", "healthy": 400},
    },
    "alarms": {
        "table": {"metric": "throttled", "threshold": 10, "part_of": "saturation",
                  "summary": "the table throttles writes"},
        "backlog": {"metric": "waiting", "threshold": 100, "part_of": "degraded", "summary": "orders wait"},
        "no-clicks": {"metric": "clicks", "comparison": "LessThanThreshold", "threshold": 1,
                      "missing": "breaching", "part_of": "impact", "summary": "nobody uses the shop"},
        "wait": {"expression": "waiting / clicks", "threshold": 2, "min_samples": 10,
                 "summary": "orders take long"},
    },
    "dashboard": {
        "widgets": [
            {"title": "Sales and clicks", "metrics": ["payment-handler.sales_ch", "clicks"], "width": 24,
             "height": 8},
            {"text": "## Stock"},
        ]
    },
}  # fmt: skip
"""The same of the environment as a whole."""


def _own(data: dict[str, Any]) -> None:
    data["services"] |= STATE_MACHINES
    data["maintenance"] = WINDOWS
    for name, defined in OWN.items():
        service = data["services"][name]
        for key, value in defined.items():
            service[key] = {**service.get(key, {}), **value}
    data["alarms"]["environment"] = OWN_OF_ENVIRONMENT["alarms"]
    data |= {key: OWN_OF_ENVIRONMENT[key] for key in ("metrics", "dashboard")}


CHANGES: Mapping[str, Callable[[dict[str, Any]], None]] = {
    "everything": _everything,
    "longest names": _longest,
    "no suppression": _no_suppression,
    "windows only": _windows_only,
    "deployments only": _deployments_only,
    "no insights": _dark,
    "functions only": _only("lambda"),
    "containers only": _only("ecs"),
    "state machines": _state_machines,
    "existing services": _existing,
    "existing services only": _only_existing,
    "own": _own,
}


def changed(change: Callable[[dict[str, Any]], None], name: str = "prod") -> Made:
    """Return an environment with something changed, which all rules accept, and its catalog."""
    data = plain(ALL[name][0])
    change(data)
    env = Environment.model_validate(data)
    assert [breach for rule in (*RULES, catalog.check) for breach in rule(env)] == []
    return env, catalog.build(env)


_OF_EACH_SPEAKER = {"errors", "timeouts", "cpu-exhausted", "near-timeout", "cpu"}


def many(count: int, *, longest: bool = False, slos: int = 0, lean: bool = False) -> Environment:
    """Return production with `count` services, half of each kind, instead of its own.

    Args:
        count: so many services.
        longest: whether names are as long as they may be.
        slos: objectives of each.
        lean: whether each composite of a service has one alarm only: thousands of services are built faster.
    """
    data = plain(ALL["prod"][0])
    if lean:
        off = {"enabled": False, "reason": "not what this is about"}
        for kind in KINDS.values():
            keys = [alarm.key for alarm in kind.alarms if alarm.key not in _OF_EACH_SPEAKER]
            said = data["alarms"].setdefault(kind.name, {})
            said |= {key: {**said.get(key, {}), **off} for key in keys}
        for service in data["services"].values():
            service["alarms"] = {}
    if longest:
        data |= {"project": LONGEST["project"], "environment": LONGEST["environment"]}
    one = (data["services"]["checkout-api"], data["services"]["payment-handler"])
    objectives = {
        f"slo{number}": {"objective_percent": 99.9, "events": "logged-requests"} for number in range(slos)
    }
    prefix = LONGEST["service"][4:] if longest else "s"
    data["services"] = {
        f"{prefix}{number:04d}": {**one[number % 2], "slos": objectives} for number in range(count)
    }
    return Environment.model_validate(data)


class Catalogs(Mapping[str, Made]):
    """Environments with their catalogs, by name; each is built when a test first asks for it."""

    def __init__(self, makers: Mapping[str, Callable[[], Made]]) -> None:
        """Take what builds each of them."""
        self._makers = {name: functools.cache(maker) for name, maker in makers.items()}

    def __getitem__(self, name: str) -> Made:
        return self._makers[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


ALL = Catalogs({name: functools.partial(environment.read, name, variables={}) for name in environments()})
EVERY = Catalogs(
    {name: functools.partial(ALL.__getitem__, name) for name in ALL}
    | {name: functools.partial(changed, change) for name, change in CHANGES.items()}
)
"""Those there are, and the synthetic ones."""


def rendered(rule: Rule, made: Catalog) -> str:
    """Return a rule as CloudWatch takes it."""
    if isinstance(rule, InAlarm):
        return f'ALARM("{made.alarm_name(rule.alarm)}")'
    if isinstance(rule, NotInAlarm):
        return f'NOT ALARM("{made.alarm_name(rule.not_in_alarm)}")'
    parts, word = (rule.any_of, " OR ") if isinstance(rule, AnyOf) else (rule.all_of, " AND ")
    inner = word.join(rendered(part, made) for part in parts)
    return f"({inner})" if len(parts) > 1 else inner


class Graph:
    """Who is part of whom, and who suppresses whom."""

    def __init__(self, made: Catalog) -> None:
        """Read it out of a catalog."""
        self.made = made
        self.alarms = {alarm.key: alarm for alarm in made.alarms}
        self.composites = {composite.key: composite for composite in made.composites}
        self.parents: dict[str, list[Composite]] = {}
        for composite in made.composites:
            for child in composite.children():
                self.parents.setdefault(child, []).append(composite)

    @functools.cached_property
    def suppressing(self) -> set[str]:
        """Keys of what suppresses, directly or as a part."""
        found: set[str] = set()
        for composite in self.made.composites:
            if composite.suppressor:
                found |= self.within(composite.suppressor.alarm)
        return found

    def within(self, key: str) -> set[str]:
        """Return the key and those of all its parts, at any depth."""
        found: set[str] = set()
        todo = [key]
        while todo:
            one = todo.pop()
            if one not in found:
                found.add(one)
                todo += self.composites[one].children() if one in self.composites else ()
        return found

    def speakers(self, key: str) -> list[Composite]:
        """Return the composites that notify when an alarm fires, at any distance."""
        return [
            composite
            for composite in self.made.composites
            if composite.topic and key in self.within(composite.key) - {composite.key}
        ]

    def suppressors(self, composite: Composite) -> set[str]:
        """Return the keys of everything that suppresses a composite, or that this depends on."""
        return self.within(composite.suppressor.alarm) if composite.suppressor else set()

    def in_alarm(self, firing: Iterable[str]) -> set[str]:
        """Return the keys of all that is in ALARM while just these metric alarms are."""
        found = set(firing)
        assert found <= self.alarms.keys()
        for composite in self._parts_first:
            if holds(composite.rule, found):
                found.add(composite.key)
        return found

    def heard(self, firing: Iterable[str]) -> set[str]:
        """Return the keys of the composites that notify while just these metric alarms are in ALARM."""
        active = self.in_alarm(firing)
        return {
            composite.key
            for composite in self.made.composites
            if composite.topic
            and composite.key in active
            and not (composite.suppressor and composite.suppressor.alarm in active)
        }

    def needed_for(self, key: str) -> set[str]:
        """Return metric alarms whose ALARM puts a composite into it: one of "any of", each of "all of"."""
        return {key} if key in self.alarms else self._needed(self.composites[key].rule)

    def _needed(self, rule: Rule) -> set[str]:
        if isinstance(rule, InAlarm):
            return self.needed_for(rule.alarm)
        if isinstance(rule, NotInAlarm):
            return set()
        if isinstance(rule, AnyOf):
            return self._needed(rule.any_of[0])
        return set().union(*map(self._needed, rule.all_of))

    @functools.cached_property
    def _parts_first(self) -> list[Composite]:
        left, known, found = dict(self.composites), set(self.alarms), list[Composite]()
        while left:
            free = [composite for composite in left.values() if known.issuperset(composite.children())]
            assert free, f"cycle among {sorted(left)}"
            found += free
            known.update(composite.key for composite in free)
            left = {key: composite for key, composite in left.items() if key not in known}
        return found


def is_own(env: Environment, alarm: Alarm) -> bool:
    """Return whether the configuration defines an alarm, and not its kind."""
    tunings = env.services[alarm.service].alarms if alarm.service else env.alarms.environment
    return alarm.kind_key in tunings and tunings[alarm.kind_key].is_own


def is_of_own_metric(log_filter: LogFilter) -> bool:
    """Return whether the metric of a filter is one that the configuration defines."""
    return "_metric-" in log_filter.key


def others_metrics(made: Catalog) -> set[tuple[str, str, tuple[tuple[str, str], ...]]]:
    """Return the metrics that the configuration says others publish, and those with chosen dimensions."""
    return {
        (metric.namespace, metric.name, tuple(metric.dimensions.items()))
        for metric in made.published
        if metric.is_declared
    }


def series(made: Catalog) -> Iterator[tuple[str, Any]]:
    """Yield where it is and the series, for each that an alarm, a graph or an objective has."""
    yield from ((alarm.key, alarm.watches) for alarm in made.alarms)
    for view in made.services:
        for graph in view.graphs:
            yield from ((f"{view.name} {graph.title}", metric) for metric in graph.series)
        yield from ((f"{view.name} widget", metric) for metric in of_widgets(view.widgets))
    for graph in made.whole.graphs if made.whole else ():
        yield from ((f"environment {graph.title}", metric) for metric in graph.series)
    yield from (
        ("environment widget", metric) for metric in of_widgets(made.whole.widgets if made.whole else ())
    )
    yield from ((slo.key, slo.budget) for slo in made.slos)
    yield "deployments", made.deployments
    yield from ((f"{view.name} deployments", view.deployments) for view in made.services if view.deployments)


def of_widgets(widgets: Iterable[Widget]) -> Iterator[Any]:
    """Yield the series of own widgets."""
    yield from (series for widget in widgets if widget.graph for series in widget.graph.series)


def metrics(made: Catalog) -> Iterator[tuple[str, MetricSpec]]:
    """Yield where it is and the metric, for each that an alarm, a graph or an objective names."""
    for where, entry in series(made):
        yield from ((where, metric) for metric in metrics_of(entry))


def objectives(made: Catalog) -> Iterator[tuple[Slo, dict[str, Alarm], dict[str, Composite]]]:
    """Yield each objective with its alarms by tier and window, and its composites by tier."""
    for slo in made.slos:
        alarms = {
            alarm.kind_key: alarm for alarm in made.alarms if alarm.key == f"{slo.key}-{alarm.kind_key}"
        }
        yield (
            slo,
            alarms,
            {
                composite.kind_key: composite
                for composite in made.composites
                if composite.key in slo.burn_rates
            },
        )
