"""The evaluation loop: samples of lines, functions and queues every minute, and alarms on them."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from catalog import environment
from stacks.kernel import packaged_node
from tests.local_aws.support import ACCOUNT, REGION, SPEED, Inbox, eventually, packed, set_clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MINUTE_S = 60 / SPEED

_CODE = """
import json, time
def handler(event, context):
    print(json.dumps({"level": event.get("level", "INFO"), "ms": 5}))
    time.sleep(event.get("sleep_s", 0))
    if event.get("fail") or any("fail" in record["body"] for record in event.get("Records", ())):
        raise ValueError("failed")
"""

_NODE = """
exports.handler = async (event) => {
  console.log(JSON.stringify({ level: 30, msg: "hello" }));
  await new Promise((resolve) => setTimeout(resolve, 5));
  if (event.fail === "own") throw new Error("failed");
  if (event.fail === "net") await fetch("http://127.0.0.1:9");
  return process.version;
};
"""


class World:
    """A log group and metrics of one test in the fast local AWS.

    Args:
        client: creates clients of it.
    """

    def __init__(self, client: Callable[[str], Any]) -> None:
        self.client = client
        self.cloudwatch, self.logs = client("cloudwatch"), client("logs")
        self.name = f"t{uuid.uuid4().hex[:8]}"
        self.group = f"/test/{self.name}"
        self.logs.create_log_group(logGroupName=self.group)
        self.logs.create_log_stream(logGroupName=self.group, logStreamName="s")
        self._alarms: list[str] = []

    def filter(self, pattern: str, name: str = "M", **changes: Any) -> None:
        """Create a metric filter. It does not apply to lines of the same millisecond."""
        transformation = {"metricName": name, "metricNamespace": self.name, "metricValue": "1", **changes}
        self.logs.put_metric_filter(
            logGroupName=self.group,
            filterName=name,
            filterPattern=pattern,
            metricTransformations=[transformation],
        )

    def write(self, *texts: str, ago_s: float = 0) -> None:
        """Write lines with a timestamp `ago_s` in the past."""
        at_ms = int((time.time() - ago_s) * 1000)
        self.logs.put_log_events(
            logGroupName=self.group,
            logStreamName="s",
            logEvents=[{"timestamp": at_ms, "message": text} for text in texts],
        )

    def put(self, *values: float, name: str = "M", **datum: Any) -> None:
        """Put samples with the current time."""
        metric = {"MetricName": name, "Values": [*values], **datum}
        self.cloudwatch.put_metric_data(Namespace=self.name, MetricData=[metric])

    def put_together(self, **values: float) -> None:
        """Put a sample of each metric in one call: two calls can be in two minutes of the fast clock."""
        data: Any = [{"MetricName": name, "Value": value} for name, value in values.items()]
        self.cloudwatch.put_metric_data(Namespace=self.name, MetricData=data)

    def total(
        self, name: str = "M", stat: str = "Sum", namespace: str = "", **dimensions: str
    ) -> float | None:
        """Return a statistic of a metric over the whole test; None without samples."""
        now_s = time.time()
        datapoints = self.cloudwatch.get_metric_statistics(
            Namespace=namespace or self.name,
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=now_s - 3600,
            EndTime=now_s + 3600,
            Period=86_400,
            Statistics=[stat],
        )["Datapoints"]
        return float(sum(datapoint[stat] for datapoint in datapoints)) if datapoints else None

    def alarm(self, key: str = "a", **changes: Any) -> str:
        """Create an alarm that is in ALARM with one datapoint over 5; return its name."""
        name = f"{self.name}-{key}"
        members = {
            "Namespace": self.name,
            "MetricName": "M",
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 5,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            **changes,
        }
        parameters = {member: value for member, value in members.items() if value is not None}
        self.cloudwatch.put_metric_alarm(AlarmName=name, **parameters)
        self._alarms.append(name)
        return name

    def composite(self, key: str, rule: str, **changes: Any) -> str:
        """Create a composite alarm; return its name."""
        name = f"{self.name}-{key}"
        self.cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule=rule, **changes)
        self._alarms.insert(0, name)
        return name

    def described(self, name: str) -> dict[str, Any]:
        """Return the description of an alarm."""
        answer = self.cloudwatch.describe_alarms(
            AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        rows: list[dict[str, Any]] = [*answer["MetricAlarms"], *answer["CompositeAlarms"]]
        return rows[0]

    def state(self, name: str) -> str:
        """Return an alarm's state."""
        return str(self.described(name)["StateValue"])

    def becomes(self, name: str, state: str) -> None:
        """Wait until an alarm is in a state."""
        eventually(lambda: self.state(name) == state)

    def close(self) -> None:
        """Delete everything, parent composites first."""
        for name in self._alarms:
            self.cloudwatch.delete_alarms(AlarmNames=[name])
        self.logs.delete_log_group(logGroupName=self.group)


