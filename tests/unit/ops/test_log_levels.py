"""`reveille logs`: filter patterns for lines whose level is where no format has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from catalog.kinds import logs as filters_of
from cloudwatch import patterns
from config import formats
from config.logs import Logs, ServiceLogs
from ops import cli, log_formats, log_levels
from ops.log_proposals import Log, propose
from tests.support.tables import each
from tests.unit.catalog.test_log_patterns import STRANGERS

ZAP = '{"level":"%s","ts":1.1,"caller":"a.go:1","msg":"m"}'
PINO = '{"level":%s,"time":1795994739209,"pid":1,"hostname":"h1","msg":"m"}'
NODE = "2026-11-29T23:32:15.455Z\t1a2b3c4d-2222-3333-4444-555555555555\tINFO\t" + PINO
RFC3164 = "Nov 29 23:25:37 host app[123]: %s m"

KINDS: dict[str, tuple[str, str, str]] = {
    "logfmt": ("level=info msg=m id=1", "level=error msg=m id=1", "are logfmt"),
    "logfmt after other keys": (
        'ts=2026-11-29T23:25:37Z caller=main.go:1 level=info msg="it is m"',
        'ts=2026-11-29T23:25:37Z caller=main.go:2 level=error msg="it is m"',
        "are logfmt",
    ),
    "heroku": ('at=info method=GET path="/"', 'at=error code=H12 desc="timeout"', "are logfmt"),
    "bracketed": ("[info] m", "[error] m", "have a level where no format has it"),
    "bracketed after a name": ("[größe] [info] m", "[größe] [error] m", "have a level where no format"),
    "bracketed after a time": ("23:25:37.123 [info] m", "23:25:37.123 [error] m", "have a level"),
    "bracketed after a date": ("2026-11-29 23:25:37 [info] m", "2026-11-29 23:25:37 [error] m", "have a"),
    "laravel": ("[2026-11-29 23:25:37] prod.INFO: m", "[2026-11-29 23:25:37] prod.ERROR: m", "have a level"),
    "winston simple": ("info: m", "error: m", "have a level"),
    "winston with a time": ("2026-11-29T23:25:37Z info: m", "2026-11-29T23:25:37Z error: m", "have a level"),
    "serilog text": ("[23:25:37 INF] m", "[23:25:37 ERR] m", "have a level"),
    "python": ("2026-11-29 23:25:37,123 - a - info - m", "2026-11-29 23:25:37,123 - a - error - m", "have a"),
    "syslog": (RFC3164 % "INFO", RFC3164 % "ERROR", "have a level"),
    "syslog with a priority": (
        "<14>1 2026-11-29T23:25:37Z h a 1 - - m",
        "<11>1 2026-11-29T23:25:37Z h a 1 - - m",
        "have a",
    ),
    "colored word": ("\x1b[32minfo\x1b[39m: m", "\x1b[31merror\x1b[39m: m", "have color codes"),
    "colored in bold": (
        "\x1b[2mt\x1b[0m [\x1b[32m\x1b[1minfo\x1b[0m] m",
        "\x1b[2mt\x1b[0m [\x1b[31m\x1b[1merror\x1b[0m] m",
        "have color",
    ),
    "colored line": (
        "\x1b[32m[Nest] 1  - \x1b[39mt \x1b[32m  LOG\x1b[39m m",
        "\x1b[31m[Nest] 1  - \x1b[39mt \x1b[31m  ERROR\x1b[39m m",
        "have color codes",
    ),
    "JSON after a time": (
        "2026-11-29T23:25:37Z " + ZAP % "info",
        "2026-11-29T23:25:37Z " + ZAP % "error",
        "Remove the text in the logger: without it, the lines are in the format zap.",
    ),
    "JSON after a container": ("app-1  | " + PINO % 30, "app-1  | " + PINO % 50, "the format pino."),
    "JSON of no format after a name": (
        'app: {"lvl":"info"}',
        'app: {"lvl":"error"}',
        "have a text before JSON",
    ),
    "JSON with a duration after a time": (
        '2026-11-29T23:25:37Z {"level": "INFO", "message": "m", "duration_ms": 1}',
        '2026-11-29T23:25:37Z {"level": "ERROR", "message": "m", "duration_ms": 1}',
        "have a text before JSON",
    ),
    "JSON in a line of Lambda": (NODE % 30, NODE % 50, "the format pino."),
}
"""Lines of a log -> one that is no error, one that is, and what is said about them."""


def proposed(
    folder: Path, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> tuple[list[str], dict[str, Any]]:
    """Return what the command says about lines, and the settings that it proposes."""
    (folder / "sample.log").write_text("\n".join(lines))
    assert cli.main(["logs", "--env", "prod", "--service", "checkout-api", str(folder / "sample.log")]) == 0
    said = capsys.readouterr().out
    _, begin, text = said.partition("services:\n")
    settings: dict[str, Any] = (
        yaml.safe_load(begin + text)["services"]["checkout-api"]["logs"] if begin else {}
    )
    return said.splitlines(), settings


@each("name", KINDS)
def test_the_errors_of_every_kind_of_line_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """By settings that the configuration accepts: each error once, and none of the other lines."""
    fine, failed, words = KINDS[name]
    said, settings = proposed(tmp_path, [fine, failed] * 3, capsys)
    assert any(words in line for line in said), said
    assert any("(errors 0 -> 3)" in line for line in said), said
    log = Logs().format_of("ecs", ServiceLogs.model_validate(settings))
    filters = [
        patterns.compile(item.pattern) for item in filters_of.filters(log) if item.metric == filters_of.ERRORS
    ]
    for line, number in ((failed, 1), (fine, 0), *((stranger, 0) for stranger in STRANGERS)):
        assert sum(matcher.matches(line) for matcher in filters) == number, line


@each("name", KINDS)
def test_a_proposal_is_not_repeated(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """With its settings, its lines have a format and patterns: nothing counts more."""
    fine, failed, _ = KINDS[name]
    _, settings = proposed(tmp_path, [fine, failed] * 3, capsys)
    log = Log(Logs(), "ecs", ServiceLogs.model_validate(settings), is_configured=True)
    lines = [fine, failed]
    now = log.totals(lines)
    again = propose(log, lines, log_formats.fits(lines), lambda: lines, now)
    assert again is None or again.totals == now


def test_lines_without_an_error_show_where_the_level_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report states that none of them is an error."""
    said, settings = proposed(tmp_path, [KINDS["logfmt"][0]] * 3, capsys)
    assert "No line is an error (errors 0 -> 0). To count errors in lines such as these:" in said
    assert patterns.compile(settings["error_patterns"][0]).matches(KINDS["logfmt"][1])


