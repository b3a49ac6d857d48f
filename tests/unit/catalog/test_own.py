"""What a configuration defines itself: metrics, alarms, SLOs and widgets, and what is refused about them."""

# ruff: noqa: E501  # a message is compared whole, and reads best on one line

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

import catalog
from catalog import Catalog
from catalog.kinds import EVERY_KIND, KINDS
from catalog.kinds.kind import Kind
from catalog.known_metrics import AWS_METRICS
from catalog.naming import Names
from catalog.own import ROLE, divisor
from catalog.own_rules import of_tuned
from catalog.services import Service
from catalog.specs import Math, Metric, is_of_environment
from catalog.templates import ONLY_FAILURES, metrics_of
from cloudwatch import maths
from cloudwatch.maths.evaluation import evaluate
from cloudwatch.publishing import UNITS
from config.alarms import Tuning
from config.models import Environment
from config.paths import ROOT
from config.types import MetricUnit
from drill import simulation
from drill.scenarios import reading
from drill.sources import catalog as source
from tests.support.tables import each
from tests.unit.catalog.catalogs import EVERY, Graph, Made, is_of_own_metric, is_own, plain
from tests.unit.config.configs import NEXT_LINE, PROD, Folder
from tests.unit.drill.rehearsing import no_recording

OWN_ENV, OWN_CATALOG = EVERY["own"]

METRICS = "declined: {namespace: shop, name: Declined, unit: Count}, sold: {pattern: '{ $.event = \"sale\" }', value: $.amount}"
ALARM = "metric: declined, threshold: 5, summary: payments are declined"


def service(metrics: str = METRICS, alarms: str = "", slos: str = "", widgets: str = "") -> str:
    """Return the lines of a function with own metrics, one line for each of its keys."""
    return "\n".join((
        "services:",
        "  api:",
        f"    metrics: {{{metrics}}}",
        f"    alarms: {{{alarms}}}",
        f"    slos: {{{slos}}}",
        f"    dashboard: {{widgets: [{widgets}]}}",
        "",
    ))  # fmt: skip


def made(folder: Folder, text: str) -> Catalog:
    """Return the catalog of the small configuration with `text` appended."""
    folder.append("prod", text)
    return catalog.build(folder.load())


# --- refused, each with file, line, key and what is allowed

IN = {"metrics": 2, "alarms": 3, "slos": 4, "widgets": 5}
"""The part of `service` -> its line after the first."""

SERIES = "requests, errors, throttles, duration, concurrency, logged_requests, logged_errors, logged_duration, declined, sold"
OFFERED = ", ".join(KINDS["lambda"].series)
COMPARED = "100 * declined / requests"