@pytest.fixture
def world(fast: Callable[[str], Any]) -> Iterator[World]:
    """Yield a log group and metrics; delete them after the test."""
    new_world = World(fast)
    yield new_world
    new_world.close()


def minutes(number: float) -> None:
    """Wait for a number of simulated minutes and their evaluations."""
    time.sleep(number * _MINUTE_S + 0.5)


def test_lines_that_match_are_samples_when_their_minute_is_over(world: World) -> None:
    """With the filter's value, unit and dimensions; only lines ingested since the filter exists."""
    world.write('{"level": "ERROR"}')
    world.filter('{ $.level = "ERROR" }', name="Errors", unit="Count")
    world.filter("{ $.ms = * }", name="Latency", metricValue="$.ms")
    world.filter("{ $.ms = * }", name="Zoned", dimensions={"Zone": "$.zone"})
    world.write('{"level": "ERROR", "ms": 30}', '{"level": "ERROR", "ms": 40, "zone": "a"}', "no json", "{}")
    eventually(lambda: world.total("Errors") == 2)
    assert (world.total("Latency"), world.total("Latency", "Maximum")) == (70, 40)
    assert world.total("Zoned", Zone="a") == 1
    assert world.total("Zoned") is None
    minutes(3)
    assert world.total("Errors", "SampleCount") == 2, "each line once"


