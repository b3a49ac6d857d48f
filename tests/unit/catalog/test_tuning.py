"""What config may say about an alarm: which level goes before which, what is legal, and what is refused."""

# ruff: noqa: E501  # a message is compared whole, and reads best on one line

from __future__ import annotations

import pytest

import catalog
from catalog import Catalog
from catalog.kinds import EVERY_KIND, KINDS
from catalog.specs import Math
from catalog.templates import LOG, AlarmTemplate, SeriesTemplate
from config.alarms import Tuning
from tests.support.tables import each
from tests.unit.config.configs import NEXT_LINE, PROD, Folder

HERE = f"config/prod.yaml:{NEXT_LINE}"
OFF = "{enabled: false, reason: measured elsewhere}"
KNOWN = {kind.name: ", ".join(sorted(alarm.key for alarm in kind.alarms)) for kind in EVERY_KIND}
ALWAYS = {
    *("threshold", "period_s", "evaluation_periods", "datapoints_to_alarm"),
    *("comparison", "missing", "enabled", "reason"),
}
EVERY_TEMPLATE = [
    pytest.param(kind.name, alarm, id=f"{kind.name}:{alarm.key}")
    for kind in EVERY_KIND
    for alarm in kind.alarms
]


def tuned(folder: Folder, *lines: str) -> Catalog:
    """Return the catalog of the small configuration with `lines` appended to prod.yaml."""
    folder.append("prod", "\n".join((*lines, "")))
    return catalog.build(folder.load())


def test_a_service_s_tuning_beats_its_kind_s_and_that_beats_the_alarm_s_own(folder: Folder) -> None:
    """Value by value: what one level does not say, the next one does."""
    made = tuned(
        folder,
        "alarms: {lambda: {latency: {threshold: 900, evaluation_periods: 6}}}",
        "services:",
        "  api: {alarms: {latency: {threshold: 500}}}",
        "  other: {kind: lambda, description: x, source: functions/x}",
    )
    api, other = made.alarm("api_latency"), made.alarm("other_latency")
    assert (api.threshold, api.evaluation_periods, api.datapoints_to_alarm, api.period_s) == (500, 6, 3, 60)
    assert (other.threshold, other.evaluation_periods) == (900, 6)
    assert "> 500 ms" in api.description
    assert "3 of 6" in api.description


def test_a_threshold_of_zero_is_a_threshold(folder: Folder) -> None:
    """Zero is not nothing; nor is zero per cent."""
    made = tuned(folder, "services: {api: {alarms: {errors: {threshold: 0}, near-timeout: {threshold: 0}}}}")
    assert made.alarm("api_errors").threshold == 0
    assert made.alarm("api_near-timeout").threshold == 0


def test_fewer_periods_than_the_alarm_s_own_m_mean_all_of_them(folder: Folder) -> None:
    """Else lowering N would need M too."""
    made = tuned(folder, "services: {api: {alarms: {latency: {evaluation_periods: 2}}}}")
    assert made.alarm("api_latency").datapoints_to_alarm == 2


@each(
    ("general", "own", "threshold", "band"),
    [
        ("", "", 3000, None),
        ("", "{anomaly_band: 2}", None, 2),
        ("{anomaly_band: 3, threshold: null}", "", None, 3),
        ("{anomaly_band: 3, threshold: null}", "{anomaly_band: 2}", None, 2),
        ("{anomaly_band: 3, threshold: null}", "{threshold: 700}", 700, None),
        ("{anomaly_band: 3, threshold: null}", "{period_s: 120}", None, 3),
        ("{threshold: 900}", "{anomaly_band: 2}", None, 2),
        ("{threshold: 900}", "{period_s: 120}", 900, None),
    ],
)
def test_band_and_threshold_take_each_other_s_place(
    folder: Folder, general: str, own: str, threshold: float | None, band: float | None
) -> None:
    """The one that is nearer to the service counts, whichever it is."""
    lines = [f"alarms: {{lambda: {{latency: {general}}}}}"] if general else []
    lines += [f"services: {{api: {{alarms: {{latency: {own}}}}}}}"] if own else []
    alarm = tuned(folder, *lines).alarm("api_latency")
    assert (alarm.threshold, alarm.anomaly_band) == (threshold, band)
    assert alarm.period_s == (120 if "period_s" in own else 60)
    operator = "GreaterThanUpperThreshold" if band else "GreaterThanThreshold"
    assert alarm.comparison == operator


