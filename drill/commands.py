"""What `python -m drill` does: rehearse, explain, replay."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from config.errors import ConfigError, Problem
from config.loader import environments
from drill import explanation, origin, simulation
from drill.origin import Origin
from drill.rehearsal import Rehearsal
from drill.report import index, junit, replayed, table, timeline
from drill.scenarios import reading
from drill.scenarios.model import Assumptions
from drill.scenarios.reading import Scenario
from ops import environment

FOLDER = Path("drills")
"""Where scenarios are, from the project's root."""
OUTPUT = Path("build/drill")
"""Where pictures and reports are written to."""

PASSED, FAILED, REFUSED = 0, 1, 2


class _Console(Console):
    """The terminal, or whatever reads what is printed."""

    def on_broken_pipe(self) -> None:
        """Go on when whoever read (`| head`) has gone: the exit status is asked for all the same."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run(options: argparse.Namespace) -> int:
    """Rehearse scenarios and say what happened; all of `drills/` unless some are named.

    Returns:
        0 if everything that was expected happened, 1 if not.

    Raises:
        ConfigError: a scenario, or where the alarms are from, is refused.
    """
    console = _Console(soft_wrap=False)
    scenarios = read_all(options.scenarios or sorted(FOLDER.glob("*.yaml")))
    if not scenarios:
        raise ConfigError([Problem(str(FOLDER), "", "holds no scenario")])
    if options.all:
        told = [_of_environment(name, scenarios, options, console) for name in environments()]
        return PASSED if all(told) else FAILED
    where = _origin(options)
    fitting = [one for one in scenarios if is_for(one, where.environment)]
    others = [one for one in scenarios if one not in fitting]
    if options.scenarios and others:
        raise ConfigError([_not_for(one, where.environment) for one in others])
    system = origin.system(where)
    rehearsals = [simulation.run(system, one, _samples) for one in fitting]
    table.show(rehearsals, console, verbose=options.verbose)
    for one in others:
        console.print(f"{one.name} was left out: it is for {', '.join(one.head.environments or ())} only")
    write(rehearsals, options, console)
    return PASSED if all(one.passed for one in rehearsals) else FAILED


def _of_environment(
    name: str, scenarios: Iterable[Scenario], options: argparse.Namespace, console: Console
) -> bool:
    """Rehearse scenarios for one of several environments; return whether nothing failed."""
    system = origin.system(Origin(name))
    rehearsals = [simulation.run(system, one, _samples) for one in scenarios if is_for(one, name)]
    failed = [one for one in rehearsals if not one.passed]
    if failed or options.verbose:
        table.show(rehearsals if options.verbose else failed, console, verbose=options.verbose)
    junit.write(rehearsals, _folder(options) / name / "junit.xml")
    took_s = sum(one.took_s for one in rehearsals)
    found = f"{len(failed)} not as expected" if failed else "all as expected"
    console.print(f"{name:<10} {len(rehearsals)} scenarios, {found}   {took_s:.1f} s")
    return not failed


def _folder(options: argparse.Namespace) -> Path:
    folder: Path = options.out or OUTPUT
    return folder


def write(rehearsals: Sequence[Rehearsal], options: argparse.Namespace, console: Console) -> None:
    """Write the timelines and the JUnit report."""
    folder = _folder(options)
    report = options.junit or folder / "junit.xml"
    junit.write(rehearsals, report)
    if options.no_pictures:
        return
    pages = [timeline.write(one, folder) for one in rehearsals]
    page = pages[0] if len(pages) == 1 else index.write_index(rehearsals, folder)
    console.print(f"Timeline: {page}" if len(pages) == 1 else f"Timelines: {page}", style="dim")


def explain(options: argparse.Namespace) -> int:
    """Say of alarms when they would fire, and whom they would tell.

    Raises:
        UnknownNameError: there is no such alarm.
    """
    console = _Console(soft_wrap=False)
    system = origin.system(_origin(options))
    extra = Assumptions().extra_datapoints
    told = [explanation.explain(system, name, extra=extra) for name in options.alarms]
    for number, facts in enumerate(told):
        if number:
            console.print()
        rows = Table.grid(padding=(0, 2))
        for fact in facts:
            rows.add_row(Text(fact.label, "bold"), Text(fact.text))
        console.print(rows)
    return PASSED


def replay(options: argparse.Namespace) -> int:
    """Play recorded series to alarms, and say what those did.

    Raises:
        DrillError: a file cannot be read, or they do not fit.
    """
    # Imported late, for the sake of the other commands.
    from drill import replay as replaying  # noqa: PLC0415

    console = _Console(soft_wrap=False)
    rehearsal = replaying.replay(options.alarm, options.series)
    replayed.show(rehearsal, console)
    if options.out:
        console.print(f"Timeline: {timeline.write(rehearsal, options.out)}", style="dim")
    return PASSED


def read_all(paths: Iterable[Path]) -> tuple[Scenario, ...]:
    """Return the scenarios in files.

    Raises:
        ConfigError: with the problems of all of them.
    """
    found: list[Scenario] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            found.append(reading.read(path))
        except ConfigError as error:  # noqa: PERF203  # some files
            problems += error.problems
    if problems:
        # Files of usual happenings are shared: what is wrong in one is said once.
        raise ConfigError(list(dict.fromkeys(problems)))
    return tuple(found)


def is_for(scenario: Scenario, environment: str | None) -> bool:
    """Tell whether an environment has what a scenario is about."""
    only = scenario.head.environments
    return only is None or environment is None or environment in only


def _not_for(scenario: Scenario, environment: str | None) -> Problem:
    only = ", ".join(scenario.head.environments or ())
    return Problem(str(scenario.path), "environments", f"it is for {only} only (found: {environment})")


def _samples(path: Path, column: str | None) -> Sequence[tuple[float, float, float]]:
    """Return the samples of a recording."""
    from drill import recordings  # noqa: PLC0415  # few scenarios have one

    return recordings.samples(path, column)


def _origin(options: argparse.Namespace) -> Origin:
    """Return where the alarms are from; those of a live account need no environment."""
    named = options.env or os.environ.get("ENV") or None
    if named is None and options.where == origin.CATALOG:
        named = environment.DEFAULT
    return Origin(named, options.where, options.region, options.endpoint, options.prefix, _told_as_progress())


def _told_as_progress() -> Callable[[str], None]:
    """Return what shows progress: on a terminal only, and apart from the output."""
    console = Console(stderr=True)
    return (
        (lambda text: console.print(f"read {text}", style="dim")) if console.is_terminal else (lambda _: None)
    )
