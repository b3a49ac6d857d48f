"""The notifier from an SNS event to its receivers, over HTTP to a server on this machine."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import socket
import ssl
import threading
import time
import uuid
from collections.abc import Iterator
from http.client import HTTPResponse
from typing import Any

import pytest

from functions.notifier import mail, posting, slack
from functions.notifier.channels import CHANNELS
from functions.notifier.delivery import Recipient
from functions.notifier.memory import SIZE, Delivered
from functions.notifier.settings import Settings, read_settings
from tests.functions.notifier_events import (
    CRITICAL,
    MAIL,
    SETTINGS,
    WARNING,
    alarms,
    event,
    facts,
    names,
    notice,
    notice_of,
    notices,
    record_of,
)  # fmt: skip
from tests.functions.notifier_wire import Wire
from tests.functions.test_notifier_settings import GOOD
from tests.support.aws_events import AWS_EVENTS
from tests.support.invoking import Context, Invocation, Invoke, invoker
from tests.support.tables import each

HOOK = "/services/T0/B0/secret-of-slack"
OTHER_HOOK = "/services/T0/B0/secret-of-others"
ROUTING_KEY = "secret0of0pagerduty0000000000000"
SECRETS = (HOOK, OTHER_HOOK, ROUTING_KEY, "secret-of")


@pytest.fixture(scope="module")
def _notifier_environment(_environment: None, server: Wire) -> Iterator[None]:
    """Set what Lambda and the platform set, and AWS's address."""
    aws = {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**GOOD, **aws}.items():
            patch.setenv(name, value)
        yield


@dataclasses.dataclass
class World:
    """The notifier, its settings and everybody it talks to."""

    invoke: Invoke
    wire: Wire
    settings: Settings

    def tell(self, *records: object) -> Invocation:
        """Invoke the notifier with these records."""
        return self.invoke({"Records": list(records)})


@pytest.fixture
def world(_notifier_environment: None, server: Wire, monkeypatch: pytest.MonkeyPatch) -> World:
    """A server with nothing in it, and a notifier that has told nobody and knows no secret yet."""
    fresh = Wire(url=server.url)
    for field in dataclasses.fields(Wire):
        setattr(server, field.name, getattr(fresh, field.name))
    invoke = invoker("functions.notifier.handler")
    name = uuid.uuid4().hex  # secrets are kept for five minutes
    slack_, other, key = (
        f"ssm:/{name}/slack",
        f"secretsmanager:{name}/slack",
        f"secretsmanager:{name}/pagerduty",
    )
    server.alarms = alarms("composite_alarm")
    server.secrets = {slack_: server.url + HOOK, other: f" {server.url}{OTHER_HOOK}\n", key: ROUTING_KEY}
    settings = read_settings(
        {
            **GOOD,
            "PAGERDUTY_EVENTS_URL": f"{server.url}/v2/enqueue",
            "RECIPIENTS": json.dumps(
                {
                    "critical": {"mail_topic_arn": MAIL, "slack": [slack_, other], "pagerduty": [key]},
                    "warning": {"slack": [other]},
                }
            ),
        },
        CHANNELS,
    )
    monkeypatch.setattr("functions.notifier.handler.settings", settings)
    monkeypatch.setattr("functions.notifier.handler.delivered", Delivered())
    monkeypatch.setattr(posting, "FIRST_PAUSE_S", 0.01)
    return World(invoke, server, settings)


def record(name: str, *, topic: str = CRITICAL) -> dict[str, Any]:
    """Return the record of a recorded event, as if it came from this topic."""
    (one,) = event(name)["Records"]
    return {**one, "Sns": {**one["Sns"], "TopicArn": topic}}


def paths(world: World) -> list[str]:
    """Return the paths of the receivers that were posted to, sorted."""
    return sorted(path for path, _ in world.wire.posts)


def test_a_critical_alarm_reaches_everybody_in_their_own_format(world: World) -> None:
    """Mail through its topic, both webhooks and PagerDuty get exactly what the formats say."""
    invocation = world.tell(record("composite_alarm"))
    assert invocation.error is None
    assert invocation.result == {"sent": 4}
    told = notice("composite_alarm")
    (sent,) = world.wire.mails
    assert (sent["TopicArn"], sent["Subject"], sent["Message"]) == (MAIL, mail.subject(told), mail.body(told))
    posts = dict(world.wire.posts)
    assert posts.keys() == {HOOK, OTHER_HOOK, "/v2/enqueue"}
    assert posts[HOOK] == posts[OTHER_HOOK] == slack.payload(told)
    paged = posts["/v2/enqueue"]
    assert (paged["routing_key"], paged["event_action"], paged["dedup_key"]) == (
        ROUTING_KEY,
        "trigger",
        told.key,
    )


