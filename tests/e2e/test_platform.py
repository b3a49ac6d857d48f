"""What the configuration says is what AWS has; a second deployment changes nothing; nothing is left behind.

The tests run in the order of this file, in one process, on one deployment.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import re
import signal
import subprocess
import time
from typing import Any

import pytest

from catalog import Catalog
from catalog.kinds.platform import OF_LOG_GROUPS
from catalog.specs import Alarm, AnyOf, Composite, Event, InAlarm, Math, NotInAlarm, Rule
from config.paths import ROOT
from drill.sources import account, synthesized
from drill.sources import catalog as catalog_source
from tests.e2e.conftest import LOCAL_AWS_SPEED, Platform
from tests.e2e.endpoint import SLACK, WEBHOOK, Endpoint

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("platform")]

WAIT_S = 60

WAIT_PERIOD_S = 60 / LOCAL_AWS_SPEED
"""How long a composite waits for what silences it, on the clock of the local AWS."""


def pages(client: Any, operation: str, key: str, **arguments: Any) -> list[Any]:
    """Return all items of a paginated call."""
    return [item for page in client.get_paginator(operation).paginate(**arguments) for item in page[key]]


def test_a_stack_without_the_ones_before_it_says_which_to_deploy_first(empty_platform: Platform) -> None:
    """And nothing is created."""
    done = empty_platform.make("deploy", "STACK=monitoring")
    assert done.returncode != 0
    assert "first run `make deploy ENV=local STACK=security`" in done.stderr
    assert not pages(empty_platform.client("sns"), "list_topics", "Topics")


def test_an_interrupted_deployment_can_be_finished(empty_platform: Platform) -> None:
    """Ctrl-C in the middle: Terraform saves what it created and lets go of its lock; `platform` goes on."""
    command = ["make", "--no-print-directory", "deploy"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **empty_platform.variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as deploying:
        printed = []
        for line in deploying.stdout or ():
            printed.append(line)
            if re.match(r"compute +\d+/\d+ · ", line):
                os.killpg(deploying.pid, signal.SIGINT)
                break
        printed += deploying.stdout or ()
    said = "".join(printed)
    assert deploying.returncode != 0, said
    assert "to save its state" in said
    assert "Traceback" not in said
    bucket = empty_platform.env.state.bucket
    keys = [entry["Key"] for entry in empty_platform.client("s3").list_objects_v2(Bucket=bucket)["Contents"]]
    assert sorted(keys) == ["reveille/local/compute.tfstate", "reveille/local/security.tfstate"]


def test_a_deployment_reports_every_stack(platform: Platform) -> None:
    """A table of outputs, with the names that users rely on, all of them filled in."""
    outputs = platform.outputs()
    for name in ("kms_key_id", "alarm_topic_arn", "ecs_cluster_name", "dashboard_url"):
        assert isinstance(outputs[name], str)
        assert outputs[name]
    assert set(outputs["lambda_function_names"]) == set(platform.env.functions)
    table = platform.make("output")
    assert table.returncode == 0
    assert outputs["dashboard_url"][:40] in table.stdout


def test_planning_again_finds_no_change(platform: Platform) -> None:
    """In none of the four stacks."""
    done = platform.make("diff", "CHECK=1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"^(\w+) +No changes$", done.stdout, re.MULTILINE) == [
        "security", "compute", "monitoring", "dashboard",
    ]  # fmt: skip


def test_the_key_rotates_and_lets_its_callers_in(platform: Platform) -> None:
    """The deployed policy has a statement per caller."""
    kms, key_id = platform.client("kms"), platform.outputs()["kms_key_id"]
    assert kms.get_key_rotation_status(KeyId=key_id)["KeyRotationEnabled"]
    policy = json.loads(kms.get_key_policy(KeyId=key_id, PolicyName="default")["Policy"])
    services = [entry["Principal"].get("Service") for entry in policy["Statement"]]
    assert services[1:] == [
        f"logs.{platform.env.region}.amazonaws.com", "cloudwatch.amazonaws.com", "events.amazonaws.com",
        "events.amazonaws.com", "sns.amazonaws.com",
    ]  # fmt: skip


def test_log_groups_are_encrypted_kept_and_archived(platform: Platform) -> None:
    """Every group of the catalog, and no other; each but the archive's own sends to the archive."""
    logs = platform.client("logs")
    found = {page["logGroupName"]: page for page in pages(logs, "describe_log_groups", "logGroups")}
    assert set(found) == {group.name for group in platform.catalog.log_groups}
    for group in platform.catalog.log_groups:
        assert found[group.name]["retentionInDays"] == platform.env.logs.retention_days
        assert found[group.name]["kmsKeyId"].endswith(platform.outputs()["kms_key_id"])
        filters = logs.describe_subscription_filters(logGroupName=group.name)["subscriptionFilters"]
        assert len(filters) == (0 if group.writer == "delivery" else 1)


