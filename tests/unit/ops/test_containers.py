"""Whether ECS runs what was planned, and what `make destroy` deregisters, with clients in place of AWS's."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from rich.console import Console

from config.errors import CommandError
from ops import containers, state
from ops.containers import Planned, message, planned_services, rollout_of
from tests.support.tables import each
from tests.unit.catalog.catalogs import EVERY

PROD, _ = EVERY["prod"]
CLUSTER = "arn:aws:ecs:eu-west-1:111122223333:cluster/reveille-prod"
NAME = "reveille-shop-api-prod"


def revision(number: int, family: str = NAME) -> str:
    """Return the ARN of a task definition."""
    return f"arn:aws:ecs:eu-west-1:111122223333:task-definition/{family}:{number}"


def deployment(number: int, rollout: str | None, status: str = "PRIMARY", **more: Any) -> dict[str, Any]:
    """Return a deployment as DescribeServices does; EXTERNAL and CODE_DEPLOY ones have no rollout state."""
    found = {
        "id": f"ecs-svc/{number}",
        "status": status,
        "taskDefinition": revision(number),
        **more,
    }
    return found if rollout is None else found | {"rolloutState": rollout}


def service(*deployments: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a service as DescribeServices does."""
    runs = deployments[0]["taskDefinition"]
    return {
        "serviceName": NAME,
        "status": "ACTIVE",
        "taskDefinition": runs,
        "deployments": deployments,
        **more,
    }


PLANNED = Planned("shop-api", CLUSTER, NAME, revision(7))
BROKEN = {"rolloutStateReason": "ECS deployment circuit breaker: tasks failed to start."}
FAILED = deployment(7, "FAILED", "ACTIVE", **BROKEN)

DONE, GOES_ON, BACK, DOWN, GONE = "done", "goes on", "rolled it back", "no completed deployment", "not have"
UNSTATED, UNKNOWN = "the rollout state none, not COMPLETED", "the rollout state PAUSED, not COMPLETED"

ROLLOUTS: dict[str, tuple[Mapping[str, Any], str]] = {
    "completed": (service(deployment(7, "COMPLETED")), DONE),
    "completed, and the one before still ends": (
        service(deployment(7, "COMPLETED"), deployment(6, "COMPLETED", "ACTIVE")),
        DONE,
    ),
    "without rollout state": (service(deployment(7, None)), UNSTATED),
    "with an unknown rollout state": (service(deployment(7, "PAUSED")), UNKNOWN),
    "without deployments": ({"status": "ACTIVE", "taskDefinition": revision(7)}, UNSTATED),
    "no task is desired": (service(deployment(7, "COMPLETED"), desiredCount=0, runningCount=0), DONE),
    "scaled since": (service(deployment(7, "COMPLETED"), desiredCount=9, runningCount=4), DONE),
    "in progress": (service(deployment(7, "IN_PROGRESS"), deployment(6, "COMPLETED", "ACTIVE")), GOES_ON),
    "in progress, all tasks run": (
        service(deployment(7, "IN_PROGRESS"), desiredCount=2, runningCount=2),
        GOES_ON,
    ),
    "rolls back": (service(deployment(6, "IN_PROGRESS"), FAILED), BACK),
    "rolled back": (service(deployment(6, "COMPLETED")), BACK),
    "rolled back to an older one": (service(deployment(2, "COMPLETED"), FAILED), BACK),
    "nothing to roll back to": (service(deployment(7, "FAILED", **BROKEN)), DOWN),
    "another family": ({"status": "ACTIVE", "taskDefinition": revision(7, "other")}, BACK),
    "deleted": (service(deployment(7, "COMPLETED"), status="INACTIVE"), GONE),
    "unknown": ({}, GONE),
}


@each("described, expected", ROLLOUTS.values(), ids=ROLLOUTS)
def test_only_a_completed_deployment_of_what_was_planned_is_a_success(
    described: Mapping[str, Any], expected: str
) -> None:
    """Whatever the number of tasks; and one that goes on is neither."""
    found = rollout_of(PLANNED, described)
    assert found.is_in_progress is (expected == GOES_ON)
    assert expected in found.problem if expected not in {DONE, GOES_ON} else not found.problem


def test_the_state_says_what_was_planned() -> None:
    """Each service with the task definition of its key; other resources are not looked at."""
    resources = {
        "aws_ecs_cluster.main": {"arn": CLUSTER},
        "aws_ecs_task_definition.shop-api": {"arn": revision(7)},
        "aws_ecs_service.shop-api": {"cluster": CLUSTER, "name": NAME, "task_definition": revision(6)},
    }
    assert planned_services(resources) == [PLANNED]