def test_a_warning_reaches_those_of_warnings_alone(world: World) -> None:
    """Nobody is woken by a ticket."""
    assert world.tell(record("composite_alarm", topic=WARNING)).result == {"sent": 1}
    assert (paths(world), world.wire.mails) == ([OTHER_HOOK], [])


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("composite_ok", "resolve"),
        ("metric_insufficient_data", None),
        ("ecs_deployment_failed", "trigger"),
        ("ecs_deployment_completed", "resolve"),
        ("text", "trigger"),
    ],
)
def test_pagerduty_hears_of_beginnings_and_ends_only(world: World, name: str, action: str | None) -> None:
    """Missing data and news reach mail and Slack, and page nobody."""
    assert world.tell(record(name)).error is None
    actions = [content["event_action"] for path, content in world.wire.posts if path == "/v2/enqueue"]
    assert actions == ([action] if action else [])
    assert len(world.wire.mails) == 1
    assert {HOOK, OTHER_HOOK} <= set(paths(world))


@pytest.mark.parametrize("name", names())
def test_every_recorded_event_is_delivered_with_one_line_and_its_counts(world: World, name: str) -> None:
    """One line and one latency per message, and one count per receiver: alarms are built on them."""
    invocation = world.invoke(event(name))
    assert invocation.error is None
    told = notices(name)
    assert [line["message"] for line in invocation.lines] == ["notification sent"] * len(told)
    for line, item in zip(invocation.lines, told, strict=True):
        assert line["level"] == "INFO"
        assert isinstance(line["duration_ms"], float)
        assert uuid.UUID(line["correlation_id"]) == uuid.UUID(line["message_id"])
        assert (line["state"], line["severity"], line["about"]) == (item.state, item.severity, item.source)
    metrics = invocation.metrics
    assert sum(metrics["NotificationsSent"]) == len(metrics["NotificationLatency"]) == len(told)
    by_channel = {
        channel: sum(metrics.get(f"{channel}Sent", [0])) for channel in ("Mail", "Slack", "PagerDuty")
    }
    hooks = [path for path in paths(world) if path != "/v2/enqueue"]
    assert by_channel == {
        "Mail": len(world.wire.mails),
        "Slack": len(hooks),
        "PagerDuty": len(paths(world)) - len(hooks),
    }
    assert not [metric for metric in metrics if metric.endswith("Failed")]


def test_a_severity_without_receivers_is_no_failure(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who configures nobody wants nobody told; the log says that it was so."""
    nobody = dataclasses.replace(world.settings, recipients=SETTINGS.recipients)
    monkeypatch.setattr("functions.notifier.handler.settings", nobody)
    invocation = world.tell(record("composite_alarm"))
    assert invocation.result == {"sent": 0}
    assert [line["message"] for line in invocation.lines] == ["notification without recipients"]
    assert invocation.metrics["NotificationsForNobody"] == [1.0]


@pytest.mark.parametrize(
    ("name", "before", "told"),
    [
        ("composite_ok", "INSUFFICIENT_DATA", False),
        ("composite_ok", "ALARM", True),
        ("composite_alarm", "INSUFFICIENT_DATA", True),
        ("metric_math_ok", "INSUFFICIENT_DATA", True),
    ],
)
def test_that_a_new_composite_is_ok_is_no_news(world: World, name: str, before: str, told: bool) -> None:  # noqa: FBT001
    """Else a first deployment would send one message for each; a metric alarm's OK may end an ALARM."""
    one = record(name)
    message = {**json.loads(one["Sns"]["Message"]), "OldStateValue": before}
    one["Sns"]["Message"] = json.dumps(message)
    assert (world.tell(one).result["sent"] > 0) == told


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 500, 302])
def test_one_receiver_that_refuses_is_tried_again_by_itself_after_the_others_were_told(
    world: World, status: int
) -> None:
    """The line names the channel and the status code, never a secret."""
    world.wire.statuses[HOOK] = [status]
    invocation = world.tell(record("composite_alarm"))
    name = f"slack {world.settings.recipients['critical'].references['slack'][0]}"
    assert (invocation.error, invocation.result) == (None, {"sent": 3})
    repeated = {"Records": [record("composite_alarm")], "recipient": name}
    assert world.wire.invoked == [(Context.invoked_function_arn, repeated)]
    assert len(world.wire.mails) == 1
    assert {OTHER_HOOK, "/v2/enqueue"} <= set(paths(world))
    assert "/elsewhere" not in paths(world)
    (line,) = invocation.lines
    assert (line["level"], line["message"]) == ("ERROR", "notification failed")
    assert line["failed"] == [f"{name}: HTTP {status}"]
    assert len(line["sent"]) == 3
    assert "exception" not in line
    metrics = invocation.metrics
    assert (metrics["SlackFailed"], metrics["SlackSent"], metrics["MailSent"]) == ([1.0], [1.0], [1.0])
    assert metrics["NotificationsFailed"] == [1.0]
    assert "NotificationsSent" not in metrics