REFUSED = [
    # metrics
    ("metrics", "x: {unit: Count}", "metrics.x", "requires name (a published metric), pattern (a metric out of the log) or of (found: a mapping of unit)"),
    ("metrics", "x: {name: X, value: 1}", "metrics.x.value", "is only valid with pattern (found: 1)"),
    ("metrics", "x: {name: X, unit: Counts}", "metrics.x.unit", "must be one of: Seconds, Microseconds, Milliseconds, Bytes, Kilobytes, Megabytes, Gigabytes, Terabytes, Bits, Kilobits, Megabits, Gigabits, Terabits, Percent, Count, Bytes/Second, Kilobytes/Second, Megabytes/Second, Gigabytes/Second, Terabytes/Second, Bits/Second, Kilobits/Second, Megabits/Second, Gigabits/Second, Terabits/Second, Count/Second, None (found: Counts)   did you mean Count?"),
    ("metrics", "x: {name: X, stat: p101}", "metrics.x.stat", "p101: the percentile must be between 0 and 100"),
    ("metrics", "x: {name: ' X'}", "metrics.x.name", "must be printable ASCII characters, not beginning with a colon or a space (found:  X)"),
    ("metrics", "x: {name: X, dimensions: {':a': b}}", "metrics.x.dimensions.:a", None),
    ("metrics", "errors: {name: X}", "metrics.errors", f'is a series of kind "lambda": choose another key than {OFFERED}'),
    ("metrics", "result: {name: X}", "metrics.result", "is reserved: choose another key than band, observed, result"),
    ("metrics", "a-b: {name: X}", "metrics.a-b", "must be a name of lower-case letters and digits, in words joined by _, beginning with a letter (found: a-b)"),
    ("metrics", "x: {pattern: '{ $.a = }'}", "metrics.x.pattern", None),
    ("metrics", "x: {pattern: ERROR, value: $.a}", "metrics.x", None),
    ("metrics", "x: {pattern: ERROR, namespace: AWS/Lambda}", "metrics.x.namespace", "must not begin with AWS/, the namespaces of AWS services (found: AWS/Lambda)"),
    ("metrics", "x: {pattern: ERROR, name: Errors}", "metrics.x", "Errors is a metric of the metric filter shop-api-errors-crash-prod: set another name"),
    ("metrics", "x: {pattern: ERROR, namespace: shop/prod/web-site, name: Latency}", "metrics.x", "Latency is a metric of the metric filter shop-web-site-latency-json-prod: set another name"),
    ("metrics", "x: {pattern: ERROR, namespace: shop/prod, name: Deployments}", "metrics.x", "Deployments is a metric of the platform (make deploy): set another name"),
    ("metrics", "x: {pattern: ERROR, dimensions: {A: $.a}}", "metrics.x", "dimensions require a JSON or space-delimited pattern"),
    ("metrics", "x: {pattern: '{ $.a = 1 }', dimensions: {A: $.a, B: $.b, C: $.c, D: $.d}}", "metrics.x", "must have at most 3 dimensions (found: 4)"),
    ("metrics", "x: {pattern: '{ $.a = 1 }', dimensions: {A: $.a}, default_value: 0}", "metrics.x.default_value", "is not allowed with dimensions (found: 0)"),
    ("metrics", "x: {of: sold, dimensions: {A: b}}, " + METRICS, "metrics.x.of", "must be a metric with pattern and dimensions: there is none (found: sold)"),
    ("metrics", "y: {pattern: '{ $.a = 1 }', dimensions: {A: $.a}}, x: {of: y, dimensions: {B: b}}", "metrics.x.dimensions", "must be the dimensions of y: A"),
    ("metrics", "x: {of: y}", "metrics.x.of", "requires dimensions: their values select a part of the metric (found: y)"),
    ("metrics", "x: {of: y, unit: Count, dimensions: {A: b}}", "metrics.x.unit", "is not valid with of (found: Count)"),
    ("metrics", "x: {namespace: AWS/Lambda, name: Error}", "metrics.x.name", "is not a metric of AWS/Lambda   did you mean Errors?"),
    ("metrics", "x: {namespace: AWS/Dynamo, name: X}", "metrics.x.namespace", "is not a namespace of AWS   did you mean AWS/DynamoDB? (found: AWS/Dynamo)"),
    ("metrics", "x: {namespace: AWS/lambda, name: Errors}", "metrics.x.namespace", "is not a namespace of AWS   did you mean AWS/Lambda? (found: AWS/lambda)"),
    ("metrics", "x: {namespace: AWS/ApplicationELBs, name: X}", "metrics.x.namespace", "is not a namespace of AWS   did you mean AWS/ApplicationELB? (found: AWS/ApplicationELBs)"),
    ("metrics", "x: {namespace: AWS/SQS, name: ApproximateNumberOfMessagesVisible, dimensions: {Queue: a}}", "metrics.x.dimensions", "are not those of the metric: AWS/SQS ApproximateNumberOfMessagesVisible is reported by {QueueName}, not by {Queue}; did you mean QueueName?"),
    ("metrics", "x: {namespace: AWS/SQS, name: ApproximateNumberOfMessagesVisible}", "metrics.x.dimensions", "are not those of the metric: AWS/SQS ApproximateNumberOfMessagesVisible is reported by {QueueName}, not by no dimensions"),
    ("metrics", "x: {name: X, healthy: -1}", "metrics.x.healthy", "must be at least least (found: -1)"),
    ("metrics", "x: {name: X, healthy: 3, most: 2}", "metrics.x.healthy", "must be at most most (found: 3)"),
    ("metrics", ", ".join(f"x{at}: {{pattern: '%a{at}%'}}" for at in range(5)), "metrics", "log group /aws/lambda/shop-api-prod must have at most 5 metric filters with a regular expression (found: 6: shop-api-errors-crash-prod, shop-api-metric-x0-prod, shop-api-metric-x1-prod, shop-api-metric-x2-prod, shop-api-metric-x3-prod, shop-api-metric-x4-prod): join expressions with |, or use patterns without regular expressions"),
    # alarms
    ("alarms", "x: {metric: decline, threshold: 5, summary: a}", "alarms.x.metric", f"decline is not a metric; known: {SERIES}   did you mean declined?"),
    ("alarms", "x: {expression: 100 * declind / requests, threshold: 5, summary: a}", "alarms.x.expression", f"declind is not a metric; known: {SERIES}   did you mean declined?"),
    ("alarms", "x: {expression: 100 * / requests, threshold: 5, summary: a}", "alarms.x.expression", None),
    ("alarms", "x: {expression: 1 + 1, threshold: 5, summary: a}", "alarms.x.expression", f"must name a metric; known: {SERIES}"),
    ("alarms", "x: {expression: SUM(declined), threshold: 5, summary: a}", "alarms.x.expression", None),
    ("alarms", f"x: {{expression: {' + '.join(['declined'] * 80)}, threshold: 5, summary: a}}", "alarms.x.expression", "must be at most 784 characters, as the platform adds 240 to it, for example to its ids (found: 877)"),
    ("alarms", "x: {expression: declined > 5, threshold: 1, summary: a}", "alarms.x.threshold", "must be less than 1, the limit of the values of the expression, otherwise the alarm never fires (found: 1)"),
    ("alarms", "x: {expression: declined > 5 AND requests > 9, threshold: 2, comparison: GreaterThanOrEqualToThreshold, summary: a}", "alarms.x.threshold", "must be at most 1, the limit of the values of the expression, otherwise the alarm never fires (found: GreaterThanOrEqualToThreshold 2)"),
    ("alarms", "x: {expression: declined > 5, threshold: 0, comparison: GreaterThanOrEqualToThreshold, summary: a}", "alarms.x.threshold", None),
    ("alarms", "x: {expression: 'IF(declined > 5, 1, 0)', threshold: 1, summary: a}", "alarms.x.threshold", None),
    ("alarms", "x: {expression: 'FILL(declined == 5, 0)', threshold: -1, summary: a}", "alarms.x.threshold", None),
    ("alarms", "x: {expression: errors, threshold: 0, comparison: LessThanThreshold, summary: a}", "alarms.x.threshold", None),
    ("alarms", "x: {metric: queue_age, threshold: 5, summary: a}", "alarms.x.metric", "this service does not have the series queue_age: it has no load balancer, queue or log of it"),
    ("alarms", "x: {metric: declined, summary: a}", "alarms.x.threshold", "a new alarm requires threshold, as a number (found: nothing)"),
    ("alarms", "x: {metric: declined, threshold: 80 % of timeout, summary: a}", "alarms.x.threshold", "a new alarm requires threshold, as a number (found: 80 % of timeout)"),
    ("alarms", "x: {metric: declined, threshold: 5}", "alarms.x.summary", "a new alarm requires summary (found: nothing)"),
    ("alarms", "x: {metric: declined, threshold: 5, summary: It is bad. Run.}", "alarms.x.summary", "must be part of a sentence: no period, and no space at its beginning or end (found: It is bad. Run.)"),
    ("alarms", "x: {metric: declined, expression: declined, threshold: 5, summary: a}", "alarms.x.metric", "metric and expression exclude each other (found: declined)"),
    ("alarms", "x: {metric: declined, anomaly_band: 2, summary: a}", "alarms.x.anomaly_band", "is not valid for a new alarm: set threshold (found: 2)"),
    ("alarms", f"x: {{{ALARM}, part_of: impct}}", "alarms.x.part_of", "must be one of: impact, degraded, saturation (found: impct)   did you mean impact?"),
    ("alarms", f"x: {{{ALARM}, comparison: '>'}}", "alarms.x.comparison", "must be one of: GreaterThanThreshold, GreaterThanOrEqualToThreshold, LessThanThreshold, LessThanOrEqualToThreshold (found: >)"),
    ("alarms", f"x: {{{ALARM}, missing: good}}", "alarms.x.missing", "must be one of: notBreaching, breaching, ignore, missing (found: good)"),
    ("alarms", f"x: {{{ALARM}, stat: sum}}", "alarms.x.stat", '"sum" is not a valid statistic; did you mean Sum? allowed: SampleCount, Average, Sum, Minimum, Maximum, pNN, tmNN, tcNN, tsNN, wmNN, TM(a:b), TC(a:b), TS(a:b), WM(a:b), PR(a:b) and IQM'),
    ("alarms", f"x: {{{ALARM}, min_samples: 5}}", "alarms.x.min_samples", "is only valid with expression (found: 5)"),
    ("alarms", "x: {expression: declined + sold, threshold: 5, summary: a, min_samples: 5}", "alarms.x.min_samples", "requires samples, the metric that counts them: the expression does not divide by one metric"),
    ("alarms", "x: {expression: declined + sold, threshold: 5, summary: a, min_samples: 5, samples: sod}", "alarms.x.samples", f"sod is not a metric; known: {SERIES}   did you mean sold?"),
    ("alarms", "x: {expression: declined / duration, threshold: 5, summary: a, min_samples: 5}", "alarms.x.min_samples", "must count events, with the statistic Sum or SampleCount (found: p99 of duration)"),
    ("alarms", "x: {expression: declined / requests, threshold: 5, summary: a, min_samples: 5, samples: duration}", "alarms.x.samples", "must count events, with the statistic Sum or SampleCount (found: p99 of duration)"),
    ("alarms", f"x: {{{ALARM}, runbook: docs/other.md}}", "alarms.x.runbook", "must be docs/runbooks/<file>.md#<heading>, or an https:// URL (found: docs/other.md)"),
    ("alarms", f"x: {{{ALARM}, runbook: docs/runbooks/none.md#a}}", "alarms.x.runbook", "docs/runbooks/none.md does not exist (found: docs/runbooks/none.md#a)"),
    ("alarms", f"x: {{{ALARM}, runbook: docs/runbooks/lambda.md#eror-rate}}", "alarms.x.runbook", "docs/runbooks/lambda.md has no heading eror-rate   did you mean error-rate? (found: docs/runbooks/lambda.md#eror-rate)"),
    ("alarms", f"errors: {{{ALARM}}}", "alarms.errors", 'is a built-in alarm of kind "lambda": choose another key for a new alarm'),
    *(
        ("alarms", f"{key}: {{{ALARM}}}", f"alarms.{key}", "is the key of a composite alarm or a suppressor: choose another key for a new alarm")
        for key in ("impact", "degraded-2", "deploying", "ticket-suppressor", "slo-a-fast-burn")
    ),
    ("alarms", f"x: {{{ALARM}, evaluation_periods: 2, datapoints_to_alarm: 3}}", "alarms.x.datapoints_to_alarm", "must be at most 2, the evaluation_periods (found: 3)"),
    ("alarms", f"x: {{{ALARM}, evaluation_periods: 1000, period_s: 3600}}", "alarms.x.evaluation_periods", "period_s x evaluation_periods is 3600000 s; CloudWatch evaluates at most 604800 s"),
    ("alarms", "x: {metric: declined, comparison: LessThanThreshold, threshold: 0, summary: a}", "alarms.x.threshold", "must be more than 0 (the lowest value of the metric: services.api.metrics.declined.least by default); otherwise the alarm never fires (found: LessThanThreshold 0)"),
    ("alarms", f"x: {{{ALARM}, missing: breaching}}", "alarms.x.missing", "requires healthy of declined: without samples, the alarm is in ALARM in every drill"),
    # built-in alarms
    ("alarms", "latency: {comparison: LessThanThreshold}", "alarms.latency.comparison", "must be one of: GreaterThanThreshold, GreaterThanOrEqualToThreshold (found: LessThanThreshold)"),
    ("alarms", "latency: {anomaly_band: 2, stat: p50}", "alarms.latency.stat", "is not valid with anomaly_band: set one of them to null"),
    ("alarms", "latency: {stat: p5O}", "alarms.latency.stat", None),
    ("alarms", "timeouts: {stat: Average, threshold: 100, comparison: GreaterThanThreshold}", "alarms.timeouts.threshold", None),
    ("alarms", "async-dropped: {missing: breaching}", "alarms.async-dropped.missing", "must not be breaching: the metric has data only while something fails; the alarm would be in ALARM while nothing does"),
    ("alarms", "latency: {threshold: -1}", "alarms.latency.threshold", "must be at least 0 (found: -1)"),
    # SLOs
    ("slos", "s: {objective_percent: 99, bad: declined}", "slos.s.bad", "requires valid, the metric of all events (found: declined)"),
    ("slos", "s: {objective_percent: 99, valid: requests, bad: requests}", "slos.s.bad", "must not be the metric of valid: then all events are bad (found: requests)"),
    ("slos", "s: {objective_percent: 99, valid: requests, good: requests}", "slos.s.good", "must not be the metric of valid: then all events are good (found: requests)"),
    ("slos", "s: {objective_percent: 99, valid: requests}", "slos.s.valid", "requires either bad or good (found: requests)"),
    ("slos", "s: {objective_percent: 99, valid: requests, bad: declined, events: invocations}", "slos.s.events", "is not valid with valid (found: invocations)"),
    ("slos", "s: {objective_percent: 99, valid: requests, bad: decline}", "slos.s.bad", f"decline is not a metric; known: {SERIES}   did you mean declined?"),
    ("slos", "s: {objective_percent: 99, valid: duration, bad: declined}", "slos.s.valid", "must count events, with the statistic Sum or SampleCount (found: p99 of duration)"),
    # widgets
    ("widgets", "{title: a}", "dashboard.widgets.0", "requires either metrics (a graph) or text (found: a mapping of title)"),
    ("widgets", "{metrics: [declined]}", "dashboard.widgets.0.metrics", "requires title (found: a list of 1)"),
    ("widgets", "{title: a, metrics: [declind]}", "dashboard.widgets.0.metrics.0", f"declind is not a metric; known: {SERIES}   did you mean declined?"),
    ("widgets", "{title: a, metrics: [web-site.cpu]}", "dashboard.widgets.0.metrics.0", "metrics of other services are in widgets of the environment"),
    ("widgets", "{title: a, metrics: [declined], stat: avg}", "dashboard.widgets.0.stat", None),
    ("widgets", "{text: a, stat: Sum}", "dashboard.widgets.0.stat", "is only valid with metrics (found: Sum)"),
    ("widgets", "{text: a, width: 25}", "dashboard.widgets.0.width", "must be at most 24 (found: 25)"),
]  # fmt: skip