def test_a_band_is_enough_for_an_alarm_without_a_threshold(folder: Folder) -> None:
    """Base may leave the threshold to a band."""
    base = (folder.path / "base.yaml").read_text(encoding="utf-8")
    folder.write("base", base.replace("latency: {threshold: 3000}", "latency: {anomaly_band: 2}"))
    assert folder.refusal() == []


def test_the_minimum_of_a_rate_is_tuned(folder: Folder) -> None:
    """In the expression and in the words; of one service alone."""
    made = tuned(
        folder,
        "alarms: {lambda: {error-rate: {min_samples: 7}}}",
        "services:",
        "  api: {alarms: {error-rate: {min_samples: 5}}}",
        "  other: {kind: lambda, description: x, source: functions/x}",
    )
    for name, least in (("api", 5), ("other", 7)):
        alarm = made.alarm(f"{name}_error-rate")
        assert isinstance(alarm.watches, Math)
        assert alarm.watches.expression == f"IF(invocations >= {least}, 100 * errors / invocations, 0)"
        assert f"with at least {least} samples per datapoint" in alarm.description
    elevated = made.alarm("api_error-rate-elevated").watches
    assert isinstance(elevated, Math)
    assert ">= 100," in elevated.expression


def test_an_alarm_that_is_switched_off_disappears_everywhere(folder: Folder) -> None:
    """From "any of" it drops out, "all of" without it goes, and no graph draws its line."""
    made = tuned(
        folder, f"services: {{api: {{alarms: {{latency: {OFF}}}}}, web-site: {{alarms: {{cpu: {OFF}}}}}}}"
    )
    composites = {composite.key: composite for composite in made.composites}
    keys = {alarm.key for alarm in made.all_alarms}
    assert not keys & {"api_latency", "web-site_cpu", "web-site_resource-exhaustion"}
    assert composites["api_critical"].children() == ("api_errors", "api_concurrency")
    assert all(set(composite.children()) <= keys for composite in made.composites)
    assert "resource-exhaustion" not in composites["web-site_impact"].description
    drawn = {key for view in made.services for graph in view.graphs for key in graph.thresholds}
    assert drawn <= keys
    off = {
        (left_out.service, left_out.kind_key, left_out.why, left_out.reason)
        for left_out in made.left_out
        if left_out.why == "switched off"
    }
    assert off == {
        ("api", "latency", "switched off", "measured elsewhere"),
        ("web-site", "cpu", "switched off", "measured elsewhere"),
    }


def test_a_composite_of_nothing_is_not_made(folder: Folder) -> None:
    """Nor does anything wait for it: without impact, deployments and the system alarm suppress tickets."""
    parts = [
        alarm.key
        for alarm in KINDS["ecs"].alarms
        if alarm.part_of == "impact" or alarm.key in {"cpu", "memory"}
    ]
    made = tuned(folder, "alarms:", "  ecs:", *(f"    {key}: {OFF}" for key in parts))
    composites = {composite.key: composite for composite in made.composites}
    assert "web-site_impact" not in composites
    suppressor = composites["web-site_degraded"].suppressor
    assert suppressor
    assert composites[suppressor.alarm].children() == ("web-site_deploying", "system-critical")
    assert not [composite.key for composite in made.composites if "web-site_impact" in composite.children()]
    assert "system-outage" not in composites, "containers have no impact"


def test_what_nothing_suppresses_has_no_suppressor(folder: Folder) -> None:
    """Without impact, deployments and a second kind: no helper, and no composite of nothing."""
    parts = [
        alarm.key
        for alarm in KINDS["lambda"].alarms
        if alarm.part_of == "impact" or alarm.key in {"errors", "latency", "concurrency"}
    ]
    off = [key for key in parts if key != "errors"]
    containers = [
        alarm.key
        for alarm in KINDS["ecs"].alarms
        if alarm.part_of == "impact" or alarm.key in {"cpu", "memory", "errors"}
    ]
    switched = {"lambda": off, "ecs": containers}
    made = tuned(
        folder,
        "deployments: {suppression_s: 0}",
        "alarms:",
        *(f"  {kind}: {{{', '.join(f'{key}: {OFF}' for key in keys)}}}" for kind, keys in switched.items()),
    )
    composites = {composite.key: composite for composite in made.composites}
    assert "system-critical" not in composites
    assert "api_ticket-suppressor" not in composites
    assert composites["api_degraded"].suppressor is None


