"""Check this machine and an environment: a line per check, with what to do if it fails."""

from __future__ import annotations

import platform
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from aws import clients
from aws import errors as aws_errors
from catalog import environment
from catalog.specs import Catalog, Routes
from config.errors import CommandError, ConfigError
from config.explain import counted
from config.models import Environment
from config.paths import BUILD
from ops import local, preflight, secrets, state, state_lock, subscriptions, unmatched_logs
from ops.order import ORDER
from stacks.aws import SERVICES
from stacks.kernel import prepare_node, slim_assembly
from terraform import binary, locking


def examine(name: str, console: Console) -> bool:
    """Check everything that a deployment of the environment `name` needs; return whether all checks pass."""
    all_passed = True

    def check(title: str, find: Callable[[], str]) -> bool:
        nonlocal all_passed
        try:
            finding, passed = find(), True
        except (ConfigError, CommandError, RuntimeError) as error:
            finding, passed, all_passed = str(error), False, False
        except (BotoCoreError, ClientError) as error:
            # A missing permission fails its own check only.
            finding, passed, all_passed = aws_errors.explain(error), False, False
        mark = "[green]ok[/green]     " if passed else "[red]failed[/red] "
        console.print(f"{mark}[bold]{title:<12}[/bold]", end="")
        console.print(finding, markup=False, highlight=False, soft_wrap=True)
        return passed

    check("Python", platform.python_version)
    check("Terraform", lambda: f"{binary.version(binary.executable())} at {binary.executable()}")
    check("provider", _provider)
    check("Node", prepare_node)
    check("bindings", _bindings)
    if not check("config", lambda: _config(name)):
        return all_passed
    env, catalog = environment.read(name)
    if check("AWS", lambda: _aws(env)):
        if "lambda" in env.kinds and not env.is_local:
            check("quotas", lambda: _quotas(env))
        if references := catalog.routes.secrets:
            check("secrets", lambda: secrets.find(env, references))
        check("preflight", lambda: preflight.check(env, catalog, console))
        if check("state", lambda: _state(env)):
            check("stacks", lambda: _deployed(env))
            check("recipients", lambda: _recipients(env, catalog.routes))
            check("logs", lambda: _logs(env, catalog))
    return all_passed


def _provider() -> str:
    mirror = binary.find_mirror()
    source = f"from the mirror {mirror}" if mirror else "from the registry"
    return f"hashicorp/aws {binary.PROVIDER_VERSION} {source}"


def _bindings() -> str:
    return "slim" if slim_assembly(SERVICES) else "full (slower; `make setup` builds the slim ones)"


def _config(name: str) -> str:
    env, catalog = environment.read(name)
    alarms = len(catalog.alarms) + len(catalog.composites)
    return f"{name}: {counted(len(env.services), 'service')}, {counted(alarms, 'alarm')}"


def _aws(env: Environment) -> str:
    if env.is_local:
        local.require(env)
        return f"local, at {env.endpoint}"
    clients.check_account(env)
    return f"account {env.account_id}, {env.region}"


def _quotas(env: Environment) -> str:
    limit = clients.client(env, "lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    if limit != env.quotas.lambda_concurrency:
        message = (
            f"the account's Lambda concurrency limit is {limit} and quotas.lambda_concurrency is "
            f"{env.quotas.lambda_concurrency}: the alarm on concurrency would have a wrong threshold"
        )
        raise CommandError(message)
    return f"Lambda concurrency {limit}"


def _state(env: Environment) -> str:
    state.require(env)
    return f"bucket {env.state.bucket}"


def _recipients(env: Environment, routes: Routes) -> str:
    # Before the first deployment, each subscription is missing, and `make deploy` creates it: no failure.
    if state.outputs(env, "monitoring") is None:
        return subscriptions.not_deployed(routes)
    return subscriptions.check(env, routes)


def _logs(env: Environment, catalog: Catalog) -> str:
    if state.outputs(env, "monitoring") is None:
        return "not deployed"
    return unmatched_logs.check(env, catalog)


def _deployed(env: Environment) -> str:
    deployed = [name for name in ORDER if state.outputs(env, name) is not None]
    holders = locking.holders(BUILD)
    running = (
        holders.get(env.environment) or "a command has just started" if env.environment in holders else ""
    )
    if not running:
        state_lock.refuse_locked(env, ORDER, release=False)
    return f"deployed: {', '.join(deployed) or 'none'}{f'; {running}' if running else ''}"