def test_stopped_tasks_are_counted_by_service(world: World) -> None:
    """And by cluster, by the platform's filter, from events that a rule logs; tasks of no service are not."""
    _, catalog = environment.read("local", variables={})
    (counted,) = [log_filter for log_filter in catalog.filters if log_filter.metric == "StoppedTasks"]
    world.filter(counted.pattern, counted.metric, dimensions=counted.dimensions)
    events, log = world.client("events"), f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{world.group}"
    events.put_rule(Name=world.name, EventPattern=json.dumps({"source": [world.name]}))
    events.put_targets(Rule=world.name, Targets=[{"Id": "log", "Arn": log}])
    ours, theirs = (f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{name}" for name in ("ours", "theirs"))
    time.sleep(0.01)
    events.put_events(
        Entries=[
            {
                "Source": world.name,
                "DetailType": "ECS Task State Change",
                "Detail": json.dumps({"group": group, "lastStatus": "STOPPED", "clusterArn": cluster}),
            }
            for group, cluster in (
                ("service:web", ours),
                ("service:job", ours),
                ("service:web", theirs),
                ("family:once", ours),
                ("service:web", ours),
            )
        ]
    )
    eventually(lambda: world.total("StoppedTasks", TaskGroup="service:web", ClusterArn=ours) == 2)
    assert world.total("StoppedTasks", TaskGroup="service:web", ClusterArn=theirs) == 1
    assert world.total("StoppedTasks", TaskGroup="service:job", ClusterArn=ours) == 1
    assert world.total("StoppedTasks", TaskGroup="family:once", ClusterArn=ours) is None
    events.remove_targets(Rule=world.name, Ids=["log"])
    events.delete_rule(Name=world.name)


def test_each_line_counts_once_however_it_came(world: World) -> None:
    """In many calls, in one call, equal lines, in several streams, late or early."""
    world.logs.create_log_stream(logGroupName=world.group, logStreamName="other")
    written = 0
    for number in range(40):
        world.write(*["the same"] * (number % 4 + 1), ago_s=number % 5 * 3)
        written += number % 4 + 1
        time.sleep(0.02)
    world.write("older than everything", ago_s=3000)
    world.logs.put_log_events(
        logGroupName=world.group,
        logStreamName="other",
        logEvents=[{"timestamp": int(time.time() * 1000) + number, "message": "x"} for number in range(3)],
    )

    def counted() -> float | None:
        return world.total("IncomingLogEvents", namespace="AWS/Logs", LogGroupName=world.group)

    eventually(lambda: counted() == written + 4)
    minutes(5)
    assert counted() == written + 4


def test_a_minute_with_lines_of_which_none_matches_is_the_default_value(world: World) -> None:
    """Once per minute; a minute without lines or with a match has no default value."""
    world.filter("ERROR", defaultValue=0.25)
    world.write("fine", "fine")
    eventually(lambda: world.total() == 0.25)
    minutes(3)
    assert world.total("M", "SampleCount") == 1
    world.write("fine", "ERROR")
    eventually(lambda: world.total() == 1.25)


def test_a_line_that_comes_late_counts_for_its_minute_and_is_no_default(world: World) -> None:
    """Values already reported for that minute are not removed."""
    world.filter("ERROR", defaultValue=0.25)
    # Both minutes, which are minutes apart, have been reported when their lines are ingested.
    minutes(10)
    world.write("fine", ago_s=1.5)
    world.write("ERROR", ago_s=0.8)
    eventually(lambda: world.total() == 1)
    minutes(3)
    assert world.total("M", "SampleCount") == 1


def test_bytes_and_embedded_metrics_of_lines_are_reported(world: World) -> None:
    """A line that is not valid, or whose time is not that of the line, is counted and has no metrics."""
    head: dict[str, Any] = {
        "Timestamp": int(time.time() * 1000),
        "CloudWatchMetrics": [
            {"Namespace": world.name, "Dimensions": [["s"]], "Metrics": [{"Name": "Paid"}]}
        ],
    }
    texts = [
        json.dumps({"_aws": head, "s": "x", "Paid": [2, 3]}),
        json.dumps({"_aws": head, "Paid": 1}),
        json.dumps({"_aws": {**head, "Timestamp": 1}, "s": "x", "Paid": 7}),
        '{"_aws": ',
        "zwölf",
    ]
    world.write(*texts)
    eventually(lambda: world.total("Paid", s="x") == 5)
    totals = {
        name: world.total(name, namespace="AWS/Logs", LogGroupName=world.group)
        for name in ("IncomingBytes", "IncomingLogEvents", "EMFValidationErrors", "EMFParsingErrors")
    }
    assert totals == {
        "IncomingBytes": sum(len(text.encode()) for text in texts),
        "IncomingLogEvents": 5,
        "EMFValidationErrors": 2,
        "EMFParsingErrors": 1,
    }


@pytest.fixture(scope="module")
def function(fast: Callable[[str], Any]) -> Iterator[str]:
    """Yield a function that fails on request, with a queue of the same name as event source."""
    functions, sqs, name = fast("lambda"), fast("sqs"), f"f{uuid.uuid4().hex[:8]}"
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    functions.create_function(
        FunctionName=name, Runtime="python3.12", Role=role, Handler="main.handler", Timeout=2,
        Code={"ZipFile": packed(_CODE)},
    )  # fmt: skip
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    functions.create_event_source_mapping(
        FunctionName=name, EventSourceArn=f"arn:aws:sqs:eu-west-1:{ACCOUNT}:{name}", BatchSize=1
    )
    yield name
    functions.delete_function(FunctionName=name)
    sqs.delete_queue(QueueUrl=url)


def test_functions_report_invocations_however_they_are_invoked(world: World, function: str) -> None:
    """Synchronous, each asynchronous attempt, by a queue; failed, timed out or successful."""
    functions, sqs = world.client("lambda"), world.client("sqs")
    functions.put_function_event_invoke_config(FunctionName=function, MaximumRetryAttempts=1)

    def reported(name: str, stat: str = "Sum") -> float | None:
        return world.total(name, stat, namespace="AWS/Lambda", FunctionName=function)

    functions.invoke(FunctionName=function, Payload=b"{}")
    functions.invoke(FunctionName=function, Payload=b'{"fail": true}')
    functions.invoke(FunctionName=function, Payload=b'{"sleep_s": 3}')
    eventually(lambda: (reported("Invocations"), reported("Errors")) == (3, 2))
    assert (reported("Duration", "Maximum") or 0) >= 2000
    assert reported("Throttles") == 0
    assert reported("ConcurrentExecutions", "Maximum") == 1
    functions.invoke(FunctionName=function, Payload=b'{"fail": true}', InvocationType="Event")
    eventually(lambda: (reported("Invocations"), reported("Errors")) == (5, 4))
    url = sqs.get_queue_url(QueueName=function)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="fine")
    sqs.send_message(QueueUrl=url, MessageBody="fail")
    eventually(lambda: (reported("Invocations") or 0) >= 7 and (reported("Errors") or 0) >= 5)


