"""What `reveille drill` cannot write or do is one sentence and status 2; mistakes are said all at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from config.paths import ROOT
from drill import choosing, commands, origin
from drill.model import System
from ops import cli

PASSES = """\
description: Payments fail for ten minutes.
duration: 30m
happens:
  - {service: payment-handler, metric: AWS/Lambda Invocations, value: 100}
  - {service: payment-handler, metric: AWS/Lambda Errors, value: 80, from: 5m, to: 15m}
expect:
  - {alarm: payment-handler-error-rate, state: ALARM, by: 10m}
"""
ALARM = {
    "AlarmName": "high",
    "Namespace": "N",
    "MetricName": "M",
    "Statistic": "Average",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 5,
    "ComparisonOperator": "GreaterThanThreshold",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of scenarios in place of `drills`, with one in it; there is an alarm beside it."""
    monkeypatch.delenv("ENV", raising=False)
    found = tmp_path / "drills"
    found.mkdir()
    (found / "passes.yaml").write_text(PASSES, encoding="utf-8")
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    (tmp_path / "alarm.json").write_text(json.dumps(ALARM), encoding="utf-8")
    (tmp_path / "m.csv").write_text("timestamp,M\n1772366400,1\n1772366460,9\n", encoding="utf-8")
    monkeypatch.setattr(choosing, "FOLDER", found)
    monkeypatch.setattr(commands, "OUTPUT", tmp_path / "out")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--out", "{}/file"), "drill run: {}/file: cannot be written: File exists"),
        (("run", "--out", "{}/file/a"), "drill run: {}/file/a: cannot be written: Not a directory"),
        (("run", "--junit", "{}/drills"), "drill run: {}/drills: cannot be written: Is a directory"),
        (("run", "--junit", "{}/file/a.xml"), "drill run: {}/file: cannot be written: File exists"),
        (
            ("run", "--out", "/proc/x", "--junit", "{}/a.xml"),
            "drill run: /proc/x: cannot be written: No such file",
        ),
        (("run", "--all", "--out", "{}/file"), "drill run: {}/file/dev: cannot be written: Not a directory"),
        (
            ("replay", "{}/alarm.json", "{}/m.csv", "--out", "{}/file"),
            "drill replay: {}/file: cannot be written: File exists",
        ),
    ],
)
def test_what_cannot_be_written_is_2_and_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: Sequence[str], said: str
) -> None:
    """With the file that it is about, and why; what was found out stands above it."""
    status = cli.main(["drill", *(argument.format(folder) for argument in arguments)])
    err = capsys.readouterr().err
    assert status == 2
    assert err.startswith(said.format(folder))
    assert len(err.splitlines()) == 1


def test_mistakes_of_files_and_names_are_said_at_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A late time hides no unknown name, and one scenario hides nothing of another."""
    late = PASSES.replace("to: 15m", "to: 2h").replace("metric: AWS/Lambda Inv", "metric: AWS/Lambda Imv")
    (folder / "drills/late.yaml").write_text(late.replace("-error-rate", "-eror-rate"), encoding="utf-8")
    typo = PASSES.replace("{service: payment-handler, metric: AWS/Lambda Errors", "{metric: Zzz")
    (folder / "drills/typo.yaml").write_text(typo, encoding="utf-8")
    for arguments in (("run", "--env", "prod"), ("run", "--all")):
        assert cli.main(["drill", *arguments]) == 2
        err = capsys.readouterr().err.splitlines()
        assert sorted(":".join(line.rpartition("/drills/")[2].split(":")[:3]) for line in err) == [
            "late.yaml:4: metric",
            "late.yaml:5: to",
            "late.yaml:7: alarm",
            "typo.yaml:5: metric",
        ]


def test_unknown_names_of_several_scenarios_are_said_at_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the files themselves are right."""
    for name in ("a", "b"):
        text = PASSES.replace("{service: payment-handler, metric: AWS/Lambda Errors", "{metric: Zzz")
        (folder / f"drills/{name}.yaml").write_text(text, encoding="utf-8")
    assert cli.main(["drill", "run", "--env", "prod"]) == 2
    err = capsys.readouterr().err.splitlines()
    assert [line.rpartition("/")[2].split(": ")[0] for line in err] == ["a.yaml:5", "b.yaml:5"]


def test_an_account_is_not_read_for_scenarios_that_are_wrong(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """That takes a while, and what the files say is known before."""

    def read(where: origin.Origin) -> System:
        raise AssertionError(where)

    monkeypatch.setattr(origin, "system", read)
    (folder / "drills/late.yaml").write_text(PASSES.replace("to: 15m", "to: 2h"), encoding="utf-8")
    assert cli.main(["drill", "run", "--from", "aws", "--region", "eu-west-1"]) == 2
    assert "late.yaml:5: to: is after the end" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full disk to write to")
@pytest.mark.parametrize("arguments", [("explain", "payment-handler-impact"), ("run", "-v", "--no-pictures")])
def test_a_full_disk_is_2_and_one_sentence(tmp_path: Path, arguments: Sequence[str]) -> None:
    """In a process of its own, whose output nothing takes."""
    out = () if arguments[0] == "explain" else ("--out", str(tmp_path))
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "drill", *arguments, "--env", "prod", *out],
            stdout=full, stderr=subprocess.PIPE, cwd=ROOT, check=False, text=True,
            env={**os.environ, "PYTHONUNBUFFERED": ""},  # what is held back is tried again at the end
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith(f"drill {arguments[0]}: No space left on device. ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--env", "prod"),
        ("--from", "aws"),
        ("--region", "eu-west-1"),
        ("--prefix", "a"),
        ("--endpoint", "http://127.0.0.1:1"),
        ("--junit", "a.xml"),
    ],
)
def test_all_environments_go_without_what_is_about_one(
    folder: Path, capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    """Instead of leaving it aside without a word."""
    del folder
    assert cli.main(["drill", "run", "--all", option, value]) == 2
    assert capsys.readouterr().err == (
        f"drill run: --all cannot be combined with {option}: it rehearses the catalog of every environment, "
        "and writes a report for each into --out\n"
    )