def test_metric_filters_are_the_catalogs(platform: Platform) -> None:
    """Pattern, metric, value and default of each."""
    found = {
        page["filterName"]: (page["filterPattern"], page["metricTransformations"][0])
        for page in pages(platform.client("logs"), "describe_metric_filters", "metricFilters")
    }
    assert set(found) == {spec.name for spec in platform.catalog.filters}
    for spec in platform.catalog.filters:
        pattern, transformation = found[spec.name]
        assert pattern == spec.pattern
        assert transformation["metricNamespace"] == spec.namespace
        assert transformation["metricName"] == spec.metric
        assert transformation["metricValue"] == spec.value
        assert transformation.get("defaultValue") == spec.default_value


def test_alarms_are_the_catalogs(platform: Platform) -> None:
    """Every alarm with what it watches, threshold or band, M of N, missing data and actions; and no other."""
    found = {
        page["AlarmName"]: page
        for page in pages(platform.client("cloudwatch"), "describe_alarms", "MetricAlarms")
    }
    assert set(found) == {alarm.name for alarm in platform.catalog.alarms}
    outputs = platform.outputs()
    for alarm in platform.catalog.alarms:
        one = found[alarm.name]
        assert watched(one) == {
            (metric.namespace, metric.name, tuple(sorted(metric.dimensions.items())), metric.stat)
            for metric in alarm.metrics
        }
        if isinstance(alarm.watches, Math):
            (result,) = (query for query in one["Metrics"] if query.get("ReturnData", True))
            assert result["Expression"] == alarm.watches.expression
        if alarm.anomaly_band is not None:
            band = next(query for query in one["Metrics"] if query["Id"] == one["ThresholdMetricId"])
            assert band["Expression"].endswith(f", {alarm.anomaly_band:g})")
        assert one.get("Threshold") == alarm.threshold
        assert one["ComparisonOperator"] == alarm.comparison
        assert one["EvaluationPeriods"] == alarm.evaluation_periods
        assert one["DatapointsToAlarm"] == alarm.datapoints_to_alarm
        assert one["TreatMissingData"] == alarm.treat_missing_data
        check_words_and_actions(platform, outputs, alarm, one)


def test_what_is_rehearsed_is_what_is_deployed(platform: Platform) -> None:
    """A drill of the account, of the synthesized stacks and of the catalog is a drill of the same alarms."""
    planned = catalog_source.system(platform.env, platform.catalog)
    written = synthesized.system(platform.folder / "build" / "synth" / "local", "local")
    found = account.system(platform.client, known=planned)
    for field in ("alarms", "composites", "filters"):
        expected = {entry.name: entry for entry in getattr(planned, field)}
        assert {entry.name: entry for entry in getattr(found, field)} == expected
        if field == "alarms":  # the unit of a threshold is in no resource
            expected = {name: dataclasses.replace(entry, unit="") for name, entry in expected.items()}
        assert {entry.name: entry for entry in getattr(written, field)} == expected
    assert (found.short_names, found.queues) == (planned.short_names, planned.queues)
    assert (written.short_names, written.queues) == (planned.short_names, planned.queues)
    topics = {topic.name: topic for topic in planned.topics}
    assert {topic.name: topic for topic in written.topics} == topics
    assert {topic.name for topic in found.topics} == {"critical", "warning", "fallback"}
    for topic in found.topics:
        # Nobody has confirmed an e-mail address, or the webhook that does not answer.
        confirmed = [
            subscription
            for subscription in topics[topic.name].subscriptions
            if subscription.protocol != "email" and "127.0.0.1:9/" not in subscription.endpoint
        ]
        assert topic == dataclasses.replace(topics[topic.name], subscriptions=tuple(confirmed))