def test_functions_in_node_and_their_aliases_report_invocations(world: World, function: str) -> None:
    """Each alias those of its version; an error in its code, and one that has no frame of its code."""
    functions, name = world.client("lambda"), f"{function}-node"
    functions.create_function(
        FunctionName=name,
        Runtime="nodejs22.x",
        Role=f"arn:aws:iam::{ACCOUNT}:role/r",
        Handler="index.handler",
        Code={"ZipFile": packed(_NODE, "index.js")},
        Publish=True,
    )
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")

    def reported(metric: str, **dimensions: str) -> float | None:
        return world.total(metric, namespace="AWS/Lambda", FunctionName=name, **dimensions)

    for qualifier, fail in (("live", "own"), ("live", "net"), ("live", "no"), ("$LATEST", "no")):
        answer = functions.invoke(FunctionName=name, Qualifier=qualifier, Payload=json.dumps({"fail": fail}))
    node = subprocess.run([str(packaged_node()), "--version"], capture_output=True, text=True, check=True)
    assert json.loads(answer["Payload"].read()) == node.stdout.strip(), "the Node.js of .venv"
    eventually(lambda: (reported("Invocations"), reported("Errors")) == (4, 2))
    resource = {"Resource": f"{name}:live"}
    assert (reported("Invocations", **resource), reported("Errors", **resource)) == (3, 2)
    functions.delete_function(FunctionName=name)


def test_a_function_that_cannot_start_or_has_no_room_is_reported_by_its_caller(
    world: World, function: str
) -> None:
    """An error without a log line, and a throttle, which is not an invocation."""
    functions = world.client("lambda")
    name = f"{function}-broken"
    functions.create_function(
        FunctionName=name, Runtime="python3.12", Role=f"arn:aws:iam::{ACCOUNT}:role/r",
        Handler="main.nowhere", Code={"ZipFile": packed("")},
    )  # fmt: skip
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    answer = functions.invoke(FunctionName=name, Payload=b"{}")
    assert answer["FunctionError"] == "Unhandled"

    def reported(metric: str) -> float | None:
        return world.total(metric, namespace="AWS/Lambda", FunctionName=name)

    eventually(lambda: (reported("Invocations"), reported("Errors")) == (1, 1))
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(functions.exceptions.TooManyRequestsException):
        functions.invoke(FunctionName=name, Payload=b"{}")
    # The client retries once.
    eventually(lambda: reported("Throttles") == 2)
    functions.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    functions.invoke(FunctionName=name, Payload=b"{}", InvocationType="Event")
    eventually(lambda: reported("Throttles") == 3)
    minutes(3)
    assert (reported("Invocations"), reported("Errors"), reported("Throttles")) == (1, 1, 3)
    functions.delete_function(FunctionName=name)


