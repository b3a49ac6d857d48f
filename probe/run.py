"""Run probes at the same time, remove their resources, and report the results."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from aws import errors as aws_errors
from aws.waiting import waiting_for
from config.errors import CommandError
from config.explain import counted
from config.models import Environment
from drill.live.clock import sped_up
from drill.live.interruptions import Interruptions
from drill.output import Progress
from probe.assumptions import Assumption, Probe
from probe.bench import Bench
from probe.verdicts import DoesNotHoldError, NotCheckedError, Outcome, Verdict

_STYLES: dict[Outcome, str] = {
    "holds": "green",
    "does not hold": "red",
    "not checked": "yellow",
    "no probe": "dim",
}


def run(
    env: Environment, assumptions: Sequence[Assumption], console: Console, *, speed: float
) -> list[Verdict]:
    """Check assumptions against the AWS of an environment, remove what was created, and print the verdicts.

    Args:
        env: the environment. Its AWS was verified.
        assumptions: those to check; those without a probe are reported with the reason.
        console: the output for progress.
        speed: the speed of a local AWS, as a multiple of real time.

    Returns:
        the verdict of each assumption, in order.

    Raises:
        CommandError: a resource could not be removed; the message names it.
    """
    progress = Progress(console)
    probes = {assumption.id: assumption.probe for assumption in assumptions if assumption.probe}
    verdicts = {
        assumption.id: Verdict(assumption.id, "no probe", assumption.unprobed)
        for assumption in assumptions
        if not assumption.probe
    }
    left: list[str] = []
    with ExitStack() as restore:
        interruptions = restore.enter_context(Interruptions())
        bench = Bench(env, restore.enter_context(sped_up(env, speed)), secrets.token_hex(3))
        progress.event(f"started: every resource has the prefix {bench.prefix}")
        # In reverse order: ignore further signals, end the probes, remove their resources.
        restore.callback(lambda: left.extend(_removed(bench, progress)))
        pool = ThreadPoolExecutor(max(1, len(probes)))
        restore.callback(pool.shutdown)
        restore.callback(bench.stop.set)
        restore.callback(interruptions.ignore)
        running = {pool.submit(_verdict, name, probe, bench): name for name, probe in probes.items()}
        _collect(running, verdicts, progress, bench)
    found = [verdicts[assumption.id] for assumption in assumptions]
    show(found, console)
    if left:
        lines = "\n".join(f"  {name}" for name in left)
        message = f"{counted(len(left), 'resource')} could not be removed. Remove them by hand:\n{lines}"
        raise CommandError(message)
    return found


def _collect(
    running: dict[Future[Verdict], str], verdicts: dict[str, Verdict], progress: Progress, bench: Bench
) -> None:
    """Wait for the probes and report each verdict when it is known."""
    while running:
        with waiting_for(f"the probes {', '.join(running.values())}"):
            done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            verdict = verdicts[running.pop(future)] = future.result()
            progress.event(f"{verdict.id} {verdict.outcome}", bench.clock.now_s())


def _removed(bench: Bench, progress: Progress) -> list[str]:
    """Remove all resources; return those that could not be removed."""
    progress.event("removing the resources")
    left = bench.remove_all()
    progress.event("removed" if not left else f"{counted(len(left), 'resource')} could not be removed")
    for name in left:
        progress.line(f"  {name}")
    return left


def _verdict(name: str, probe: Probe, bench: Bench) -> Verdict:
    """Run the probe of an assumption and return its verdict."""
    try:
        return Verdict(name, "holds", probe(bench))
    except DoesNotHoldError as error:
        return Verdict(name, "does not hold", str(error))
    except NotCheckedError as error:
        return Verdict(name, "not checked", str(error))
    except (BotoCoreError, ClientError) as error:
        return Verdict(name, "not checked", aws_errors.explain(error))
    except CommandError as error:
        return Verdict(name, "not checked", str(error))


def show(verdicts: Sequence[Verdict], console: Console) -> None:
    """Print the verdicts as a table, and a summary."""
    table = Table(box=None, pad_edge=False)
    for heading in ("assumption", "result", "observed"):
        table.add_column(heading, overflow="fold")
    for verdict in verdicts:
        table.add_row(
            Text(verdict.id), Text(verdict.outcome, _STYLES[verdict.outcome]), Text(verdict.observed)
        )
    console.print(table)
    counts = {outcome: sum(verdict.outcome == outcome for verdict in verdicts) for outcome in _STYLES}
    summary = (
        f"{counts['holds']} hold, {counts['does not hold']} do not hold, "
        f"{counts['not checked']} not checked, {counts['no probe']} without a probe"
    )
    Progress(console).line(f"{summary}. Statements and sources: docs/assumptions.md")
