"""What the notifier reads out of CloudWatch's texts, and the addresses that it links to."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from urllib.parse import unquote

import pytest

from functions.notifier import console, pagerduty
from functions.notifier.messages import UnreadableRecordError
from functions.notifier.reason import read_reason
from functions.notifier.trigger import metric_of, threshold_of, watched
from functions.notifier.wording import ascii_only, clip, duration, number, read_time
from tests.functions.notifier_events import (
    CRITICAL,
    NOW,
    event,
    facts,
    links,
    names,
    notice,
    notice_of,
    notices,
    record_of,
)
from tests.support.tables import each

AT = datetime(2026, 11, 22, 2, 43, 12, tzinfo=timezone.utc)
POINTS = "[7.5 (02/01/27 00:01:00), 6.0 (01/01/27 23:59:00)]"


def query_of(url: str) -> dict[str, str]:
    """Return what Logs Insights reads out of an address: its texts by name, `source` among them."""
    state = unquote(unquote(url.split("logs-insights")[1].replace("$", "%")))
    found = dict(re.findall(r"(\w+)~(?:\(~)?'([^~')]*)", state))
    return {name: unquote(text.replace("*", "%")) for name, text in found.items()}


@each(
    ("reason", "trigger", "value", "first_at"),
    [
        (
            f"Threshold Crossed: 2 datapoints {POINTS} were greater than the threshold (5.0).",
            {},
            "6 → 7.5 (threshold > 5)",
            "01T23:59",
        ),
        (
            f"2 out of the last 3 datapoints {POINTS} were less than the threshold (9.0)",
            {},
            "6 → 7.5 (threshold < 9)",
            "01T23:59",
        ),
        (
            f"{POINTS} were greater than or equal to the threshold (1500.0)",
            {},
            "6 → 7.5 (threshold >= 1,500)",
            "01T23:59",
        ),
        (
            f"{POINTS} were less than or equal to the threshold (-1.0E-4)",
            {},
            "6 → 7.5 (threshold <= -0.0001)",
            "01T23:59",
        ),
        (
            f"{POINTS} were not greater than the threshold (5.0)",
            {"Threshold": 4, "ComparisonOperator": "LessThanThreshold"},
            "6 → 7.5 (threshold < 4)",
            "01T23:59",
        ),
        (
            f"{POINTS} and 1 missing datapoint was treated as [Breaching]",
            {},
            "6 → 7.5; 1 more missing",
            "01T23:59",
        ),
        (
            f"{POINTS} were greater than the upper thresholds [5.5, 5.25]",
            {},
            "6 → 7.5 (expected at most 5.5)",
            "01T23:59",
        ),
        (
            f"{POINTS} were less than the lower thresholds [8.5]",
            {},
            "6 → 7.5 (expected at least 8.5)",
            "01T23:59",
        ),
        ("[6.0E10 (02/01/27 00:01:00)] was …", {}, "60,000,000,000", "02T00:01"),
        (
            "no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching]",
            {},
            "no data for 1 period, treated as not breaching",
            None,
        ),
        ("Insufficient Data: 1 datapoint was unknown.", {}, "no data for 1 period", None),
    ],
)
def test_a_reason_of_cloudwatch_becomes_values_and_threshold(
    reason: str, trigger: dict[str, object], value: str, first_at: str | None
) -> None:
    """Datapoints oldest first, days before months, and the configured threshold rather than the text's."""
    reading = read_reason(reason, trigger)
    assert reading is not None
    assert reading.value == value
    assert (reading.first_at and f"{reading.first_at:%dT%H:%M}") == first_at


@pytest.mark.parametrize(
    "reason",
    ["", "Testing", "7 (soon)", "[1.0 (31/02/26 00:00:00)] was …", "Unchecked: Initial alarm creation"],
)
def test_a_reason_of_somebody_else_is_shown_as_it_came(reason: str) -> None:
    """A person who sets an alarm's state writes what they like."""
    assert read_reason(reason, {"Threshold": 4, "ComparisonOperator": "LessThanThreshold"}) is None
    shown = facts(notice("metric_alarm", NewStateReason=reason))
    assert shown.get("Reason", "") == reason
    assert shown["Threshold"] == "> 0"
    assert "Value" not in shown


