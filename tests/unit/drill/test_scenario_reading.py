"""Scenarios from files: every mistake is said with file, line and key, and with what is allowed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from config import source
from config.errors import ConfigError, Problem
from drill.expressions import Expression
from drill.scenarios import reading
from drill.scenarios.model import EXPECTATIONS, HAPPENINGS, Head, Lines, Samples
from drill.scenarios.reading import Scenario
from tests.support.tables import each
from tests.unit.cloudwatch.steady import steady

HEAD = "description: It rains.\nduration: 1h\n"
"""Two lines; what happens and is expected begins on the third."""
HAPPENS = "happens:\n"
EXPECT = "expect:\n  - {pages: 0}\n"


@pytest.fixture(autouse=True)
def _beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand where the scenario is, so that places are short."""
    monkeypatch.chdir(tmp_path)


def read(text: str | bytes) -> Scenario:
    """Return a scenario of this text."""
    path = Path("s.yaml")
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return reading.read(path)


def refusal(text: str | bytes) -> list[str]:
    """Return the lines that are said about it."""
    with pytest.raises(ConfigError) as error:
        read(text)
    return str(error.value).splitlines()


def test_a_scenario_is_read_whole() -> None:
    """Head with its defaults, entries with their lines, folder and kind."""
    Path("u.yaml").write_text("happens:\n  - {metric: A, value: 1}\n", encoding="utf-8")
    found = read(
        "description: It rains.\nduration: 1h30m\nbaseline: u.yaml\nhappens:\n"
        "  - {metric: A B, value: 2 * t, from: 5m, to: 1h30m}\n"
        "  - log: {a: 1}\n    service: x\n    per_min: 3\n"
        "expect:\n  - {alarm: a, state: OK, at: 1h30m}\n  - {never: a}\n  - {never: [a, b], except: [b]}\n"
    )
    head = found.head
    assert (found.name, found.path.name, head.description, head.duration) == (
        "s",
        "s.yaml",
        "It rains.",
        5400,
    )
    assert (head.resolution, head.warm_up, head.assume.extra_datapoints) == (60, 3600, 2)
    assert head.start.isoformat() == "2026-03-02T09:00:00+00:00"
    assert head.environments is None
    assert [(happen.place, type(happen.happens)) for happen in found.happens] == [
        ("s.yaml:5", Samples),
        ("s.yaml:6", Lines),
    ]
    assert [placed.place for placed in found.baseline] == ["u.yaml:2"]
    assert [expected.place for expected in found.expect] == ["s.yaml:10", "s.yaml:11", "s.yaml:12"]
    assert found.place("duration") == "s.yaml:2"
    assert found.place("resolution") == "s.yaml"
    assert [getattr(expected.expects, "never", None) for expected in found.expect] == [
        None,
        ("a",),
        ("a", "b"),
    ]


HEADS: dict[str, tuple[str, str]] = {
    # what stands on line 3 -> the message
    "resolution: 7s": ("s.yaml:3: resolution: must divide a minute, such as 1s, 5s, 10s, 30s or 1m", "7s"),
    "resolution: 2m": ("s.yaml:3: resolution: must divide a minute", "2m"),
    "resolution: 0s": ("s.yaml:3: resolution: must divide a minute", "0s"),
    "resolution: 60": ("s.yaml:3: resolution: must be a duration such as 90s, 10m, 1h30m or 1d", "60"),
    "resolution: 1": ("s.yaml:3: resolution: must be a duration", "1"),
    "resolution: ten": ("s.yaml:3: resolution: must be a duration", "ten"),
    "resolution: 10 s": ("s.yaml:3: resolution: must be a duration", "10 s"),
    "resolution: -10s": ("s.yaml:3: resolution: must be a duration", "-10s"),
    "resolution:": ("s.yaml:3: resolution: must be a duration", ""),
    "warm_up: 90s": ("s.yaml:3: warm_up: must be a whole number of minutes", "90s"),
    "warm_up: 999999d": ("s.yaml:2: duration: has too many steps with warm_up", "200000"),
    "start: 2026-03-02": ("s.yaml:3: start: ", "2026-03-02"),
    "start: 2026-03-02T09:00:00": ("s.yaml:3: start: ", "timezone"),
    "start: 2026-03-02T09:00:30Z": ("s.yaml:3: start: must be a full minute", "09:00:30"),
    "start: yesterday": ("s.yaml:3: start: ", "yesterday"),
    "duratoin: 1h": ("s.yaml:3: duratoin: is not a valid key; known: ", "did you mean duration?"),
    "Duration: 1h": ("s.yaml:3: Duration: is not a valid key; known: ", "did you mean duration?"),
    "assume: {extra: 1}": ("s.yaml:3: assume.extra: is not a valid key; known: extra_datapoints", ""),
    "assume: {extra_datapoints: -1}": ("s.yaml:3: assume.extra_datapoints: must be at least 0", "-1"),
    "assume: {extra_datapoints: 101}": ("s.yaml:3: assume.extra_datapoints: must be at most 100", "101"),
    "assume: {extra_datapoints: 1.5}": ("s.yaml:3: assume.extra_datapoints: must be a whole number", "1.5"),
    "baseline: gone.yaml": (
        "s.yaml:3: baseline: file does not exist beside the scenario. Remove the key if",
        "gone.yaml",
    ),
    "baseline: []": ("s.yaml:3: baseline: must have at least one entry", ""),
    "environments: []": ("s.yaml:3: environments: must have at least one entry", ""),
    "duration: 2h": ("s.yaml:3: duration: is defined twice (first in s.yaml:2)", ""),
}


