"""`reveille drill`: what it prints and writes, and its exit status, for every command."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from config.paths import ROOT
from drill import choosing, commands, origin
from ops import cli

PASSES = """\
description: Payments fail for ten minutes.
duration: 30m
warm_up: 1h
happens:
  - {service: payment-handler, metric: AWS/Lambda Invocations, value: 100}
  - {service: payment-handler, metric: AWS/Lambda Errors, value: 80, from: 5m, to: 15m}
expect:
  - {alarm: payment-handler-error-rate, state: ALARM, by: 10m}
"""
FAILS = PASSES.replace("by: 10m", "by: 5m")
PROD_ONLY = f"environments: [prod, staging]\n{PASSES}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of scenarios in place of `drills`; of the caller's environment, nothing is left."""
    for name in ("ENV", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    found = tmp_path / "drills"
    found.mkdir()
    monkeypatch.setattr(choosing, "FOLDER", found)
    monkeypatch.setattr(commands, "OUTPUT", tmp_path / "out")
    monkeypatch.setenv("COLUMNS", "160")
    return found


def write(folder: Path, **texts: str) -> list[str]:
    """Write scenarios; return their paths."""
    paths = []
    for name, text in texts.items():
        path = folder / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        paths.append(str(path))
    return paths


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Return the exit status of a command, and what it printed and said."""
    status = cli.main(["drill", *arguments])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_a_scenario_that_is_as_expected_is_0(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its line, its picture, and the report for CI, where they were asked for."""
    (path,) = write(folder, passes=PASSES)
    status, out, err = call(capsys, "run", path, "--env", "prod")
    assert (status, err) == (0, "")
    assert "✓ passes" in out
    assert "1 of 1 passed" in out
    written = folder.parent / "out"
    assert {item.name for item in written.iterdir()} == {"passes.html", "index.html", "junit.xml"}
    report = ET.parse(written / "junit.xml").getroot()  # noqa: S314  # our own
    assert [element.get("failures") for element in report.iter("testsuite")] == ["0"]


def test_a_scenario_that_is_not_is_1_and_says_where_and_why(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The place, what wpassed, and what was found; the others are rehearsed all the same."""
    paths = write(folder, fails=FAILS, passes=PASSES)
    status, out, _ = call(
        capsys, "run", *paths, "--env", "prod", "--no-pictures", "--out", str(folder / "other")
    )
    assert status == 1
    assert "✗ fails" in out
    assert "✓ passes" in out
    assert "fails.yaml:8" in out.replace("\n", "")
    assert "payment-handler-error-rate is in ALARM by +5m" in out
    assert "late; in" in out
    assert [path.name for path in (folder / "other").iterdir()] == ["junit.xml"]


def test_bad_scenarios_are_2_and_all_of_them_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each mistake once, with file and line; nothing is rehearsed, and nothing is written."""
    (folder / "baseline.txt").write_text("happens: [{metric: A}]\n", encoding="utf-8")
    baseline = PASSES + "baseline: baseline.txt\n"
    paths = write(folder, a=baseline, b=baseline, c=PASSES.replace("state:", "stat:"), d=PASSES)
    status, out, err = call(capsys, "run", *paths, "--env", "prod")
    assert (status, out) == (2, "")
    lines = err.splitlines()
    assert [line.partition(": ")[0].rpartition("/")[2] for line in lines] == [
        "baseline.txt:1",
        "c.yaml:8",
        "c.yaml:8",
    ]
    assert "did you mean state?" in err
    assert not (folder.parent / "out").exists()


def test_names_that_mean_nothing_are_2(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where they stand, with what was meant."""
    (path,) = write(
        folder, typo=PASSES.replace("alarm: payment-handler-error-rate", "alarm: payment-handler-eror-rate")
    )
    status, out, err = call(capsys, "run", path, "--env", "prod")
    assert (status, out) == (2, "")
    assert err.strip().endswith("   did you mean payment-handler-error-rate?")
    assert "typo.yaml:8: alarm: no such alarm in prod" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "gone.yaml"), "gone.yaml: cannot be read: No such file or directory"),
        (("run", "config"), "config: cannot be read: Is a directory"),
        (("run", "--env", "gone"), "gone"),
        (
            ("run", "--from", "nowhere"),
            "--from: must be catalog, aws, a folder such as cdktf.out, or a plan (found: nowhere)",
        ),
        (("explain", "gone", "--env", "prod"), "explain: no such alarm in prod (found: gone)"),
        (
            ("explain", "payment-handler-eror-rate", "--env", "prod"),
            "did you mean payment-handler-error-rate?",
        ),
        (("explain", "x", "--from", "aws"), "--from aws: requires --region, or AWS_REGION"),
        (
            ("explain", "x", "--from", "aws", "--env", "dev", "--region", "a"),
            "dev has its own region and endpoint",
        ),
        (("replay", "gone.json", "gone.csv"), "replay: gone.json: cannot be read: No such file or directory"),
    ],
)
def test_what_is_not_there_is_2_and_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: Sequence[str], said: str
) -> None:
    """Files, environments, origins, alarms; never a traceback."""
    write(folder, passes=PASSES)
    status, out, err = call(capsys, *arguments)
    assert (status, out) == (2, "")
    assert said in err
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) == 1


def test_without_scenarios_the_documents_are_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As in a project whose samples are gone."""
    status, out, _ = call(capsys, "run", "--env", "prod")
    assert status == 0
    assert out.replace("\n", "") == f"{folder}: no scenarios; docs/drill.md shows how to write one"


def test_all_scenarios_are_rehearsed_unless_some_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the order of their names; those for other environments are left out, and that is said."""
    write(folder, b=PASSES, a=PASSES, c=PROD_ONLY)
    status, out, _ = call(capsys, "run", "--env", "dev", "--no-pictures")
    assert status == 0
    assert [line.split()[1] for line in out.splitlines() if line.startswith("✓")] == ["a", "b"]
    assert "c skipped: it is for prod, staging only" in out
    status, out, _ = call(capsys, "run", "--env", "prod", "--no-pictures")
    assert [line.split()[1] for line in out.splitlines() if line.startswith("✓")] == ["a", "b", "c"]


def test_a_scenario_for_another_environment_is_refused_when_it_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever names it wants it rehearsed."""
    (path,) = write(folder, c=PROD_ONLY)
    status, _, err = call(capsys, "run", path, "--env", "dev")
    assert status == 2
    assert err.strip().endswith("c.yaml: environments: is for prod, staging only (found: dev)")


def test_the_environment_is_env_or_local(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """--env wins over ENV, and both over the default."""
    write(folder, passes=PASSES)
    asked: list[str | None] = []
    real = origin.system

    def noted(where: origin.Origin) -> object:
        asked.append(where.environment)
        return real(where)

    monkeypatch.setattr(origin, "system", noted)
    call(capsys, "run", "--no-pictures")
    monkeypatch.setenv("ENV", "staging")
    call(capsys, "run", "--no-pictures")
    call(capsys, "run", "--no-pictures", "--env", "prod")
    assert asked == ["local", "staging", "prod"]


def test_all_environments_are_one_line_each(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """1 if one of them failed, and then what failed, too."""
    write(folder, a=PASSES, b=PROD_ONLY)
    status, out, _ = call(capsys, "run", "--all")
    assert status == 0
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["dev", "1"], ["local", "1"], ["prod", "2"], ["staging", "2"],
    ]  # fmt: skip
    assert {path.parent.name for path in (folder.parent / "out").rglob("junit.xml")} == {
        "dev",
        "local",
        "prod",
        "staging",
    }
    write(folder, b=f"environments: prod\n{FAILS}")
    status, out, _ = call(capsys, "run", "--all")
    assert status == 1
    assert "1 failed" in out
    assert "late; in" in out


def test_a_recording_beside_a_scenario_is_played(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And what is wrong in it is said with the scenario's line."""
    (folder / "day.csv").write_text("timestamp,errors\n0,80\n60,80\n120,80\n180,80\n", encoding="utf-8")
    text = PASSES.replace("value: 80, from: 5m, to: 15m", "csv: day.csv, from: 5m")
    (path,) = write(folder, played=text)
    assert call(capsys, "run", path, "--env", "prod", "--no-pictures")[0] == 0
    (path,) = write(folder, played=text.replace("day.csv", "day.csv, column: calls"))
    status, _, err = call(capsys, "run", path, "--env", "prod", "--no-pictures")
    assert status == 2
    assert "played.yaml:6: csv: " in err
    assert "has no column calls; known: errors" in err


def test_explain_tells_each_alarm(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One after the other, with an empty line between them."""
    del folder
    status, out, err = call(
        capsys, "explain", "payment-handler-error-rate", "payment-handler-impact", "--env", "prod"
    )
    assert (status, err) == (0, "")
    first, second = out.strip().split("\n\n")
    assert first.startswith("Alarm")
    assert "reveille-payment-handler-error-rate-prod, a metric alarm of payment-handler" in first
    assert "Part of" in first
    assert "reveille-payment-handler-impact-prod, a composite" in second


def test_replay_tells_the_changes_and_draws_where_it_is_asked_to(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --out, nothing is written."""
    alarm, series = folder / "alarm.json", folder / "series.csv"
    alarm.write_text(
        json.dumps(
            {
                "AlarmName": "high", "Namespace": "N", "MetricName": "M", "Statistic": "Average",
                "Period": 60, "EvaluationPeriods": 1, "Threshold": 5,
                "ComparisonOperator": "GreaterThanThreshold",
            }
        ),
        encoding="utf-8",
    )  # fmt: skip
    series.write_text("timestamp,M\n1772366400,1\n1772366460,9\n1772366520,1\n", encoding="utf-8")
    status, out, _ = call(capsys, "replay", str(alarm), str(series))
    assert status == 0
    assert "OK -> ALARM" in out
    assert "in ALARM 1 time" in out
    assert {path.name for path in folder.iterdir()} == {"alarm.json", "series.csv"}
    status, out, _ = call(capsys, "replay", str(alarm), str(series), "--out", str(folder / "pictures"))
    assert [path.name for path in (folder / "pictures").iterdir()] == ["alarm.html"]


@pytest.mark.parametrize(
    ("command", "asked", "answered"),
    [
        ("match", {"pattern": "ERROR", "event": "an ERROR"}, {"match": True}),
        (
            "evaluate",
            {
                "evaluation_periods": 3, "datapoints_to_alarm": 2, "treat_missing_data": "missing",
                "comparison": "GreaterThanThreshold", "threshold": 0.5, "datapoints": [1, None, 0, 1, 1],
                "previous_state": "OK",
            },
            {"state": "ALARM"},
        ),
        ("rule", {"rule": "ALARM(a) AND NOT OK(b)", "states": {"a": "ALARM"}}, {"state": "ALARM"}),
    ],
)  # fmt: skip
def test_filters_answer_line_by_line(
    command: str,
    asked: object,
    answered: dict[str, object],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In order, also after a line that cannot be answered; the exit status is 0."""
    lines = b"\n".join((json.dumps(asked).encode(), b"{nonsense", json.dumps(asked).encode())) + b"\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
    status, out, err = call(capsys, command)
    assert (status, err) == (0, "")
    first, wrong, last = map(json.loads, out.splitlines())
    assert first == last
    assert answered.items() <= first.items()
    assert set(wrong) == {"error", "position"}


def test_an_interrupt_is_said_and_is_130(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a shell's own commands do."""
    del folder

    def interrupted(options: object) -> int:
        del options
        raise KeyboardInterrupt

    monkeypatch.setattr(choosing, "read_all", interrupted)
    assert call(capsys, "run") == (130, "", "\ndrill run: interrupted.\n")


@pytest.mark.parametrize("arguments", [(), ("rehearse",), ("run", "--gone"), ("replay", "one")])
def test_what_is_no_command_is_2_and_shows_the_usage(
    arguments: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """As for every program."""
    assert cli.main(["drill", *arguments]) == 2
    assert "Usage: reveille drill" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "lines", "expected"),
    [
        (("explain", *["payment-handler-error-rate"] * 150, "--env", "prod"), 0, 0),
        (("run", "{fails}", "--env", "prod", "--no-pictures", "--out", "{out}", "-v"), 0, 1),
        (("match",), 20_000, 0),
    ],
)
def test_whoever_reads_only_the_beginning_causes_no_traceback(
    folder: Path, tmp_path: Path, command: Sequence[str], lines: int, expected: int
) -> None:
    """`reveille drill … | head -1`, in a process of its own; what was found out is still the exit status."""
    (fails,) = write(folder, fails=FAILS.replace("expect:", "expect:" + "\n  - {pages: 7}" * 900))
    filled = [text.format(fails=fails, out=tmp_path / "out") for text in command]
    asked = tmp_path / "asked"
    asked.write_text(json.dumps({"pattern": "ERROR", "event": "an ERROR"}) + "\n", encoding="utf-8")
    asked.write_text(asked.read_text(encoding="utf-8") * lines, encoding="utf-8")
    with (
        asked.open("rb") as given,
        subprocess.Popen(
            [sys.executable, "-m", "drill", *filled],
            stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
        ) as running,
    ):  # fmt: skip
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        said = running.stderr.read()
    assert (running.returncode, said) == (expected, b"")


def test_whoever_pipes_lines_through_waits_for_nothing_else() -> None:
    """The filters of lines load neither the configuration, nor the table's, nor AWS's packages."""
    call = "cli.main(['drill', 'match'])"
    code = f"import sys; from ops import cli; {call}; print([*sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], input=b"", capture_output=True, check=True, cwd=ROOT)
    loaded = done.stderr.decode()
    assert "'drill.jsonlines'" in loaded
    for name in ("rich", "boto3", "yaml", "catalog"):
        assert f"'{name}'" not in loaded, name


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (f"environments: [prd]\n{PASSES}", 1, "environments: no such environment; known: dev, local, prod"),
        (
            f"{PASSES}invoke: [{{service: nobody, event: {{}}, per_min: 1}}]\n",
            9,
            "service: no such Lambda function",
        ),
        ("happens: []\n", 1, "is a baseline, not a scenario"),
        (PASSES.replace("by: 10m", "from: 10m, to: 5m"), 8, "to: must not be earlier than from"),
        (
            PASSES.replace("expect:", "  - {band: payment-handler-errors, upper: 3}\nexpect:"),
            7,
            "band: matches no alarm with an anomaly band",
        ),
    ],
)
def test_what_could_never_be_rehearsed_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str, line: int, said: str
) -> None:
    """No such environment, a file of another kind, an end before its beginning, a band for a threshold."""
    write(folder, wrong=text)
    for arguments in (("run", "--env", "prod"), ("run", "--all")):
        status, _, err = call(capsys, *arguments)
        assert status == 2
        assert f"wrong.yaml:{line}: " in err
        assert said in err


def test_two_scenarios_of_one_name_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One's timeline would stand where the other's does."""
    other = folder / "more"
    other.mkdir()
    paths = [*write(folder, same=PASSES), *write(other, same=PASSES)]
    status, _, err = call(capsys, "run", *paths, "--env", "prod")
    assert status == 2
    assert "has the same name as" in err


def test_a_refused_run_leaves_no_report_of_an_earlier_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor the list of what was rehearsed then: a CI that publishes them would show the wrong run."""
    out = folder.parent / "out"
    (good,) = write(folder, good=PASSES)
    call(capsys, "run", good, "--env", "prod")
    assert (out / "junit.xml").exists()
    assert (out / "index.html").exists()
    (bad,) = write(folder, bad="description: x\n")
    assert call(capsys, "run", bad, "--env", "prod")[0] == 2
    assert not (out / "junit.xml").exists()
    assert not (out / "index.html").exists()


def test_explaining_nothing_lists_what_there_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the names that people use."""
    del folder
    status, out, _ = call(capsys, "explain", "--env", "prod")
    assert status == 0
    assert {"payment-handler-errors", "payment-handler-impact", "system-critical"} <= set(out.splitlines())