def test_no_more_than_five_datapoints_are_shown_and_the_newest_are_those() -> None:
    """An alarm may look at sixty; the line must still be read."""
    points = ", ".join(f"{minute}.0 (22/11/26 02:{minute:02}:00)" for minute in range(9, 0, -1))
    reading = read_reason(f"[{points}] were greater than the threshold (0.5)", {})
    assert reading is not None
    assert reading.value == "… → 5 → 6 → 7 → 8 → 9 (threshold > 0.5)"


VALUES = {
    "metric_alarm": (
        "3 (threshold > 0)",
        "AWS/SQS ApproximateNumberOfMessagesVisible Maximum, per 1 min",
    ),
    "metric_math_alarm": ("7 → 8.25 → 12.35 % (threshold > 5)", "% of invocations that fail, per 1 min"),
    "metric_insufficient_data": (
        "no data for 3 periods (threshold > 80)",
        "AWS/ECS CPUUtilization Average, per 1 min",
    ),
    "metric_missing_data": (
        "no data for 6 periods, treated as breaching (threshold < 1)",
        "AWS/Logs IncomingLogEvents Sum, per 5 min",
    ),
    "metric_percentile_muted": (
        "3,002 → 12,903 → 4,211 ms (threshold > 3,000)",
        "AWS/Lambda Duration p99, per 1 min",
    ),
    "anomaly_alarm": (
        "21,200,417 → 30,571,201 → 48,219,034 (expected at most 8,830,012)",
        "AWS/Logs IncomingBytes Sum, per 5 min",
    ),
    "anomaly_ok": ("2,048,211 (expected 1,200,346 to 8,830,013)", "AWS/Logs IncomingBytes Sum, per 5 min"),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_metric_alarm_shows_value_threshold_and_metric(name: str) -> None:
    """A plain metric, metric math, a percentile, a band and no data at all."""
    shown = facts(notice(name))
    assert (shown["Value"], shown["Metric"]) == VALUES[name]


def test_a_composite_names_the_alarms_that_moved_it_when_nothing_else_is_known() -> None:
    """From the list of children; without it from the reason; without that, its rule."""
    assert facts(notice("composite_ok"))["Ended by"] == "reveille-payment-handler-error-rate-prod (OK)"
    assert (
        facts(notice("composite_degraded"))["Caused by"] == "reveille-payment-handler-errors-prod (in alarm)"
    )
    assert "Alarm reveille-payment-handler-errors-prod" in links(notice("composite_degraded"))
    by_reason = facts(notice("composite_null_description_no_children"))
    assert by_reason["Caused by"] == "created-by-hand (in alarm)"
    (record,) = event("composite_set_by_hand")["Records"]
    by_rule = facts(notice_of(record))
    assert by_rule["Rule"].startswith('((ALARM("reveille-payment-handler-errors-prod") OR ')
    assert by_rule["Reason"] == "drill"


def test_a_message_that_a_mute_rule_held_back_says_so() -> None:
    """Its time is long ago, and the reader would wonder; any other message says nothing of it."""
    late = [name for name in names() if any("Delayed" in facts(item) for item in notices(name))]
    assert late == ["metric_percentile_muted"]


def test_metric_math_without_a_label_shows_its_expression_and_a_plain_query_its_metric() -> None:
    """The console shows the same; one that returns nothing is not watched."""
    metric = {"Namespace": "AWS/SQS", "MetricName": "Age"}
    hidden = {"Id": "a", "Expression": "hidden", "ReturnData": False}
    assert (
        metric_of({"Metrics": [hidden, {"Id": "b", "Expression": "m1 / m2", "ReturnData": True}]})
        == "m1 / m2"
    )
    plain = {"Id": "m", "MetricStat": {"Metric": metric, "Stat": "p90"}, "ReturnData": True}
    assert watched({"Metrics": [hidden, plain], "Period": 90}) == "AWS/SQS Age p90, per 1 min 30 s"
    assert watched({"Period": 60}) == ""


@each("name", names())
def test_the_link_to_the_logs_searches_the_errors_of_the_service_from_half_an_hour_before(name: str) -> None:
    """Decoded as the console does: group, times and query; and no mark is left over."""
    for item in notices(name):
        url = links(item).get("Errors in the log")
        if url is None:
            assert not item.service
            continue
        assert re.fullmatch(r"[\w.*$:-]+", url.split("#")[1])
        query = query_of(url)
        assert query["source"] in {
            "/aws/lambda/reveille-payment-handler-prod",
            "/aws/lambda/reveille-order-processor-prod",
            "/ecs/reveille-inventory-worker-prod",
            "/aws/lambda/reveille-cafe-handler-prod",
            "/ecs/reveille-search-api-prod",
        }
        start, end = (datetime.fromisoformat(query[key].replace("Z", "+00:00")) for key in ("start", "end"))
        assert start == (item.occurred_at - timedelta(minutes=30)).replace(microsecond=0)
        assert item.occurred_at - timedelta(seconds=1) < end < item.occurred_at + timedelta(seconds=10)
        assert (query["timeType"], query["tz"]) == ("ABSOLUTE", "UTC")
        assert query["editorString"].startswith("fields @timestamp, coalesce(message, @message) as what")
        assert "| filter level in ['ERROR', 'CRITICAL', 'FATAL']\n" in query["editorString"]


def test_the_logs_are_searched_until_sns_took_the_message() -> None:
    """An alarm that a mute rule held back is told much later; what went on meanwhile is of interest."""
    one = notice("metric_alarm", StateChangeTime="2026-11-22T01:00:00.000+0000")
    assert one.occurred_at == datetime(2026, 11, 22, 1, tzinfo=timezone.utc)
    assert facts(one)["Since"] == "2026-11-22 01:00:00 UTC, first breaching datapoint 02:42"
    query = query_of(links(one)["Errors in the log"])
    assert (query["start"], query["end"]) == ("2026-11-22T00:30:00.000Z", "2026-11-22T02:43:12.000Z")
    first = notice("metric_alarm", StateChangeTime="0001-01-01T00:00:00+0000")
    assert query_of(links(first)["Errors in the log"])["start"].endswith("01-01T00:00:00.000Z")
    later = notice("metric_alarm", StateChangeTime="2026-11-22T05:00:00.000+0000")
    assert query_of(links(later)["Errors in the log"])["end"] == "2026-11-22T05:00:00.000Z"


@each("name", names())
def test_only_an_alarm_that_fires_has_a_first_bad_datapoint(name: str) -> None:
    """The datapoints of an all-clear are good ones."""
    for item in notices(name):
        said = "first breaching datapoint" in facts(item).get({"OK": "OK since"}.get(item.state, "Since"), "")
        assert said == (
            (item.state == "ALARM" and "→" in facts(item).get("Value", ""))
            or name in {"metric_null_description", "metric_alarm"}
        )


def test_a_band_is_not_the_metric_and_a_truth_value_no_threshold() -> None:
    """Wherever the band stands in the list; and JSON's true is not 1."""
    metric = {"Id": "m", "Label": "the metric", "ReturnData": True}
    band = {"Id": "b", "Label": "the band", "ReturnData": True}
    for queries in ([metric, band], [band, metric]):
        assert metric_of({"Metrics": queries, "ThresholdMetricId": "b"}) == "the metric"
    assert threshold_of({"Threshold": True, "ComparisonOperator": "LessThanThreshold"}) == ""
    assert threshold_of({"Threshold": 1, "ComparisonOperator": "LessThanThreshold"}) == "< 1"


def test_odd_names_are_escaped_in_every_address() -> None:
    """A name with blanks, quotes, slashes or letters of any language leads where it should."""
    odd = "a b/c'd\"e(f)~g?h#i&j%k|ü"
    for url in (
        console.alarm("eu-west-1", odd),
        console.dashboard("eu-west-1", odd),
        console.trace_map("eu-west-1", odd),
        console.ecs_service("eu-west-1", odd, odd),
        console.errors("eu-west-1", odd, (AT, AT)),
    ):
        assert re.fullmatch(r"https://[a-z0-9.-]+/[\w/%~.-]+\?region=eu-west-1(#[\w:/%.*$?~()'-]+)?", url), (
            url
        )
        assert "xray" in url or not re.search(r"['()]", url)
    escaped = "a%20b%2Fc%27d%22e%28f%29~g%3Fh%23i%26j%25k%7C%C3%BC"
    assert console.alarm("eu-west-1", odd).endswith(f"#alarmsV2:alarm/{escaped}")
    assert console.dashboard("eu-west-1", odd).endswith(f"#dashboards/dashboard/{escaped}")
    assert f"/clusters/{escaped}/services/{escaped}/" in console.ecs_service("eu-west-1", odd, odd)
    assert query_of(console.errors("eu-west-1", odd, (AT, AT)))["source"] == odd
    expression = re.findall(r"expression~'([^)]*)\)", console.trace_map("eu-west-1", odd))[0]
    assert unquote(expression.replace("*", "%")) == f'service("{odd.replace(chr(34), "")}")'


def test_the_trace_map_is_about_the_service_and_about_all_without_one() -> None:
    """The service's name in X-Ray is its name in AWS."""
    assert "service*28*22reveille-order-processor-prod*22*29" in links(notice("metric_alarm"))["Trace map"]
    assert (
        "service*28*22reveille-search-api-prod*22*29" in links(notice("ecs_deployment_failed"))["Trace map"]
    )
    assert links(notice("composite_system"))["Trace map"].endswith("#xray:service-map/map")


@pytest.mark.parametrize("region", ["", "EU (Ireland)", "evil.example.com/", "eu-west-1.evil", None, 7])
def test_a_message_does_not_choose_the_host_of_a_link(region: object) -> None:
    """Whatever stands where a Region should be, the link goes to the function's own."""
    one = notice("ecs_deployment_failed", region=region)
    assert all(
        link.target.startswith("https://eu-central-1.console.aws.amazon.com/") for link in one.links[1:]
    )
    one = notice("metric_alarm", AlarmArn=f"arn:aws:cloudwatch:{region}:111122223333:alarm:x")
    assert links(one)["Alarm"].startswith("https://eu-central-1.console.aws.amazon.com/")


def test_a_deployment_has_a_link_to_its_service() -> None:
    """Without the cluster, the page is not known."""
    assert links(notice("ecs_deployment_failed"))["Service in ECS"] == (
        "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/reveille-prod/services/"
        "reveille-search-api-prod/health?region=eu-west-1"
    )
    assert "Service in ECS" not in links(notice("ecs_deployment_failed", resources=["reveille-prod"]))


def test_a_failure_in_ecs_has_its_runbook_and_a_success_none() -> None:
    """The headings are a contract with docs/runbooks/ecs.md; a success needs no advice either."""
    assert notice("ecs_deployment_failed").advice.startswith("Look at why its tasks stopped")
    assert notice("ecs_deployment_completed").advice == ""
    assert (
        links(notice("ecs_deployment_failed"))["Runbook"]
        == "https://example.com/runbooks/ecs.md#deployment-failed"
    )
    assert "Runbook" not in links(notice("ecs_deployment_completed"))


def test_a_deployment_that_completes_ends_the_problem_of_the_one_that_failed() -> None:
    """Of the same service, whatever its own id; one that begins ends nothing, and a failure neither."""
    failed, completed = notice("ecs_deployment_failed"), notice("ecs_deployment_completed")
    assert failed.key == completed.key == "ecs/reveille-prod/reveille-search-api-prod/deployment"
    assert (failed.is_end, completed.is_end) == (False, True)
    detail = json.loads(event("ecs_deployment_completed")["Records"][0]["Sns"]["Message"])["detail"]
    assert notice("ecs_deployment_completed", detail=detail | {"deploymentId": "ecs-svc/9"}).key == failed.key
    begun = detail | {"eventName": "SERVICE_DEPLOYMENT_IN_PROGRESS"}
    assert not notice("ecs_deployment_completed", detail=begun).is_end
    assert not pagerduty.accepts(notice("ecs_deployment_completed", detail=begun))
    assert not notice("ecs_deployment_completed", detail=detail | {"eventType": "ERROR"}).is_end
    other = ["arn:aws:ecs:eu-west-1:111122223333:service/reveille-prod/reveille-other-prod"]
    assert notice("ecs_deployment_completed", resources=other).key != failed.key
    assert not any(
        item.is_end for name in names() for item in notices(name) if name != "ecs_deployment_completed"
    )


def test_keys_of_the_longest_names_stay_apart() -> None:
    """Cut after 255 characters, two services would be one problem."""
    long = "x" * 254
    services = [f"arn:aws:ecs:eu-west-1:111122223333:service/{long}/{long}{last}" for last in "ab"]
    keys = {notice("ecs_deployment_failed", resources=[arn]).key for arn in services}
    assert len(keys) == 2
    assert all(len(key) <= 255 for key in keys)


def test_a_sentence_begins_with_a_capital_and_a_message_as_it_came() -> None:
    """The platform's sentences go on after "<service> in <environment>:", a person's do not."""
    assert notice("metric_math_alarm").explanation.startswith("More than 5 %")
    assert notice("ecs_deployment_failed").explanation.startswith("A deployment failed")
    assert notice_of(record_of("it came so")).explanation == "it came so"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-22T02:43:12.345+0000", 12.345),
        ("2026-11-22T02:43:12Z", 12),
        ("2026-11-22T04:43:12.1+0200", 12.1),
        ("2026-11-22T04:43:12.123456789+02:00", 12.123456),
    ],
)
def test_every_form_of_time_that_aws_writes_is_read(text: str, seconds: float) -> None:
    """CloudWatch, SNS, EventBridge and ECS each have their own."""
    expected = datetime(2026, 11, 22, 2, 43, tzinfo=timezone.utc) + timedelta(seconds=seconds)
    assert read_time(text) == expected