def test_the_system_s_composite_goes_on_without_error_alarms(folder: Folder) -> None:
    """What affects users is enough; promised rules that need errors lose that part."""
    made = tuned(folder, f"alarms: {{lambda: {{errors: {OFF}}}}}")
    composites = {composite.key: composite for composite in made.composites}
    assert set(composites["api_impact"].children()) <= set(composites["system-critical"].children())
    assert "api_errors" not in composites["system-critical"].children()
    assert composites["api_critical"].children() == ("api_latency", "api_concurrency")


def test_a_service_can_keep_an_alarm_that_its_kind_switches_off(folder: Folder) -> None:
    """The service's word is the last."""
    made = tuned(
        folder,
        f"alarms: {{lambda: {{errors: {OFF}}}}}",
        "services: {api: {alarms: {errors: {enabled: true}}}}",
    )
    assert made.alarm("api_errors").threshold == 5


def test_the_platform_s_own_alarms_can_be_tuned_and_switched_off(folder: Folder) -> None:
    """Of all its topics at once; what is switched off is listed once, not once for each topic."""
    made = tuned(
        folder,
        f"alarms: {{platform: {{notifications-failed: {OFF}, notifier-errors: {{threshold: 5}}}}}}",
    )
    assert made.alarm("platform_notifier_notifier-errors").threshold == 5
    assert not [alarm for alarm in made.alarms if alarm.kind_key == "notifications-failed"]
    own = [(left_out.kind_key, left_out.reason) for left_out in made.left_out if left_out.service is None]
    assert own == [("notifications-failed", "measured elsewhere")]


@each(("kind", "alarm"), EVERY_TEMPLATE)
def test_an_opt_in_is_off_until_config_switches_it_on(
    kind: str, alarm: AlarmTemplate, folder: Folder
) -> None:
    """For all of a kind as for one service; and it says for whom it is."""
    if not alarm.opt_in:
        assert "enabled" in alarm.tunable
        return
    folder.append("base", "  refunds: {kind: state-machine, description: x, state_machine: x}\n")
    base = catalog.build(folder.load())
    assert alarm.key not in {item.kind_key for item in base.alarms}
    why = {left_out.why for left_out in base.left_out if left_out.kind_key == alarm.key}
    assert why == {"opt-in"}
    made = tuned(folder, f"alarms: {{{kind}: {{{alarm.key}: {{enabled: true}}}}}}")
    assert alarm.key in {item.kind_key for item in made.alarms}


@each(("kind", "alarm"), EVERY_TEMPLATE)
def test_only_what_an_alarm_has_is_legal(kind: str, alarm: AlarmTemplate, folder: Folder) -> None:
    """A minimum for rates, a band where one is allowed; refused elsewhere at the very key."""
    single = isinstance(alarm.watches, SeriesTemplate)
    values = {"min_samples": 9, "anomaly_band": 2, "stat": getattr(alarm.watches, "stat", "Maximum")}
    has = {"min_samples": alarm.min_samples, "anomaly_band": alarm.anomaly, "stat": single}
    legal = ALWAYS | {key for key, it_has in has.items() if it_has}
    assert alarm.tunable == legal
    assert legal <= Tuning.model_fields.keys()
    for key, value in values.items():
        extra = ", threshold: null" if key == "anomaly_band" else ""
        folder.write("prod", f"{PROD}alarms: {{{kind}: {{{alarm.key}: {{{key}: {value}{extra}}}}}}}\n")
        said = [line for line in folder.refusal() if ": threshold is missing" not in line]
        known = ", ".join(sorted(legal))
        refused = f"{HERE}: alarms.{kind}.{alarm.key}.{key}: is not a setting of the alarm {alarm.key}; known: {known}"
        assert said == ([] if key in legal else [refused])