def test_queues_report_what_waits_in_them_and_how_long(world: World) -> None:
    """Every simulated minute, without receiving messages."""
    sqs = world.client("sqs")
    url = sqs.create_queue(QueueName=world.name)["QueueUrl"]

    def reported(name: str, stat: str = "Maximum") -> float | None:
        return world.total(name, stat, namespace="AWS/SQS", QueueName=world.name)

    eventually(lambda: reported("ApproximateNumberOfMessagesVisible") == 0)
    for delay_s in (0, 0, 900):
        sqs.send_message(QueueUrl=url, MessageBody="m", DelaySeconds=delay_s)
    sqs.receive_message(QueueUrl=url, VisibilityTimeout=600)
    hidden = [f"ApproximateNumberOfMessages{which}" for which in ("NotVisible", "Delayed")]
    eventually(lambda: [reported(name) for name in hidden] == [1, 1])
    # An evaluation may have come before the first message was received.
    assert reported("ApproximateNumberOfMessagesVisible") in {1, 2}
    assert reported("ApproximateNumberOfMessagesVisible", "Minimum") == 0
    eventually(lambda: (reported("ApproximateAgeOfOldestMessage") or 0) > 3 * 60)
    sqs.delete_queue(QueueUrl=url)


def test_an_alarm_follows_its_metric(world: World) -> None:
    """Into ALARM and back to OK, with AWS's state reasons; composite and topic follow."""
    sns = world.client("sns")
    topic = sns.create_topic(Name=world.name)["TopicArn"]
    inbox = Inbox(world.client, world.name, topic)
    name = world.alarm(AlarmActions=[topic], OKActions=[topic])
    impact = world.composite("impact", f"ALARM({name})")
    world.becomes(name, "OK")
    world.put(6, 7)
    world.becomes(name, "ALARM")
    assert world.state(impact) == "ALARM"
    row = world.described(name)
    assert row["StateReason"].startswith("Threshold Crossed: 1 datapoint [13.0 (")
    assert row["StateReason"].endswith(")] was greater than the threshold (5.0).")
    data = json.loads(row["StateReasonData"])
    assert data["recentDatapoints"] == [13.0]
    assert (data["statistic"], data["period"], data["threshold"]) == ("Sum", 60, 5.0)
    world.becomes(name, "OK")
    assert world.state(impact) == "OK"
    messages = inbox.alarms(3)
    assert [message["NewStateValue"] for message in messages] == ["OK", "ALARM", "OK"]
    assert [message["OldStateValue"] for message in messages] == ["INSUFFICIENT_DATA", "OK", "ALARM"]
    inbox.close()
    sns.delete_topic(TopicArn=topic)


def test_an_alarm_looks_at_its_own_dimensions_and_unit_only(world: World) -> None:
    """Samples with other dimensions or units do not change its state."""
    dimensions = [{"Name": "a", "Value": "1"}]
    name = world.alarm(Dimensions=dimensions, Unit="Count")
    world.becomes(name, "OK")
    for changes in (
        {},
        {"Dimensions": [{"Name": "a", "Value": "2"}], "Unit": "Count"},
        {"Dimensions": [*dimensions, {"Name": "b", "Value": "1"}], "Unit": "Count"},
        {"Dimensions": dimensions, "Unit": "Bytes"},
        {"Dimensions": dimensions},
    ):
        world.put(9, **changes)
    minutes(4)
    assert world.state(name) == "OK"
    world.put(9, Dimensions=dimensions, Unit="Count")
    world.becomes(name, "ALARM")


def test_ministack_does_not_evaluate_alarms_of_the_gateway(world: World) -> None:
    """MiniStack has its own metrics of functions and would evaluate an alarm when it is created."""
    name = world.alarm(
        Namespace="AWS/Lambda", MetricName="Invocations", Threshold=-1, TreatMissingData="missing",
        Dimensions=[{"Name": "FunctionName", "Value": "nowhere"}],
    )  # fmt: skip
    assert world.state(name) == "INSUFFICIENT_DATA"
    minutes(4)
    assert world.state(name) == "INSUFFICIENT_DATA"


def test_m_of_n_datapoints_make_an_alarm(world: World) -> None:
    """Two of three must breach; one is not enough."""
    name = world.alarm(EvaluationPeriods=3, DatapointsToAlarm=2)
    world.becomes(name, "OK")
    world.put(99)
    minutes(6)
    assert world.state(name) == "OK"
    world.put(9)
    time.sleep(_MINUTE_S)
    world.put(9)
    world.becomes(name, "ALARM")
    assert "2 out of the last 3 datapoints [9.0 (" in world.described(name)["StateReason"]
    assert "(minimum 2 datapoints for OK -> ALARM transition)" in world.described(name)["StateReason"]


