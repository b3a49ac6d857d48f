"""All three filters of the command line: what a line calls itself, and keys whose value is null."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from drill import answers, jsonlines

Filter = Callable[[Mapping[str, Any]], Mapping[str, Any]]

ASKED: dict[str, tuple[Filter, dict[str, Any], tuple[str, ...]]] = {
    "match": (
        answers.match,
        {"pattern": "ERROR", "event": "ERROR 5"},
        ("value", "dimensions", "fields"),
    ),
    "evaluate": (
        answers.evaluate,
        {"evaluation_periods": 1, "comparison": "GreaterThanThreshold", "threshold": 1, "datapoints": [2]},
        ("datapoints_to_alarm", "treat_missing_data", "lower", "upper", "previous_state"),
    ),
    "rule": (answers.rule, {"rule": "ALARM(a)"}, ("states",)),
}
EACH = pytest.mark.parametrize("name", sorted(ASKED))


def answer(filter_: Filter, asked: object) -> dict[str, Any]:
    """Return the answer to one line."""
    out = io.StringIO()
    jsonlines.run(filter_, [json.dumps(asked)], out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


@EACH
@pytest.mark.parametrize("called", ["first", "", 7, -1, 2.5, 0, 10**50])
def test_an_answer_is_called_what_its_line_is_called(name: str, called: object) -> None:
    """Text or a number comes back as it is, and changes nothing else."""
    filter_, asked, _ = ASKED[name]
    assert answer(filter_, {**asked, "id": called}) == {**answer(filter_, asked), "id": called}


@EACH
def test_an_error_is_called_what_its_line_is_called(name: str) -> None:
    """Whoever asks many questions finds the one that was wrong."""
    found = answer(ASKED[name][0], {"id": "x", "nonsense": 1})
    assert found.pop("id") == "x"
    assert "nonsense" in found.pop("error")
    assert found == {"position": None}


@EACH
@pytest.mark.parametrize("called", [True, [], {"a": 1}, [1]])
def test_what_is_no_name_is_refused(name: str, called: object) -> None:
    """An id is text or a number."""
    filter_, asked, _ = ASKED[name]
    found = answer(filter_, {**asked, "id": called})
    assert found.keys() == {"error", "position"}
    assert "id must be" in found["error"]


@EACH
def test_an_infinite_name_is_refused(name: str) -> None:
    """JSON can write a number that no answer can."""
    filter_, asked, _ = ASKED[name]
    out = io.StringIO()
    jsonlines.run(filter_, [json.dumps(asked)[:-1] + ', "id": 1e999}'], out)
    assert "id must be text or a number (found: inf)" in json.loads(out.getvalue())["error"]


@EACH
def test_null_is_a_key_that_is_not_there(name: str) -> None:
    """Every key that may be left out may be null, and so may the id."""
    filter_, asked, optional = ASKED[name]
    for key in (*optional, "id"):
        assert answer(filter_, {**asked, key: None}) == answer(filter_, asked)


@EACH
def test_null_does_not_stand_for_a_key_that_is_needed(name: str) -> None:
    """It is missing then."""
    filter_, asked, _ = ASKED[name]
    for key in asked:
        assert f"{key}" in answer(filter_, {**asked, key: None})["error"]


@EACH
def test_other_keys_stay_refused(name: str) -> None:
    """With the one that was perhaps meant."""
    filter_, asked, (optional, *_) = ASKED[name]
    assert f"did you mean {optional}?" in answer(filter_, {**asked, f"{optional}s": 1})["error"]