@dataclass
class Fake:
    """ECS and the API of tags: the answers to DescribeServices in order, of which the last stays."""

    answers: list[list[Mapping[str, Any]]] = field(default_factory=list)
    asked: list[list[str]] = field(default_factory=list)
    slept_s: float = 0
    revisions: dict[str, str] = field(default_factory=dict)
    """ARN -> status."""
    tagged: dict[str, tuple[str, str]] = field(default_factory=dict)
    """ARN -> project and environment."""

    def describe_services(self, *, cluster: str, services: list[str]) -> dict[str, Any]:
        """Answer with those that are asked for."""
        assert cluster == CLUSTER
        self.asked.append(services)
        now = self.answers.pop(0) if self.answers[1:] else self.answers[0]
        return {"services": [each_ for each_ in now if each_["serviceName"] in services], "failures": []}

    def get_paginator(self, operation: str) -> Fake:
        """Both of its paginators have one page each."""
        assert operation in {"get_resources", "list_task_definitions"}
        return self

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        """Answer as an emulator does, which takes a family for a prefix."""
        if "familyPrefix" in asked:
            arns = [
                arn
                for arn, status in self.revisions.items()
                if f"/{asked['familyPrefix']}" in arn and status == asked["status"]
            ]
            yield {"taskDefinitionArns": arns}
            return
        wanted = {each_["Key"]: each_["Values"] for each_ in asked["TagFilters"]}
        assert asked["ResourceTypeFilters"] == ["ecs:task-definition"]
        for arn, (project, environment) in self.tagged.items():
            if wanted == {"Project": [project], "Environment": [environment]}:
                yield {"ResourceTagMappingList": [{"ResourceARN": arn}]}

    def deregister_task_definition(self, *, taskDefinition: str) -> None:  # noqa: N803 - boto3's name
        """Refuse an inactive one, as AWS does."""
        assert self.revisions[taskDefinition] == "ACTIVE"
        self.revisions[taskDefinition] = "INACTIVE"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Replace clients, time, and a state with one service."""
    made = Fake()

    def sleep(seconds: float) -> None:
        made.slept_s += seconds

    monkeypatch.setattr(containers, "client", lambda *_: made)
    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: made.slept_s)
    monkeypatch.setattr(containers, "planned_services", lambda _: [PLANNED])
    monkeypatch.setattr(state, "resources", lambda *_: {})
    return made


def goes_on(text: str = "") -> dict[str, Any]:
    """Return a deployment in progress."""
    return service(deployment(7, "IN_PROGRESS"), events=[{"message": text}] if text else [])


def test_a_deployment_in_progress_is_waited_for(fake: Fake) -> None:
    """A steady state that all tasks have reached may still fail."""
    fake.answers = [[goes_on()], [goes_on()], [service(deployment(7, "COMPLETED"))]]
    containers.require_rolled_out(PROD)
    assert len(fake.asked) == 4


def test_a_success_takes_two_reads_that_agree(fake: Fake) -> None:
    """Within seconds, if nothing is in progress."""
    fake.answers = [[service(deployment(7, "COMPLETED"))]]
    containers.require_rolled_out(PROD)
    assert len(fake.asked) == 2
    assert fake.slept_s <= 2


@each(
    "update",
    [deployment(7, "IN_PROGRESS", id="ecs-svc/new"), deployment(7, "FAILED", id="ecs-svc/new", **BROKEN)],
)
def test_the_deployment_before_an_update_is_no_success(fake: Fake, update: dict[str, Any]) -> None:
    """An update may keep the task definition, and the first read may be of the service before it."""
    failed = deployment(7, "FAILED", id="ecs-svc/new", **BROKEN)
    fake.answers = [[service(deployment(7, "COMPLETED"))], [service(update)], [service(failed)]]
    with pytest.raises(CommandError, match="has no completed deployment to roll back to"):
        containers.require_rolled_out(PROD)


def test_two_deployments_that_are_completed_do_not_agree(fake: Fake) -> None:
    """The second one is another deployment, and is read again."""
    again = deployment(7, "COMPLETED", id="ecs-svc/new")
    fake.answers = [[service(deployment(7, "COMPLETED"))], [service(again)]]
    containers.require_rolled_out(PROD)
    assert len(fake.asked) == 3


def test_what_ecs_said_before_an_update_is_no_rollback(fake: Fake) -> None:
    """ECS is eventually consistent: the service may be described as it was."""
    before = service(deployment(6, "COMPLETED"))
    fake.answers = [[before], [goes_on()], [before], [service(deployment(7, "COMPLETED"))]]
    containers.require_rolled_out(PROD)


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        (
            service(deployment(6, "COMPLETED"), FAILED),
            "ECS runs reveille-shop-api-prod:6: ECS has rolled it back",
        ),
        (service(deployment(7, "FAILED", **BROKEN)), "ECS has no completed deployment to roll back to."),
    ],
)
def test_a_deployment_that_ecs_gives_up_is_a_failure(fake: Fake, ends: Mapping[str, Any], words: str) -> None:
    """At once, without the time that the provider would wait; with the reason, the events and what to do."""
    events = [{"message": f"event {number}"} for number in range(9)]
    fake.answers = [[goes_on()], [{**ends, "events": events}]]
    with pytest.raises(CommandError) as failure:
        containers.require_rolled_out(PROD)
    text = str(failure.value)
    assert fake.slept_s < 30
    for said in (
        "shop-api: planned reveille-shop-api-prod:7",
        words,
        BROKEN["rolloutStateReason"],
        "event 0",
        f"`aws ecs describe-services --cluster reveille-prod --services {NAME} ",
        "--desired-status STOPPED",
        "`make deploy ENV=prod`",
        "docs/runbooks/ecs.md#deployment-failed",
    ):
        assert said in text
    assert "event 5" not in text


def test_a_deployment_that_does_not_end_is_a_failure(fake: Fake) -> None:
    """After 20 minutes, with the newest event."""
    fake.answers = [[goes_on("unable to place a task")]]
    with pytest.raises(CommandError, match="has not ended after 20 minutes") as failure:
        containers.require_rolled_out(PROD)
    assert "unable to place a task" in str(failure.value)
    assert "it continues to wait" in str(failure.value)
    assert 1200 <= fake.slept_s < 1300


def test_many_services_are_read_ten_at_a_time(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten is the most in a call (API Reference, DescribeServices); one message has all that failed."""
    many = [Planned(f"s{number}", CLUSTER, f"n{number}", revision(7)) for number in range(23)]
    monkeypatch.setattr(containers, "planned_services", lambda _: many)
    fake.answers = [
        [
            service(deployment(6 if number in {3, 22} else 7, "COMPLETED"), serviceName=f"n{number}")
            for number in range(23)
        ]
    ]
    with pytest.raises(CommandError) as failure:
        containers.require_rolled_out(PROD)
    assert [len(names) for names in fake.asked] == [10, 10, 3] * 2
    assert [line.split(":")[0] for line in str(failure.value).splitlines() if "planned reveille" in line] == [
        "s3",
        "s22",
    ]