def test_when_all_fail_all_are_named(world: World) -> None:
    """Whoever reads the dead-letter queue sees at once that it was not one receiver's fault."""
    world.wire.mail_error = "AuthorizationError"
    world.wire.statuses = {HOOK: [500], OTHER_HOOK: [404], "/v2/enqueue": [429]}
    critical = world.settings.recipients["critical"]
    assert str(world.tell(record("composite_alarm")).error).split("; ") == [
        f"mail {MAIL}: AuthorizationError",
        f"slack {critical.references['slack'][0]}: HTTP 500",
        f"slack {critical.references['slack'][1]}: HTTP 404",
        f"pagerduty {critical.references['pagerduty'][0]}: HTTP 429",
    ]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_receiver_that_is_busy_is_asked_three_times(world: World, status: int) -> None:
    """The third attempt succeeds; `Retry-After: 3600` of the answers is not waited for."""
    world.wire.statuses[OTHER_HOOK] = [status, status, 200]
    assert world.tell(record("composite_alarm", topic=WARNING)).result == {"sent": 1}
    assert paths(world) == [OTHER_HOOK] * 3
    world.wire.statuses[OTHER_HOOK] = [status]
    assert world.tell(record_of("another", topic=WARNING)).error is not None
    assert paths(world) == [OTHER_HOOK] * 6


def test_pauses_grow_from_attempt_to_attempt(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """0, 1 and 2 pauses' length: a receiver in trouble gets time."""
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    world.wire.statuses["/busy"] = [503]
    assert posting.post_json(f"{world.wire.url}/busy", {}, deadline_s=time.monotonic() + 60) == 503
    assert pauses == [0, 0.01, 0.02]


def test_no_attempt_begins_that_could_outlive_the_function(world: World) -> None:
    """Killed by its timeout, the function would tell nobody why; 8 s is what one attempt may take."""
    world.wire.statuses["/busy"] = [503]
    assert posting.post_json(f"{world.wire.url}/busy", {}, deadline_s=time.monotonic() + 7.5) is None
    assert posting.post_json(f"{world.wire.url}/busy", {}, deadline_s=time.monotonic() + 8.005) == 503
    assert paths(world) == ["/busy"]


@pytest.mark.parametrize(("left_ms", "asked"), [(9_500, 0), (10_500, 1)])
def test_two_seconds_are_kept_for_log_and_metrics(
    world: World, monkeypatch: pytest.MonkeyPatch, left_ms: int, asked: int
) -> None:
    """With less than those and the 8 s of an attempt it fails and says so, rather than being killed."""
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: left_ms)
    invocation = world.tell(record("composite_alarm", topic=WARNING))
    assert len(world.wire.posts) == asked
    assert (invocation.error is None) == bool(asked)
    assert len(invocation.lines) == 1


