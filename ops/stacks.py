"""Deploy, compare and destroy the stacks: the checks before, the order, the confirmation."""

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
from config.explain import listed
from config.models import Environment
from config.paths import BUILD
from ops import (
    containers,
    dashboards,
    deployments,
    functions,
    local,
    moves,
    preflight,
    questions,
    reads,
    secrets,
    state,
    state_lock,
    subscriptions,
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
"""Types of resources that hold data which cannot be recreated."""

_SHOWN_READS = 3
"""Number of outputs that a message lists by name."""

_PLANS_AT_ONCE = 2
"""Each plan runs a Terraform and a provider, which use a core and 0.7 GB."""


def deploy(env: Environment, catalog: Catalog, stack: str | None, console: Console) -> None:
    """Plan, confirm and apply each stack in order.

    Raises:
        CommandError: a requirement is missing, the answer is not yes, or ECS does not run what was planned.
        TerraformError: Terraform failed.
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
    differences = preflight.require(env, names, console)
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
            # Only this stack changes what services run.
            begin = partial(deployments.begin, env, catalog) if name == "compute" else None
            _change(env, run, console, destroy=False, begin=begin)
        if name == "compute":
            containers.require_rolled_out(env)
    deployed = f"{stack} of {env.environment}" if stack else env.environment
    console.print(
        f"Deployed {deployed} in {time.monotonic() - started:.0f} s. "
        f"`make output ENV={env.environment}` shows its outputs.",
        highlight=False,
        soft_wrap=True,
    )
    undelivered = subscriptions.warning(env, catalog) if "monitoring" in names else ""
    for warning in filter(None, [differences, undelivered]):
        console.print(warning, markup=False, highlight=False, soft_wrap=True)


def diff(env: Environment, catalog: Catalog, stack: str | None, console: Console) -> bool:
    """Print what a deployment would change; return whether there are changes.

    Raises:
        CommandError: a requirement is missing.
        TerraformError: Terraform failed.
    """
    names = chosen(stack)
    _reach(env, console, start=False)
    _require_state(env, names)
    synthesis.synthesize(env, catalog)
    _require_published(env, names)
    for _ in functions.build(env, names):
        pass
    unpublished = {name: reads.unpublished(env, name) for name in names}
    plannable = [name for name in names if not unpublished[name]]
    for name in plannable:
        # One after the other: Terraform's provider cache does not support concurrent use.
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
            plan, details = plans[name]
            console.print(f"{name:<11} {plan}", highlight=False)
            if details:
                print(details)
        else:
            line = f"{name:<11} can be planned after the deployment of {_listed(unpublished[name])}"
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    return len(plans) < len(names) or not all(plan.is_empty for plan, _ in plans.values())


def _compare(env: Environment, stack: str, console: Console) -> tuple[Plan, str]:
    """Return what a deployment of a stack would change, as numbers and as Terraform shows it."""
    with _run(env, stack, console, live=False) as run:
        plan = run.plan()
        return plan, "" if plan.is_empty else run.show()


def destroy(env: Environment, catalog: Catalog, stack: str | None, console: Console, *, keep: bool) -> None:
    """Destroy the stacks in reverse order, and the state of a local environment.

    The local AWS is stopped if this folder started it and nothing else is in it.

    Args:
        env: the environment.
        catalog: its catalog.
        stack: the stack to destroy; None for all.
        console: where to print.
        keep: whether to leave the local AWS running.

    Raises:
        CommandError: the stacks are protected or needed, or the answer is not yes.
        TerraformError: Terraform failed.
    """
    names = tuple(reversed(chosen(stack)))
    if env.is_local and not local.answers(env):
        console.print(f"Nothing to destroy: no local AWS answers at {env.endpoint}.", highlight=False)
        return
    _reach(env, console, start=False)
    if not state.bucket_exists(env):
        console.print(f"Nothing to destroy: state bucket {env.state.bucket} does not exist.", highlight=False)
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
        # At the end: a missing permission must not keep the other stacks.
        if "compute" in names:
            containers.deregister(env, console)
    if env.is_local and not stack:
        _leave_local_aws(env, console, keep=keep)


def _leave_local_aws(env: Environment, console: Console, *, keep: bool) -> None:
    """Delete the environment's state, and the bucket and the local AWS if no other command uses them."""
    with local.alone(BUILD):
        # A deployment that has just started has no object in the bucket yet.
        in_use = bool(locking.holders(BUILD, but=env.environment))
        if state.bucket_exists(env):
            state.delete(env, keep_bucket=in_use)
        if keep or in_use or not local.is_ours(env):
            return
        found = local.stop(env)
        text = (
            f"The local AWS is still running, with what this environment did not create: {listed(found)}. "
            "`make local-stop` stops it and deletes everything."
            if found
            else "The local AWS is stopped."
        )
        console.print(text, highlight=False)


@contextmanager
def _run(env: Environment, stack: str, console: Console, *, live: bool = True) -> Iterator[StackRun]:
    """Yield Terraform, initialised for one stack; remove its plan at the end, even after an error."""
    run = StackRun(env, stack, console, live=live)
    run.init()
    try:
        yield run
    finally:
        run.forget()


def _reach(env: Environment, console: Console, *, start: bool) -> None:
    """Check that the environment's AWS answers and is the right account; start a local one if `start`."""
    if not env.is_local:
        clients.check_account(env)
        return
    if not start:
        local.require(env)
    elif local.ensure(env):
        console.print(f"The local AWS is started at {env.endpoint}.", highlight=False)
    if not local.is_ours(env):
        console.print(
            f"Using the AWS at {env.endpoint}, which was not started from this folder.", highlight=False
        )


def _require_state(env: Environment, names: Sequence[str]) -> None:
    """Stop without a state bucket, or if a state is damaged or locked."""
    state.require(env)
    installed = binary.version(binary.executable())
    for name in names:
        state.require_usable(env, name, installed)
    state_lock.refuse_locked(env, names)


def _require_published(env: Environment, names: tuple[str, ...]) -> None:
    """Stop if a stack reads an output that is not published and not part of this deployment."""
    for name in names:
        missing = [read for read in reads.unpublished(env, name) if read.source not in names]
        if missing:
            first = min((read.source for read in missing), key=ORDER.index)
            message = (
                f"{name} reads {_listed(missing)}, which {env.environment} does not have yet: first run "
                f"`make deploy ENV={env.environment} STACK={first}`, or deploy all stacks with "
                f"`make deploy ENV={env.environment}`."
            )
            raise CommandError(message)


def _listed(missing: list[RemoteRead]) -> str:
    """Return the outputs as "security's kms_key_arn, compute's log_group_names[x] and 3 more"."""
    shown = ", ".join(f"{read.source}'s {read}" for read in missing[:_SHOWN_READS])
    more = len(missing) - _SHOWN_READS
    return f"{shown} and {more} more" if more > 0 else shown


def _refuse_needed(env: Environment, names: tuple[str, ...]) -> None:
    """Refuse to destroy a stack whose outputs a deployed stack reads."""
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
                f"{' and '.join(users)} {'read' if users[1:] else 'reads'} outputs of {name}: first run "
                f"`make destroy ENV={env.environment} STACK={last}`."
            )
            raise CommandError(message)