def watched(alarm: Any) -> set[tuple[str, str, tuple[tuple[str, str], ...], str]]:
    """Return the metrics of a described alarm."""
    if "MetricName" in alarm:
        stat = alarm.get("Statistic") or alarm["ExtendedStatistic"]
        stats = [{"Metric": alarm, "Stat": stat}]
    else:
        stats = [query["MetricStat"] for query in alarm["Metrics"] if "MetricStat" in query]
    return {
        (
            entry["Metric"]["Namespace"],
            entry["Metric"]["MetricName"],
            tuple(sorted((pair["Name"], pair["Value"]) for pair in entry["Metric"].get("Dimensions", []))),
            entry["Stat"],
        )
        for entry in stats
    }


def check_words_and_actions(
    platform: Platform, outputs: dict[str, Any], alarm: Alarm | Composite, described: Any
) -> None:
    """Hold the text of an alarm and whom it tells against the catalog and the configuration."""
    topics = {
        "critical": outputs["alarm_topic_arn"],
        "warning": outputs["warning_topic_arn"],
        "fallback": outputs["fallback_topic_arn"],
    }
    actions = [topics[alarm.topic]] if alarm.topic else []
    says_ok = alarm.topic == "fallback" or (
        alarm.topic is not None and getattr(platform.env.notifications, alarm.topic).ok_notifications
    )
    assert described["AlarmDescription"] == alarm.description
    assert described["AlarmActions"] == actions
    assert described["OKActions"] == (actions if says_ok else [])


def test_composites_name_their_children_and_what_silences_them(platform: Platform) -> None:
    """Each rule names the children of the catalog, which exist; each suppressor is the catalog's."""
    found = {
        page["AlarmName"]: page
        for page in pages(
            platform.client("cloudwatch"), "describe_alarms", "CompositeAlarms", AlarmTypes=["CompositeAlarm"]
        )
    }
    assert set(found) == {composite.name for composite in platform.catalog.composites}
    outputs = platform.outputs()
    for composite in platform.catalog.composites:
        one = found[composite.name]
        children = [platform.catalog.alarm_name(key) for key in composite.children()]
        named = re.findall(r'ALARM\("([^"]+)"\)', one["AlarmRule"])
        assert list(dict.fromkeys(named)) == children
        check_words_and_actions(platform, outputs, composite, one)
        suppressor = composite.suppressor
        if suppressor is None:
            assert not one.get("ActionsSuppressor")
        else:
            assert one["ActionsSuppressor"] == platform.catalog.alarm_name(suppressor.alarm)
            assert one["ActionsSuppressorWaitPeriod"] == suppressor.wait_s
            assert one["ActionsSuppressorExtensionPeriod"] == suppressor.extension_s