def test_an_environment_without_ecs_services_asks_nothing(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Functions have no deployment to wait for."""
    monkeypatch.setattr(containers, "planned_services", lambda _: [])
    containers.require_rolled_out(PROD)
    assert not fake.asked


def test_text_of_ecs_stays_on_its_line() -> None:
    """A reason may contain line breaks."""
    found = rollout_of(PLANNED, service(deployment(6, "COMPLETED"), events=[{"message": "a\nb"}]))
    assert "  a b" in message(PROD, [found]).splitlines()


OWN, OTHER = (PROD.project, PROD.environment), (PROD.project, f"other-{PROD.environment}")


def test_destroy_deregisters_every_active_revision_of_the_environment(fake: Fake) -> None:
    """Of services that are configured no more, and revisions without tags; once; nothing of another one.

    Not even of another program that uses the same tags.
    """
    removed, similar, theirs = "reveille-old-prod", f"{NAME}-2", revision(1, "their-api")
    fake.tagged = {
        revision(1): OWN,
        revision(2): OWN,
        revision(4, removed): OWN,
        revision(1, similar): OTHER,
        revision(1, "reveille-api-other-prod"): OTHER,
        theirs: OWN,
    }
    fake.revisions = dict.fromkeys(fake.tagged, "ACTIVE") | {revision(1): "INACTIVE", revision(3): "ACTIVE"}
    shown: list[str] = []
    for _ in range(2):
        screen = io.StringIO()
        containers.deregister(PROD, Console(file=screen, width=200))
        shown.append(screen.getvalue())
    assert shown == ["compute     3 task definitions deregistered\n", ""]
    assert {arn for arn, status in fake.revisions.items() if status == "ACTIVE"} == {
        arn for arn, owner in fake.tagged.items() if owner == OTHER or arn == theirs
    }