WRONG = [
    ("services: {api: {alarms: {eror: {threshold: 1}}}}", "services.api.alarms.eror", f'is not an alarm of kind "lambda"; known: {KNOWN["lambda"]}; a new alarm requires metric or expression   did you mean errors?'),
    ("alarms: {ecs: {latency: {threshold: 1}}}", "alarms.ecs.latency", f'is not an alarm of kind "ecs"; known: {KNOWN["ecs"]}   did you mean target-latency?'),
    ("alarms: {platform: {notifier-error: {threshold: 1}}}", "alarms.platform.notifier-error", f'is not an alarm of kind "platform"; known: {KNOWN["platform"]}   did you mean notifier-errors?'),
    ("services: {api: {alarms: {throttles: {datapoints_to_alarm: 6}}}}", "services.api.alarms.throttles.datapoints_to_alarm", "must be at most 5, the evaluation_periods by default (found: 6)"),
    ("services: {api: {alarms: {latency: {datapoints_to_alarm: 6}}}}", "services.api.alarms.latency.datapoints_to_alarm", "must be at most 5, the evaluation_periods by default (found: 6)"),
    ("services: {api: {alarms: {latency: {stat: p95, datapoints_to_alarm: 9, evaluation_periods: 5}}}}", "services.api.alarms.latency.datapoints_to_alarm", "must be at most 5, the evaluation_periods (found: 9)"),
    ("services: {web-site: {alarms: {errors: {datapoints_to_alarm: 5}}}}", "services.web-site.alarms.errors.datapoints_to_alarm", "must be at most 1, the evaluation_periods by default (found: 5)"),
    ("services: {api: {alarms: {errors: {datapoints_to_alarm: 5, evaluation_periods: 1}}}}", "services.api.alarms.errors.datapoints_to_alarm", "must be at most 1, the evaluation_periods (found: 5)"),
    ("alarms: {lambda: {latency: {datapoints_to_alarm: 6, evaluation_periods: 5}}}", "alarms.lambda.latency.datapoints_to_alarm", "must be at most 5, the evaluation_periods (found: 6)"),
    ("services: {api: {timeout_s: 900, alarms: {any-error: {enabled: true, period_s: 60, evaluation_periods: 1, datapoints_to_alarm: 2}}}}", "services.api.alarms.any-error.datapoints_to_alarm", "must be at most 1, the evaluation_periods (found: 2)"),
    ("services: {api: {timeout_s: 900, alarms: {latency: {datapoints_to_alarm: 3, evaluation_periods: 1440, period_s: 120}}}}", "services.api.alarms.latency.evaluation_periods", "period_s x evaluation_periods is 172800 s; CloudWatch evaluates at most 86400 s"),
    ("alarms: {platform: {notifier-throttles: {datapoints_to_alarm: 6}}}", "alarms.platform.notifier-throttles.datapoints_to_alarm", "must be at most 5, the evaluation_periods by default (found: 6)"),
    ("services: {api: {alarms: {errors: {evaluation_periods: 145}}}}", "services.api.alarms.errors.evaluation_periods", "period_s x evaluation_periods is 87000 s; CloudWatch evaluates at most 86400 s"),
    ("services: {api: {alarms: {latency: {period_s: 86400, evaluation_periods: 8}}}}", "services.api.alarms.latency.evaluation_periods", "period_s x evaluation_periods is 691200 s; CloudWatch evaluates at most 604800 s"),
    ("services: {api: {alarms: {queue-age: {threshold: 1}}}}", "services.api.alarms.queue-age", "is not an alarm of this service: no queue invokes it (sqs_trigger)"),
    ("services: {zoo: {sqs_trigger: {}, alarms: {throttles: {threshold: 1}}}}", "services.zoo.alarms.throttles", "is not an alarm of this service: a queue invokes it, and retries"),
    ("services: {api: {alarms: {reserved-concurrency: {threshold: 50}}}}", "services.api.alarms.reserved-concurrency", "is not an alarm of this service: no concurrency is reserved for it (reserved_concurrency)"),
    ("services: {web-site: {alarms: {target-latency: {threshold: 1}}}}", "services.web-site.alarms.target-latency", "is not an alarm of this service: no load balancer sends requests to it (load_balancer)"),
    ("services: {web-site: {desired_count: 0, alarms: {too-few-tasks: {threshold: 50}}}}", "services.web-site.alarms.too-few-tasks", "is not an alarm of this service: no task is desired (desired_count)"),
    ("services: {api: {alarms: {heartbeat: {period_s: 7200}}}}", "services.api.alarms.heartbeat", "this alarm is off by default (for functions on a schedule; set period_s to the interval of the schedule): set enabled: true as well"),
    ("services: {web-site-collector: {kind: ecs, description: x, image: 'x:1'}}", "services.web-site-collector", "services.web-site has a log group /ecs/shop-web-site-collector-prod as well: choose another name"),
    ("services: {log-archive: {kind: lambda, description: x, source: functions/x}}", "services.log-archive", "the platform has a role shop-log-archive-prod as well: choose another name"),
    ("services: {events: {kind: lambda, description: x, source: functions/x}}", "services.events", "the platform has a log group events as well: choose another name"),
    ("services: {web-site-exec: {kind: lambda, description: x, source: functions/x}}", "services.web-site-exec", "services.web-site has a role shop-web-site-exec-prod as well: choose another name"),
    ("services: {alarms: {kind: lambda, description: x, source: functions/x, sqs_trigger: {}}}", "services.alarms", "the platform has a queue shop-alarms-dead-letters-prod as well: choose another name"),
    ("services: {system: {kind: lambda, description: x, source: functions/x}}", "services.system", "the platform has an alarm shop-system-critical-prod as well: choose another name"),
]  # fmt: skip