@pytest.mark.parametrize(
    "text", [None, 7, "", "soon", "2026-11-22T02:43:12", "2026-13-22T02:43:12Z", "0001-01-01T00:00:00+2300"]
)
def test_a_time_that_is_none_is_replaced_by_when_sns_took_the_message(text: object) -> None:
    """A wrong time would send people to the wrong logs; without SNS's it is the function's own."""
    assert read_time(text) is None
    assert notice("metric_alarm", StateChangeTime=text).occurred_at == AT.replace(microsecond=471000)
    assert notice_of(record_of("text", Timestamp=text)).occurred_at == NOW


def test_numbers_and_spans_are_short_and_true() -> None:
    """Four digits that count; the two largest units."""
    assert [number(value) for value in (0, 5.0, 12.3456, 0.00012345, -1.5, 999.96, 1000, 48219034.5)] == [
        "0", "5", "12.35", "0.0001234", "-1.5", "1,000", "1,000", "48,219,034"
    ]  # fmt: skip
    assert [duration(seconds) for seconds in (0, 59.4, 60, 3600, 3661, 86400, 90061, 172800 + 60)] == [
        "0 s", "59 s", "1 min", "1 h", "1 h 1 min", "1 d", "1 d 1 h", "2 d"
    ]  # fmt: skip


def test_texts_are_cut_visibly_and_letters_keep_their_likeness() -> None:
    """What is cut says so; an umlaut is readable in a subject."""
    assert (clip("abc", 3), clip("abcd", 3), clip("a  d", 3, mark="...")) == ("abc", "ab…", "...")
    assert ascii_only("Größe \N{EN DASH} café ≥ 5 → “x”") == 'Grosse - cafe >= 5 -> "x"'
    assert ascii_only("日本☃") == "???"


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (None, "the record is not from SNS"),
        ({"body": "sqs"}, "the record is not from SNS"),
        ({"Sns": {"TopicArn": CRITICAL}}, "the record is not from SNS"),
        (record_of("x", topic=7), "the record is not from SNS"),  # type: ignore[arg-type]
        (record_of("secret", topic="arn:aws:sns:eu-west-1:111122223333:other"), f"not in TOPICS: {CRITICAL}"),
    ],
)
def test_what_no_topic_of_ours_sent_is_refused(record: object, problem: str) -> None:
    """Without a severity nobody could say whom it concerns; the message names the topics that have one."""
    with pytest.raises(UnreadableRecordError, match=re.escape(problem)) as refused:
        notice_of(record)
    assert "secret" not in str(refused.value)