@each("line", HEADS)
def test_what_is_wrong_at_the_head_is_said_with_its_line(line: str) -> None:
    """File, line and key, what is allowed and what was found."""
    (said,) = refusal(f"{HEAD}{line}\n{EXPECT}")
    assert said.count("(found: ") <= 1
    assert said.startswith(HEADS[line][0])
    assert HEADS[line][1] in said


@pytest.mark.parametrize("key", ["description", "duration"])
def test_what_has_no_default_must_be_there(key: str) -> None:
    """The message says which key is missing."""
    kept = "".join(f"{line}\n" for line in HEAD.splitlines() if not line.startswith(key))
    assert refusal(kept + EXPECT) == [f"s.yaml:1: {key}: is missing"]


HAPPENINGS_REFUSED: dict[str, tuple[str, str]] = {
    "{metric: A, value: 1, from: 5}": (".from: must be a duration such as 90s, 10m, 1h30m or 1d", "5"),
    "{metric: A, value: 1, from: 1m, to: 20}": (".to: must be a duration", "(found: 20)"),
    "{metric: A, value: 1, from: 2m, to: 1m}": (".to: must be later than from", "1m"),
    "{metric: A, value: 1, from: 2m, to: 2m}": (".to: must be later than from", "2m"),
    "{metric: A, value: 1, at: 1m, to: 2m}": (".at: cannot be combined with from and to", "1m"),
    "{metric: A, value: 1, at: 1m, gaps: [[2m, 3m]]}": (".gaps: cannot be combined with at", ""),
    "{metric: A, value: 1, gaps: [[3m, 2m]]}": (".gaps.0: a gap must end later than it begins", ""),
    "{metric: A, value: 1, gaps: [[3m]]}": (".gaps.0", "missing"),
    "{metric: A, value: 1, gaps: [3m]}": (".gaps.0", "must be a list"),
    "{metric: A, value: 1, form: 3m}": (".form: is not a valid key; known: ", "did you mean from?"),
    "{metric: A, value: 1, unit: ms}": (".unit: must be a unit of CloudWatch: ", "Milliseconds"),
    "{metric: A, value: 1, units: ms}": (".units: is not a valid key; known: ", "did you mean unit?"),
    "{metric: A}": (".metric: requires exactly one of value, values, csv", "A"),
    "{metric: A, value: 1, values: [[1, 2]]}": (".metric: requires exactly one of value, values, csv", ""),
    "{metric: A, value: [1]}": (".value", "must be a number or an expression of t"),
    "{metric: A, value: true}": (".value", "must be a number or an expression of t"),
    "{metric: A, value: 3 + x}": (".value", "at character 5: x is not defined; known: t"),
    "{metric: A, value: .inf}": (".value", "inf is not defined"),
    "{metric: A, value: 1, samples: many}": (
        ".samples: is not a valid expression at character 1: many is not defined",
        "",
    ),
    "{metric: A, values: [[1, -2]]}": (".values.0: samples a minute must be 0 or more", ""),
    "{metric: A, values: [[.nan, 2]]}": (".values.0.0: must be a finite number", ".nan"),
    "{metric: A, values: [[1, .inf]]}": (".values.0.1: must be a finite number", ".inf"),
    "{metric: A, values: [[one, 2]]}": (".values.0.0: must be a number", "one"),
    "{metric: A, value: 1, column: b}": (".column: requires csv", "b"),
    "{metric: 5, value: 1}": (".metric: must be text: write it in quotes", "5"),
    "{metric: A, value: 1, dimensions: {a: 1}}": (".dimensions.a: must be text: write it in quotes", "1"),
    "{log: x, per_min: 1}": (".log: requires exactly one of service and log_group", "x"),
    "{log: x, per_min: 1, service: a, log_group: b}": (
        ".log: requires exactly one of service and log_group",
        "x",
    ),
    "{log: x, service: a}": (".per_min: is missing", ""),
    "{log: '', service: a, per_min: 1}": (".log: must not be empty", ""),
    "{log: {}, service: a, per_min: 1}": (".log: must not be empty", ""),
    "{log: {when: 2026-01-01}, service: a, per_min: 1}": (".log: must be text or valid JSON", "when"),
    "{log: {when: .nan}, service: a, per_min: 1}": (".log: must be text or valid JSON", "when"),
    "{log: {when: !!binary aGVsbG8=}, service: a, per_min: 1}": (
        ".log: must be text or valid JSON",
        "",
    ),
    "{log: 5, service: a, per_min: 1}": (".log: must be text, or a mapping", "(found: 5)"),
    "{log: [a], service: a, per_min: 1}": (".log: must be text, or a mapping", "(found: a list of 1)"),
    "{no_logs: 5}": (".no_logs: must be text: write it in quotes", "5"),
    "{band: [], upper: 5}": (".band: must have at least one entry", ""),
    "{band: a}": (".upper: is missing", ""),
    "{consumer: a}": (".fails: is missing", ""),
    "{consumer: a, fails: false}": (".fails: must be one of: True", "false"),
    "{metrics: A, value: 1}": (
        ": each entry must have exactly one of the keys log, no_logs, metric, band, consumer (found: none)",
        "did you mean metric?",
    ),
    "{metric: A, log: x, value: 1}": (
        ": each entry must have exactly one of the keys",
        "(found: log, metric)",
    ),
    "[metric, A]": (": each entry must have exactly one of the keys", "(found: none)"),
    "metric": (": each entry must have exactly one of the keys", "(found: none)"),
    "": (": each entry must have exactly one of the keys", "(found: none)"),
    "{metric: A, value: 1, from: 1h}": ("from: is after the end: the scenario lasts 1h (found: 1h)", ""),
    "{metric: A, value: 1, at: 61m}": ("at: is after the end: the scenario lasts 1h (found: 1h1m)", ""),
    "{metric: A, value: 1, to: 2h}": ("to: is after the end: the scenario lasts 1h (found: 2h)", ""),
    "{metric: A, value: 1, gaps: [[5m, 61m]]}": ("gaps.0: is after the end", "1h1m"),
    "{metric: A, value: 1, from: 90s}": (
        "from: must be whole steps of 1m, the resolution (found: 1m30s)",
        "",
    ),
    "{no_logs: a, gaps: [[1m, 100s]]}": ("gaps.0: must be whole steps of 1m, the resolution", "1m40s"),
}