@each(("line", "key", "said"), WRONG, ids=[pair[0] for pair in WRONG])
def test_what_only_the_catalog_knows_to_be_wrong_has_a_place_too(
    folder: Folder, line: str, key: str, said: str
) -> None:
    """File, line, key and a sentence, once, though many services may have the value."""
    folder.append("base", "  zoo: {kind: lambda, description: x, source: functions/x}\n")
    folder.append("prod", f"{line}\n")
    assert folder.refusal() == [f"{HERE}: {key}: {said}"]


def test_fewer_periods_of_a_service_than_the_datapoints_of_its_kind_are_refused(folder: Folder) -> None:
    """At the periods of the service, with the datapoints that they must allow."""
    kind = "alarms: {lambda: {throttles: {evaluation_periods: 9, datapoints_to_alarm: 7}}}"
    own = "services: {api: {alarms: {throttles: {evaluation_periods: 6}}}}"
    folder.append("prod", f"{own}\n{kind}\n")
    said = "must be at least 7, the datapoints_to_alarm (found: 6)"
    assert folder.refusal() == [f"{HERE}: services.api.alarms.throttles.evaluation_periods: {said}"]


@pytest.mark.parametrize(
    ("insights", "service", "alarm", "said"),
    [
        (
            "containers: disabled",
            "web-site",
            "disk",
            "Container Insights is disabled (insights.containers)",
        ),
        ("functions: false", "api", "memory", "Lambda Insights is disabled (insights.functions)"),
    ],
)
def test_an_alarm_without_its_source_is_refused_with_what_switches_it_off(
    folder: Folder, insights: str, service: str, alarm: str, said: str
) -> None:
    """Whoever tunes it believes that it is there."""
    folder.append("prod", f"services: {{{service}: {{alarms: {{{alarm}: {{threshold: 1}}}}}}}}\n")
    assert folder.refusal() == []
    folder.append("prod", f"insights: {{{insights}}}\n")
    assert folder.refusal() == [
        f"{HERE}: services.{service}.alarms.{alarm}: is not an alarm of this service: {said}"
    ]


def test_a_name_of_the_notifier_is_taken(folder: Folder) -> None:
    """Function, role, log group and queue: said once."""
    folder.append("prod", "services: {notifier: {kind: lambda, description: x, source: functions/x}}\n")
    (said,) = folder.refusal()
    assert said.startswith(f"{HERE}: services.notifier: the platform has a ")
    assert said.endswith(" as well: choose another name")


def test_a_threshold_that_nobody_gave_is_missed_once(folder: Folder) -> None:
    """At the mapping where it belongs, not at each service."""
    base = (folder.path / "base.yaml").read_text(encoding="utf-8")
    folder.write("base", base.replace("latency: {threshold: 3000}, ", ""))
    assert folder.refusal() == [
        "config/base.yaml:4: alarms.lambda.latency: threshold is required: it has no default"
    ]