def test_a_misspelled_own_alarm_is_suggested(folder: Folder) -> None:
    """All alarms of the service are known, also those that another file defines."""
    base = yaml.safe_load((folder.path / "base.yaml").read_text(encoding="utf-8"))
    base["services"]["api"] |= {
        "metrics": {"declined": {"name": "Declined", "unit": "Count"}},
        "alarms": {
            "declined-share": {"metric": "declined", "threshold": 5, "summary": "payments are declined"}
        },
    }
    folder.write("base", yaml.safe_dump(base))
    folder.append("prod", "services: {api: {alarms: {declined-shar: {threshold: 7}}}}\n")
    (line,) = folder.refusal()
    assert line.startswith(
        f"config/prod.yaml:{NEXT_LINE}: services.api.alarms.declined-shar: is not an alarm of kind"
    )
    assert line.endswith("did you mean declined-share?")
    assert ", declined-share, " in line


@each(("part", "text", "key", "said"), REFUSED, ids=[f"{entry[0]}: {entry[1]}" for entry in REFUSED])
def test_what_is_wrong_is_refused_with_its_place(
    folder: Folder, part: str, text: str, key: str, said: str | None
) -> None:
    """Once, with file, line and key; a sentence of CloudWatch's own parsers is not compared."""
    folder.append("prod", service(**{part: text}))
    line = NEXT_LINE + IN[part]
    begins = f"config/prod.yaml:{line}: services.api.{key}: "
    lines = folder.refusal()
    assert len(lines) == 1
    assert lines[0].startswith(begins)
    assert lines[0][len(begins) :] == said or said is None
    if key.endswith(".pattern"):
        assert lines[0].startswith(f"{begins}is not a filter pattern that CloudWatch Logs accepts: ")


