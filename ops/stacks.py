"""Deploy, compare and destroy: which stacks, in which order, after which question."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import partial

from rich.console import Console

from aws import clients
from catalog import Catalog
from config.errors import CommandError
from config.models import Environment
from config.paths import BUILD
from ops import (
    dashboards,
    deployments,
    functions,
    local,
    moves,
    questions,
    reads,
    secrets,
    state,
    state_lock,
    synthesis,
    tracing,
    verification,
)
from ops.order import ORDER, chosen
from ops.package import describe
from ops.plans import StackRun
from stacks.contracts import READS, Dashboard
from terraform import binary, locking, supervision
from terraform.configuration import RemoteRead
from terraform.events import Plan

_PROTECTED = {"aws_cloudwatch_log_group", "aws_kms_key", "aws_s3_bucket"}
"""Types of resources that hold what cannot be made again."""

_SHOWN_READS = 3
"""Values that a message lists before it counts."""

_PLANS_AT_ONCE = 2
"""Each runs a Terraform and a provider, which keep a core and 0.7 GB busy."""


def deploy(env: Environment, catalog: Catalog, stack: str | None, console: Console) -> None:
    """Plan, ask, apply: each stack in order.

    Raises:
        CommandError: something is missing or was declined; TerraformError: Terraform failed.
    """
    names = chosen(stack)
    with local.alone(BUILD):
        _reach(env, console, start=True)
        if env.is_local:
            state.create_bucket(env)
    _require_state(env, names)
    synthesis.synthesize(env, catalog)
    verification.require(env, catalog)
    _require_published(env, names)
    if "monitoring" in names:
        secrets.find(env, catalog.routes.secrets)
    for name in names:
        moves.refuse_to_lose(env, name)
    packages = list(functions.build(env, names))
    if packages:
        console.print(describe(packages), highlight=False, soft_wrap=True)
    started = time.monotonic()
    for name in names:
        with _run(env, name, console) as run:
            if name == Dashboard.STACK:
                dashboards.refuse_to_overwrite(env)
            # What services run from changes with this one only.
            begin = partial(deployments.begin, env, catalog) if name == "compute" else None
            _change(env, run, console, destroy=False, begin=begin)
    what = f"{stack} of {env.environment}" if stack else env.environment
    console.print(
        f"Deployed {what} in {time.monotonic() - started:.0f} s. "
        f"`make output ENV={env.environment}` shows its outputs.",
        highlight=False,
        soft_wrap=True,
    )


def diff(env: Environment, catalog: Catalog, stack: str | None, console: Console) -> bool:
    """Say what a deployment would change; return whether anything.

    Raises:
        CommandError: something is missing; TerraformError: Terraform failed.
    """
    names = chosen(stack)
    _reach(env, console, start=False)
    _require_state(env, names)
    synthesis.synthesize(env, catalog)
    _require_published(env, names)
    for _ in functions.build(env, names):
        pass
    waiting = {name: reads.unpublished(env, name) for name in names}
    plannable = [name for name in names if not waiting[name]]
    for name in plannable:
        # One after the other: Terraform's cache of providers is not made for two at once.
        StackRun(env, name, console).init()
    planning = console.status("planning") if console.is_terminal else nullcontext()
    with planning, ThreadPoolExecutor(_PLANS_AT_ONCE) as pool:
        compared = pool.map(lambda name: _compare(env, name, console), plannable)
        try:
            plans = dict(zip(plannable, compared, strict=True))
        except KeyboardInterrupt:
            supervision.interrupt_all()
            raise
    for name in names:
        if name in plans:
            plan, shown = plans[name]
            console.print(f"{name:<11} {plan}", highlight=False)
            if shown:
                print(shown)
        else:
            text = f"{name:<11} can be planned once there is {_listed(waiting[name])}"
            console.print(text, markup=False, highlight=False, soft_wrap=True)
    return len(plans) < len(names) or not all(plan.is_empty for plan, _ in plans.values())


def _compare(env: Environment, stack: str, console: Console) -> tuple[Plan, str]:
    """Return what a deployment of one stack would change, as numbers and in Terraform's words."""
    with _run(env, stack, console, live=False) as run:
        plan = run.plan()
        return plan, "" if plan.is_empty else run.show()