@each(
    ("kind", "entry"),
    [
        ("lambda", "source: functions/x"),
        ("lambda", "function: x, timeout_s: 9"),
        ("ecs", "image: example.com/x:1.0"),
        ("ecs", "cluster: x, ecs_service: x"),
        ("state-machine", "state_machine: x"),
    ],
)
def test_only_the_alarms_of_services_need_a_threshold(folder: Folder, kind: str, entry: str) -> None:
    """Not those of a kind without a service, nor an alarm that the service does not have, or sets itself."""
    service = f"kind: {kind}, description: x, {entry}"
    folder.write("base", f"project: shop\nregion: eu-west-1\nservices: {{one: {{{service}}}}}\n")
    has_no_log = "cluster" in entry
    required = [
        alarm.key
        for alarm in KINDS[kind].alarms
        if alarm.threshold is None and not (has_no_log and LOG in alarm.needed)
    ]
    assert folder.refusal() == [
        f"config/prod.yaml:1: alarms.{kind}.{key}: threshold is required: it has no default"
        for key in required
    ]
    own = ", ".join(f"{key}: {{threshold: 50}}" for key in required)
    alarms = f"alarms: {{{own}}}"
    folder.write("base", f"project: shop\nregion: eu-west-1\nservices: {{one: {{{service}, {alarms}}}}}\n")
    assert folder.refusal() == []


def test_an_alarm_that_is_off_for_all_needs_no_threshold(folder: Folder) -> None:
    """Nor does a composite need the alarm."""
    base = (folder.path / "base.yaml").read_text(encoding="utf-8")
    off = "latency: {enabled: false, reason: Nobody waits for an answer}, "
    folder.write("base", base.replace("latency: {threshold: 3000}, ", off))
    assert folder.refusal() == []


@each(
    ("where", "threshold", "said"),
    [
        (("lambda", "api", "error-rate"), 100, "must be less than 100 percent, otherwise the alarm never fires (found: 100)"),
        (("lambda", "api", "error-rate"), 99.9, None),
        (("lambda", "api", "near-timeout"), 100, "must be less than 100 percent, otherwise the alarm never fires (found: 100)"),
        (("lambda", "api", "timeouts"), 101, "must be at most 100 percent, otherwise the alarm never fires (found: 101)"),
        (("lambda", "api", "timeouts"), 100, None),
        (("lambda", "api", "latency"), 9999, None),
        (("ecs", "web-site", "cpu"), 100, "must be less than 100 percent, otherwise the alarm and the composite alarm resource-exhaustion never fire (found: 100)"),
        (("ecs", "web-site", "cpu-exhausted"), 100, "must be less than 100 percent, otherwise the alarm never fires (found: 100)"),
        (("ecs", "web-site", "too-few-tasks"), 150, "must be at most 100 percent, otherwise the alarm always fires (found: 150)"),
        (("ecs", "web-site", "too-few-tasks"), 0, "must be more than 0, otherwise the alarm never fires (found: 0)"),
        (("ecs", "web-site", "logged-error-rate"), 150, None),
    ],
)  # fmt: skip
def test_a_threshold_that_nothing_can_cross_is_refused(
    folder: Folder, where: tuple[str, str, str], threshold: float, said: str | None
) -> None:
    """For one service and for all of a kind: per cent have an end, and so has what is counted down."""
    kind, service, key = where
    tuning = f"{{{key}: {{threshold: {threshold}}}}}"
    own = f"services: {{{service}: {{alarms: {tuning}}}}}\n"
    for text, at in (
        (own, f"services.{service}.alarms.{key}.threshold"),
        (f"alarms: {{{kind}: {tuning}}}\n", f"alarms.{kind}.{key}.threshold"),
    ):
        folder.write("prod", PROD + text)
        assert folder.refusal() == ([f"{HERE}: {at}: {said}"] if said else [])


def test_an_objective_on_latency_beyond_the_timeout_is_refused(folder: Folder) -> None:
    """Nothing takes longer than the timeout, so its budget would never burn."""
    slo = "{fast: {objective_percent: 99, slower_than_ms: %s}}"
    place = f"{HERE}: services.api.slos.fast.slower_than_ms"
    for slow, refused in ((9999, False), (10_000, True), (20_000, True)):
        folder.write("prod", PROD + f"services: {{api: {{slos: {slo % slow}}}}}\n")
        limit = "the timeout of 10 s: services.api.timeout_s by default"
        said = f"{place}: must be less than 10000 ({limit}); otherwise no event is bad (found: {slow})"
        assert folder.refusal() == ([said] if refused else [])