OF_ENVIRONMENT = [
    ("metrics: {x: {pattern: ERROR}}", "metrics.x.pattern", "requires a log: a metric out of a log belongs to a service"),
    ("alarms: {environment: {x: {threshold: 1}}}", "alarms.environment.x", 'is not an alarm of kind "environment"; known: none; a new alarm requires metric or expression'),
    ("alarms: {environment: {x: {metric: y, threshold: 1, summary: a}}}", "alarms.environment.x.metric", "y is not a metric; known: none"),
    ("alarms: {lambda: {x: {metric: requests, threshold: 1, summary: a}}}", "alarms.lambda.x", "a new alarm belongs to a service (services.<name>.alarms) or to the environment (alarms.environment)"),
    ("alarms: {lambda: {latency: {stat: sum}}}", "alarms.lambda.latency.stat", None),
    ("dashboard: {widgets: [{title: a, metrics: [ap.requests]}]}", "dashboard.widgets.0.metrics.0", "ap is not a service   did you mean api?"),
    ("dashboard: {widgets: [{title: a, metrics: [api.request]}]}", "dashboard.widgets.0.metrics.0", None),
    ("services: {jobs: {kind: state-machine, description: x, state_machine: jobs, metrics: {x: {pattern: ERROR}}}}", "services.jobs.metrics.x.pattern", "requires a log: this service has no log group"),
]  # fmt: skip


@each(("text", "key", "said"), OF_ENVIRONMENT, ids=[entry[0] for entry in OF_ENVIRONMENT])
def test_what_is_wrong_elsewhere_is_refused_too(
    folder: Folder, text: str, key: str, said: str | None
) -> None:
    """Of the environment as a whole, of a kind, and of a service without a log."""
    folder.append("prod", f"{text}\n")
    (line,) = folder.refusal()
    begins = f"config/prod.yaml:{NEXT_LINE}: {key}: "
    assert line.startswith(begins)
    assert line[len(begins) :] == said or said is None