@pytest.mark.parametrize(
    ("treatment", "state", "reason"),
    [
        (
            "breaching",
            "ALARM",
            "no datapoints were received for 1 period and 1 missing datapoint was treated as",
        ),
        ("notBreaching", "OK", "1 missing datapoint was treated as [NonBreaching]."),
        ("missing", "INSUFFICIENT_DATA", "Unchecked: Initial alarm creation"),
        ("ignore", "INSUFFICIENT_DATA", "Unchecked: Initial alarm creation"),
    ],
)
def test_what_is_missing_is_treated_as_the_alarm_says(
    world: World, treatment: str, state: str, reason: str
) -> None:
    """From its first evaluation on."""
    name = world.alarm(TreatMissingData=treatment)
    minutes(4)
    row = world.described(name)
    assert row["StateValue"] == state
    assert reason in row["StateReason"]


def test_a_percentile_of_few_samples_is_ignored_if_the_alarm_says_so(world: World) -> None:
    """p50 needs 20 samples ("Percentile-based alarms and low data samples")."""
    percentile: dict[str, Any] = {"Statistic": None, "ExtendedStatistic": "p50"}
    ignoring = world.alarm("ignoring", EvaluateLowSampleCountPercentile="ignore", **percentile)
    evaluating = world.alarm("evaluating", EvaluateLowSampleCountPercentile="evaluate", **percentile)
    world.becomes(evaluating, "OK")
    before = world.state(ignoring)
    world.put(*[9] * 19)
    world.becomes(evaluating, "ALARM")
    assert world.state(ignoring) == before
    minutes(5)
    world.put(*[9] * 20)
    world.becomes(ignoring, "ALARM")


def test_metric_math_is_computed(world: World) -> None:
    """Over metrics of one period, with expressions over expressions."""

    def query(name: str) -> dict[str, Any]:
        stat = {"Metric": {"Namespace": world.name, "MetricName": name}, "Period": 60, "Stat": "Sum"}
        return {"Id": name.lower(), "MetricStat": stat, "ReturnData": False}

    queries = [
        query("Bad"),
        query("All"),
        {"Id": "rate", "Expression": "100 * FILL(bad, 0) / all", "ReturnData": False},
        {"Id": "shown", "Expression": "IF(all >= 20, rate, 0)"},
    ]
    without_metric: dict[str, Any] = {
        "Namespace": None,
        "MetricName": None,
        "Statistic": None,
        "Period": None,
    }
    name = world.alarm(**without_metric, Metrics=queries)
    world.becomes(name, "OK")
    world.put_together(Bad=5, All=19)
    minutes(4)
    assert world.state(name) == "OK"
    world.put_together(Bad=2, All=20)
    world.becomes(name, "ALARM")
    assert "[10.0 (" in world.described(name)["StateReason"]


def test_an_alarm_on_metrics_that_are_not_emitted_is_not_evaluated(world: World) -> None:
    """Until samples are put; an alarm with an anomaly band is never evaluated."""
    dimensions = [{"Name": "ServiceName", "Value": world.name}]
    tasks = world.alarm(
        "tasks", Namespace="ECS/ContainerInsights", MetricName="RunningTaskCount", Dimensions=dimensions,
        Threshold=1, ComparisonOperator="LessThanThreshold", TreatMissingData="breaching",
    )  # fmt: skip
    stat = {"Metric": {"Namespace": world.name, "MetricName": "M"}, "Period": 60, "Stat": "Sum"}
    band = world.alarm(
        "band", Namespace=None, MetricName=None, Statistic=None, Period=None, Threshold=None,
        ComparisonOperator="GreaterThanUpperThreshold", ThresholdMetricId="b",
        Metrics=[
            {"Id": "m", "MetricStat": stat},
            {"Id": "b", "Expression": "ANOMALY_DETECTION_BAND(m, 2)"},
        ],
    )  # fmt: skip
    known = world.alarm("known", TreatMissingData="breaching")
    world.put(9, name="N")
    world.becomes(known, "ALARM")
    assert (world.state(tasks), world.state(band)) == ("INSUFFICIENT_DATA",) * 2
    world.cloudwatch.put_metric_data(
        Namespace="ECS/ContainerInsights",
        MetricData=[{"MetricName": "RunningTaskCount", "Dimensions": dimensions, "Value": 2}],
    )
    world.becomes(tasks, "OK")
    world.becomes(tasks, "ALARM")
    assert world.state(band) == "INSUFFICIENT_DATA"


