"""Order, refusals and questions of deploy, diff and destroy, with AWS and Terraform replaced."""

from __future__ import annotations

import functools
import io
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from aws import clients
from catalog import Catalog, environment
from config.errors import CommandError
from config.models import Environment
from ops import (
    containers,
    dashboards,
    deployments,
    functions,
    local,
    moves,
    preflight,
    reads,
    secrets,
    stacks,
    state,
    state_lock,
    subscriptions,
    synthesis,
    tracing,
    verification,
)
from ops.order import ORDER
from stacks.contracts import READS
from terraform import locking
from terraform.configuration import RemoteRead
from terraform.events import Plan
from verify import Fault, Proof

PROD = environment.read("prod", variables={})
LOCAL = environment.read("local", variables={})


@dataclass
class World:
    """What is deployed, and what was done."""

    deployed: set[str] = field(default_factory=set)
    bucket: bool = True
    unchanged: set[str] = field(default_factory=set)
    unsaved: set[str] = field(default_factory=set)
    others: bool = False
    """Whether another environment is worked on."""
    account: str | None = None
    taken: str | None = None
    """Why a dashboard cannot be created."""
    stopped: str | None = None
    """What the preflight finds."""
    differences: str = ""
    """What of the file differs from the account."""
    warning: str = ""
    """What is wrong with subscriptions."""
    rolled_back: str | None = None
    """What ECS does not run."""
    removed: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    done: list[str] = field(default_factory=list)
    screen: io.StringIO = field(default_factory=io.StringIO)

    def wait_for_ecs(self) -> None:
        """Note it, and raise if ECS has rolled something back."""
        self.done.append("wait for ECS")
        if self.rolled_back:
            raise CommandError(self.rolled_back)

    @property
    def console(self) -> Console:
        """A console whose text can be read."""
        return Console(file=self.screen, width=200)

    def preflight(self, _: Environment, names: Sequence[str], __: Console) -> str:
        """Stand for the preflight of these stacks."""
        self.done.append(f"preflight {' '.join(names)}")
        if self.stopped:
            raise CommandError(self.stopped)
        return self.differences

    def require_state(self, _: Environment) -> None:
        """Stand for the check of the state bucket."""
        if not self.bucket:
            message = "state bucket does not exist"
            raise CommandError(message)

    @property
    def said(self) -> str:
        """What was shown."""
        return self.screen.getvalue()