def test_a_healthy_value_that_breaches_is_refused(folder: Folder) -> None:
    """A sum grows with its period: 3 a minute are 15 in five minutes."""
    metrics = "x: {name: X, unit: Count, healthy: 3}"
    alarm = "x: {metric: x, threshold: 10, period_s: 300, summary: a}"
    folder.append("prod", service(metrics, alarm))
    text = "healthy of x is 15 in 5 minutes, which breaches (found: 10)"
    assert folder.refusal() == [f"config/prod.yaml:{NEXT_LINE + 3}: services.api.alarms.x.threshold: {text}"]


# --- what becomes of it


def test_the_units_are_those_of_cloudwatch() -> None:
    """The models cannot import the list of `cloudwatch`, so it is there twice."""
    assert set(get_args(MetricUnit)) == set(UNITS)


def test_an_alarm_is_complete_by_default(folder: Folder) -> None:
    """Metric, threshold and summary are sufficient; everything else has a default."""
    alarm = made(folder, service(alarms=f"x: {{{ALARM}}}")).alarm("api_x")
    assert isinstance(alarm.watches, Metric)
    assert (alarm.watches.namespace, alarm.watches.name, alarm.watches.stat) == ("shop", "Declined", "Sum")
    assert (alarm.comparison, alarm.threshold) == ("GreaterThanThreshold", 5)
    assert (alarm.period_s, alarm.datapoints_to_alarm, alarm.evaluation_periods) == (60, 3, 5)
    assert (alarm.treat_missing_data, alarm.severity, alarm.topic) == ("notBreaching", "warning", "warning")
    assert alarm.runbook == "environment.md#own-alarms"
    assert "> 5 declined in 3 of 5 datapoints of 1 minute" in alarm.description


def test_a_file_of_an_environment_changes_an_alarm_of_base(folder: Folder) -> None:
    """Key by key, as everything is merged; a variable too."""
    base = yaml.safe_load((folder.path / "base.yaml").read_text(encoding="utf-8"))
    base["services"]["api"] |= {
        "metrics": {"declined": {"name": "Declined", "unit": "Count"}},
        "alarms": {"x": {"metric": "declined", "threshold": 5, "summary": "payments are declined"}},
    }
    folder.write("base", yaml.safe_dump(base))
    folder.append("prod", "services: {api: {alarms: {x: {threshold: 7}}}}\n")
    variables = {
        "REVEILLE_SERVICES__API__ALARMS__X__PERIOD_S": "120",
        "REVEILLE_SERVICES__API__METRICS__DECLINED__DIMENSIONS__ServiceName": "p_1",
    }
    alarm = catalog.build(folder.load(variables=variables)).alarm("api_x")
    assert (alarm.threshold, alarm.period_s) == (7, 120)
    assert alarm.metrics[0].dimensions == {"ServiceName": "p_1"}


def test_an_own_alarm_that_is_switched_off_is_listed(folder: Folder) -> None:
    """With its reason, as a built-in one."""
    off = "enabled: false, reason: measured elsewhere"
    text = service(alarms=f"x: {{{ALARM}, {off}}}")
    catalog_ = made(folder, text)
    assert "api_x" not in {alarm.key for alarm in catalog_.alarms}
    assert ("api", "x", "measured elsewhere") in {
        (left_out.service, left_out.kind_key, left_out.reason) for left_out in catalog_.left_out
    }


STATISTICS = [
    ("name: X, unit: Count", "Sum"),
    ("name: X, unit: Kilobytes", "Sum"),
    ("name: X", "Average"),
    ("name: X, unit: Percent", "Average"),
    ("name: X, unit: Count/Second", "Average"),
    ("pattern: '{ $.a = 1 }'", "Sum"),
    ("pattern: '{ $.a = 1 }', value: $.a", "Sum"),
    ("pattern: '{ $.a = 1 }', value: $.a, unit: Milliseconds", "Average"),
    ("name: X, unit: Count, stat: p90", "p90"),
]


@each(("metric", "stat"), STATISTICS, ids=[entry[0] for entry in STATISTICS])
def test_a_metric_has_the_statistic_of_its_unit(folder: Folder, metric: str, stat: str) -> None:
    """Counts and sizes are added, the others are averaged."""
    catalog_ = made(folder, service(f"x: {{{metric}}}", "x: {metric: x, threshold: 5, summary: a}"))
    assert catalog_.alarm("api_x").metrics[0].stat == stat


@each("namespace", ["AWS/DynamoDB", "AWS/NewService", "AWS/EC2", "AWS/ECR", "shop"])
def test_a_namespace_that_is_not_similar_to_another_is_accepted(folder: Folder, namespace: str) -> None:
    """AWS adds services."""
    made(folder, service(f"x: {{namespace: {namespace}, name: X}}"))


def test_the_document_lists_the_namespaces_that_are_compared() -> None:
    """All of `aws_metrics.json`."""
    text = (ROOT / "docs" / "own-metrics.md").read_text(encoding="utf-8")
    assert [namespace for namespace in AWS_METRICS if namespace not in text] == []


REACHED = [
    "declined > 5, threshold: 0",
    "declined > 5, threshold: 1, comparison: LessThanThreshold",
    "declined > 5 OR requests > 9, threshold: 1, comparison: GreaterThanOrEqualToThreshold",
    "'IF(declined > 5, errors, 0)', threshold: 9",
    "declined + (requests > 5), threshold: 9",
    "'FILL(declined, REPEAT)', threshold: 9",
    "declined / requests > 0.5, threshold: 0, min_samples: 5, samples: requests",
]