@each(
    ("lines", "last"),
    [
        (
            ["order stored", "payment error for o-1"],
            "Set error_patterns, or log in a format of docs/logs.md.",
        ),
        (["{", '  "level": "error"', "}"], "Set error_patterns, or log in a format of docs/logs.md."),
        (
            ["2026-11-29T23:25:37+00:00 2026/11/29/[$LATEST]ab " + PINO % 50],
            f"Save the messages alone: {log_levels.MESSAGES}.",
        ),
    ],
)
def test_nothing_is_proposed_that_would_count_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lines: list[str], last: str
) -> None:
    """Such as for lines without a level, JSON in several lines, and lines of which a tool wrote a part."""
    said, settings = proposed(tmp_path, lines * 3, capsys)
    assert settings == {}
    assert said[-1] == last


ODD = {
    "an empty key": ['{"":"info"}'],
    "a long key": ['{"%s":"info"}' % ("k" * 300)],
    "a surrogate": ['{"\\ud800":"info"}'],
    "a level that is a mapping": [
        *['app: {"levelname":"INFO","message":"x","asctime":"a","name":"n"}'] * 6,
        'app: {"levelname":"ERROR","level":{"a":1},"message":"x"}',
    ],
}


@each("name", ODD)
def test_odd_keys_and_levels_are_not_proposed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """The configuration would refuse them."""
    said, _ = proposed(tmp_path, ODD[name], capsys)
    assert said


def test_no_pattern_is_proposed_beyond_the_maximum() -> None:
    """Of the patterns of a service."""
    own = ServiceLogs(error_patterns=tuple(f"p{number}" for number in range(20)))
    log = Log(Logs(), "ecs", own, is_configured=True)
    assert log.with_pattern("%x%") is None


def test_requests_for_a_word_are_no_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A level in lines of an access log is part of a path; other lines of the file have their own place."""
    access = formats.preset("nginx-access").other_lines[0].replace("/ERROR", "/error")
    _, settings = proposed(tmp_path, [access] * 5 + ["info: m", "error: m"], capsys)
    assert log_formats.fits([access])[0].name == settings["format"]
    [pattern] = settings["error_patterns"]
    assert not patterns.compile(pattern).matches(access)
    assert patterns.compile(pattern).matches("error: m")


def test_a_pattern_has_at_most_as_many_characters_as_aws_allows() -> None:
    """Of many places and long keys, the most common ones are covered."""
    lines = [f"{'k' * 200}{number}=1 level=error x" for number in range(9)]
    found = log_levels.pattern(lines, lambda _: False)
    assert found is not None
    assert len(found) <= 1024