class Run:
    """Stands for Terraform in one stack's folder, and notes in the world what is asked of it."""

    def __init__(
        self, world: World, env: Environment, stack: str, console: Console, *, live: bool = True
    ) -> None:
        """Take what the real one takes."""
        assert env
        assert console
        self.world, self.stack, self.live = world, stack, live

    @property
    def has_unsaved_state(self) -> bool:
        """Whether the world has something that no state has."""
        return self.stack in self.world.unsaved

    def init(self) -> None:
        """Note it."""
        self.world.done.append(f"init {self.stack}")

    def plan(self, *, destroy: bool = False) -> Plan:
        """Plan one change, unless the world has none for this stack."""
        self.world.done.append(f"plan{' destroy' if destroy else ''} {self.stack}")
        changes = 0 if self.stack in self.world.unchanged else 1
        add, remove = (0, changes) if destroy else (changes, 0)
        addresses = (f"aws_x.of-{self.stack}",) * changes
        return Plan(self.stack, add, 0, remove, 0, self.world.removed, addresses)

    def apply(self, plan: Plan) -> float:
        """Deploy it or take it away."""
        self.world.done.append(f"apply {self.stack}")
        if plan.remove:
            self.world.deployed.discard(self.stack)
        else:
            self.world.deployed.add(self.stack)
        return 1.0

    def plan_and_apply(
        self, *, destroy: bool = False, begin: Callable[[Sequence[str]], None] | None = None
    ) -> tuple[Plan, float]:
        """Do both."""
        plan = self.plan(destroy=destroy)
        if begin and plan.changes:
            begin(plan.changed)
        return plan, self.apply(plan)

    def show(self) -> str:
        """Return something to look at."""
        return f"the plan of {self.stack}"

    def forget(self) -> None:
        """Note it."""
        self.world.done.append(f"forget {self.stack}")

    def clean(self) -> None:
        """Note it."""
        self.world.done.append(f"clean {self.stack}")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    """Replace everything at the boundary by a `World`."""
    made = World()

    def check_account(_: Environment) -> None:
        made.done.append("check account")
        if made.account:
            raise CommandError(made.account)

    def refuse_to_overwrite(_: Environment) -> None:
        made.done.append("look for dashboards")
        if made.taken:
            raise CommandError(made.taken)

    def begin_deployment(_: Environment, __: Catalog, changed: Sequence[str]) -> None:
        assert tuple(changed) == ("aws_x.of-compute",)
        made.done.append("begin deployment")

    def note(what: str, result: Any = None) -> Any:
        def call(*_: Any, **__: Any) -> Any:
            made.done.append(what)
            return result

        return call

    monkeypatch.setattr(stacks, "StackRun", functools.partial(Run, made))
    monkeypatch.setattr(clients, "check_account", check_account)
    monkeypatch.setattr(containers, "require_rolled_out", lambda _: made.wait_for_ecs())
    monkeypatch.setattr(containers, "deregister", note("deregister task definitions"))
    monkeypatch.setattr(dashboards, "refuse_to_overwrite", refuse_to_overwrite)
    monkeypatch.setattr(tracing, "leave_deleted_key", note("X-Ray leaves the key"))
    monkeypatch.setattr(state, "require", made.require_state)
    monkeypatch.setattr(state, "require_usable", note("read state"))
    monkeypatch.setattr(state_lock, "refuse_locked", note("look for locks"))
    monkeypatch.setattr(
        state, "outputs", lambda _, name: {"name": "value"} if name in made.deployed else None
    )
    monkeypatch.setattr(
        reads,
        "unpublished",
        lambda _, name: [
            RemoteRead(source.STACK, "names", "x")
            for source in READS[name]
            if source.STACK not in made.deployed
        ],
    )
    monkeypatch.setattr(state, "bucket_exists", lambda _: made.bucket)
    monkeypatch.setattr(state, "create_bucket", note("create bucket"))
    monkeypatch.setattr(state, "delete", note("delete state"))
    monkeypatch.setattr(functions, "build", note("build", ()))
    monkeypatch.setattr(deployments, "begin", begin_deployment)
    monkeypatch.setattr(moves, "refuse_to_lose", lambda _, name: made.done.append(f"moves {name}"))

    monkeypatch.setattr(preflight, "require", made.preflight)
    monkeypatch.setattr(subscriptions, "warning", lambda *_: made.warning)
    monkeypatch.setattr(synthesis, "synthesize", note("synthesize"))
    monkeypatch.setattr(secrets, "find", note("secrets"))
    monkeypatch.setattr(verification, "of_folder", lambda *_: Proof(made.faults, (), (), 0))
    monkeypatch.setattr(local, "ensure", note("start local", result=True))
    monkeypatch.setattr(local, "answers", lambda _: True)
    monkeypatch.setattr(local, "is_ours", lambda _: True)
    monkeypatch.setattr(local, "require", note("require local"))
    monkeypatch.setattr(local, "stop", note("stop local", result=()))
    monkeypatch.setattr(stacks, "BUILD", tmp_path)
    monkeypatch.setattr(locking, "holders", lambda *_, **__: {"other": None} if made.others else {})
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    monkeypatch.delenv("APPROVE", raising=False)
    return made


def applied(world: World) -> list[str]:
    """Return the stacks that were applied, in order."""
    return [text.split()[-1] for text in world.done if text.startswith("apply")]


@pytest.mark.parametrize("env", [LOCAL, PROD])
def test_a_dashboard_of_somebody_else_s_is_looked_for_before_ours_is_planned(
    world: World, monkeypatch: pytest.MonkeyPatch, env: tuple[Environment, Catalog]
) -> None:
    """Everywhere, and only where dashboards are deployed; the stacks before it stay."""
    monkeypatch.setenv("APPROVE", "auto")
    world.taken = "dashboard reveille already exists"
    with pytest.raises(CommandError, match=world.taken):
        stacks.deploy(*env, None, world.console)
    assert applied(world) == ["security", "compute", "monitoring"]
    assert world.done[-2:] == ["look for dashboards", "forget dashboard"]
    world.done.clear()
    stacks.deploy(*env, "monitoring", world.console)
    assert "look for dashboards" not in world.done