def test_a_receiver_that_accepts_and_never_answers_costs_five_seconds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are told meanwhile, and the invocation ends in time."""
    silent = threading.Event()
    world.wire.before_answer = lambda path: silent.wait(20) if path == HOOK else None
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: 12_000)
    started = time.monotonic()
    invocation = world.tell(record("composite_alarm"))
    spent_s = time.monotonic() - started
    silent.set()
    assert 4.9 < spent_s < 9
    reference = world.settings.recipients["critical"].references["slack"][0]
    assert invocation.lines[0]["failed"] == [f"slack {reference}: no response in time"]
    assert paths(world).count(HOOK) == 1
    assert {OTHER_HOOK, "/v2/enqueue"} <= set(paths(world))


def test_all_receivers_are_told_at_the_same_time(world: World) -> None:
    """Each of the three answers only when the other two have been asked as well."""
    together = threading.Barrier(3)
    world.wire.before_answer = lambda _: together.wait(4)
    assert world.tell(record("composite_alarm")).error is None


def test_a_receiver_that_is_not_there_is_named_without_its_address(world: World) -> None:
    """Connection refused: urllib3's own message would quote the webhook."""
    reference = world.settings.recipients["warning"].references["slack"][0]
    world.wire.secrets[reference] = f"http://127.0.0.1:1{HOOK}"
    invocation = world.tell(record("composite_alarm", topic=WARNING))
    assert str(invocation.error) == f"slack {reference}: no response in time"


@pytest.mark.parametrize(
    "error", [ssl.SSLError(1, "record layer failure"), ssl.SSLEOFError(8, "EOF"), ConnectionResetError()]
)
def test_an_error_after_the_request_was_sent_is_not_repeated_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """TLS fails while the answer is read: the receiver may have accepted the message."""
    received = threading.Event()
    world.wire.before_answer = lambda _: received.set()

    def begin(_: object) -> None:
        assert received.wait(5)
        raise error

    monkeypatch.setattr(HTTPResponse, "begin", begin)
    assert posting.post_json(f"{world.wire.url}/read", {}, deadline_s=time.monotonic() + 60) is None
    assert paths(world) == ["/read"]


