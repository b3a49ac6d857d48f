"""What `python -m drill` does: rehearse, explain, replay."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from catalog import environment
from config.errors import ConfigError, Problem
from config.loader import environments
from drill import choosing, explanation, origin, simulation
from drill.choosing import is_for, not_for
from drill.errors import DrillError
from drill.model import System
from drill.origin import Origin
from drill.output import Terminal, written
from drill.rehearsal import Rehearsal
from drill.report import index, junit, replayed, table, timeline
from drill.scenarios.model import Assumptions
from drill.scenarios.reading import Reading, Scenario
from drill.selection import Selection

FOLDER = Path("drills")
"""Where scenarios are, from the project's root."""
OUTPUT = Path("build/drill")
"""Where pictures and reports are written to."""

PASSED, FAILED, REFUSED = 0, 1, 2


def run(options: argparse.Namespace) -> int:
    """Rehearse scenarios and say what happened; all of `drills/` unless some are named.

    Returns:
        0 if everything that was expected happened, 1 if not.

    Raises:
        ConfigError: a scenario, or where the alarms are from, is refused.
    """
    console = Terminal(soft_wrap=False)
    forget(options)
    readings = choosing.read_all(options.scenarios or sorted(FOLDER.glob("*.yaml")))
    if not readings:
        raise ConfigError([Problem(str(FOLDER), "", "holds no scenario")])
    scenarios = choosing.scenarios(readings)
    if not scenarios:
        choosing.refuse(readings, {})
    if options.all:
        return _everywhere(readings, options, console)
    where = _origin(options)
    if where.where == origin.AWS:
        # Reading an account takes a while: nobody waits for that to be told what the files alone say.
        choosing.refuse(readings, {})
    fitting = [one for one in scenarios if is_for(one, where.environment)]
    others = [one for one in scenarios if one not in fitting]
    if options.scenarios and others:
        raise ConfigError([not_for(one, where.environment) for one in others])
    system = origin.system(where)
    choosing.refuse(readings, {where.environment: system})
    rehearsals = [simulation.run(system, one, _samples) for one in fitting]
    table.show(rehearsals, console, verbose=options.verbose)
    for one in others:
        console.print(f"{one.name} was left out: it is for {', '.join(one.head.environments or ())} only")
    write(rehearsals, options, console)
    return PASSED if all(one.passed for one in rehearsals) else FAILED


def _everywhere(readings: Sequence[Reading], options: argparse.Namespace, console: Console) -> int:
    """Rehearse scenarios for every environment; return the exit status."""
    given = {
        "--env": options.env,
        "--from": options.where != origin.CATALOG,
        "--region": options.region,
        "--prefix": options.prefix,
        "--endpoint": options.endpoint,
        "--junit": options.junit,
    }
    wrong = [name for name, value in given.items() if value]
    if wrong:
        text = "rehearses the catalog of every environment, with a report in each one's folder of --out"
        raise DrillError(f"--all {text}: it goes without {', '.join(wrong)}")
    systems: dict[str | None, System] = {name: origin.system(Origin(name)) for name in environments()}
    choosing.refuse(readings, systems)
    scenarios = choosing.scenarios(readings)
    told = [
        _of_environment(str(name), system, scenarios, options, console) for name, system in systems.items()
    ]
    return PASSED if all(told) else FAILED


def _of_environment(
    name: str, system: System, scenarios: Iterable[Scenario], options: argparse.Namespace, console: Console
) -> bool:
    """Rehearse scenarios for one of several environments; return whether nothing failed."""
    rehearsals = [simulation.run(system, one, _samples) for one in scenarios if is_for(one, name)]
    failed = [one for one in rehearsals if not one.passed]
    if failed or options.verbose:
        table.show(rehearsals if options.verbose else failed, console, verbose=options.verbose)
    report = _folder(options) / name / "junit.xml"
    with written(report):
        junit.write(rehearsals, report)
    took_s = sum(one.took_s for one in rehearsals)
    found = f"{len(failed)} not as expected" if failed else "all as expected"
    console.print(f"{name:<10} {len(rehearsals)} scenarios, {found}   {took_s:.1f} s")
    return not failed


def _folder(options: argparse.Namespace) -> Path:
    folder: Path = options.out or OUTPUT
    return folder


def forget(options: argparse.Namespace) -> None:
    """Remove the reports of an earlier run: if this one is refused, nobody must publish those."""
    folder = _folder(options)
    for report in (options.junit or folder / "junit.xml", folder / "index.html"):
        with written(report):
            if report.is_file():
                report.unlink()


def write(rehearsals: Sequence[Rehearsal], options: argparse.Namespace, console: Console) -> None:
    """Write the timelines and the JUnit report.

    Raises:
        DrillError: they cannot be written there.
    """
    folder = _folder(options)
    report = options.junit or folder / "junit.xml"
    with written(report):
        junit.write(rehearsals, report)
    if options.no_pictures:
        return
    with written(folder):
        pages = [timeline.write(one, folder) for one in rehearsals]
        whole = index.write_index(rehearsals, folder)
    page = pages[0] if len(pages) == 1 else whole
    console.print(f"Timeline: {page}" if len(pages) == 1 else f"Timelines: {page}", style="dim")


def explain(options: argparse.Namespace) -> int:
    """Say of alarms when they would fire, and whom they would tell; list all when none is named.

    Raises:
        UnknownNameError: there is no such alarm.
    """
    console = Terminal(soft_wrap=False)
    system = origin.system(_origin(options))
    if not options.alarms:
        selection = Selection(system)
        for one in system.all_alarms:
            console.print(selection.short(one.name), highlight=False, soft_wrap=True)
        return PASSED
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

    console = Terminal(soft_wrap=False)
    rehearsal = replaying.replay(options.alarm, options.series)
    replayed.show(rehearsal, console)
    if options.out:
        with written(options.out):
            page = timeline.write(rehearsal, options.out)
        console.print(f"Timeline: {page}", style="dim")
    return PASSED


def _samples(path: Path, column: str | None) -> Sequence[tuple[float, float, float]]:
    """Return the samples of a recording."""
    from drill import recordings  # noqa: PLC0415  # few scenarios have one

    return recordings.samples(path, column)


def _origin(options: argparse.Namespace) -> Origin:
    """Return where the alarms are from; those of a live account need no environment."""
    named = options.env or (environment.current() if "ENV" in os.environ else None)
    if named is None and options.where == origin.CATALOG:
        named = environment.DEFAULT
    return Origin(named, options.where, options.region, options.endpoint, options.prefix, _told_as_progress())


def _told_as_progress() -> Callable[[str], None]:
    """Return what shows progress: on a terminal only, and apart from the output."""
    console = Console(stderr=True)
    return (
        (lambda text: console.print(f"read {text}", style="dim")) if console.is_terminal else (lambda _: None)
    )