def test_an_unknown_stack_is_refused_with_the_known_ones(world: World) -> None:
    """Before anything is asked of AWS."""
    with pytest.raises(CommandError) as refused:
        stacks.deploy(*LOCAL, "computer", world.console)
    assert str(refused.value) == (
        "stack 'computer' does not exist; stacks: security, compute, monitoring, dashboard   did you mean "
        "compute?"
    )
    assert world.done == []


def test_stacks_are_deployed_in_the_order_in_which_they_read_each_other(world: World) -> None:
    """Synthesized once, functions built once, and no question for a local AWS."""
    stacks.deploy(*LOCAL, None, world.console)
    assert applied(world) == list(ORDER)
    assert world.done.count("synthesize") == world.done.count("build") == 1
    assert world.done[0] == "start local"


@pytest.mark.parametrize("stack", ORDER)
def test_a_stack_deploys_alone_when_what_it_reads_is_deployed(world: World, stack: str) -> None:
    """And nothing else is touched."""
    world.deployed = set(ORDER[: ORDER.index(stack)])
    stacks.deploy(*LOCAL, stack, world.console)
    assert applied(world) == [stack]


@pytest.mark.parametrize("stack", [None, *ORDER])
def test_secrets_are_looked_for_before_monitoring_is_deployed(world: World, stack: str | None) -> None:
    """Before anything is planned; what does not notify does not need them."""
    world.deployed = set(ORDER)
    stacks.deploy(*LOCAL, stack, world.console)
    assert ("secrets" in world.done) == (stack in {None, "monitoring"})
    if "secrets" in world.done:
        assert world.done.index("secrets") < world.done.index(f"plan {stack or 'security'}")


@pytest.mark.parametrize("stack", [None, *ORDER])
def test_what_would_stop_a_deployment_is_looked_for_before_its_first_change(
    world: World, stack: str | None
) -> None:
    """In the stacks that are deployed only; nothing is built, planned or applied."""
    world.deployed = set(ORDER)
    world.stopped = "1 problem would stop a deployment of local. Nothing was changed."
    with pytest.raises(CommandError, match=world.stopped):
        stacks.deploy(*LOCAL, stack, world.console)
    assert world.done[-1] == f"preflight {stack or ' '.join(ORDER)}"
    assert applied(world) == []
    assert "build" not in world.done


@pytest.mark.parametrize("stack", [None, *ORDER])
def test_a_deployment_of_recipients_ends_with_a_warning_about_subscriptions(
    world: World, stack: str | None
) -> None:
    """After the deployment, which succeeds; other stacks have no recipients."""
    world.deployed = set(ORDER)
    world.warning = "Warning: SNS does not deliver through 1 subscription"
    stacks.deploy(*LOCAL, stack, world.console)
    deployed, *warned = [line for line in world.said.splitlines() if line.startswith(("Deployed", "Warning"))]
    assert deployed.startswith("Deployed")
    assert warned == ([world.warning] if stack in {None, "monitoring"} else [])


def test_a_deployment_ends_with_the_differences_between_file_and_account(world: World) -> None:
    """Again, as the first time is far above; the deployment succeeds."""
    world.differences = "Warning: 1 fact of existing services differs"
    world.warning = "Warning: SNS does not deliver through 1 subscription"
    stacks.deploy(*LOCAL, None, world.console)
    assert applied(world) == list(ORDER)
    assert world.said.splitlines()[-2:] == [world.differences, world.warning]


@pytest.mark.parametrize("env", [LOCAL, PROD], ids=["local", "prod"])
def test_a_deployment_says_so_before_services_change(
    world: World, monkeypatch: pytest.MonkeyPatch, env: tuple[Environment, Catalog]
) -> None:
    """Once, after the plan of compute and before it is applied; not when nothing of it changes."""
    monkeypatch.setenv("APPROVE", "auto")
    stacks.deploy(*env, None, world.console)
    assert world.done.count("begin deployment") == 1
    begun = world.done.index("begin deployment")
    assert world.done.index("plan compute") < begun < world.done.index("apply compute")
    world.done.clear()
    world.unchanged = {"compute"}
    stacks.deploy(*env, None, world.console)
    assert "begin deployment" not in world.done