def destroy(env: Environment, catalog: Catalog, stack: str | None, console: Console, *, keep: bool) -> None:
    """Destroy the stacks in reverse order; of a local environment its state too.

    The local AWS is stopped when no other environment's state is left in it.

    Args:
        env: the environment.
        catalog: what is watched in it.
        stack: the one stack to destroy, or none for all.
        console: where to say what happens.
        keep: leave the local AWS running.

    Raises:
        CommandError: refused or declined; TerraformError: Terraform failed.
    """
    names = tuple(reversed(chosen(stack)))
    if env.is_local and not local.answers(env):
        console.print(f"Nothing to destroy: no local AWS answers at {env.endpoint}.", highlight=False)
        return
    _reach(env, console, start=False)
    if not state.bucket_exists(env):
        console.print(f"Nothing to destroy: there is no state bucket {env.state.bucket}.", highlight=False)
    else:
        _require_state(env, names)
        deployed = [
            name
            for name in names
            if state.outputs(env, name) is not None or StackRun(env, name, console).has_unsaved_state
        ]
        _refuse_protected(env, deployed)
        _refuse_needed(env, names)
        for _ in functions.build(env, deployed):
            pass
        synthesis.synthesize(env, catalog)
        for name in names:
            if name not in deployed:
                console.print(f"{name:<11} is not deployed", highlight=False)
            else:
                with _run(env, name, console) as run:
                    _change(env, run, console, destroy=True)
                    run.clean()
            if name == "security":
                tracing.leave_deleted_key(env)
    if env.is_local and not stack:
        _leave_local_aws(env, console, keep=keep)


def _leave_local_aws(env: Environment, console: Console, *, keep: bool) -> None:
    """Delete the environment's state, and the bucket and the local AWS unless somebody else needs them."""
    with local.alone(BUILD):
        # A deployment that has just begun has nothing in the bucket yet.
        others = bool(locking.holders(BUILD, but=env.environment))
        if state.bucket_exists(env):
            state.delete(env, keep_bucket=others)
        if not keep and not others and local.stop(env):
            console.print("The local AWS is stopped.", highlight=False)


@contextmanager
def _run(env: Environment, stack: str, console: Console, *, live: bool = True) -> Iterator[StackRun]:
    """Yield Terraform initialised for one stack; its plan is removed whatever happens."""
    run = StackRun(env, stack, console, live=live)
    run.init()
    try:
        yield run
    finally:
        run.forget()


def _reach(env: Environment, console: Console, *, start: bool) -> None:
    """Make sure that the environment's AWS is there and is the right one."""
    if not env.is_local:
        clients.check_account(env)
        return
    if not start:
        local.require(env)
    elif local.ensure(env):
        console.print(f"The local AWS is started at {env.endpoint}.", highlight=False)
    if not local.is_ours(env):
        console.print(f"Using the AWS at {env.endpoint}, which was not started from here.", highlight=False)


def _require_state(env: Environment, names: Sequence[str]) -> None:
    """Refuse to go on without a state bucket, with a damaged state, or with a locked one."""
    state.require(env)
    ours = binary.version(binary.executable())
    for name in names:
        state.require_usable(env, name, ours)
    state_lock.refuse_locked(env, names)


def _require_published(env: Environment, names: tuple[str, ...]) -> None:
    """Refuse a stack that reads what is neither published nor about to be, and say which to deploy first."""
    for name in names:
        missing = [read for read in reads.unpublished(env, name) if read.source not in names]
        if missing:
            first = min((read.source for read in missing), key=ORDER.index)
            message = (
                f"{name} reads {_listed(missing)}, which {env.environment} does not have yet: first "
                f"`make deploy ENV={env.environment} STACK={first}`, or `make deploy ENV={env.environment}` "
                "for all."
            )
            raise CommandError(message)