@pytest.mark.parametrize(
    "error",
    [
        ssl.SSLCertVerificationError(1, "certificate verify failed"),
        ssl.SSLEOFError(8, "EOF"),
        ssl.SSLError(1, "wrong version number"),
    ],
)
def test_a_handshake_that_fails_is_repeated(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Nothing was sent."""
    attempts: list[object] = []

    def wrap(*arguments: object, **_: object) -> None:
        attempts.append(arguments)
        raise error

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", wrap)
    url = world.wire.url.replace("http:", "https:")
    assert posting.post_json(f"{url}/handshake", {}, deadline_s=time.monotonic() + 60) is None
    assert (len(attempts), paths(world)) == (posting.ATTEMPTS, [])


def test_a_secret_is_read_once_and_again_when_the_receiver_does_not_know_it(world: World) -> None:
    """A rotated webhook works without a deployment; five messages need no five reads."""
    reference = world.settings.recipients["warning"].references["slack"][0]
    for number in range(5):
        assert world.tell(record_of("text", topic=WARNING, MessageId=f"m{number}")).error is None
    assert world.wire.read == [reference]
    world.wire.statuses[OTHER_HOOK] = [404]
    world.wire.secrets[reference] = f"{world.wire.url}/rotated"
    assert world.tell(record_of("text", topic=WARNING, MessageId="m5")).error is None
    assert world.wire.read == [reference] * 2
    assert paths(world)[-1] == "/services/T0/B0/secret-of-others"
    assert paths(world).count("/rotated") == 1
    assert world.tell(record_of("text", topic=WARNING, MessageId="m6")).error is None
    assert world.wire.read == [reference] * 2


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, "ResourceNotFoundException"),
        (" \n", "is empty or not a text"),
        ("http://hooks.slack.com/services/T0/B0/secret-of-slack", "the secret is not an https URL"),
        ("secret-of-slack", "the secret is not an https URL"),
    ],
)
def test_a_secret_that_cannot_be_used_is_named_and_not_shown(
    world: World, value: str | None, problem: str
) -> None:
    """Missing, empty, not encrypted, no URL at all: nobody was told, and that is a failure."""
    reference = world.settings.recipients["warning"].references["slack"][0]
    world.wire.secrets.pop(reference)
    if value is not None:
        world.wire.secrets[reference] = value
    invocation = world.tell(record("composite_alarm", topic=WARNING))
    assert problem in str(invocation.error)
    assert reference in str(invocation.error)
    assert not [secret for secret in SECRETS if secret in invocation.output + str(invocation.error)]


@pytest.mark.parametrize("status", [200, 302, 400, 403, 404, 500, 0])
def test_no_secret_is_logged_or_raised_whatever_happens(
    world: World, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """Not even at DEBUG: not by urllib3, not by botocore, not in an exception's chain."""
    caplog.set_level(logging.DEBUG)
    if status:
        world.wire.statuses = {path: [status] for path in (HOOK, OTHER_HOOK, "/v2/enqueue")}
    else:
        for reference, value in world.wire.secrets.items():
            world.wire.secrets[reference] = value.replace(world.wire.url, "http://127.0.0.1:1")
    invocation = world.tell(record("composite_alarm"))
    raised, chain = invocation.error, ""
    while raised is not None:
        chain += f"{raised!r}"
        raised = raised.__cause__ or raised.__context__  # type: ignore[assignment]
    said = invocation.output + caplog.text + chain
    assert not [secret for secret in SECRETS if secret in said]
    assert ("failed" in invocation.lines[0]) == (status != 200)
    assert not [secret for secret in SECRETS if secret in str(world.wire.invoked)]


def test_a_repetition_tells_only_those_who_were_not_told(world: World) -> None:
    """The same event in the same environment; another message is another."""
    world.wire.statuses[HOOK] = [500, 500, 500, 200]
    assert world.tell(record("composite_alarm")).lines[0]["failed"]
    before = (len(world.wire.mails), paths(world).count("/v2/enqueue"), paths(world).count(OTHER_HOOK))
    again = world.tell(record("composite_alarm"))
    assert again.result == {"sent": 1}
    assert again.lines[0]["sent_before"] == 3
    assert (
        len(world.wire.mails),
        paths(world).count("/v2/enqueue"),
        paths(world).count(OTHER_HOOK),
    ) == before
    assert world.tell(record("composite_ok")).result == {"sent": 4}


@each("only", ["slack ssm:/removed", f"mail {MAIL}-removed", "", "somebody", 7, ["mail"]])
def test_a_repetition_for_a_recipient_that_was_removed_fails_and_tells_nobody(
    world: World, only: object
) -> None:
    """A success would lose the message; the other recipients have it already."""
    event_ = {"Records": [record("composite_alarm")], "recipient": only}
    invocation = world.invoke(event_)
    recipients = ", ".join(
        [
            f"mail {MAIL}",
            *(
                f"{channel} {reference}"
                for channel, references in world.settings.recipients["critical"].references.items()
                for reference in references
            ),
        ]
    )
    problem = f"recipient: is not a recipient of this critical message; its recipients are: {recipients}"
    assert (type(invocation.error).__name__, str(invocation.error)) == ("NotDeliveredError", problem)
    assert (world.wire.posts, world.wire.mails, world.wire.invoked) == ([], [], [])
    (line,) = invocation.lines
    assert (line["level"], line["message"], line["failed"]) == ("ERROR", "notification failed", [problem])
    assert invocation.metrics["NotificationsFailed"] == [1.0]


def test_a_repetition_fails_if_the_severity_has_no_recipients_any_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recipient was configured when the message came, so somebody wanted it."""
    nobody = dataclasses.replace(world.settings, recipients=SETTINGS.recipients)
    monkeypatch.setattr("functions.notifier.handler.settings", nobody)
    invocation = world.invoke({"Records": [record("composite_alarm")], "recipient": f"mail {MAIL}"})
    assert str(invocation.error).endswith("its recipients are: none")


def test_a_retry_tells_nobody_twice_whatever_fails_and_wherever_it_runs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda's part is played here: what fails is repeated twice, each time in a new environment."""
    world.wire.statuses = {HOOK: [400, 400, 400, 200], OTHER_HOOK: [400, 200], "/v2/enqueue": [400]}
    queue: list[tuple[dict[str, Any], int]] = [({"Records": [record("composite_alarm")]}, 0)]
    dead: list[str] = []
    while queue:
        event_, failures = queue.pop(0)
        monkeypatch.setattr("functions.notifier.handler.delivered", Delivered())
        before = len(world.wire.invoked)
        invocation = world.invoke(event_)
        queue += [(repeated, 0) for _, repeated in world.wire.invoked[before:]]
        if invocation.error is not None and failures < 2:
            queue.append((event_, failures + 1))
        elif invocation.error is not None:
            dead.append(event_["recipient"])
    assert len(world.wire.mails) == 1
    assert {path: paths(world).count(path) for path in set(paths(world))} == {
        HOOK: 4, OTHER_HOOK: 2, "/v2/enqueue": 4
    }  # fmt: skip
    assert dead == [f"pagerduty {world.settings.recipients['critical'].references['pagerduty'][0]}"]


def test_when_nobody_was_told_the_event_is_repeated_as_a_whole(world: World) -> None:
    """Lambda's own retry is enough then."""
    world.wire.statuses[OTHER_HOOK] = [400]
    assert world.tell(record("composite_alarm", topic=WARNING)).error is not None
    assert world.wire.invoked == []


def test_the_event_for_one_recipient_reaches_that_one_only(world: World) -> None:
    """The others have the message."""
    reference = world.settings.recipients["critical"].references["slack"][1]
    event_ = {"Records": [record("composite_alarm")], "recipient": f"slack {reference}"}
    assert world.invoke(event_).result == {"sent": 1}
    assert (paths(world), world.wire.mails) == ([OTHER_HOOK], [])


@pytest.mark.parametrize("status", [403, 429, 500])
def test_if_lambda_does_not_take_the_repetition_the_invocation_fails(world: World, status: int) -> None:
    """Somebody may then be told twice, which is better than nobody being told."""
    world.wire.invoke_status = status
    world.wire.statuses[HOOK] = [400]
    invocation = world.tell(record("composite_alarm"))
    assert type(invocation.error).__name__ == "NotDeliveredError"
    assert str(invocation.error).endswith(": HTTP 400")


@contextlib.contextmanager
def dripping(head: bytes, every_s: float) -> Iterator[str]:
    """Serve a receiver that answers `head` at once and then a byte at a time; yield its URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with contextlib.suppress(OSError):  # closed by the client, or by the end of the test
                while True:
                    client, _ = server.accept()
                    threading.Thread(target=drip, args=(client,), daemon=True).start()

        def drip(client: socket.socket) -> None:
            with client, contextlib.suppress(OSError):
                client.recv(65536)
                client.sendall(head)
                while True:
                    client.sendall(b"x")
                    time.sleep(every_s)

        threading.Thread(target=answer, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/drip"


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 O", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nX: y\r\nX-Slow"]
)
def test_an_answer_that_drips_ends_with_the_limit_of_the_attempt(
    monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    """A limit per read would begin again with every byte."""
    monkeypatch.setattr(posting, "READ_S", 0.5)
    monkeypatch.setattr(posting, "CONNECT_S", 0.5)
    with dripping(head, every_s=0.1) as url:
        started = time.monotonic()
        assert posting.post_json(url, {}, deadline_s=started + 30) is None
        assert time.monotonic() - started < 3


def test_a_content_that_drips_after_a_complete_head_is_an_answer() -> None:
    """The receiver has accepted the message; the rest is not read."""
    with dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", every_s=0.1) as url:
        started = time.monotonic()
        assert posting.post_json(url, {}, deadline_s=started + 30) == 200
        assert time.monotonic() - started < 3


def test_a_receiver_that_drips_leaves_the_function_in_its_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are told, and the invocation ends before its timeout, also if a secret is read late."""
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: 4_000)
    monkeypatch.setattr(posting, "READ_S", 0.5)
    monkeypatch.setattr(posting, "CONNECT_S", 0.5)
    reference = world.settings.recipients["critical"].references["slack"][0]
    with dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ", every_s=0.1) as url:
        world.wire.secrets[reference] = url
        started = time.monotonic()
        invocation = world.tell(record("composite_alarm"))
        assert time.monotonic() - started < 4
    assert invocation.lines[0]["failed"] == [f"slack {reference}: no response in time"]
    assert set(paths(world)) == {OTHER_HOOK, "/v2/enqueue"}