def _refuse_protected(env: Environment, deployed: list[str]) -> None:
    protected = sorted({"security", "compute"}.intersection(deployed))
    if env.deletion_protection and protected:
        are, them = ("are", "them") if protected[1:] else ("is", "it")
        message = (
            f"{' and '.join(protected)} of {env.environment} {are} protected from deletion (key, logs, "
            f"archive). To destroy {them}, set deletion_protection: false in config/{env.environment}.yaml "
            "and deploy first. Nothing was changed."
        )
        raise CommandError(message)


def _refuse_to_lose(env: Environment, plan: Plan) -> None:
    """Refuse a plan that deletes a resource protected by `deletion_protection`.

    Terraform's `prevent_destroy` is part of the resource's block: removing a service from the configuration
    would remove the protection together with the logs.
    """
    lost = [address for address in plan.removed if address.split(".")[0] in _PROTECTED]
    if env.deletion_protection and lost:
        message = (
            f"{plan.stack}: the plan deletes {', '.join(lost)}, protected by deletion_protection. If this is "
            f"intended, set it to false in config/{env.environment}.yaml for this deployment. Nothing was "
            "changed."
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
    """Deploy or destroy one stack, after a confirmation except in a local AWS, and print the result.

    Args:
        env: the environment.
        run: Terraform in the stack's folder.
        console: where to print.
        destroy: whether to destroy it.
        begin: called before the apply with the addresses of the resources that change.

    Raises:
        CommandError: the answer is not yes, or the plan deletes a protected resource.
        TerraformError: Terraform failed.
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
    result = "No changes" if plan.is_empty else f"{_summary(plan)} in {elapsed_s:.0f} s"
    console.print(f"{run.stack:<11} {result}", highlight=False)


def _ask(env: Environment, run: StackRun, plan: Plan, console: Console) -> None:
    """Show the plan and ask for confirmation, unless `APPROVE=auto`.

    Raises:
        CommandError: the answer is not yes, or standard input is not a terminal.
    """
    print(run.show())
    questions.ask(f"{run.stack} of {env.environment}: {plan}. Apply?", f"{run.stack}: not applied", console)


def _summary(plan: Plan) -> str:
    parts = [
        f"{count} {word}"
        for count, word in ((plan.add, "added"), (plan.change, "changed"), (plan.remove, "destroyed"))
        if count
    ]
    return ", ".join(parts) or "outputs changed"
