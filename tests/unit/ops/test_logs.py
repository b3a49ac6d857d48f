"""`reveille logs`: what the filters of a service count in a file, and the format that fits the lines."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from catalog import environment
from catalog.kinds import logs as filters_of
from cloudwatch import patterns
from config import formats
from config.logs import Logs, ServiceLogs
from ops import cli, log_formats, logs
from ops.log_proposals import Log, Totals, propose
from tests.support.tables import each
from tests.unit.catalog.catalogs import EVERY

LINES = [
    '{"level": "INFO", "message": "fine", "duration_ms": 12}',
    '{"level": "ERROR", "message": "failed", "duration_ms": 14}',
    '{"level": "INFO", "message": "fine", "duration_ms": "13 ms"}',
    "panic: boom",
    "",
    '{"level": "INFO", "message": "fine", "duration_ms": 12}',
    '{"level": "INFO", "message": "fine", "duration_ms": 12}',
]


def counted(name: str, line: str) -> list[str]:
    """Return the metrics in which a service with a format counts a line."""
    log = Logs().format_of("ecs", ServiceLogs(format=name))
    return [
        template.metric.name
        for template in filters_of.filters(log)
        if patterns.compile(template.pattern).matches(line)
    ]


def of_runtime(lines: list[str]) -> list[str]:
    """Return the lines of a Lambda function: each invocation writes one, Lambda itself three others."""
    _, _, start, report = formats.preset("lambda-text").other_lines
    return [line for own in lines for line in (start, own, "END RequestId: 1-2", report)]


@each("name", formats.names())
def test_the_lines_of_every_logger_are_recognized(name: str) -> None:
    """The proposed format is its own, or counts its lines in the same way; also among lines of Lambda."""
    preset = formats.preset(name)
    lines = [*preset.error_lines, *preset.other_lines]
    for saved in (lines, of_runtime(lines)):
        best = log_formats.fits(log_formats.sample(saved).compared())[0]
        assert [counted(best.name, line) for line in lines] == [counted(name, line) for line in lines], best


@each("name", formats.names())
@each("kind", ("ecs", "lambda"))
def test_a_proposal_for_the_default_counts_the_errors_of_every_logger(name: str, kind: str) -> None:
    """Each of its recorded errors, and never fewer than before; whatever format is configured."""
    preset = formats.preset(name)
    lines = of_runtime([*preset.error_lines, *preset.other_lines])
    for configured in ("json", "text", "pino", "lambda-text"):
        log = Log(Logs(), kind, ServiceLogs(format=configured), is_configured=True)
        now = log.totals(lines)
        compared = log_formats.sample(lines).compared()
        found = log_formats.fits(compared)
        proposal = propose(log, compared, found, partial(iter, lines), now)
        totals = proposal.totals if proposal else now
        assert totals.errors >= now.errors, (configured, proposal)
        if configured == "json":
            assert totals == log.changed({"format": name}).totals(lines), proposal


def run(
    folder: Path, text: bytes, capsys: pytest.CaptureFixture[str], *options: str
) -> tuple[int, list[str], str]:
    """Run the command on a file; return status, output and errors."""
    path = folder / "sample.log"
    path.write_bytes(text)
    status = cli.main(["logs", "--env", "prod", *options, str(path)])
    said = capsys.readouterr()
    return status, said.out.replace(str(folder), "").splitlines(), said.err.replace(str(folder), "")


def test_every_line_is_counted_with_its_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the metric filters of the service count it; a duration that is no number has no sample."""
    text = "\n".join(LINES).encode()
    status, said, _ = run(tmp_path, text, capsys, "--service", "checkout-api")
    assert status == 0
    rows = {row.rpartition("  ")[0].split("  ")[1]: row.split() for row in said if row.startswith("  ")}
    assert said[0] == "/sample.log: 7 lines, as checkout-api writes them (format json)"
    assert rows["errors"][-3:] == ["2", "2,", "4"]
    assert rows["requests with a duration"][-3:] == ["4", "1-2,", "6-7"]
    assert rows["durations that are not a number"][-2:] == ["1", "3"]
    assert rows["not counted"][-2:] == ["1", "5"]
    assert said[-1] == "5 of 6 lines are in the format json."


@each("name", EVERY)
def test_a_line_counts_once_whatever_the_number_of_log_groups(name: str) -> None:
    """A service has the same filters on each of its log groups, and a line is in one of them."""
    env, made = EVERY[name]
    for service, config in env.services.items():
        log, own = env.log_format(config), logs.of_one_group(made, service)
        assert bool(own) == any(item.service == service for item in made.filters)
        if log and own:
            line = filters_of.line(log, 250, is_error=True)
            found = logs.examine(own, [line], print)
            assert "errors that count more than once" not in found.by_title, service
            assert found.by_title["errors"].total == 1, service