@each("entry", HAPPENINGS_REFUSED)
def test_what_is_wrong_in_what_happens_is_said_with_its_line(entry: str) -> None:
    """Also for the second entry of a list; the key says where in it."""
    said = refusal(f"{HEAD}{HAPPENS}  - {{metric: A, value: 1}}\n  - {entry}\n{EXPECT}")
    assert len(said) == 1, said
    assert said[0].count("(found: ") <= 1
    start, more = HAPPENINGS_REFUSED[entry]
    assert said[0].startswith((f"s.yaml:5: happens.1{start}", f"s.yaml:5: {start}"))
    assert more in said[0]


EXPECTED_REFUSED: dict[str, tuple[str, str]] = {
    "{alarm: a, state: ALARM}": (".alarm: requires exactly one of at, by, and from with to", ""),
    "{alarm: a, state: ALARM, at: 1m, by: 2m}": (".alarm: requires exactly one of at", ""),
    "{alarm: a, state: ALARM, from: 1m}": (".alarm: requires exactly one of at", ""),
    "{alarm: a, state: ALARM, from: 1m, to: 2m, at: 1m}": (".alarm: requires exactly one of at", ""),
    "{alarm: a, at: 1m}": (".state: is missing", ""),
    "{alarm: a, state: alarm, at: 1m}": (
        ".state: must be one of: OK, ALARM, INSUFFICIENT_DATA",
        "did you mean ALARM?",
    ),
    "{alarm: a, state: FIRING, at: 1m}": (".state: must be one of: OK, ALARM, INSUFFICIENT_DATA", "FIRING"),
    "{alarm: [a, b], state: OK, at: 1m}": (".alarm: must be text", "a list of 2"),
    "{alarm: a, state: OK, by: 61m}": ("by: is after the end: the scenario lasts 1h (found: 1h1m)", ""),
    "{alarm: a, state: OK, from: 1m, to: 61m}": ("to: is after the end", ""),
    "{never: []}": (".never: must have at least one entry", ""),
    "{never: a, by: 5m}": (".by: is not a valid key; known: except, never, state", ""),
    "{notification: a, times: 0}": (".times: must be at least 1", "0"),
    "{notification: a, time: 1}": (".time: is not a valid key; known: ", "did you mean times?"),
    "{notification: a, delivered_to: alarms}": (".delivered_to: must be a list", "alarms"),
    "{notification: a, after: 61m}": ("after: is after the end", ""),
    "{no_notifications: a, state: QUIET}": (".state: must be one of", "QUIET"),
    "{suppressed: a, suppressed_by: Wait}": (
        ".suppressed_by: must be one of: Alarm, WaitPeriod, ExtensionPeriod",
        "Wait",
    ),
    "{message: a, queue: [b]}": (".queue: must be text", ""),
    "{pages: -1}": (".pages: must be at least 0", "-1"),
    "{pages: one}": (".pages: must be a whole number", "one"),
    "{tickets: 1.5}": (".tickets: must be a whole number", "1.5"),
    "{page: 1}": (": each entry must have exactly one of the keys alarm, never", "did you mean pages?"),
    "{pages: 1, tickets: 1}": (": each entry must have exactly one of the keys", "(found: pages, tickets)"),
}