def test_an_alarm_that_cannot_be_evaluated_stops_no_other(world: World) -> None:
    """Alarms that AWS accepts but that cannot be computed here: queries, and functions over other data."""
    without_metric: dict[str, Any] = {
        "Namespace": None,
        "MetricName": None,
        "Statistic": None,
        "Period": None,
    }
    for number, expression in enumerate(("SELECT AVG(m) FROM n", "DB_PERF_INSIGHTS('RDS', 'x', 'y')")):
        name = world.alarm(
            f"bad{number}", **without_metric, Metrics=[{"Id": "e", "Expression": expression, "Period": 60}]
        )
    valid = world.alarm("good")
    world.becomes(valid, "OK")
    assert world.state(name) == "INSUFFICIENT_DATA"


def test_a_state_that_was_set_by_hand_lasts_until_the_next_evaluation(
    world: World, fast_endpoint: str
) -> None:
    """Unless evaluation is disabled; samples are still collected then."""
    name = world.alarm()
    world.becomes(name, "OK")
    world.cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="by hand")
    world.becomes(name, "OK")
    set_clock(fast_endpoint, evaluating=False)
    try:
        world.filter("ERROR", name="E")
        world.cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="by hand")
        world.write("ERROR")
        eventually(lambda: world.total("E") == 1)
        minutes(5)
        assert world.described(name)["StateReason"] == "by hand"
    finally:
        set_clock(fast_endpoint, evaluating=True)
    world.becomes(name, "OK")


def test_an_alarm_that_is_put_again_watches_something_else(world: World) -> None:
    """The new configuration is used from the next evaluation on."""
    name = world.alarm()
    world.becomes(name, "OK")
    world.alarm(MetricName="N")
    world.put(9)
    minutes(4)
    assert world.state(name) == "OK"
    world.put(9, name="N")
    world.becomes(name, "ALARM")


def test_alarms_with_short_periods_are_evaluated_more_often_than_once_a_minute(
    world: World, fast_endpoint: str
) -> None:
    """Every 10 seconds ("Alarm evaluation")."""
    set_clock(fast_endpoint, speed=6)
    try:
        name = world.alarm(Period=10)
        started_s = time.monotonic()
        world.becomes(name, "OK")
        world.put(9)
        world.becomes(name, "ALARM")
        world.becomes(name, "OK")
        assert time.monotonic() - started_s < 2 * 60 / 6
    finally:
        set_clock(fast_endpoint, speed=SPEED)


def test_the_wait_period_of_suppression_is_in_simulated_time(world: World) -> None:
    """The wait period of suppression is in simulated time."""
    sns = world.client("sns")
    topic = sns.create_topic(Name=world.name)["TopicArn"]
    inbox = Inbox(world.client, world.name, topic)
    name = world.alarm(TreatMissingData="ignore")
    suppressor = world.alarm("maintenance", MetricName="Maintenance")
    impact = world.composite(
        "impact", f"ALARM({name})", AlarmActions=[topic], ActionsSuppressor=suppressor,
        ActionsSuppressorWaitPeriod=600, ActionsSuppressorExtensionPeriod=0,
    )  # fmt: skip
    world.put(9)
    world.becomes(impact, "ALARM")
    assert world.described(impact)["ActionsSuppressedBy"] == "WaitPeriod"
    started_s = time.monotonic()
    assert len(inbox.alarms(1)) == 1
    assert 0.5 < time.monotonic() - started_s < 8
    inbox.close()
    sns.delete_topic(TopicArn=topic)