def test_a_delivery_that_hangs_before_it_posts_ends_with_the_functions_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading secrets and sending mail have limits of their own only for each read."""
    hanging = threading.Event()
    monkeypatch.setattr("functions.notifier.delivery._send_mail", lambda *_: hanging.wait(20))
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: 3_000)
    started = time.monotonic()
    invocation = world.tell(record("composite_alarm"))
    assert time.monotonic() - started < 3
    hanging.set()
    assert f"mail {MAIL}: no response in time" in str(invocation.error) + str(invocation.lines[0]["failed"])


def test_messages_without_an_id_are_all_delivered(world: World) -> None:
    """Nothing may be taken for a repetition of something else."""
    for _ in range(2):
        assert world.tell(record_of("text", topic=WARNING, MessageId=None)).result == {"sent": 1}


def test_the_memory_of_deliveries_forgets_the_oldest() -> None:
    """It lives as long as the execution environment, which may be hours."""
    memory, receiver = Delivered(), Recipient("mail", MAIL)
    for number in range(SIZE + 1):
        memory.add(f"m{number}", receiver)
    known = [number for number in range(SIZE + 1) if memory.has(f"m{number}", receiver)]
    assert known == list(range(1, SIZE + 1))
    assert not memory.has("m1", Recipient("slack", MAIL))


@pytest.mark.parametrize(
    "broken",
    [None, {}, {"Sns": {"Message": 7}}, record_of("x", topic="arn:aws:sns:eu-west-1:111122223333:unknown")],
)
def test_a_record_that_breaks_does_not_stop_the_others(world: World, broken: object) -> None:
    """The good ones before and after it are delivered, and it fails by itself."""
    good = [record_of(f"text {number}", topic=WARNING, MessageId=f"m{number}") for number in range(2)]
    invocation = world.tell(good[0], broken, good[1])
    assert paths(world) == [OTHER_HOOK] * 2
    assert (invocation.error, world.wire.invoked[0][1]) == (None, {"Records": [broken]})
    again = world.invoke(world.wire.invoked[0][1])
    assert type(again.error).__name__ == "NotDeliveredError"
    assert "record" in str(again.error)
    assert [line["message"] for line in invocation.lines] == [
        "notification sent", "notification unreadable", "notification sent"
    ]  # fmt: skip
    assert invocation.metrics["NotificationsUnreadable"] == [1.0]


def test_a_bug_in_reading_one_record_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is reported by type and stack, without its message, which may quote what was sent."""

    def read(envelope: Any, settings: Settings, _: object) -> Any:
        if envelope.message == "first":
            raise KeyError(HOOK)
        return notice_of(record_of(envelope.message), settings)

    monkeypatch.setattr("functions.notifier.handler.read_message", read)
    invocation = world.tell(*(record_of(text, topic=WARNING) for text in ("first", "second")))
    assert paths(world) == [OTHER_HOOK]
    again = world.invoke(world.wire.invoked[0][1])
    assert str(again.error) == "KeyError; its stack is in the log line of this request"
    assert "in read" in invocation.lines[0]["exception"]
    assert HOOK not in invocation.output