@each("entry", EXPECTED_REFUSED)
def test_what_is_wrong_in_what_is_expected_is_said_with_its_line(entry: str) -> None:
    """As for what happens."""
    said = refusal(f"{HEAD}expect:\n  - {{pages: 0}}\n  - {entry}\n")
    assert len(said) == 1, said
    start, more = EXPECTED_REFUSED[entry]
    assert said[0].startswith((f"s.yaml:5: expect.1{start}", f"s.yaml:5: {start}"))
    assert more in said[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD, "s.yaml:1: expect: has no expectations"),
        (f"{HEAD}expect: []\n", "s.yaml:3: expect: has no expectations"),
        (f"{HEAD}expect: {{pages: 0}}\n", "s.yaml:3: expect: must be a list"),
        (f"{HEAD}{EXPECT}happens: rain\n", "s.yaml:5: happens: must be a list"),
        (f"{HEAD}{EXPECT}happens:\n", "s.yaml:5: happens: must be a list"),
    ],
)
def test_lists_must_be_lists_and_something_must_be_expected(text: str, said: str) -> None:
    """A scenario that expects nothing shows nothing."""
    assert refusal(text) == [said]


def test_every_problem_is_said_at_once_in_one_run() -> None:
    """Of the head, of what happens, of what is expected, and of the baseline."""
    Path("u.yaml").write_text("happens:\n  - {metric: A}\nexpect: []\n", encoding="utf-8")
    said = refusal(
        "description: ''\nduration: 61s\nbaseline: u.yaml\nhappens:\n  - {metric: A}\n"
        "  - {log: x, service: a, per_min: y}\n"
        "expect:\n  - {alarm: a, state: BAD, at: 1m}\n"
    )
    for start in (
        "s.yaml:1: description: ",
        "s.yaml:5: happens.0.metric: ",
        "s.yaml:6: happens.1.per_min: ",
        "s.yaml:8: expect.0.state: ",
    ):
        assert sum(text.startswith(start) for text in said) == 1, said
    assert len(said) == 4
    said = refusal(f"{HEAD}baseline: [u.yaml, gone.yaml]\n{EXPECT}")
    assert [text.split(": ")[0] for text in said] == ["u.yaml:3", "u.yaml:2", "s.yaml:3"]


