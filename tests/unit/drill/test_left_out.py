"""Alarms that cannot be rehearsed: listed in every report, and an error if a scenario names one."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from config.errors import ConfigError
from drill import leaving_out
from drill.errors import DrillError
from drill.model import LeftOut, System
from drill.report import junit, table, timeline
from drill.selection import Selection, UnknownNameError
from ops import cli
from tests.support.tables import each
from tests.unit.drill.rehearsing import PAGE, alarm, banded, composite, held_by, log_filter, run

GONE = LeftOut("shop-gone", "main.tf.json: it is a PromQL alarm")


def system(**changed: Any) -> System:
    """Return two alarms, one of which is left out."""
    found = System("x", (alarm(), alarm("shop-gone")), (), topics=(PAGE,), short_names={"gone": "shop-gone"})
    return leaving_out.without(replace(found, **changed), [GONE])


def test_an_alarm_is_left_out_with_the_composites_that_depend_on_it() -> None:
    """Through their rules, their suppressors, and through other composites."""
    found = system(
        composites=(
            composite("above", "ALARM(part)"),
            composite("part", 'ALARM("shop-gone") OR ALARM(errors)'),
            composite("held", "ALARM(errors)", suppressor=held_by("shop-gone")),
            composite("fine", "ALARM(errors)"),
        )
    )
    assert [one.name for one in found.all_alarms] == ["errors", "fine"]
    reasons = {entry.name: entry.reason for entry in found.left_out}
    assert set(reasons) == {"shop-gone", "above", "part", "held"}
    assert reasons["above"] == "it depends on part, which cannot be rehearsed"


def test_its_name_is_an_error_with_the_reason() -> None:
    """In AWS and short, and a pattern that matches nothing else; a pattern that matches more is none."""
    selection = Selection(system())
    for name in ("shop-gone", "gone", "shop-*"):
        with pytest.raises(UnknownNameError, match=r"cannot be rehearsed: .* PromQL"):
            selection.full_names([name])
    assert selection.full_names(["*"]) == ("errors",)
    assert selection.left_out(["*"]) == selection.left_out(["go*"]) == ("shop-gone",)
    assert selection.full_names_of_excluded(["gone", "errors"]) == {"errors"}


NAMES = ("gone", "main.gone", "shop-gone", "z")


@each("name", [*NAMES, "go*", "main.g*", "?"])
def test_each_of_its_names_is_an_error(name: str) -> None:
    """An alarm has several short names, such as its address in Terraform; a pattern may match any of them."""
    others = {"main.errors": "errors", "shop-errors": "errors"}
    selection = Selection(system(short_names={**dict.fromkeys(NAMES, "shop-gone"), **others}))
    assert selection.left_out([name]) == ("shop-gone",)
    assert selection.left_out([name, *NAMES]) == selection.left_out(["*", *others]) == ("shop-gone",)
    assert selection.left_out(others) == ()
    with pytest.raises(UnknownNameError, match=r"cannot be rehearsed: .* PromQL"):
        selection.full_names([name])
    assert selection.full_names_of_excluded([name, "main.err*"]) - {"shop-gone"} == {"errors"}


@pytest.mark.parametrize(
    "key", ["alarm", "notification", "message", "suppressed", "never", "no_notifications"]
)
def test_an_expectation_that_names_it_is_rejected(key: str) -> None:
    """Whatever it expects."""
    expected = {"alarm": {"state": "OK", "at": "5m"}}.get(key, {})
    with pytest.raises(ConfigError, match=r"cannot be rehearsed: main\.tf\.json: it is a PromQL alarm"):
        run(system(), expect=[{key: "shop-gone", **expected}])


@pytest.mark.parametrize(
    "expected",
    [{"never": ["*"]}, {"no_notifications": ["*"]}, {"pages": 0}],
    ids=["never", "no_notifications", "pages"],
)
def test_a_claim_about_all_alarms_says_without_which(expected: dict[str, Any]) -> None:
    """Unless the scenario excludes it."""
    (verdict,) = run(system(), expect=[expected]).verdicts
    assert verdict.passed
    assert verdict.actual.endswith("; not rehearsed: shop-gone")
    if "pages" not in expected:
        (verdict,) = run(system(), expect=[{**expected, "except": ["gone"]}]).verdicts
        assert "not rehearsed" not in verdict.actual


def test_every_report_lists_it(tmp_path: Path) -> None:
    """The terminal, JUnit XML as a skipped case, and the timeline."""
    outcome = run(system(), expect=[{"never": ["*"]}])
    console = Console(file=io.StringIO(), width=200)
    table.show([outcome, outcome], console)
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert said.count("not rehearsed: shop-gone: main.tf.json: it is a PromQL alarm") == 1
    junit.write([outcome], tmp_path / "junit.xml")
    root = ET.parse(tmp_path / "junit.xml").getroot()  # noqa: S314 - it is ours
    assert (root.get("tests"), root.get("skipped")) == ("2", "1")
    skipped = [case for case in root.iter("testcase") if case.find("skipped") is not None]
    assert [case.get("name") for case in skipped] == ["shop-gone is rehearsed"]
    assert "it is a PromQL alarm" in timeline.timeline(outcome)


def test_a_band_that_the_scenario_does_not_set_is_no_silent_ok() -> None:
    """Without a `band` nothing can be compared: the alarm is left out of this scenario."""
    found = System("x", (banded("odd"), alarm()))
    (verdict,) = run(found, expect=[{"never": ["*"]}]).verdicts
    assert verdict.actual.endswith("; not rehearsed: odd")
    with pytest.raises(
        ConfigError, match=r"anomaly detection band, and neither its kind nor the scenario \(`band`\) sets it"
    ):
        run(found, expect=[{"never": "odd"}])
    (verdict,) = run(found, {"band": "odd", "upper": 5}, expect=[{"never": ["*"]}]).verdicts
    assert "not rehearsed" not in verdict.actual


def test_a_filter_that_cannot_be_evaluated_leaves_out_the_alarms_on_its_metric() -> None:
    """Of a live account, where AWS has accepted it."""
    found = System("x", (alarm(), alarm("other", of=None)), filters=(log_filter("(a", namespace="N"),))
    deployed = leaving_out.rehearsable(found, is_deployed=True)
    assert (deployed.filters, deployed.alarms) == ((), ())
    assert {entry.name for entry in deployed.left_out} == {"errors", "other"}
    with pytest.raises(DrillError, match=r"no alarm can be rehearsed:\n  errors: .*pattern"):
        leaving_out.some(deployed)
    assert leaving_out.rehearsable(found, is_deployed=False).left_out == ()


def test_strict_rejects_and_otherwise_the_rest_is_rehearsed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the same reason."""
    monkeypatch.setenv("COLUMNS", "200")
    arguments = {
        "metric_name": "M", "namespace": "N", "statistic": "Sum", "period": 60, "evaluation_periods": 1,
        "threshold": 1, "comparison_operator": "GreaterThanThreshold",
    }  # fmt: skip
    alarms = {
        "good": {"alarm_name": "good", **arguments},
        "bad": {"alarm_name": "bad", "count": 2, **arguments},
    }
    folder = tmp_path / "shop"
    folder.mkdir()
    content = {"resource": {"aws_cloudwatch_metric_alarm": alarms}}
    (folder / "main.tf.json").write_text(json.dumps(content), encoding="utf-8")
    scenario = tmp_path / "calm.yaml"
    scenario.write_text("description: x\nduration: 5m\nexpect: [{never: ['*']}]\n", encoding="utf-8")
    command = ["drill", "run", str(scenario), "--from", str(folder), "--out", str(tmp_path / "out")]
    assert cli.main(command) == 0
    assert "not rehearsed: bad: main: aws_cloudwatch" in capsys.readouterr().out.replace("shop", "main")
    assert cli.main([*command, "--strict"]) == 2
    said = capsys.readouterr()
    assert "not all alarms can be rehearsed:\n  bad: " in said.err
    assert said.out == ""
    assert cli.main(["drill", "explain", "bad", "--from", str(folder)]) == 2
    assert "cannot be rehearsed" in capsys.readouterr().err
    assert cli.main(["drill", "explain", "--from", str(folder)]) == 0
    assert "cannot be rehearsed: bad" in capsys.readouterr().out