def _listed(missing: list[RemoteRead]) -> str:
    """Return "security's kms_key_arn, compute's log_group_names[x] and 3 more"."""
    shown = ", ".join(f"{read.source}'s {read}" for read in missing[:_SHOWN_READS])
    more = len(missing) - _SHOWN_READS
    return f"{shown} and {more} more" if more > 0 else shown


def _refuse_needed(env: Environment, names: tuple[str, ...]) -> None:
    """Refuse to destroy a stack that a deployed one reads."""
    for name in names:
        users = [
            other
            for other in ORDER
            if other not in names
            and any(name == outputs.STACK for outputs in READS[other])
            and state.outputs(env, other) is not None
        ]
        if users:
            last = users[-1]
            message = (
                f"{' and '.join(users)} {'read' if users[1:] else 'reads'} what {name} publishes: "
                f"first `make destroy ENV={env.environment} STACK={last}`."
            )
            raise CommandError(message)


def _refuse_protected(env: Environment, deployed: list[str]) -> None:
    protected = sorted({"security", "compute"}.intersection(deployed))
    if env.deletion_protection and protected:
        are, them = ("are", "them") if protected[1:] else ("is", "it")
        message = (
            f"{' and '.join(protected)} of {env.environment} {are} protected (key, logs, archive). To "
            f"destroy {them}, set deletion_protection: false in config/{env.environment}.yaml and deploy "
            "that first. Nothing was changed."
        )
        raise CommandError(message)


def _refuse_to_lose(env: Environment, plan: Plan) -> None:
    """Refuse a plan that deletes what `deletion_protection` keeps.

    Terraform's own `prevent_destroy` goes with the block that says it: removing a service would take the
    guard away together with the logs.
    """
    lost = [address for address in plan.removed if address.split(".")[0] in _PROTECTED]
    if env.deletion_protection and lost:
        message = (
            f"{plan.stack}: this would delete {', '.join(lost)}, which deletion_protection keeps. If that is "
            f"meant, set it to false in config/{env.environment}.yaml for this deployment. Nothing changed."
        )
        raise CommandError(message)


def _change(
    env: Environment,
    run: StackRun,
    console: Console,
    *,
    destroy: bool,
    begin: Callable[[Sequence[str]], None] | None = None,
) -> None:
    """Deploy or destroy one stack, after a question where one is due, and say what was done.

    Args:
        env: the environment.
        run: Terraform in the stack's folder.
        console: where to say what happens.
        destroy: whether to destroy it.
        begin: what to do, with their addresses, once it is certain that resources change.

    Raises:
        CommandError: declined; TerraformError: Terraform failed.
    """
    if env.is_local:
        plan, elapsed_s = run.plan_and_apply(destroy=destroy, begin=begin)
    else:
        plan, elapsed_s = run.plan(destroy=destroy), 0.0
        _refuse_to_lose(env, plan)
        if not plan.is_empty:
            _ask(env, run, plan, console)
            if begin and plan.changes:
                begin(plan.changed)
            elapsed_s = run.apply(plan)
    done = "No changes" if plan.is_empty else f"{_done(plan)} in {elapsed_s:.0f} s"
    console.print(f"{run.stack:<11} {done}", highlight=False)


def _ask(env: Environment, run: StackRun, plan: Plan, console: Console) -> None:
    """Show the plan and ask, unless `APPROVE=auto`.

    Raises:
        CommandError: the answer was not yes, or standard input is not a terminal.
    """
    print(run.show())
    questions.ask(f"{run.stack} of {env.environment}: {plan}. Apply?", f"{run.stack}: not applied", console)


def _done(plan: Plan) -> str:
    parts = [
        f"{count} {word}"
        for count, word in ((plan.add, "added"), (plan.change, "changed"), (plan.remove, "destroyed"))
        if count
    ]
    return ", ".join(parts) or "outputs changed"