def test_times_of_a_baseline_may_be_after_the_end() -> None:
    """Baselines serve scenarios of every length."""
    Path("u.yaml").write_text("happens:\n  - {metric: A, value: 1, from: 6h, to: 7h}\n", encoding="utf-8")
    assert len(read(f"{HEAD}baseline: u.yaml\n{EXPECT}").baseline) == 1
    Path("u.yaml").write_text("happens:\n  - {metric: A, value: 1, from: 30s}\n", encoding="utf-8")
    (said,) = refusal(f"{HEAD}baseline: u.yaml\n{EXPECT}")
    assert said.startswith("u.yaml:2: from: must be whole steps of 1m")


def test_a_changed_baseline_is_read_again() -> None:
    """Even if its size and its time are the same."""
    baseline = Path("u.yaml")
    values = []
    for value in (1, 2):
        baseline.write_text(f"happens:\n  - {{metric: A, value: {value}}}\n", encoding="utf-8")
        os.utime(baseline, ns=(0, 0))
        (placed,) = read(f"{HEAD}baseline: u.yaml\n{EXPECT}").baseline
        assert isinstance(placed.happens, Samples)
        assert isinstance(placed.happens.value, Expression)
        values.append(placed.happens.value.text)
    assert values == ["1", "2"]


HOSTILE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "s.yaml: duration: is missing"),
    "a list": (b"- 1\n", "s.yaml:1: must be a mapping of keys to values"),
    "text": (b"hello\n", "s.yaml:1: must be a mapping of keys to values"),
    "no UTF-8": (b"description: \xff\n", "s.yaml: is not UTF-8 text"),
    "a control character": (b"description: \x07\n", "is not YAML: it holds the control character U+0007"),
    "tabs": (b"happens:\n\t- 1\n", "s.yaml:2: is not YAML: a tab; indent with spaces"),
    "two documents": (b"description: a\n---\nsays: b\n", "a second document begins here"),
    "an open bracket": (b"happens: [\n", "is not YAML"),
    "Python": (b"description: !!python/object/apply:os.system [date]\n", "description"),
    "a tag": (b"description: !mine x\n", "s.yaml:1: description: has the tag !mine"),
    "a loop": (b"happens: &a [*a]\n", "contains itself"),
    "no such alias": (b"description: *gone\n", "is not YAML: found undefined alias"),
    "a merge": (b"a: &a {description: x}\nassume: {<<: *a}\n", "has the key <<"),
    "a number for a key": (b"1: x\n", "has the key 1, which is not text in YAML"),
    "deep lists": (b"happens: " + b"[" * 5000 + b"]" * 5000, "is nested too deeply"),
    "deep mappings": (b"happens: " + b"{a: " * 3000 + b"1" + b"}" * 3000, "is nested too deeply"),
    "a bad date": (b"start: 2026-13-45\n", "start"),
}


@each("name", HOSTILE)
def test_no_file_is_too_strange_to_be_refused(name: str) -> None:
    """Whatever the file holds, there is one sentence with the file in it, and no traceback."""
    text, expected = HOSTILE[name]
    said = refusal(text)
    assert any(expected in item for item in said), said
    assert all(item.startswith("s.yaml") for item in said)


def test_aliases_of_aliases_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times ten times ten: the file is small, what it stands for is not."""
    monkeypatch.setattr(source, "_MOST", 5000)
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 5)]
    assert refusal("\n".join(lines)) == [
        "s.yaml: contains more than 5000 values: aliases (*) of aliases multiply them"
    ]


@pytest.mark.parametrize("name", ["gone.yaml", "."])
def test_a_file_that_cannot_be_read_is_said(name: str) -> None:
    """It is not there, or a folder."""
    with pytest.raises(ConfigError, match=r"cannot be read: (No such file|Is a directory)"):
        reading.read(Path(name))


ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 5),
        st.floats(),
        st.sampled_from(["1m", "1h", "OK", "a", "", "t"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [*HAPPENINGS, *EXPECTATIONS, "from", "at", "value", "values", "state", "per_min"]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)


@steady(60)
@given(
    st.dictionaries(
        st.sampled_from([*Head.model_fields, "happens", "invoke", "expect"]), ANYTHING, max_size=6
    )
)
def test_any_data_is_a_scenario_or_is_refused_with_its_file(data: dict[str, Any]) -> None:
    """Of the right keys with wrong values: one sentence for each, all with the file's name."""
    path = Path("any.yaml")
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    problems = _problems(path)
    assert all(problem.place.startswith("any.yaml") for problem in problems)
    assert all(problem.text and "\n" not in str(problem) for problem in problems)


def _problems(path: Path) -> tuple[Problem, ...]:
    try:
        reading.read(path)
    except ConfigError as error:
        return error.problems
    return ()
