"""Deploy, compare and destroy: which stacks, in which order, after which question."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from catalog import Catalog
from config.models import Environment
from ops import clients, functions, local, state, synthesis
from ops.errors import OpsError
from ops.package import describe
from ops.plans import Plan, StackRun
from stacks.contracts import PUBLISHED, READS

ORDER = tuple(outputs.STACK for outputs in PUBLISHED)
"""The stacks in the order of deployment."""


def chosen(stack: str | None) -> tuple[str, ...]:
    """Return the stacks to work on: the one named, or all in order.

    Raises:
        OpsError: there is no such stack.
    """
    if not stack:
        return ORDER
    if stack not in ORDER:
        message = f"no such stack '{stack}'; known: {', '.join(ORDER)}."
        raise OpsError(message)
    return (stack,)


def deploy(env: Environment, catalog: Catalog, stack: str | None, console: Console) -> None:
    """Plan, ask, apply: each stack in order.

    Raises:
        OpsError: something is missing or was declined; TerraformError: Terraform failed.
    """
    names = chosen(stack)
    _reach(env, console, start=True)
    if env.is_local:
        state.create_bucket(env)
    _require_state(env)
    _require_earlier(env, names)
    if "compute" in names:
        packages = list(functions.build(env))
        if packages:
            console.print(describe(packages), highlight=False, soft_wrap=True)
    synthesis.synthesize(env, catalog)
    started = time.monotonic()
    for name in names:
        with _run(env, name, console) as run:
            plan = run.plan()
            if plan.is_empty:
                console.print(f"{name:<11} No changes", highlight=False)
                continue
            _ask(env, run, plan, console)
            elapsed_s = run.apply(plan)
            console.print(f"{name:<11} {_done(plan)} in {elapsed_s:.0f} s", highlight=False)
    console.print(
        f"Deployed {env.environment} in {time.monotonic() - started:.0f} s. "
        f"`make output ENV={env.environment}` shows what it is called.",
        highlight=False,
        soft_wrap=True,
    )


def diff(env: Environment, catalog: Catalog, stack: str | None, console: Console) -> bool:
    """Say what a deployment would change; return whether anything.

    Raises:
        OpsError: something is missing; TerraformError: Terraform failed.
    """
    names = chosen(stack)
    _reach(env, console, start=False)
    _require_state(env)
    _require_earlier(env, names)
    for _ in functions.build(env) if "compute" in names else ():
        pass
    synthesis.synthesize(env, catalog)
    changed = False
    missing: set[str] = set()
    for name in names:
        needs = [outputs.STACK for outputs in READS[name] if outputs.STACK in missing]
        if needs:
            console.print(f"{name:<11} to create, after {', '.join(needs)}", highlight=False)
            missing.add(name)
            changed = True
            continue
        with _run(env, name, console) as run:
            plan = run.plan()
            console.print(f"{name:<11} {plan}", highlight=False)
            if not plan.is_empty:
                changed = True
                print(run.show())
            if state.outputs(env, name) is None:
                missing.add(name)
    return changed


def destroy(env: Environment, catalog: Catalog, stack: str | None, console: Console, *, keep: bool) -> None:
    """Destroy the stacks in reverse order; a local environment wholly, state and local AWS included.

    Args:
        env: the environment.
        catalog: what is watched in it.
        stack: the one stack to destroy, or none for all.
        console: where to say what happens.
        keep: leave the local AWS running.

    Raises:
        OpsError: refused or declined; TerraformError: Terraform failed.
    """
    names = tuple(reversed(chosen(stack)))
    if env.is_local and not local.answers(env):
        console.print(f"Nothing to destroy: no local AWS answers at {env.endpoint}.", highlight=False)
        return
    _reach(env, console, start=False)
    if not state.bucket_exists(env):
        console.print(f"Nothing to destroy: there is no state bucket {env.state.bucket}.", highlight=False)
    else:
        deployed = [name for name in names if state.outputs(env, name) is not None]
        _refuse_protected(env, deployed)
        _refuse_needed(env, names)
        for _ in functions.build(env) if "compute" in deployed else ():
            pass
        synthesis.synthesize(env, catalog)
        for name in names:
            if name not in deployed:
                console.print(f"{name:<11} is not deployed", highlight=False)
                continue
            with _run(env, name, console) as run:
                plan = run.plan(destroy=True)
                _ask(env, run, plan, console)
                elapsed_s = run.apply(plan)
                console.print(f"{name:<11} {_done(plan)} in {elapsed_s:.0f} s", highlight=False)
                run.clean()
        if env.is_local and not stack:
            state.delete_bucket(env)
    if env.is_local and not stack and not keep and local.stop(env):
        console.print("The local AWS is stopped.", highlight=False)


@contextmanager
def _run(env: Environment, stack: str, console: Console) -> Iterator[StackRun]:
    """Yield Terraform initialised for one stack; its plan is removed whatever happens."""
    run = StackRun(env.environment, stack, console)
    run.init()
    try:
        yield run
    finally:
        run.forget()


def _reach(env: Environment, console: Console, *, start: bool) -> None:
    """Make sure that the environment's AWS is there and is the right one."""
    if not env.is_local:
        clients.check_account(env)
    elif start:
        if local.ensure(env):
            console.print(f"The local AWS is started at {env.endpoint}.", highlight=False)
    else:
        local.require(env)