def test_a_bug_in_telling_one_receiver_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its line has the stack, which a receiver's refusal has not."""

    def subject(_: object) -> str:
        raise KeyError(HOOK)

    monkeypatch.setattr(mail, "subject", subject)
    invocation = world.tell(record("composite_alarm"))
    assert set(paths(world)) == {HOOK, OTHER_HOOK, "/v2/enqueue"}
    assert invocation.lines[0]["failed"][0].startswith(f"mail {MAIL}: KeyError")
    assert "in subject" in invocation.lines[0]["exception"]
    assert HOOK not in invocation.output


@pytest.mark.parametrize("event_", [None, [], {}, {"Records": []}, {"Records": {}}, "text"])
def test_what_is_no_event_of_sns_fails_the_invocation(world: World, event_: object) -> None:
    """Success would let the message be forgotten."""
    invocation = world.invoke(event_)
    assert type(invocation.error).__name__ == "NotAnSnsEventError"
    (line,) = invocation.lines
    assert (line["level"], line["message"]) == ("ERROR", "notification unreadable")


@each("source", [source for source in AWS_EVENTS if source != "SNS"])
def test_what_another_source_sends_fails_the_invocation(world: World, source: str) -> None:
    """Lambda keeps the event, and nobody receives anything."""
    invocation = world.invoke(AWS_EVENTS[source])
    assert type(invocation.error).__name__ in {"NotAnSnsEventError", "NotDeliveredError"}
    assert {line["message"] for line in invocation.lines} == {"notification unreadable"}
    assert (world.wire.posts, world.wire.mails) == ([], [])


def test_facts_of_a_message_are_not_logged(world: World) -> None:
    """A message may hold anything: the line has names and identifiers only."""
    invocation = world.tell(record_of("card 4111111111111111", Subject="card 4111111111111111"))
    assert "4111111111111111" in mail.body(notice_of(record_of("card 4111111111111111")))
    assert "4111111111111111" not in invocation.output
    assert facts(notice_of(record_of("x", Subject="y")))["Subject"] == "y"