def test_notifications_can_be_delivered_or_are_kept(platform: Platform) -> None:
    """Encrypted topics and queues, a redrive policy per subscription, three tries, fourteen days."""
    sns, sqs, outputs = platform.client("sns"), platform.client("sqs"), platform.outputs()
    for output, protocols in (
        ("alarm_topic_arn", {"sqs", "https", "http", "lambda"}),
        ("warning_topic_arn", {"sqs", "http", "lambda"}),
        ("fallback_topic_arn", {"sqs", "email", "https", "http"}),
    ):
        topic = outputs[output]
        attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
        assert attributes["KmsMasterKeyId"].endswith(outputs["kms_key_id"])
        assert "cloudwatch.amazonaws.com" in attributes["Policy"]
        subscriptions = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        assert {subscription["Protocol"] for subscription in subscriptions} == protocols
        for subscription in subscriptions:
            if subscription["SubscriptionArn"] == "PendingConfirmation":
                continue  # SNS describes none that nobody has confirmed
            described = sns.get_subscription_attributes(SubscriptionArn=subscription["SubscriptionArn"])
            assert "alarms-dead-letters" in described["Attributes"]["RedrivePolicy"]
    topics = [page["TopicArn"] for page in pages(sns, "list_topics", "Topics")]
    for severity in ("critical", "warning"):
        (mail,) = (arn for arn in topics if arn.endswith(f"-{severity}-mail-local"))
        subscriptions = sns.list_subscriptions_by_topic(TopicArn=mail)["Subscriptions"]
        assert [subscription["Protocol"] for subscription in subscriptions] == ["email"]
    url = outputs["alarm_queue_url"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert json.loads(queue["RedrivePolicy"])["maxReceiveCount"] == 3
    dead = [
        sqs.get_queue_attributes(QueueUrl=outputs[name], AttributeNames=["All"])["Attributes"]
        for name in (
            "dead_letter_queue_url", "notifier_dead_letter_queue_url", "event_dead_letter_queue_url",
        )
    ]  # fmt: skip
    assert [entry["MessageRetentionPeriod"] for entry in dead] == [str(14 * 86_400)] * 3
    for attributes in (queue, *dead):
        assert attributes["KmsMasterKeyId"].endswith(outputs["kms_key_id"])
    for attributes in (queue, dead[0]):
        assert "sns.amazonaws.com" in attributes["Policy"]


def test_events_of_ecs_go_to_topics_and_into_the_log(platform: Platform) -> None:
    """Every rule of the catalog with its pattern: all are logged, and some have a topic."""
    events, outputs = platform.client("events"), platform.outputs()
    rules = {rule["Name"]: rule for rule in events.list_rules()["Rules"]}
    assert {rule.name for rule in platform.catalog.rules} <= set(rules)
    topics = {"critical": outputs["alarm_topic_arn"], "warning": outputs["warning_topic_arn"]}
    letters = outputs["event_dead_letter_queue_url"].rpartition("/")[2]
    for rule in platform.catalog.rules:
        assert json.loads(rules[rule.name]["EventPattern"]) == rule.pattern
        described = events.list_targets_by_rule(Rule=rule.name)["Targets"]
        assert all(target["DeadLetterConfig"]["Arn"].endswith(letters) for target in described)
        targets = [target["Arn"] for target in described]
        assert [arn for arn in targets if ":sns:" in arn] == (
            [topics[rule.topic]] if isinstance(rule, Event) else []
        )
        assert any(":log-group:/aws/events/" in arn for arn in targets)
    (policy,) = platform.client("logs").describe_resource_policies()["resourcePolicies"]
    assert "events.amazonaws.com" in policy["policyDocument"]


def test_maintenance_windows_are_schedules_that_begin_them(platform: Platform) -> None:
    """At the cron and in the time zone of config, by a sample of the metric that the alarm watches."""
    scheduler = platform.client("scheduler")
    for window in platform.catalog.windows:
        one = scheduler.get_schedule(Name=window.name)
        assert one["ScheduleExpression"] == f"cron({window.cron})"
        assert one["ScheduleExpressionTimezone"] == window.timezone
        assert one["Target"]["Arn"].endswith(":cloudwatch:putMetricData")
        sample = json.loads(one["Target"]["Input"])
        assert sample["Namespace"] == window.metric.namespace
        assert sample["MetricData"][0]["MetricName"] == window.metric.name


def test_functions_are_as_configured(platform: Platform) -> None:
    """Runtime, memory, timeout, tracing, Insights layer, log group, key."""
    functions = platform.client("lambda")
    for name, config in platform.env.functions.items():
        function_name = platform.outputs()["lambda_function_names"][name]
        one = functions.get_function_configuration(FunctionName=function_name)
        assert (one["Runtime"], one["MemorySize"], one["Timeout"]) == (
            config.runtime, config.memory_mib, config.timeout_s,
        )  # fmt: skip
        assert one["Architectures"] == [config.architecture]
        assert one["TracingConfig"] == {"Mode": "Active"}
        assert [layer["Arn"] for layer in one["Layers"]] == [
            platform.env.insights_layer_arn(config.architecture)
        ]
        assert one["LoggingConfig"]["LogGroup"] == f"/aws/lambda/{function_name}"
        assert one["KMSKeyArn"].endswith(platform.outputs()["kms_key_id"])


def test_services_run_on_fargate_with_a_collector(platform: Platform) -> None:
    """Cluster with Container Insights; each service's task has two containers."""
    ecs, outputs = platform.client("ecs"), platform.outputs()
    (cluster,) = ecs.describe_clusters(clusters=[outputs["ecs_cluster_name"]], include=["SETTINGS"])[
        "clusters"
    ]
    assert cluster["settings"] == [{"name": "containerInsights", "value": platform.env.insights.containers}]
    names = list(outputs["ecs_service_names"].values())
    services = ecs.describe_services(cluster=cluster["clusterArn"], services=names)["services"]
    assert len(services) == len(platform.env.containers)
    for service in services:
        task = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
        assert [container["name"] for container in task["containerDefinitions"]][1] == "collector"


def test_tracing_is_sampled_and_grouped(platform: Platform) -> None:
    """The rule's rate and the group's filter are the configuration's."""
    xray = platform.client("xray")
    rules = [page["SamplingRule"] for page in pages(xray, "get_sampling_rules", "SamplingRuleRecords")]
    (rule,) = [entry for entry in rules if entry["RuleName"] == f"{platform.env.project}-local"]
    assert rule["FixedRate"] == platform.env.tracing.sampling_rate
    groups = {page["GroupName"]: page for page in pages(xray, "get_groups", "Groups")}
    assert "reveille-checkout-api-local" in groups["reveille-local"]["FilterExpression"]


def test_the_archive_keeps_what_it_should(platform: Platform) -> None:
    """Glacier and expiry after the configured days."""
    bucket = platform.outputs()["archive_bucket"]
    lifecycle = platform.client("s3").get_bucket_lifecycle_configuration(Bucket=bucket)
    assert lifecycle["TransitionDefaultMinimumObjectSize"] == "varies_by_storage_class"
    (rule,) = (entry for entry in lifecycle["Rules"] if entry["ID"] == "archive")
    days = platform.env.logs.archive
    assert rule["Transitions"] == [{"Days": days.glacier_after_days, "StorageClass": "GLACIER"}]
    assert rule["Expiration"]["Days"] == days.expire_after_days


def test_saved_queries_and_dashboard_are_there(platform: Platform) -> None:
    """By name; the dashboard's alarms exist."""
    queries = platform.client("logs").describe_query_definitions()["queryDefinitions"]
    assert {query["name"] for query in queries} == {query.name for query in platform.catalog.queries}
    cloudwatch = platform.client("cloudwatch")
    body = json.loads(cloudwatch.get_dashboard(DashboardName="reveille-local")["DashboardBody"])
    arns = [
        arn
        for widget in body["widgets"]
        if widget["type"] == "alarm"
        for arn in widget["properties"]["alarms"]
    ]
    all_arns = platform.outputs()["alarm_arns"]
    assert set(arns) <= set(all_arns.values())
    # What only silences others need not be on it; of the alarms of log groups, their composite is.
    speak = {
        alarm.key
        for alarm in platform.catalog.all_alarms
        if (alarm.topic or alarm.runbook) and alarm.kind_key not in OF_LOG_GROUPS
    }
    assert {arn for key, arn in all_arns.items() if key in speak} <= set(arns)


@pytest.mark.parametrize(
    ("function", "event", "answer"),
    [
        ("payment-handler", "payment_ok.json", "approved"),
        ("payment-handler", "payment_declined.json", "declined"),
        ("order-processor", "order_batch_partial.json", "batchItemFailures"),
    ],
)
def test_a_deployed_function_really_runs(platform: Platform, function: str, event: str, answer: str) -> None:
    """`make invoke` prints the result and the log; the log group has the line too."""
    done = platform.make("invoke", f"FUNCTION={function}", f"EVENT=tests/events/{event}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert answer in done.stdout
    assert '"duration_ms"' in done.stdout
    logs = platform.client("logs")
    group = platform.catalog.log_group(function).name
    assert any('"duration_ms"' in page["message"] for page in pages(
        logs, "filter_log_events", "events", logGroupName=group
    ))  # fmt: skip


def test_a_failing_function_fails_the_command(platform: Platform) -> None:
    """A fault is an exit status, and an error entry in the log."""
    done = platform.make("invoke", "FUNCTION=payment-handler", "EVENT=tests/events/payment_fault.json")
    assert done.returncode != 0
    group = platform.catalog.log_group("payment-handler").name
    lines = pages(platform.client("logs"), "filter_log_events", "events", logGroupName=group)
    assert any('"level":"ERROR"' in line["message"] for line in lines)


def test_a_message_in_the_queue_reaches_its_function(platform: Platform) -> None:
    """The event source mapping delivers; the queue is empty afterwards."""
    sqs, url = platform.client("sqs"), platform.outputs()["queue_urls"]["order-processor"]
    batch = json.loads((ROOT / "tests/events/order_batch.json").read_text(encoding="utf-8"))
    sqs.send_message(QueueUrl=url, MessageBody=batch["Records"][0]["body"])
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def drained() -> bool:
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return all(value == "0" for value in attributes.values())

    wait_for(drained)


def test_every_alarm_that_speaks_arrives_in_the_queue_and_at_the_webhook(
    platform: Platform, webhooks: Endpoint
) -> None:
    """From a metric alarm through its composite and topic, with the catalog's words.

    Alarms that silence each other have rounds of their own.
    """
    cloudwatch, catalog = platform.client("cloudwatch"), platform.catalog
    speakers = {alarm.key: alarm for alarm in catalog.all_alarms if alarm.topic}
    heard: set[str] = set()
    for keys in rounds(catalog):
        webhooks.received[WEBHOOK].clear()
        leaves = [leaf for key in keys for leaf in what_sets_off(catalog, key)]
        for leaf in leaves:
            set_state(cloudwatch, catalog.alarm_name(leaf), "ALARM")
        expected = {speakers[key].name for key in keys}
        wait_for(
            functools.partial(all_said, webhooks, expected),
            lambda missing=expected: f"missing: {sorted(missing - said(webhooks))}",
        )
        assert said(webhooks) == expected, "something spoke that should have been silent"
        for leaf in leaves:
            set_state(cloudwatch, catalog.alarm_name(leaf), "OK")
        heard |= expected
    assert heard == {speaker.name for speaker in speakers.values()}
    notices = drained(platform, len(heard))
    assert heard <= {notice["AlarmName"] for notice in notices if notice["NewStateValue"] == "ALARM"}
    by_name = {speaker.name: speaker for speaker in speakers.values()}
    for notice in notices:
        assert notice["AlarmDescription"] == by_name[notice["AlarmName"]].description


def test_what_is_critical_arrives_at_slack_in_words(platform: Platform, webhooks: Endpoint) -> None:
    """Through the notifier, which reads the webhook's address from the parameter that config names."""
    critical = [alarm for alarm in platform.catalog.all_alarms if alarm.topic == "critical"]

    def told() -> str:
        return json.dumps(list(webhooks.received[SLACK]))

    wait_for(
        lambda: all(alarm.service is None or alarm.service in told() for alarm in critical),
        lambda: f"Slack has heard: {told()[:2000]}",
    )
    for word in (
        "local",
        "users are affected",
        "burn rate of the SLO availability is above 14.4",
        "docs/runbooks/",
    ):
        assert word in told(), word
    sqs, outputs = platform.client("sqs"), platform.outputs()
    waiting = sqs.get_queue_attributes(
        QueueUrl=outputs["notifier_dead_letter_queue_url"], AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert waiting["Attributes"]["ApproximateNumberOfMessages"] == "0"


def test_a_deployment_is_quiet_and_what_it_broke_is_said_afterwards(
    platform: Platform, webhooks: Endpoint
) -> None:
    """The impact of a service is held back while it is being deployed; then it is said."""
    cloudwatch, catalog = platform.client("cloudwatch"), platform.catalog
    impact = catalog.alarm_name("payment-handler_impact")
    child = catalog.alarm_name("payment-handler_error-rate")
    set_state(cloudwatch, catalog.alarm_name("payment-handler_deploying"), "ALARM")
    webhooks.received[WEBHOOK].clear()
    set_state(cloudwatch, child, "ALARM")

    def described() -> Any:
        (one,) = cloudwatch.describe_alarms(AlarmNames=[impact], AlarmTypes=["CompositeAlarm"])[
            "CompositeAlarms"
        ]
        return one

    assert described()["StateValue"] == "ALARM"
    assert described()["ActionsSuppressedBy"] == "Alarm"
    time.sleep(2 * WAIT_PERIOD_S)
    assert said(webhooks) == set()
    set_state(cloudwatch, catalog.alarm_name("payment-handler_deploying"), "OK")
    wait_for(functools.partial(all_said, webhooks, {impact}))
    assert said(webhooks) == {impact}
    set_state(cloudwatch, child, "OK")


def rounds(catalog: Catalog) -> list[list[str]]:
    """Return the keys of all that speak, in groups of which none silences another.

    The system speaks when services of two kinds do, so that each kind's impacts have a round of their own.
    """
    order = {
        "impact": 1,
        "fast-burn": 2,
        "medium-burn": 3,
        "slow-burn": 4,
        "system-critical": 5,
        "saturation": 6,
    }
    kinds = {service.name: service.kind for service in catalog.services}
    grouped: dict[tuple[int, str], list[str]] = {}
    for alarm in catalog.all_alarms:
        if alarm.topic:
            kind = kinds[alarm.service] if alarm.kind_key == "impact" and alarm.service else ""
            grouped.setdefault((order.get(alarm.kind_key, 0), kind), []).append(alarm.key)
    return [grouped[number] for number in sorted(grouped)]


def what_sets_off(catalog: Catalog, key: str) -> list[str]:
    """Return metric alarms that, all in ALARM, put this alarm into ALARM: the first of each choice."""
    composites = {composite.key: composite for composite in catalog.composites}

    def of(rule: Rule) -> list[str]:
        if isinstance(rule, InAlarm):
            return of(composites[rule.alarm].rule) if rule.alarm in composites else [rule.alarm]
        if isinstance(rule, NotInAlarm):
            return []
        if isinstance(rule, AnyOf):
            return of(rule.any_of[0])
        return [leaf for part in rule.all_of for leaf in of(part)]

    return of(InAlarm(alarm=key))


def set_state(cloudwatch: Any, name: str, state: str) -> None:
    """Set the state of a metric alarm, as a rehearsal does."""
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="rehearsal")


def said(webhooks: Endpoint) -> set[str]:
    """Return the names of the alarms that said ALARM at the webhook."""
    return {notice["AlarmName"] for notice in webhooks.notices() if notice["NewStateValue"] == "ALARM"}


def all_said(webhooks: Endpoint, names: set[str]) -> bool:
    """Tell whether all of these alarms have spoken."""
    return names <= said(webhooks)


def drained(platform: Platform, least: int) -> list[dict[str, Any]]:
    """Take everything out of the alarm queue, which must hold so many notices at least."""
    sqs, url = platform.client("sqs"), platform.outputs()["alarm_queue_url"]
    notices: list[dict[str, Any]] = []

    def took_nothing() -> bool:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            notices.append(json.loads(json.loads(message["Body"])["Message"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return not messages and len(notices) >= least

    wait_for(took_nothing, lambda: f"{len(notices)} notices in the queue")
    return notices


def test_one_stack_deploys_alone_and_mends_what_was_taken_away(platform: Platform) -> None:
    """A dashboard deleted by hand comes back; the other stacks are not looked at."""
    cloudwatch = platform.client("cloudwatch")
    cloudwatch.delete_dashboards(DashboardNames=["reveille-local"])
    done = platform.make("deploy", "STACK=dashboard")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "dashboard   1 added" in done.stdout
    assert "monitoring" not in done.stdout
    assert cloudwatch.get_dashboard(DashboardName="reveille-local")


def test_a_changed_threshold_changes_the_alarm_and_nothing_else(platform: Platform) -> None:
    """One variable, one alarm per function; afterwards the file's value is back."""
    cloudwatch = platform.client("cloudwatch")
    name = "reveille-payment-handler-latency-local"

    def threshold() -> float:
        return float(cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["Threshold"])

    changed = platform.make("deploy", "STACK=monitoring", REVEILLE_ALARMS__LAMBDA__LATENCY__THRESHOLD="1234")
    assert changed.returncode == 0, changed.stdout + changed.stderr
    assert f"monitoring  {len(platform.env.functions)} changed" in changed.stdout
    assert threshold() == 1234
    back = platform.make("deploy", "STACK=monitoring")
    assert back.returncode == 0, back.stdout + back.stderr
    assert threshold() == 3000


def test_a_stack_that_others_read_is_not_destroyed_first(platform: Platform) -> None:
    """The message says which to destroy before it."""
    done = platform.make("destroy", "STACK=security")
    assert done.returncode != 0
    assert (
        "first run `make destroy ENV=local STACK=dashboard`" in done.stderr
        or "STACK=monitoring" in done.stderr
    )


def test_destroying_leaves_nothing(platform: Platform) -> None:
    """No resource of any kind, no state, no plan; the key waits to be deleted, as AWS demands.

    Not even when the configuration has a service by now that was never deployed.
    """
    service = {"kind": "lambda", "description": "Never deployed", "source": "functions/payment_handler"}
    done = platform.make("destroy", "KEEP_LOCAL_AWS=1", REVEILLE_SERVICES__NEVER_DEPLOYED=json.dumps(service))
    assert done.returncode == 0, done.stdout + done.stderr
    client = platform.client
    cloudwatch, logs, ecs = client("cloudwatch"), client("logs"), client("ecs")
    left: dict[str, list[Any]] = {
        "alarms": pages(cloudwatch, "describe_alarms", "MetricAlarms"),
        "composites": pages(cloudwatch, "describe_alarms", "CompositeAlarms", AlarmTypes=["CompositeAlarm"]),
        "dashboards": pages(cloudwatch, "list_dashboards", "DashboardEntries"),
        "log groups": pages(logs, "describe_log_groups", "logGroups"),
        "queries": logs.describe_query_definitions()["queryDefinitions"],
        "functions": pages(client("lambda"), "list_functions", "Functions"),
        "mappings": pages(client("lambda"), "list_event_source_mappings", "EventSourceMappings"),
        "topics": pages(client("sns"), "list_topics", "Topics"),
        "subscriptions": pages(client("sns"), "list_subscriptions", "Subscriptions"),
        "queues": client("sqs").list_queues().get("QueueUrls", []),
        "buckets": client("s3").list_buckets()["Buckets"],
        "streams": client("firehose").list_delivery_streams()["DeliveryStreamNames"],
        "roles": pages(client("iam"), "list_roles", "Roles"),
        "clusters": [
            cluster
            for cluster in ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]
            if cluster["status"] == "ACTIVE"
        ],
        "task definitions": ecs.list_task_definitions(status="ACTIVE")["taskDefinitionArns"],
        "networks": [vpc for vpc in client("ec2").describe_vpcs()["Vpcs"] if not vpc["IsDefault"]],
        "gateways": [
            gateway
            for gateway in client("ec2").describe_nat_gateways()["NatGateways"]
            if gateway["State"] not in {"deleted", "deleting"}
        ],
        "addresses": client("ec2").describe_addresses()["Addresses"],
        "groups": [
            page for page in pages(client("xray"), "get_groups", "Groups") if page["GroupName"] != "Default"
        ],
        "rules": [
            page
            for page in pages(client("xray"), "get_sampling_rules", "SamplingRuleRecords")
            if page["SamplingRule"]["RuleName"] != "Default"
        ],
        "aliases": [
            page
            for page in pages(client("kms"), "list_aliases", "Aliases")
            if not page["AliasName"].startswith("alias/aws/")
        ],
        "plans": list((platform.folder / "build").rglob("*.tfplan")),
    }
    assert {what: found for what, found in left.items() if found} == {}
    assert client("xray").get_encryption_config()["EncryptionConfig"]["Type"] == "NONE"
    keys = pages(client("kms"), "list_keys", "Keys")
    states = [client("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in keys]
    assert all(
        state["KeyState"] == "PendingDeletion" for state in states if state["KeyManager"] == "CUSTOMER"
    )


def wait_for(condition: Any, explain: Any = lambda: "") -> None:
    """Wait until `condition()` holds."""
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, explain() or "it did not happen in time"
        time.sleep(0.2)