def _require_state(env: Environment) -> None:
    if not state.bucket_exists(env):
        what = "deploy" if env.is_local else "bootstrap"
        message = (
            f"there is no state bucket {env.state.bucket} yet: `make {what} ENV={env.environment}` makes it."
        )
        raise OpsError(message)


def _require_earlier(env: Environment, names: tuple[str, ...]) -> None:
    """Refuse a stack whose sources are neither deployed nor about to be, and say which to deploy first."""
    for name in names:
        missing = [
            outputs.STACK
            for outputs in READS[name]
            if outputs.STACK not in names and state.outputs(env, outputs.STACK) is None
        ]
        if missing:
            first = " and ".join(missing)
            message = (
                f"{name} reads what {first} publishes, which is not deployed in {env.environment}: "
                f"first `make deploy ENV={env.environment} STACK={missing[0]}`, or `make deploy "
                f"ENV={env.environment}` for all."
            )
            raise OpsError(message)


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
                f"{' and '.join(users)} read what {name} publishes: "
                f"first `make destroy ENV={env.environment} STACK={last}`."
            )
            raise OpsError(message)


def _refuse_protected(env: Environment, deployed: list[str]) -> None:
    protected = {"security", "compute"}.intersection(deployed)
    if env.deletion_protection and protected:
        message = (
            f"{' and '.join(sorted(protected))} of {env.environment} are protected (key, logs, archive): "
            f"set deletion_protection: false in config/{env.environment}.yaml first. Nothing was changed."
        )
        raise OpsError(message)


def _ask(env: Environment, run: StackRun, plan: Plan, console: Console) -> None:
    """Show the plan and ask, except for a local AWS or with `APPROVE=auto`.

    Raises:
        OpsError: the answer was not yes, or nobody is there to answer.
    """
    if env.is_local:
        return
    print(run.show())
    if os.environ.get("APPROVE") == "auto":
        return
    if not sys.stdin.isatty():
        message = (
            f"{run.stack}: {plan}; nobody is here to answer. APPROVE=auto applies without a question. "
            "Nothing was changed in this stack."
        )
        raise OpsError(message)
    answer = console.input(f"{run.stack} of {env.environment}: {plan}. Apply? Only 'yes' does: ")
    if answer.strip() != "yes":
        message = f"{run.stack}: not applied. Nothing was changed in this stack."
        raise OpsError(message)


def _done(plan: Plan) -> str:
    parts = [
        f"{count} {word}"
        for count, word in ((plan.add, "added"), (plan.change, "changed"), (plan.remove, "destroyed"))
        if count
    ]
    return ", ".join(parts) or "outputs changed"
