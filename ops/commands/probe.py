"""Check the assumptions about AWS in an account."""

from __future__ import annotations

import click

from drill.live import preparation
from drill.output import Progress
from ops import local, questions
from ops.commands import common
from ops.commands.common import env_option
from ops.commands.drill_live import speed_option
from probe import run
from probe.assumptions import ASSUMPTIONS, PROBED
from probe.bench import LIMIT_S
from terraform import locking


@click.command()
@env_option
@speed_option
def probe(name: str | None, speed: float) -> int:
    """Check the assumptions about AWS in an account.

    The exit status is 0 if every assumption that has a probe holds, else 1.
    """
    env, _ = common.read(name)
    preparation.require_allowed(env, "probes")
    common.require_aws(env)
    console = common.console()
    # All local environments share a clock; environments in AWS accounts are independent.
    lock = local.LIVE_DRILL if env.is_local else f"the probe of {env.environment}"
    with locking.environment(common.LOCKS, lock, f"make probe ENV={env.environment}"):
        Progress(console).line(
            f"{len(PROBED)} probes at the same time, at most {LIMIT_S // 60} minutes. They create and remove "
            "alarms, topics, queues, log groups and rules, and send no notifications."
        )
        if not env.is_local:
            where = f"{env.environment} (account {env.account_id}, {env.region})"
            questions.ask(f"Create throwaway resources in {where}?", "not confirmed", console)
        verdicts = run.run(env, ASSUMPTIONS, console, speed=speed)
    return 0 if all(verdict.outcome in {"holds", "no probe"} for verdict in verdicts) else 1