@pytest.mark.parametrize("unchanged", [set(), set(ORDER)], ids=["changed", "unchanged"])
def test_a_deployment_that_ecs_does_not_run_ends_there(
    world: World, monkeypatch: pytest.MonkeyPatch, unchanged: set[str]
) -> None:
    """Also without changes: what was applied may have failed since. The next stacks are not begun."""
    monkeypatch.setenv("APPROVE", "auto")
    world.rolled_back, world.unchanged = "ECS has rolled it back", unchanged
    with pytest.raises(CommandError, match="ECS has rolled it back"):
        stacks.deploy(*PROD, None, world.console)
    assert world.done[-1] == "wait for ECS"
    assert applied(world) == [name for name in ("security", "compute") if name not in unchanged]
    world.rolled_back = None
    stacks.deploy(*PROD, None, world.console)
    assert world.done.count("wait for ECS") == 2


def test_nothing_is_deployed_that_would_be_lost_by_its_new_address(world: World) -> None:
    """Every stack is looked at before the first is planned."""
    stacks.deploy(*LOCAL, None, world.console)
    looked = [text for text in world.done if text.startswith("moves ")]
    assert looked == [f"moves {name}" for name in ORDER]
    assert world.done.index(looked[-1]) < world.done.index("plan security")


@pytest.mark.parametrize(
    ("stack", "deployed", "missing", "first"),
    [
        ("compute", set(), "security's names[x]", "security"),
        ("monitoring", set(), "security's names[x], compute's names[x]", "security"),
        ("monitoring", {"security"}, "compute's names[x]", "compute"),
        ("dashboard", {"security", "compute"}, "monitoring's names[x]", "monitoring"),
    ],
)
def test_a_stack_whose_source_is_missing_says_which_to_deploy_first(
    world: World, stack: str, deployed: set[str], missing: str, first: str
) -> None:
    """With the command to type; nothing is built or planned."""
    world.deployed = deployed
    for command in (stacks.deploy, stacks.diff):
        with pytest.raises(CommandError) as refused:
            command(*LOCAL, stack, world.console)
        assert str(refused.value) == (
            f"{stack} reads {missing}, which local does not have yet: first run `make deploy "
            f"ENV=local STACK={first}`, or deploy all stacks with `make deploy ENV=local`."
        )
    assert "build" not in world.done


@pytest.mark.parametrize("stack", [None, *ORDER])
def test_alarms_that_reach_nobody_are_not_deployed(world: World, stack: str | None) -> None:
    """Each broken link is a line, and nothing is built, planned or asked."""
    world.deployed = set(ORDER)
    world.faults = (Fault("alarm a", "action", "notifies nobody"), Fault("alarm b", "metric", "no data"))
    with pytest.raises(CommandError) as refused:
        stacks.deploy(*PROD, stack, world.console)
    assert str(refused.value) == (
        "2 broken links. Nothing was changed in prod.\n"
        "alarm a: action: notifies nobody\nalarm b: metric: no data"
    )
    assert [text for text in world.done if text != "read state"] == [
        "check account",
        "look for locks",
        "synthesize",
    ]


def test_an_account_without_a_state_bucket_is_told_to_bootstrap(world: World) -> None:
    """After its account was checked and before anything else."""
    world.bucket = False
    with pytest.raises(CommandError, match="state bucket does not exist"):
        stacks.deploy(*PROD, None, world.console)
    assert world.done == ["check account"]


def test_another_account_is_refused_before_anything(world: World) -> None:
    """Whatever the command."""
    world.account = "another account"
    for command in (
        lambda: stacks.deploy(*PROD, None, world.console),
        lambda: stacks.diff(*PROD, None, world.console),
        lambda: stacks.destroy(*PROD, None, world.console, keep=False),
    ):
        with pytest.raises(CommandError, match="another account"):
            command()
    assert set(world.done) == {"check account"}