def test_a_format_is_proposed_that_fits_better(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As YAML for the service; without a service, for any."""
    text = "\n".join([*formats.preset("pino").other_lines * 3, *formats.preset("pino").error_lines]).encode()
    _, said, _ = run(tmp_path, text, capsys, "--service", "checkout-api")
    assert said[-6:] == [
        "5 of 5 lines are in the format pino.",
        "To count them (errors 0 -> 2):",
        "",
        "services:",
        "  checkout-api:",
        "    logs: {format: pino}",
    ]
    _, said, _ = run(tmp_path, text, capsys)
    assert said[-3:] == ["services:", "  <name>:", "    logs: {format: pino}"]


def test_a_format_that_counts_fewer_errors_is_not_proposed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Although it fits most lines: plain-text formats do not count the tracebacks of Python."""
    lines = [*formats.preset("uvicorn").other_lines * 3, "Traceback (most recent call last):"]
    _, said, _ = run(tmp_path, "\n".join(lines).encode(), capsys, "--service", "checkout-api")
    which = "the format uvicorn, which counts fewer errors or requests than json."
    assert said[-2] == f"6 of 7 lines are in {which}"
    assert said[-1] == "Set error_patterns, or log in a format of docs/logs.md."
    log = Log(Logs(), own=ServiceLogs(format="json", duration_key="took"), is_configured=True)
    proposal = propose(log, lines[:-1], log_formats.fits(lines[:-1]), lambda: lines[:-1], Totals(0, 1))
    assert proposal is None


def test_another_format_keeps_what_it_can_of_the_settings() -> None:
    """Patterns of errors; keys only in JSON, and no levels of the old format."""
    own = ServiceLogs(
        level_key="lvl", error_levels=("bad",), duration_key="took", error_patterns=("declined",)
    )
    log = Log(Logs(), own=own, is_configured=True)
    assert log.with_format("pino").settings == {
        "format": "pino",
        "duration_key": "took",
        "error_patterns": ["declined"],
    }
    assert log.with_format("uvicorn").settings == {"format": "uvicorn", "error_patterns": ["declined"]}
    of_kind = Log(Logs.model_validate({"ecs": {"error_patterns": ["declined"]}}), is_configured=True)
    with_pattern = of_kind.with_pattern("%^x%")
    assert with_pattern
    assert with_pattern.settings == {"error_patterns": ["declined", "%^x%"]}
    assert Log(Logs(), others=5).with_pattern("%^x%") is None


def test_the_key_of_an_unknown_format_is_proposed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """If its values are words of levels; otherwise nothing is."""
    _, said, _ = run(tmp_path, b'{"lvl":"warn","txt":"x"}\n{"lvl":"error","txt":"y"}\n', capsys)
    assert said[-1] == "    logs: {format: json, level_key: lvl, error_levels: [error, critical, fatal]}"
    _, said, _ = run(tmp_path, b'{"a":1}\n{"b":2}\n', capsys)
    assert said[-1] == "Set error_patterns, or log in a format of docs/logs.md."


@each(
    ("text", "options", "why"),
    [
        (b"", (), "is empty"),
        (b"\n\n", (), "is empty"),
        (b"\x7fELF\x00\x01", (), "is not text: line 1 has a NUL character"),
        (b"fine\n\xff\xfe\n", (), "is not UTF-8 text: line 2"),
        (b"fine\n" + b"x" * 1_048_577, (), "has more than 1,048,576 bytes in line 2"),
        (b"x", ("--service", "checkout-ap"), "did you mean checkout-api?"),
    ],
)
def test_a_file_without_log_lines_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: bytes, options: tuple[str, ...], why: str
) -> None:
    """In one sentence, with a status that is not 0."""
    status, said, errors = run(tmp_path, text, capsys, *options)
    assert (status, said) == (1, [])
    assert why in errors
    assert errors.count("\n") == 1


def test_a_missing_file_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """As one that cannot be read."""
    assert cli.main(["logs", "/no/such/file.log"]) == 1
    assert capsys.readouterr().err == "logs: /no/such/file.log cannot be read: No such file or directory\n"


def test_all_lines_are_compared_or_a_sample_of_the_whole_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The beginning of a file, such as the lines of a start in another format, does not decide."""
    pino = [*formats.preset("pino").other_lines * 3, *formats.preset("pino").error_lines]
    _, said, _ = run(tmp_path, "\n".join(["starting"] * 2_000 + pino * 1_000).encode(), capsys)
    assert said[0] == "/sample.log: 7000 lines"
    assert said[1] == "2,000 of 7,000 lines, evenly from the whole file, are compared with the formats."
    assert "lines are in the format pino." in said[2]
    assert said[3] == "To count them (2000 errors, 0 requests):"
    _, said, _ = run(tmp_path, "\n".join(of_runtime(pino)).encode(), capsys)
    assert said[1] == "All lines are compared with the formats, without 15 of the runtime of Lambda."


def test_a_sample_is_even_and_the_same_each_time() -> None:
    """Also of lines that repeat in the same order; it has 2,000 lines of any number."""
    lines = [f"{number} {number % 4}" for number in range(100_000)]
    one, other = log_formats.sample(lines), log_formats.sample(iter(lines))
    assert one.lines == other.lines
    assert len(one.lines) == 2_000
    for rest in range(4):
        assert 400 < sum(line.endswith(f" {rest}") for line in one.lines) < 600
    for tenth in range(10):
        assert 140 < sum(int(line.split()[0]) // 10_000 == tenth for line in one.lines) < 260


def test_lines_of_lambda_alone_show_no_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As text, and as JSON."""
    lines = [*of_runtime(["INIT_START Runtime Version: python:3.12"]), '{"time":"t","type":"platform.start"}']
    status, said, _ = run(tmp_path, "\n".join(lines).encode(), capsys)
    assert status == 0
    assert said[-1] == "Lambda itself wrote all lines: save lines of the function as well."


def test_a_large_file_shows_its_progress() -> None:
    """After every 100,000 lines, in constant memory: the first ranges of numbers are kept."""
    _, made = environment.read("prod", variables={})
    own = [item for item in made.filters if item.service == "checkout-api"]
    seen: list[int] = []
    lines = (LINES[0] if number % 2 else "x" for number in range(250_000))
    found = logs.examine(own, lines, seen.append)
    assert seen == [100_000, 200_000]
    numbers = found.by_title["requests with a duration"]
    assert numbers.total == 125_000
    assert str(numbers).endswith(", …")
    assert len(numbers.ranges) < 20
