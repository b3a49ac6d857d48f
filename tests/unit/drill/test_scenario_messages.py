"""One message for one mistake in a scenario, with the key as it was written, and all mistakes at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.errors import ConfigError
from drill.scenarios import reading
from tests.support.tables import each

HEAD = "description: It rains.\nduration: 1h\n"
EXPECT = "expect:\n  - {pages: 0}\n"


def refusal(folder: Path, text: str) -> list[str]:
    """Return what is said of a scenario, without its folder."""
    path = folder / "s.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        reading.read(path)
    return [line.partition("s.yaml")[2] for line in str(error.value).splitlines()]


EXPRESSION = "must be a number or an expression of t, such as 20 + 5 * sin(t / 600)"
LINE = "must be text, or a mapping, which becomes one line of JSON"
NAMES = "must be text or a list of texts"

WRONG: dict[str, tuple[str, str, str]] = {
    # entry -> key, what is said, how it ends
    "{metric: A, value: [1, 2]}": ("value", EXPRESSION, "(found: a list of 2)"),
    "{metric: A, value: {a: 1}}": ("value", EXPRESSION, "(found: a mapping of a)"),
    "{metric: A, value: true}": ("value", EXPRESSION, "(found: true)"),
    "{metric: A, value: misssing}": (
        "value",
        "is not a valid expression at character 1: misssing is not defined",
        "(found: misssing)   did you mean missing?",
    ),
    "{service: a, log: [x], per_min: 1}": ("log", LINE, "(found: a list of 1)"),
    "{service: a, log: 3, per_min: 1}": ("log", LINE, "(found: 3)"),
    "{service: a, log: null, per_min: 1}": ("log", LINE, "(found: nothing)"),
    "{service: a, log: 2026-01-01, per_min: 1}": ("log", LINE, "(found: 2026-01-01)"),
    "{metric: A, values: []}": ("values", "must have at least one entry", "(found: a list of 0)"),
    "{metric: A, values: [[true, 1]]}": ("values.0.0", "must be a number", "(found: true)"),
    "{metric: A, values: [[1, '2']]}": ("values.0.1", "must be a number", "(found: 2)"),
    "{band: 5, upper: 5}": ("band", NAMES, "(found: 5)"),
    "{band: {a: b}, upper: 5}": ("band", NAMES, "(found: a mapping of a)"),
    "{band: [5], upper: 5}": ("band.0", "must be text: write it in quotes", "(found: 5)"),
}


@each("entry", WRONG)
def test_a_wrong_value_is_one_message_with_its_key_and_what_was_found(tmp_path: Path, entry: str) -> None:
    """Whatever kinds of values a key may have, none of them is mentioned in its place."""
    key, said, end = WRONG[entry]
    (found,) = refusal(tmp_path, f"{HEAD}happens:\n  - {entry}\n{EXPECT}")
    assert found.startswith(f":4: happens.0.{key}: {said}")
    assert found.endswith(end)


def test_true_is_no_number_of_pages(tmp_path: Path) -> None:
    """Whoever writes `pages: yes` does not mean one."""
    assert refusal(tmp_path, f"{HEAD}expect:\n  - {{pages: yes}}\n") == [
        ":4: expect.0.pages: must be a number (found: yes)"
    ]


@pytest.mark.parametrize(
    ("wrong", "meant"), [("hapens", "happens"), ("expects", "expect"), ("describe", "description")]
)
def test_an_unknown_key_of_a_scenario_is_said_with_all_that_there_are(
    tmp_path: Path, wrong: str, meant: str
) -> None:
    """The lists of what happens and of what is expected are keys as the others are."""
    (found,) = refusal(tmp_path, f"{HEAD}{wrong}: []\n{EXPECT}")
    assert found.startswith(f":3: {wrong}: is not a valid key; known: ")
    assert found.endswith(f"   did you mean {meant}?")
    for known in ("description", "duration", "happens", "expect"):
        assert f" {known}" in found


def test_an_unknown_key_of_usual_happenings_is_said_with_what_was_meant(tmp_path: Path) -> None:
    """They have one key."""
    (tmp_path / "us.yaml").write_text("hapens: []\n", encoding="utf-8")
    assert refusal(tmp_path, f"{HEAD}baseline: us.yaml\n{EXPECT}") == [
        ":1: hapens: is not a valid key; known: happens   did you mean happens?"
    ]


def test_wrong_times_and_wrong_values_are_said_together(tmp_path: Path) -> None:
    """What is right in a file is looked at although something else is wrong."""
    found = refusal(
        tmp_path,
        f"{HEAD}more: 1\nhappens:\n  - {{metric: A, value: 1, from: 2h}}\n  - {{metric: A}}\n"
        "expect:\n  - {pages: -1}\n  - {alarm: a, state: OK, by: 3h}\n",
    )
    assert sorted(text.split(":")[1] for text in found) == ["3", "5", "6", "8", "9"]