def test_an_account_is_asked_and_nobody_there_is_no(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The plan is shown first; the message says how a pipeline goes on; the plan is forgotten."""
    with pytest.raises(CommandError) as refused:
        stacks.deploy(*PROD, None, world.console)
    assert str(refused.value) == (
        "security of prod: 1 to add. Apply? Standard input is not a terminal: set APPROVE=auto to answer "
        "yes. Nothing was changed."
    )
    assert capsys.readouterr().out == "the plan of security\n"
    assert applied(world) == []
    assert world.done[-1] == "forget security"


def test_approve_auto_applies_every_stack(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """And still shows each plan."""
    monkeypatch.setenv("APPROVE", "auto")
    stacks.deploy(*PROD, None, world.console)
    assert applied(world) == list(ORDER)


@pytest.mark.parametrize(("answer", "goes_on"), [("yes", True), ("y", False), ("", False), ("no", False)])
def test_only_yes_applies(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    goes_on: bool,  # noqa: FBT001
) -> None:
    """A plan of an account is applied by a word that nobody types by accident."""
    typed = io.StringIO()
    monkeypatch.setattr(typed, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", typed)
    console = world.console
    monkeypatch.setattr(console, "input", lambda *_, **__: answer)
    if goes_on:
        stacks.deploy(*PROD, "security", console)
        assert applied(world) == ["security"]
    else:
        with pytest.raises(CommandError, match=r"^security: not applied. Nothing was changed\.$"):
            stacks.deploy(*PROD, "security", console)
        assert applied(world) == []


def test_a_stack_without_changes_is_neither_asked_about_nor_applied(world: World) -> None:
    """In an account a second deployment is quiet."""
    world.unchanged = set(ORDER)
    stacks.deploy(*PROD, None, world.console)
    assert applied(world) == []
    assert world.said.count("No changes") == 4


def test_diff_plans_what_it_can_and_says_what_comes_after(world: World) -> None:
    """A stack whose sources do not exist cannot be planned, and is no failure."""
    world.deployed, world.unchanged = {"security"}, {"security"}
    assert stacks.diff(*LOCAL, None, world.console) is True
    lines = world.said.splitlines()
    assert [line.split()[0] for line in lines] == list(ORDER)
    assert lines[0] == "security    No changes"
    assert lines[2] == "monitoring  can be planned after the deployment of compute's names[x]"
    assert applied(world) == []


def test_diff_of_what_is_deployed_and_unchanged_is_false(world: World) -> None:
    """Which `--exit-code` turns into the status."""
    world.deployed, world.unchanged = set(ORDER), set(ORDER)
    assert stacks.diff(*LOCAL, None, world.console) is False


def test_destroy_goes_backwards_and_takes_a_local_environment_wholly(world: World) -> None:
    """State bucket and local AWS included."""
    world.deployed = set(ORDER)
    stacks.destroy(*LOCAL, None, world.console, keep=False)
    assert applied(world) == list(reversed(ORDER))
    assert world.done[-2:] == ["delete state", "stop local"]


def test_destroy_leaves_the_local_aws_to_an_environment_that_is_deployed_now(world: World) -> None:
    """It may have nothing in it yet."""
    world.deployed, world.others = set(ORDER), True
    stacks.destroy(*LOCAL, None, world.console, keep=False)
    assert "delete state" in world.done
    assert "stop local" not in world.done


def test_destroy_can_leave_the_local_aws_running(world: World) -> None:
    """For whoever deploys again at once."""
    world.deployed = set(ORDER)
    stacks.destroy(*LOCAL, None, world.console, keep=True)
    assert "stop local" not in world.done


@pytest.mark.parametrize(
    ("stack", "users", "last"),
    [
        ("security", "compute and monitoring", "monitoring"),
        ("compute", "monitoring and dashboard", "dashboard"),
        ("monitoring", "dashboard", "dashboard"),
    ],
)
def test_a_stack_that_others_read_is_not_destroyed(world: World, stack: str, users: str, last: str) -> None:
    """The message names who reads it, and what to destroy first."""
    world.deployed = set(ORDER)
    with pytest.raises(CommandError) as refused:
        stacks.destroy(*LOCAL, stack, world.console, keep=False)
    verb = "reads" if " and " not in users else "read"
    assert str(refused.value) == (
        f"{users} {verb} outputs of {stack}: first run `make destroy ENV=local STACK={last}`."
    )
    assert applied(world) == []


def test_one_stack_is_destroyed_and_state_and_local_aws_stay(world: World) -> None:
    """The others are still there."""
    world.deployed = set(ORDER)
    stacks.destroy(*LOCAL, "dashboard", world.console, keep=False)
    assert applied(world) == ["dashboard"]
    assert not {"delete state", "stop local"} & set(world.done)


@pytest.mark.parametrize("stack", [None, "compute", "security"])
def test_what_is_protected_is_not_destroyed(
    world: World, monkeypatch: pytest.MonkeyPatch, stack: str | None
) -> None:
    """Not even with APPROVE=auto; and nothing beside it is."""
    monkeypatch.setenv("APPROVE", "auto")
    world.deployed = {"security"} if stack == "security" else set(ORDER)
    with pytest.raises(
        CommandError,
        match=r"protected from deletion \(key, logs, archive\). To destroy (it|them), set deletion_",
    ):
        stacks.destroy(*PROD, stack, world.console, keep=False)
    assert applied(world) == []


def test_what_is_not_deployed_is_not_destroyed(world: World) -> None:
    """And a second destroy says so instead of failing."""
    world.deployed = {"security"}
    stacks.destroy(*LOCAL, None, world.console, keep=False)
    assert applied(world) == ["security"]
    assert world.said.count("is not deployed") == 3
    world.bucket = False
    stacks.destroy(*LOCAL, None, world.console, keep=False)
    assert f"state bucket {LOCAL[0].state.bucket} does not exist" in world.said


def test_what_no_state_has_because_it_could_not_be_saved_is_destroyed_too(world: World) -> None:
    """AWS has it: its state is saved first, as for a deployment."""
    world.unsaved = {"security"}
    stacks.destroy(*LOCAL, None, world.console, keep=True)
    assert applied(world) == ["security"]


def test_destroy_of_a_local_aws_that_does_not_run_is_nothing_to_do(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not started only to be stopped."""
    monkeypatch.setattr(local, "answers", lambda _: False)
    stacks.destroy(*LOCAL, None, world.console, keep=False)
    assert world.done == []
    assert world.said.startswith("Nothing to destroy: no local AWS answers at http://127.0.0.1:")


@pytest.mark.parametrize("deployed", [set(ORDER), set()], ids=["deployed", "destroyed before"])
def test_x_ray_leaves_the_key_after_it_was_destroyed(world: World, deployed: set[str]) -> None:
    """After the apply, so that a declined or failed destroy changes nothing; and at a second destroy."""
    world.deployed = deployed
    stacks.destroy(*LOCAL, None, world.console, keep=True)
    left = world.done.index("X-Ray leaves the key")
    assert not any(text.startswith("apply") for text in world.done[left:])
    assert world.done.count("X-Ray leaves the key") == 1


@pytest.mark.parametrize("deployed", [set(ORDER), set()], ids=["deployed", "destroyed before"])
def test_task_definitions_are_deregistered_after_compute_was_destroyed(
    world: World, deployed: set[str]
) -> None:
    """At a second destroy too, which completes an interrupted one."""
    world.deployed = deployed
    stacks.destroy(*LOCAL, None, world.console, keep=True)
    deregistered = world.done.index("deregister task definitions")
    assert "apply compute" not in world.done[deregistered:]
    assert world.done.count("deregister task definitions") == 1


def test_a_destroy_that_is_declined_does_not_touch_x_ray(world: World) -> None:
    """Nor one of which the plan fails."""
    world.deployed = {"dashboard"}
    with pytest.raises(CommandError, match="is not a terminal"):
        stacks.destroy(*PROD, None, world.console, keep=True)
    assert "X-Ray leaves the key" not in world.done


@pytest.mark.parametrize(
    ("removed", "refused"),
    [
        ("aws_cloudwatch_log_group.old", True),
        ("aws_s3_bucket.log-archive", True),
        ("aws_iam_role.old", False),
    ],
)
def test_a_plan_that_would_lose_logs_is_refused_where_they_are_protected(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    removed: str,
    refused: bool,  # noqa: FBT001
) -> None:
    """Also with APPROVE=auto: a service taken out of the file takes the guard of its log group with it."""
    monkeypatch.setenv("APPROVE", "auto")
    world.deployed, world.removed = {"security"}, (removed,)
    if not refused:
        stacks.deploy(*PROD, "compute", world.console)
        assert applied(world) == ["compute"]
        return
    with pytest.raises(
        CommandError, match=rf"compute: the plan deletes {removed}, protected by deletion_protection"
    ):
        stacks.deploy(*PROD, "compute", world.console)
    assert applied(world) == []