@each("alarm", REACHED)
def test_an_expression_whose_threshold_is_reached_is_accepted(folder: Folder, alarm: str) -> None:
    """Comparisons are 0 or 1, choices are between their parts, and nothing is assumed about the others."""
    made(folder, service(alarms=f"x: {{expression: {alarm}, summary: a}}"))


DIVISORS = [
    ("100 * a / b", "b"),
    ("100 * a / FILL(b, 0)", "b"),
    ("a / b + c / b", "b"),
    ("a / b / 60", "b"),
    ("a / b + a / c", None),
    ("a / (b + c)", None),
    ("a + b", None),
]


@each(("expression", "samples"), DIVISORS, ids=[entry[0] for entry in DIVISORS])
def test_the_samples_of_a_rate_are_what_it_divides_by(expression: str, samples: str | None) -> None:
    """If that is one series; else the configuration names it."""
    assert divisor(expression) == samples


GUARDS = [
    ("GreaterThanThreshold", 20, 60, "IF(requests >= 50, 100 * declined / requests, 0)"),
    ("GreaterThanThreshold", -5, 60, "IF(requests >= 50, 100 * declined / requests, -5)"),
    ("GreaterThanOrEqualToThreshold", 0, 60, "IF(requests >= 50, 100 * declined / requests, -1)"),
    ("GreaterThanThreshold", 20, 300, "IF(FILL(requests, 0) >= 50, 100 * declined / requests, 0)"),
    ("LessThanThreshold", 20, 60, "IF(requests >= 50, 100 * declined / requests, 20)"),
    ("LessThanOrEqualToThreshold", 20, 60, "IF(requests >= 50, 100 * declined / requests, 21)"),
]  # fmt: skip


@each(("comparison", "threshold", "period_s", "expression"), GUARDS)
def test_a_datapoint_with_too_few_samples_does_not_breach(
    folder: Folder, comparison: str, threshold: float, period_s: int, expression: str
) -> None:
    """Whatever the operator; of long periods, also without any samples."""
    alarm = f"expression: {COMPARED}, comparison: {comparison}, threshold: {threshold}, period_s: {period_s}"
    made_ = made(folder, service(alarms=f"x: {{{alarm}, min_samples: 50, summary: a}}")).alarm("api_x")
    assert isinstance(made_.watches, Math)
    assert made_.watches.expression == expression
    assert made_.condition.endswith(", with at least 50 samples per datapoint")


@each("made_", list(EVERY.values()), ids=list(EVERY))
def test_an_own_alarm_on_any_series_that_is_offered_exists(made_: Made) -> None:
    """In every environment: a limit that a service does not have is no reason to leave the alarm out."""
    data = plain(made_[0])
    wanted = set()
    for service in map(str, data["services"]):
        offered = service_series(made_[0], service)
        for series in offered:
            key = f"on-{series.replace('_', '-')}"
            alarms = data["services"][service].setdefault("alarms", {})
            alarms[key] = {"metric": series, "threshold": 1, "summary": "a"}
            wanted.add(f"{service}_{key}")
    catalog_ = catalog.build(Environment.model_validate(data))
    assert wanted <= {alarm.key for alarm in catalog_.alarms}


def service_series(env: Environment, name: str) -> list[str]:
    """Return the series of the kind that a service has."""
    service_ = Service.of(env, Names.of(env), name, env.services[name])
    return list(service_.subject.defined.offered)


@each("kind", EVERY_KIND, ids=lambda kind: kind.name)
def test_absence_of_failures_cannot_breach(kind: Kind[Any]) -> None:
    """A metric that only failures publish: an alarm in ALARM while it has no data would always be in ALARM."""
    for alarm in kind.alarms:
        found = list(of_tuned(("x",), Tuning(missing="breaching"), alarm))
        only_failures = all(metric.baseline is ONLY_FAILURES for metric in metrics_of(alarm.watches))
        assert [at for at, _ in found] == ([("x", "missing")] if only_failures else []), alarm.key
        assert not (alarm.missing == "breaching" and only_failures), alarm.key
        assert not list(of_tuned(("x",), Tuning(missing="ignore"), alarm))


