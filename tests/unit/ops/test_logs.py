"""`reveille logs`: what the filters of a service count in a file, and the format that fits the lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog import environment
from catalog.kinds import logs as filters_of
from cloudwatch import patterns
from config import formats
from config.logs import Logs, ServiceLogs
from ops import cli, logs
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


@each("name", formats.names())
def test_the_lines_of_every_logger_are_recognized(name: str) -> None:
    """The proposed format is its own, or counts its lines in the same way."""
    preset = formats.preset(name)
    lines = [*preset.error_lines, *preset.other_lines]
    best = logs.fits([line for line in lines if line.strip()])[0]
    assert [counted(best.name, line) for line in lines] == [counted(name, line) for line in lines], best


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
    assert said[-3:] == ["services:", "  checkout-api:", "    logs: {format: pino}"]
    _, said, _ = run(tmp_path, text, capsys)
    assert said[-3:] == ["services:", "  <name>:", "    logs: {format: pino}"]


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
