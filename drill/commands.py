"""The commands of `reveille drill` that need no deployment: run, explain, replay."""

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
from config.arguments import ProjectFile
from config.errors import ConfigError
from config.loader import environments
from drill import choosing, explanation, leaving_out, origin, simulation
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
"""Default folder of timelines and reports."""

PASSED, FAILED = 0, 1

_FILE = click.Path(path_type=Path)
_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Options:
    """Options of a command: the origin of alarms, and the output."""

    name: str | None
    where: str
    region: str | None
    prefix: str
    endpoint: str | None
    out: Path | None = None
    junit: Path | None = None
    no_pictures: bool = False
    strict: bool = False
    verbose: bool = False

    @property
    def folder(self) -> Path:
        """Folder of timelines and reports."""
        return self.out or OUTPUT

    @property
    def report(self) -> Path:
        """File of the JUnit report."""
        return self.junit or self.folder / "junit.xml"


def _with_origin(command: _F) -> _F:
    """Add the options for the origin of alarms."""
    for option in (
        click.option("--endpoint", metavar="URL", help="With --from aws: an endpoint, such as a local AWS."),
        click.option("--prefix", default="", metavar="TEXT", help="With --from aws: prefix of alarm names."),
        click.option("--region", metavar="NAME", help="With --from aws: the region."),
        click.option(
            "--from",
            "where",
            default=origin.CATALOG,
            metavar="ORIGIN",
            help="catalog (default), aws, a folder with Terraform JSON, or a plan (terraform show -json).",
        ),
        click.option("--env", "name", metavar="NAME", help="The environment (default: ENV, or local)."),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("scenarios", nargs=-1, type=ProjectFile(), metavar="[SCENARIO]...")
@_with_origin
@click.option("--all", "everywhere", is_flag=True, help="All environments, one line each.")
@click.option(
    "--out", type=_FILE, metavar="FOLDER", help="Folder of timelines and reports (default: build/drill)."
)
@click.option("--junit", type=_FILE, metavar="FILE", help="JUnit XML (default: junit.xml in --out).")
@click.option("--no-pictures", is_flag=True, help="Do not write timelines.")
@click.option(
    "--strict", is_flag=True, help="Reject alarms that cannot be rehearsed, instead of listing them."
)
@click.option("-v", "--verbose", is_flag=True, help="Show every expectation and notification.")
def run(scenarios: tuple[Path, ...], *, everywhere: bool, **values: Any) -> int:  # noqa: ANN401 - the fields of `Options`
    """Rehearse scenarios (default: all in drills/).

    The exit status is 0 if all expectations are met, 1 if not, and 2 if a scenario or an alarm is not valid.
    An alarm that cannot be rehearsed is listed with the reason.
    """
    options = Options(**values)
    console = Terminal(soft_wrap=False)
    _remove_reports(options)
    readings = choosing.read_all(scenarios or sorted(choosing.FOLDER.glob("*.yaml")))
    if not readings:
        console.print(f"{choosing.FOLDER}: no scenarios; docs/drill.md shows how to write one")
        return PASSED
    selected = choosing.scenarios(readings)
    if not selected:
        choosing.refuse(readings, {})
    if everywhere:
        return _all_environments(readings, options, console)
    where = _origin(options)
    if where.where == origin.AWS:
        # Reading an account takes time, so errors in files are reported before.
        choosing.refuse(readings, {})
    included = [scenario for scenario in selected if is_for(scenario, where.environment)]
    skipped = [scenario for scenario in selected if scenario not in included]
    if scenarios and skipped:
        raise ConfigError([not_for(scenario, where.environment) for scenario in skipped])
    system = origin.system(where)
    choosing.refuse(readings, {where.environment: system})
    rehearsals = [_rehearsed(system, scenario, options) for scenario in included]
    table.show(rehearsals, console, verbose=options.verbose)
    for scenario in skipped:
        console.print(
            f"{scenario.name} skipped: it is for {', '.join(scenario.head.environments or ())} only"
        )
    _write(rehearsals, options, console)
    return PASSED if all(rehearsal.passed for rehearsal in rehearsals) else FAILED


def _all_environments(readings: Sequence[Reading], options: Options, console: Console) -> int:
    """Rehearse scenarios for every environment; return the exit status."""
    incompatible = {
        "--env": options.name,
        "--from": options.where != origin.CATALOG,
        "--region": options.region,
        "--prefix": options.prefix,
        "--endpoint": options.endpoint,
        "--junit": options.junit,
    }
    used = [name for name, value in incompatible.items() if value]
    if used:
        text = "it rehearses the catalog of every environment, and writes a report for each into --out"
        raise DrillError(f"--all cannot be combined with {', '.join(used)}: {text}")
    systems: dict[str | None, System] = {name: origin.system(Origin(name)) for name in environments()}
    choosing.refuse(readings, systems)
    scenarios = choosing.scenarios(readings)
    passed = [
        _of_environment(str(name), system, scenarios, options, console) for name, system in systems.items()
    ]
    return PASSED if all(passed) else FAILED


def _of_environment(
    name: str, system: System, scenarios: Iterable[Scenario], options: Options, console: Console
) -> bool:
    """Rehearse scenarios for one of several environments; return whether all passed."""
    rehearsals = [_rehearsed(system, scenario, options) for scenario in scenarios if is_for(scenario, name)]
    failed = [rehearsal for rehearsal in rehearsals if not rehearsal.passed]
    shown = [
        rehearsal for rehearsal in rehearsals if options.verbose or rehearsal.notes or not rehearsal.passed
    ]
    if shown:
        table.show(shown, console, verbose=options.verbose)
    report = options.folder / name / "junit.xml"
    with written(report):
        junit.write(rehearsals, report)
    took_s = sum(rehearsal.took_s for rehearsal in rehearsals)
    verdict = f"{len(failed)} failed" if failed else "all passed"
    console.print(f"{name:<10} {len(rehearsals)} scenarios, {verdict}   {took_s:.1f} s")
    return not failed


def _rehearsed(system: System, scenario: Scenario, options: Options) -> Rehearsal:
    """Return the outcome of a scenario.

    Raises:
        DrillError: an alarm cannot be rehearsed, and `--strict` is given.
    """
    rehearsal = simulation.run(system, scenario, _samples)
    if options.strict:
        leaving_out.refuse(rehearsal.system)
    return rehearsal


def _remove_reports(options: Options) -> None:
    """Remove the reports of an earlier run, so that they are not published if this run fails."""
    for report in (options.report, options.folder / "index.html"):
        with written(report):
            if report.is_file():
                report.unlink()


def _write(rehearsals: Sequence[Rehearsal], options: Options, console: Console) -> None:
    """Write the timelines and the JUnit report.

    Raises:
        DrillError: a file cannot be written.
    """
    folder = options.folder
    with written(options.report):
        junit.write(rehearsals, options.report)
    if options.no_pictures:
        return
    with written(folder):
        pages = [timeline.write(rehearsal, folder) for rehearsal in rehearsals]
        index = timeline.write_index(rehearsals, folder)
    page = pages[0] if len(pages) == 1 else index
    console.print(f"Timeline: {page}" if len(pages) == 1 else f"Timelines: {page}", style="dim")


@click.command()
@click.argument("alarms", nargs=-1, metavar="[ALARM]...")
@_with_origin
def explain(alarms: tuple[str, ...], **values: Any) -> None:  # noqa: ANN401 - the fields of `Options`
    """Explain when an alarm fires and which recipients it notifies.

    ALARM is a name such as payment-handler-errors. Default: list all alarms.
    """
    console = Terminal(soft_wrap=False)
    system = origin.system(_origin(Options(**values)))
    if not alarms:
        selection = Selection(system)
        for alarm in system.all_alarms:
            console.print(selection.short(alarm.name), highlight=False, soft_wrap=True)
        for entry in system.left_out:
            console.print(
                f"cannot be rehearsed: {entry.name}: {entry.reason}", highlight=False, soft_wrap=True
            )
        return
    extra = Assumptions().extra_datapoints
    explanations = [explanation.explain(system, name, extra=extra) for name in alarms]
    for number, facts in enumerate(explanations):
        if number:
            console.print()
        rows = Table.grid(padding=(0, 2))
        for fact in facts:
            rows.add_row(Text(fact.label, "bold"), Text(fact.text))
        console.print(rows)


@click.command()
@click.argument("alarm", type=ProjectFile())
@click.argument("series", type=ProjectFile())
@click.option("--alarm", "only", metavar="NAME", help="Replay only this alarm of the file (default: all).")
@click.option("--out", type=_FILE, metavar="FOLDER", help="Write a timeline into this folder.")
def replay(alarm: Path, series: Path, only: str | None, out: Path | None) -> None:
    """Evaluate an alarm against a recorded series.

    ALARM is a JSON file, as `aws cloudwatch describe-alarms` prints it, with one alarm or several. SERIES is
    a CSV or JSON file with timestamps and values.
    """
    # Imported late, to keep the other commands fast.
    from drill import replay as replaying  # noqa: PLC0415

    console = Terminal(soft_wrap=False)
    rehearsal = replaying.replay(alarm, series, only)
    table.show_replay(rehearsal, console)
    if out:
        with written(out):
            page = timeline.write(rehearsal, out)
        console.print(f"Timeline: {page}", style="dim")


def _samples(path: Path, column: str | None) -> Sequence[tuple[float, float, float]]:
    """Return the samples of a recording."""
    from drill import recordings  # noqa: PLC0415  # few scenarios have one

    return recordings.samples(path, column)


def _origin(options: Options) -> Origin:
    """Return the origin of alarms. Alarms of a live account need no environment."""
    name = options.name or (environment.current() if "ENV" in os.environ else None)
    if name is None and options.where == origin.CATALOG:
        name = environment.DEFAULT
    return Origin(name, options.where, options.region, options.endpoint, options.prefix, _progress())


def _progress() -> Callable[[str], None]:
    """Return a function that prints progress to standard error, if it is a terminal."""
    console = Console(stderr=True)
    return (
        (lambda text: console.print(f"read {text}", style="dim")) if console.is_terminal else (lambda _: None)
    )
