"""The commands of `reveille drill` that need no deployment: rehearse, explain, replay."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from catalog import environment
from config.errors import ConfigError
from config.loader import environments
from drill import choosing, explanation, origin, simulation
from drill.choosing import is_for, not_for
from drill.errors import DrillError
from drill.model import System
from drill.origin import Origin
from drill.output import Terminal, written
from drill.rehearsal import Rehearsal
from drill.report import junit, table, timeline
from drill.scenarios.model import Assumptions
from drill.scenarios.reading import Reading, Scenario
from drill.selection import Selection

OUTPUT = Path("build/drill")
"""Where pictures and reports are written to."""

PASSED, FAILED = 0, 1

_FILE = click.Path(path_type=Path)
_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Asked:
    """Where alarms are from, and where reports go, as it was typed."""

    name: str | None
    where: str
    region: str | None
    prefix: str
    endpoint: str | None
    out: Path | None = None
    junit: Path | None = None
    no_pictures: bool = False
    verbose: bool = False

    @property
    def folder(self) -> Path:
        """Where pictures and reports go."""
        return self.out or OUTPUT

    @property
    def report(self) -> Path:
        """Where the JUnit report goes."""
        return self.junit or self.folder / "junit.xml"


def _with_origin(command: _F) -> _F:
    """Add the options that say where the alarms are from."""
    for option in (
        click.option("--endpoint", metavar="URL", help="With --from aws: another AWS, such as a local one."),
        click.option("--prefix", default="", metavar="TEXT", help="With --from aws: only such alarms."),
        click.option("--region", metavar="NAME", help="With --from aws: the region."),
        click.option(
            "--from",
            "where",
            default=origin.CATALOG,
            metavar="ORIGIN",
            help="catalog (default), aws, or a folder with Terraform's JSON, such as cdktf.out.",
        ),
        click.option("--env", "name", metavar="NAME", help="The environment (default: ENV, or local)."),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("scenarios", nargs=-1, type=_FILE, metavar="[SCENARIO]...")
@_with_origin
@click.option("--all", "everywhere", is_flag=True, help="For every environment, one line each.")
@click.option("--out", type=_FILE, metavar="FOLDER", help="Where pictures go (default: build/drill).")
@click.option("--junit", type=_FILE, metavar="FILE", help="JUnit XML (default: junit.xml in --out).")
@click.option("--no-pictures", is_flag=True, help="Write no timelines.")
@click.option("-v", "--verbose", is_flag=True, help="Show every expectation and notification.")
def run(scenarios: tuple[Path, ...], *, everywhere: bool, **options: Any) -> int:  # noqa: ANN401 - those of `Asked`
    r"""Rehearse scenarios (default: all in drills/).

    \b
    The exit status is
    0  if everything that was expected happened,
    1  if not,
    2  if a scenario or an alarm is refused.
    """
    asked = Asked(**options)
    console = Terminal(soft_wrap=False)
    _forget(asked)
    readings = choosing.read_all(scenarios or sorted(choosing.FOLDER.glob("*.yaml")))
    if not readings:
        console.print(f"{choosing.FOLDER}: no scenarios; docs/drill.md shows how to write one")
        return PASSED
    chosen = choosing.scenarios(readings)
    if not chosen:
        choosing.refuse(readings, {})
    if everywhere:
        return _everywhere(readings, asked, console)
    where = _origin(asked)
    if where.where == origin.AWS:
        # Reading an account takes a while: nobody waits for that to be told what the files alone say.
        choosing.refuse(readings, {})
    fitting = [scenario for scenario in chosen if is_for(scenario, where.environment)]
    others = [scenario for scenario in chosen if scenario not in fitting]
    if scenarios and others:
        raise ConfigError([not_for(scenario, where.environment) for scenario in others])
    system = origin.system(where)
    choosing.refuse(readings, {where.environment: system})
    rehearsals = [simulation.run(system, scenario, _samples) for scenario in fitting]
    table.show(rehearsals, console, verbose=asked.verbose)
    for scenario in others:
        console.print(
            f"{scenario.name} was left out: it is for {', '.join(scenario.head.environments or ())} only"
        )
    _write(rehearsals, asked, console)
    return PASSED if all(rehearsal.passed for rehearsal in rehearsals) else FAILED


def _everywhere(readings: Sequence[Reading], asked: Asked, console: Console) -> int:
    """Rehearse scenarios for every environment; return the exit status."""
    given = {
        "--env": asked.name,
        "--from": asked.where != origin.CATALOG,
        "--region": asked.region,
        "--prefix": asked.prefix,
        "--endpoint": asked.endpoint,
        "--junit": asked.junit,
    }
    wrong = [name for name, value in given.items() if value]
    if wrong:
        text = "rehearses the catalog of every environment, with a report in each one's folder of --out"
        raise DrillError(f"--all {text}: it goes without {', '.join(wrong)}")
    systems: dict[str | None, System] = {name: origin.system(Origin(name)) for name in environments()}
    choosing.refuse(readings, systems)
    scenarios = choosing.scenarios(readings)
    told = [_of_environment(str(name), system, scenarios, asked, console) for name, system in systems.items()]
    return PASSED if all(told) else FAILED


def _of_environment(
    name: str, system: System, scenarios: Iterable[Scenario], asked: Asked, console: Console
) -> bool:
    """Rehearse scenarios for one of several environments; return whether nothing failed."""
    rehearsals = [
        simulation.run(system, scenario, _samples) for scenario in scenarios if is_for(scenario, name)
    ]
    failed = [rehearsal for rehearsal in rehearsals if not rehearsal.passed]
    if failed or asked.verbose:
        table.show(rehearsals if asked.verbose else failed, console, verbose=asked.verbose)
    report = asked.folder / name / "junit.xml"
    with written(report):
        junit.write(rehearsals, report)
    took_s = sum(rehearsal.took_s for rehearsal in rehearsals)
    found = f"{len(failed)} not as expected" if failed else "all as expected"
    console.print(f"{name:<10} {len(rehearsals)} scenarios, {found}   {took_s:.1f} s")
    return not failed


def _forget(asked: Asked) -> None:
    """Remove the reports of an earlier run: if this one is refused, nobody must publish those."""
    for report in (asked.report, asked.folder / "index.html"):
        with written(report):
            if report.is_file():
                report.unlink()


def _write(rehearsals: Sequence[Rehearsal], asked: Asked, console: Console) -> None:
    """Write the timelines and the JUnit report.

    Raises:
        DrillError: they cannot be written there.
    """
    folder = asked.folder
    with written(asked.report):
        junit.write(rehearsals, asked.report)
    if asked.no_pictures:
        return
    with written(folder):
        pages = [timeline.write(rehearsal, folder) for rehearsal in rehearsals]
        whole = timeline.write_index(rehearsals, folder)
    page = pages[0] if len(pages) == 1 else whole
    console.print(f"Timeline: {page}" if len(pages) == 1 else f"Timelines: {page}", style="dim")


@click.command()
@click.argument("alarms", nargs=-1, metavar="[ALARM]...")
@_with_origin
def explain(alarms: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401 - those of `Asked`
    """Explain when an alarm fires and which recipients it notifies.

    ALARM is a name such as payment-handler-errors; without one, all are listed.
    """
    console = Terminal(soft_wrap=False)
    system = origin.system(_origin(Asked(**options)))
    if not alarms:
        selection = Selection(system)
        for alarm in system.all_alarms:
            console.print(selection.short(alarm.name), highlight=False, soft_wrap=True)
        return
    extra = Assumptions().extra_datapoints
    told = [explanation.explain(system, name, extra=extra) for name in alarms]
    for number, facts in enumerate(told):
        if number:
            console.print()
        rows = Table.grid(padding=(0, 2))
        for fact in facts:
            rows.add_row(Text(fact.label, "bold"), Text(fact.text))
        console.print(rows)


@click.command()
@click.argument("alarm", type=_FILE)
@click.argument("series", type=_FILE)
@click.option("--out", type=_FILE, metavar="FOLDER", help="Write a timeline there.")
def replay(alarm: Path, series: Path, out: Path | None) -> None:
    """Evaluate an alarm against a recorded series.

    ALARM is a file, JSON, as `aws cloudwatch describe-alarms` prints it. SERIES is a file, CSV or JSON, with
    timestamps and values.
    """
    # Imported late, for the sake of the other commands.
    from drill import replay as replaying  # noqa: PLC0415

    console = Terminal(soft_wrap=False)
    rehearsal = replaying.replay(alarm, series)
    table.show_replay(rehearsal, console)
    if out:
        with written(out):
            page = timeline.write(rehearsal, out)
        console.print(f"Timeline: {page}", style="dim")


def _samples(path: Path, column: str | None) -> Sequence[tuple[float, float, float]]:
    """Return the samples of a recording."""
    from drill import recordings  # noqa: PLC0415  # few scenarios have one

    return recordings.samples(path, column)


def _origin(asked: Asked) -> Origin:
    """Return where the alarms are from; those of a live account need no environment."""
    named = asked.name or (environment.current() if "ENV" in os.environ else None)
    if named is None and asked.where == origin.CATALOG:
        named = environment.DEFAULT
    return Origin(named, asked.where, asked.region, asked.endpoint, asked.prefix, _told_as_progress())


def _told_as_progress() -> Callable[[str], None]:
    """Return what shows progress: on a terminal only, and apart from the output."""
    console = Console(stderr=True)
    return (
        (lambda text: console.print(f"read {text}", style="dim")) if console.is_terminal else (lambda _: None)
    )
