"""What a proof says: a table for people, a line for each fault, and a status for `make`."""

# ruff: noqa: E501  # what is said of a case reads best on one line

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

import verify
from catalog import environment
from config.loader import environments
from ops import cli, synthesis, verification
from terraform import configuration
from tests.unit.verify.delivery import stacks
from verify import Fault, Proof, Route, report

LONG = "shop-" + "a-very-long-name-of-a-service-" * 8 + "prod"
WIDE = Proof(
    (),
    (
        Route(LONG, tuple(f"shop-c{number}-prod" for number in range(5)), ("shop-t-prod",), ("queue shop-q-prod",)),
        Route("shop-b-prod", ("itself",), ("shop-t-prod",), ("queue shop-q-prod",)),
        Route("event rule shop-e-prod", ("itself",), ("shop-t-prod",), ("email shop-b-prod@example.com",), is_event=True),
    ),
    ("shop-quiet-prod",),
    7,
)  # fmt: skip


def shown(proved: Proof, width: int = 200) -> list[str]:
    """Return what is printed, line by line."""
    screen = io.StringIO()
    report.show(proved, Console(file=screen, width=width))
    return screen.getvalue().splitlines()


def test_the_table_fits_and_says_everything_once() -> None:
    """Names without what all have in common; whom several reach alike stands at the first of them."""
    lines = shown(WIDE)
    assert max(len(line) for line in lines) <= report.WIDTH
    starts = [lines[0].index(heading) for heading in ("alarm", "notifies", "topic", "delivers")]
    columns = [
        "".join(line[start:end].strip() for line in lines[1:-3])
        for start, end in zip(starts, [*starts[1:], None], strict=True)
    ]
    name = LONG.removeprefix("shop-").removesuffix("-prod")
    assert columns[0] == f"{name}bevent rule e"
    assert columns[1] == "c0c1c2and 2 moreitselfitself"
    assert columns[2] == "tt"
    assert columns[3].replace(" ", "") == "queueqemailshop-b-prod@example.com"
    assert lines[-2:] == [
        "Omitted from names: the prefix shop- and the suffix -prod.",
        "Alarms that only suppress others: quiet.",
    ]


def test_names_without_anything_in_common_stay_whole() -> None:
    """Nothing is taken off, and nothing is said of it."""
    route = Route("a", ("itself",), ("b",), ("queue c",))
    assert shown(Proof((), (route,), (), 0))[1].split() == ["a", "itself", "b", "queue", "c"]
    assert len(shown(Proof((), (route,), (), 0))) == 2


def test_what_a_function_can_reach_is_not_called_what_it_tells() -> None:
    """The walk follows every topic that the function may publish to."""
    route = Route("a", ("itself",), ("b",), ("function f", "via f: email x@example.com"))
    said = "via: all recipients of the function; its code selects the recipients of each notification."
    assert said in shown(Proof((), (route,), (), 0))
    assert said not in shown(WIDE)


def test_a_summary_counts() -> None:
    """Alarms, rules, metrics, and who only holds others back."""
    assert (
        report.summary(WIDE)
        == "2 alarms, 1 event rule and 7 metrics verified; 1 alarm only suppresses others"
    )
    assert (
        report.summary(WIDE._replace(suppressors=(), routes=WIDE.routes[:2]))
        == "2 alarms and 7 metrics verified"
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the environment of the tests of delivery wherever something is synthesized."""
    written = stacks()

    def synthesize(_env: object, _catalog: object, into: Path | None = None) -> None:
        folder = into or tmp_path
        manifest = {"stacks": {name: {"synthesizedStackPath": f"{name}.json"} for name in written}}
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        for name, content in written.items():
            (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
        # Of an environment that was synthesized there before.
        (folder / "old.json").write_text("{", encoding="utf-8")

    monkeypatch.setattr(synthesis, "synthesize", synthesize)
    monkeypatch.setattr(synthesis, "folder", lambda _: tmp_path)
    synthesize(None, None)
    return tmp_path


def test_a_folder_is_read_as_its_manifest_says(folder: Path) -> None:
    """What is left of another synthesis is not read."""
    assert set(configuration.read(folder)) == set(stacks())
    assert verification.of_folder(folder, environment.read("prod", variables={})[1]) == verify.prove(stacks())


@pytest.mark.parametrize(
    ("arguments", "lines"), [(["verify"], 8), (["verify", "--all"], len(environments()))]
)
def test_what_is_proved_is_told_with_status_0(
    arguments: list[str],
    lines: int,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A table for one environment, a line for each of all."""
    del folder
    monkeypatch.setenv("ENV", "local")
    assert cli.main(arguments) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert len(out.splitlines()) >= lines
    assert (
        "4 alarms, 1 event rule and 1 metric verified; 2 alarms only suppress others" in out.splitlines()[0]
    )


@pytest.mark.parametrize("arguments", [["verify"], ["verify", "--all"]])
def test_what_is_not_proved_is_told_with_status_1(
    arguments: list[str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A line for each broken link, with its environment, on standard error; every environment is told of."""
    del folder
    faults = (Fault("alarm a", "action", "does not notify"), Fault("alarm b", "metric", "no data"))
    monkeypatch.setattr(verify, "prove", lambda *_, **__: Proof(faults, (), (), 0))
    monkeypatch.setenv("ENV", "prod")
    assert cli.main(arguments) == 1
    out, err = capsys.readouterr()
    assert out == ""
    names = environments() if "--all" in arguments else ["prod"]
    assert err.splitlines() == [
        line for name in names for line in (f"{name}: alarm a: action: does not notify", f"{name}: alarm b: metric: no data")
    ]  # fmt: skip