def test_an_own_alarm_that_does_not_apply_is_refused(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a built-in one: never left out silently."""
    monkeypatch.setattr("catalog.own._within", lambda series, _facts: series)
    folder.append(
        "prod", "services: {web-site: {alarms: {x: {metric: logged_duration, threshold: 5, summary: a}}}}\n"
    )
    text = "is not an alarm of this service: it has no timeout_ms"
    assert folder.refusal() == [f"config/prod.yaml:{NEXT_LINE}: services.web-site.alarms.x: {text}"]


def test_a_late_metric_makes_own_alarms_and_slos_look_back_further(folder: Folder) -> None:
    """As the alarms of the kind do: a function of 15 minutes reports an invocation when it ends."""
    text = service(
        alarms=f"x: {{expression: {COMPARED}, threshold: 5, summary: a}}",
        slos="s: {objective_percent: 99, valid: requests, bad: declined}",
    )
    catalog_ = made(folder, text.replace("  api:\n", "  api:\n    timeout_s: 900\n"))
    assert catalog_.alarm("api_x").evaluation_periods == 18
    assert catalog_.alarm("api_slo-s-fast-burn-short").period_s == 960


def test_built_in_alarms_take_statistic_operator_and_missing_data(folder: Folder) -> None:
    """In the alarm and in its words, of a kind and of a service; its graph has the line."""
    catalog_ = made(
        folder,
        "alarms: {lambda: {latency: {stat: p90}}}\n"
        "services: {api: {alarms: {latency: {comparison: GreaterThanOrEqualToThreshold, missing: ignore},"
        " near-timeout: {stat: Maximum}}}}\n",
    )
    alarm = catalog_.alarm("api_latency")
    assert alarm.metrics[0].stat == "p90"
    assert (alarm.comparison, alarm.treat_missing_data) == ("GreaterThanOrEqualToThreshold", "ignore")
    assert alarm.condition == ">= 3000 ms (p90 of Duration) in 3 of 5 datapoints of 1 minute"
    assert alarm.summary == "invocations take too long"
    (graph,) = [graph for graph in catalog_.services[0].graphs if graph.title == "Duration"]
    assert [getattr(series, "stat", None) for series in graph.series] == ["p50", "p95", "p99", "p90"]
    near = catalog_.alarm("api_near-timeout")
    assert near.condition.startswith(
        "> 8000 ms (Maximum of Duration), 80 % of the timeout of 10 s, in 3 of 3"
    )


def test_no_summary_states_a_statistic_that_can_be_changed() -> None:
    """A summary with a percentage of the samples has another one for other statistics."""
    for kind in EVERY_KIND:
        for alarm in kind.alarms:
            is_about_a_share = "slowest 1 %" in alarm.summary
            assert is_about_a_share == (alarm.any_stat is not None), alarm.key


def test_a_filter_exists_for_each_metric_out_of_the_log() -> None:
    """On the service's group, as it is configured; the proof finds its metric."""
    filters = {item.key: item for item in OWN_CATALOG.filters if is_of_own_metric(item)}
    logged = {
        f"{name}_metric-{key}": metric
        for name, service_ in OWN_ENV.services.items()
        for key, metric in service_.metrics.items()
        if metric.pattern
    }
    assert filters.keys() == logged.keys() != set()
    for key, metric in logged.items():
        item = filters[key]
        assert item.log_group_key == item.service
        assert (item.pattern, item.value) == (metric.pattern, metric.value or "1")
        assert (item.default_value, item.dimensions) == (metric.default_value, metric.dimensions)


def test_every_own_metric_has_its_graph() -> None:
    """But for one whose dimensions are in the lines: its parts have one each."""
    views = {view.name: view for view in OWN_CATALOG.services}
    for name, service in OWN_ENV.services.items():
        drawn = {graph.title for graph in views[name].graphs if graph.role == ROLE}
        for key, metric in service.metrics.items():
            label = metric.label or key.replace("_", " ")
            has_values = not (metric.pattern and metric.dimensions)
            assert (f"{label[:1].upper()}{label[1:]}" in drawn) == has_values, key


def test_every_own_alarm_has_its_graph_with_its_line() -> None:
    """In the section of its service or of the environment; the statistic of the alarm is one of the lines."""
    graphs = [graph for view in OWN_CATALOG.services for graph in view.graphs]
    assert OWN_CATALOG.whole
    graphs += OWN_CATALOG.whole.graphs
    own = [alarm for alarm in OWN_CATALOG.alarms if is_own(OWN_ENV, alarm)]
    assert len(own) > 10
    for alarm in own:
        (graph,) = [graph for graph in graphs if alarm.key in graph.thresholds]
        if isinstance(alarm.watches, Metric):
            assert alarm.watches in [
                series.model_copy(update={"label": alarm.watches.label}) for series in graph.series
            ]
        else:
            (series,) = graph.series
            assert isinstance(series, Math)
            assert series.expression in alarm.watches.expression


def test_own_alarms_notify_and_are_suppressed_as_others() -> None:
    """Through the composite that they are part of, also of the environment; a page suppresses its tickets."""
    graph = Graph(OWN_CATALOG)
    places: list[tuple[str, Any]] = [("environment", OWN_ENV.alarms.environment)]
    places += [(name, service_.alarms) for name, service_ in OWN_ENV.services.items()]
    for name, tunings in places:
        for key, tuning in tunings.items():
            if not tuning.is_own:
                continue
            alarm = OWN_CATALOG.alarm(f"{name}_{key}")
            heard = graph.heard({alarm.key})
            assert heard == ({f"{name}_{tuning.part_of}"} if tuning.part_of else set())
            assert alarm.topic == (None if tuning.part_of else "warning")
    both = {"environment_no-clicks", "environment_backlog", "environment_table"}
    assert graph.heard(both) == {"environment_impact"}
    assert graph.composites["environment_degraded"].suppressor


def test_the_environment_exists_only_if_something_is_defined_for_it() -> None:
    """No alarm, composite or section otherwise; of an environment only, where there is one."""
    for name, (env, catalog_) in EVERY.items():
        defined = bool(env.metrics or env.alarms.environment or env.dashboard.widgets)
        assert (catalog_.whole is not None) == defined, name
        assert any(map(is_of_environment, catalog_.all_alarms)) == bool(env.alarms.environment)


def test_keys_of_all_alarms_are_unique() -> None:
    """Those of own alarms, composites and suppressors too: a key is a Terraform address."""
    for name, (_, catalog_) in EVERY.items():
        keys = [alarm.key for alarm in catalog_.all_alarms]
        assert len(keys) == len(set(keys)), name


def test_a_kind_offers_requests_and_errors() -> None:
    """Each kind of service, as ids of metric math that no other series has."""
    for kind in KINDS.values():
        assert {"requests", "errors"} <= kind.series.keys()
        for key in kind.series:
            assert maths.names(maths.parse(key)) == (key,)


def test_no_own_alarm_can_take_a_key_of_the_catalog(folder: Folder) -> None:
    """Every key that the catalog gives to a function besides its alarms is refused for a new alarm."""
    env, catalog_ = EVERY["everything"]
    functions = tuple(f"{name}_" for name in env.functions)
    keys = {item.key.partition("_")[2] for item in catalog_.composites if item.key.startswith(functions)}
    keys |= {item.key.partition("_")[2] for item in catalog_.alarms if item.key.startswith(functions)}
    assert {"impact", "deploying", "page-suppressor", "slo-fine-fast-burn-long", "errors"} <= keys
    for key in sorted(keys):
        folder.renew()
        folder.append("prod", service(alarms=f"{key}: {{{ALARM}}}"))
        lines = folder.refusal()
        assert len(lines) == 1, lines
        assert "choose another key for a new alarm" in lines[0], key


def test_a_composite_with_many_own_alarms_has_a_description_that_fits(folder: Folder) -> None:
    """The causes that do not fit are counted."""
    alarms = ", ".join(f"{'a' * 36}{at}: {{{ALARM}, part_of: impact}}" for at in range(60))
    catalog_ = made(folder, service(alarms=alarms))
    (impact,) = [item for item in catalog_.composites if item.key == "api_impact"]
    assert len(impact.description) <= 1024
    assert " more\n" in impact.description


def test_the_longest_texts_fit_into_a_description(folder: Folder) -> None:
    """Each at its maximum, with the longest names."""
    texts = f"summary: {'s' * 120}, look: {'l' * 120}, unit_words: {'u' * 60}, runbook: https://{'r' * 191}x"
    alarm = f"{'a' * 40}: {{metric: declined, threshold: 123456789.1234, {texts}}}"
    catalog_ = made(folder, service(alarms=alarm).replace("  api:\n", f"  api:\n    owner: {'o' * 64}\n"))
    assert len(catalog_.alarm(f"api_{'a' * 40}").description) <= 1024


# --- drills

SCENARIO = """\
description: Payments are declined for ten minutes; a page, and one ticket about the table.
start: 2026-03-02T09:00:00Z
duration: 1h
happens:
  - {metric: "reveille/prod PaymentsDeclined", value: 40, from: 10m, to: 20m}
  - {metric: AWS/DynamoDB WriteThrottleEvents, value: 50, from: 40m, to: 50m}
  - service: payment-handler
    log: {event: refund, amount: 2000, level: INFO}
    per_min: 5
    from: 25m
    to: 35m
expect:
  - {alarm: payment-handler-declined-share, state: ALARM, by: 14m}
  - {notification: payment-handler-impact, topic: critical, by: 16m, times: 1}
  - {alarm: payment-handler-refunds, state: ALARM, by: 30m}
  - {notification: payment-handler-saturation, topic: warning, by: 36m}
  - {alarm: environment-table, state: ALARM, by: 45m}
  - {notification: environment-saturation, topic: warning, by: 52m}
  - {never: ["environment-impact", "payment-handler-few-sales"]}
"""


def test_a_drill_drives_own_metrics(tmp_path: Path) -> None:
    """Published ones by value, those out of the log by lines; their alarms fire and are notified."""
    path = tmp_path / "own.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    played = simulation.run(source.system(OWN_ENV, OWN_CATALOG), reading.read(path), no_recording)
    assert [verdict.expected for verdict in played.verdicts if not verdict.passed] == []


def test_the_small_configuration_is_what_the_messages_are_about() -> None:
    """The line numbers above count from the end of prod.yaml."""
    assert PROD.count("\n") + 1 == NEXT_LINE
    with pytest.raises(KeyError):
        OWN_CATALOG.alarm("nothing")


# --- the document

BLOCKS = re.findall(
    r"```yaml\n(.*?)```", (ROOT / "docs" / "own-metrics.md").read_text(encoding="utf-8"), re.DOTALL
)


def test_the_examples_of_the_document_are_valid(folder: Folder) -> None:
    """Merged into one configuration, as they stand there; the runbook is the reader's."""
    whole = [block for block in BLOCKS if block.startswith("services:")]
    assert len(whole) == 2
    first, second = map(yaml.safe_load, whole)
    defined = {**first["services"]["payment-handler"], **second["services"]["payment-handler"]}
    assert defined["alarms"]["declined-share"].pop("runbook") == "docs/runbooks/payments.md#declined"
    parts = [yaml.safe_load(block) for block in BLOCKS if block.startswith(" ")]
    defined["metrics"] |= next(part for part in parts if "sales" in part)
    defined["alarms"] |= next(part["alarms"] for part in parts if "alarms" in part)
    base = yaml.safe_load((folder.path / "base.yaml").read_text(encoding="utf-8"))
    base["services"]["payment-handler"] = {**base["services"]["api"], **defined}
    base |= {"dashboard": second["dashboard"], "metrics": {"orders": {"name": "Orders"}}}
    folder.write("base", yaml.safe_dump(base))
    assert folder.refusal() == []


@each(
    ("slo", "counted", "events", "share"),
    [("accepted", "PaymentsDeclined", 200, 0.2), ("paid", "PaymentsAccepted", 900, 0.1)],
)
def test_an_slo_counts_the_metrics_that_it_names(slo: str, counted: str, events: float, share: float) -> None:
    """Of 1,000 requests: the bad events, or all but the good ones."""
    alarms = [alarm for alarm in OWN_CATALOG.alarms if f"_slo-{slo}-" in alarm.key]
    assert len(alarms) == 6
    for alarm in alarms:
        assert isinstance(alarm.watches, Math)
        names = {id_: metric.name for id_, metric in alarm.watches.metrics.items()}
        values = {"Invocations": [1000.0], counted: [events]}
        inputs = {id_: values[name] for id_, name in names.items()}
        found = evaluate(maths.parse(alarm.watches.expression), inputs, [0.0], alarm.period_s)
        assert found == pytest.approx([share])
