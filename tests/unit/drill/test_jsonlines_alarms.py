"""The filters `evaluate` and `rule`: AWS's examples as JSON, and all that such an object can have wrong."""

# ruff: noqa: E501  # what is said of a case reads best on one line

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudwatch.alarms import BANDS, OPERATORS
from cloudwatch.errors import InputError, RuleError
from config.paths import ROOT
from drill.answers import evaluate, rule
from tests.support.tables import each
from tests.unit.cloudwatch.steady import steady

FOLDER = ROOT / "tests" / "unit" / "cloudwatch" / "vectors"
MISSING_DATA, RULES = (
    json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    for name in ("alarm_missing_data", "alarm_rules")
)

ALARM: dict[str, Any] = {
    "evaluation_periods": 3,
    "datapoints_to_alarm": 2,
    "treat_missing_data": "missing",
    "comparison": "GreaterThanThreshold",
    "threshold": 0.5,
    "datapoints": [1, None, 0, 1, 1],
    "previous_state": "OK",
}
BAND = {**ALARM, "comparison": "LessThanLowerOrGreaterThanUpperThreshold", "threshold": None, "lower": 0}


def test_the_examples_of_the_manual() -> None:
    """As they stand in its first paragraph."""
    assert evaluate(ALARM) == {"state": "ALARM"}
    request = {"rule": "ALARM(a) AND NOT OK(b)", "states": {"a": "ALARM", "b": "ALARM"}}
    assert rule(request) == {"state": "ALARM"}


@each("vector", MISSING_DATA, ids=lambda vector: str(vector["id"]))
def test_every_row_of_the_documentation_is_answered(vector: dict[str, Any]) -> None:
    """With a null state before as with none: every alarm begins in INSUFFICIENT_DATA."""
    request = {
        "evaluation_periods": vector["n"],
        "datapoints_to_alarm": vector["m"],
        "treat_missing_data": vector["treatment"],
        "comparison": "GreaterThanOrEqualToThreshold",
        "threshold": 1,
        "datapoints": vector["datapoints"],
        "previous_state": vector["previous_state"],
    }
    found = evaluate(request)["state"]
    kept = vector["previous_state"] or "INSUFFICIENT_DATA"
    if vector["expected"] is None:
        assert found != vector["expected_not"]
    else:
        assert found == (kept if vector["expected"] == "RETAIN" else vector["expected"])


@each("vector", RULES, ids=lambda vector: str(vector["id"]))
def test_every_rule_of_the_documentation_is_answered(vector: dict[str, Any]) -> None:
    """Or refused, the ones that are too large as well."""
    request = {"rule": vector["rule"], **({"states": vector["states"]} if "states" in vector else {})}
    if "why" in vector and not vector.get("valid"):
        with pytest.raises(RuleError):
            rule(request)
    else:
        found = rule(request)["state"]
        assert found == vector.get("expected", found)


def without(*keys: str, **changed: Any) -> dict[str, Any]:
    """Return the example without some keys, and with others."""
    return {key: value for key, value in {**ALARM, **changed}.items() if key not in keys}


def test_what_may_be_left_out() -> None:
    """M is N then, missing data is missing, and nothing was before; null is as good as nothing."""
    for nothing in (without, lambda *keys: {**ALARM, **dict.fromkeys(keys)}):
        assert evaluate(nothing("datapoints_to_alarm")) == {"state": "OK"}
        assert evaluate({**nothing("treat_missing_data"), "datapoints": []}) == {"state": "INSUFFICIENT_DATA"}
        request = {**nothing("previous_state"), "treat_missing_data": "ignore", "datapoints": [None]}
        assert evaluate(request) == {"state": "INSUFFICIENT_DATA"}
    assert (
        rule({"rule": "INSUFFICIENT_DATA(a)"}) == rule({"rule": "TRUE", "states": None}) == {"state": "ALARM"}
    )
    assert rule({"rule": "FALSE"}) == {"state": "OK"}


@pytest.mark.parametrize("comparison", OPERATORS)
def test_each_operator_has_what_it_compares_with(comparison: str) -> None:
    """A threshold, or those edges of a band that it needs, as numbers or one for each datapoint."""
    expected = {
        "GreaterThanThreshold": [0, 0, 1], "GreaterThanOrEqualToThreshold": [0, 1, 1],
        "LessThanThreshold": [1, 0, 0], "LessThanOrEqualToThreshold": [1, 1, 0],
        "GreaterThanUpperThreshold": [0, 0, 1], "LessThanLowerThreshold": [1, 0, 0],
        "LessThanLowerOrGreaterThanUpperThreshold": [1, 0, 1],
    }  # fmt: skip
    edges: list[dict[str, Any]] = [{"threshold": 2}]
    if comparison in BANDS:
        edges = [{"lower": 2, "upper": 2.0}, {"lower": [2], "upper": 2}, {"lower": 2, "upper": [2]}]
        if comparison != BANDS[-1]:
            edges.append({"upper": 2} if "Upper" in comparison else {"lower": 2})
    for edge in edges:
        found = [
            evaluate({"evaluation_periods": 1, "comparison": comparison, "datapoints": [value], **edge})
            for value in (1, 2, 3)
        ]
        states = ["ALARM" if number else "OK" for number in expected[comparison]]
        assert [entry["state"] for entry in found] == states


def test_a_band_may_have_gaps() -> None:
    """A datapoint without its edge is missing."""
    request = {
        "evaluation_periods": 2, "comparison": "GreaterThanUpperThreshold", "upper": [1, None, 1],
        "datapoints": [2, 2, 2], "treat_missing_data": "breaching",
    }  # fmt: skip
    assert evaluate(request) == {"state": "ALARM"}
    assert evaluate({**request, "upper": [3, None, None], "treat_missing_data": "notBreaching"}) == {
        "state": "OK"
    }
    assert evaluate({**request, "upper": [None] * 3, "treat_missing_data": "missing"}) == {
        "state": "INSUFFICIENT_DATA"
    }


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "evaluation_periods is missing"),
    (without("comparison"), "comparison is missing"),
    (without("datapoints"), "datapoints is missing"),
    (without("threshold"), "GreaterThanThreshold requires threshold"),
    (without("comparison", comparision="x"), "comparision is not a valid key; known: evaluation_periods,"),
    (without("comparison", comparision="x"), "; did you mean comparison?"),
    ({**ALARM, "x" * 100: 1}, f"{'x' * 40}… is not a valid key"),
    ({**ALARM, "evaluation_periods": "3"}, "evaluation_periods must be a whole number of 32 bits (found: 3)"),
    (
        {**ALARM, "evaluation_periods": 3.0},
        "evaluation_periods must be a whole number of 32 bits (found: 3.0)",
    ),
    (
        {**ALARM, "evaluation_periods": True},
        "evaluation_periods must be a whole number of 32 bits (found: true)",
    ),
    (
        {**ALARM, "evaluation_periods": 10**5000},
        "evaluation_periods must be a whole number of 32 bits (found: a very",
    ),
    ({**ALARM, "evaluation_periods": 2**31}, "evaluation_periods must be a whole number of 32 bits"),
    ({**ALARM, "evaluation_periods": 0}, "evaluation_periods must be at least 1 (found: 0)"),
    ({**ALARM, "evaluation_periods": -1}, "evaluation_periods must be at least 1 (found: -1)"),
    (
        {**ALARM, "datapoints_to_alarm": 4},
        "datapoints_to_alarm must be 1 to evaluation_periods, which is 3 (found: 4)",
    ),
    ({**ALARM, "datapoints_to_alarm": 0}, "datapoints_to_alarm must be 1 to evaluation_periods"),
    ({**ALARM, "datapoints_to_alarm": False}, "datapoints_to_alarm must be a whole number"),
    ({**ALARM, "treat_missing_data": "notbreaching"}, "treat_missing_data must be one of missing, ignore,"),
    ({**ALARM, "treat_missing_data": "notbreaching"}, "(found: notbreaching); did you mean notBreaching?"),
    ({**ALARM, "treat_missing_data": ["missing"]}, "(found: a list)"),
    ({**ALARM, "comparison": "GreaterThan"}, "comparison must be one of GreaterThanThreshold,"),
    ({**ALARM, "comparison": 1}, "(found: 1)"),
    ({**ALARM, "comparison": "a\nb\u202e"}, r"(found: a\nb\u202e)"),
    (
        {**ALARM, "previous_state": "alarm"},
        "previous_state must be one of OK, ALARM, INSUFFICIENT_DATA (found: alarm)",
    ),
    ({**ALARM, "threshold": "1"}, "threshold must be a number (found: 1)"),
    ({**ALARM, "threshold": True}, "threshold must be a number (found: true)"),
    ({**ALARM, "threshold": math.nan}, "threshold must be a finite number (found: nan)"),
    ({**ALARM, "threshold": 10**400}, "threshold must be a finite number (found: a very large number)"),
    ({**ALARM, "lower": 1}, "GreaterThanThreshold compares with threshold, not with lower"),
    ({**ALARM, "datapoints": 1}, "datapoints must be a list of numbers and null (found: 1)"),
    ({**ALARM, "datapoints": {}}, "datapoints must be a list of numbers and null (found: an object)"),
    ({**ALARM, "datapoints": [1, "2"]}, "datapoints[1] must be a number (found: 2)"),
    ({**ALARM, "datapoints": [False]}, "datapoints[0] must be a number (found: false)"),
    ({**ALARM, "datapoints": [None, math.inf]}, "datapoints[1] must be a finite number (found: inf)"),
    ({**ALARM, "datapoints": [[1]]}, "datapoints[0] must be a number (found: a list)"),
    (BAND, "LessThanLowerOrGreaterThanUpperThreshold requires upper"),
    ({**BAND, "upper": 1, "threshold": 2}, "compares with lower and upper, not with threshold"),
    ({**BAND, "upper": -1}, "lower must not be above upper"),
    ({**BAND, "upper": [1, 2]}, "upper must be a number, or one for each of the 5 datapoints (2 found)"),
    ({**BAND, "upper": "1"}, "upper must be a number (found: 1)"),
    ({**BAND, "upper": [1, 1, 1, 1, "x"]}, "upper[4] must be a number (found: x)"),
]


@each(("request_", "says"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_an_alarm_that_cannot_be_is_refused(request_: dict[str, Any], says: str) -> None:
    """In one line that names the key, what may stand there, and what was found."""
    with pytest.raises(InputError) as caught:
        evaluate(request_)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


ARN = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a"


def test_alarms_go_by_their_names_or_arns() -> None:
    """On both sides."""
    for text in ("ALARM(a)", f"ALARM({ARN})", f'ALARM("{ARN}")'):
        for name in ("a", ARN):
            assert rule({"rule": text, "states": {name: "ALARM"}}) == {"state": "ALARM"}
            assert rule({"rule": text, "states": {name: "OK"}}) == {"state": "OK"}
    both = {"a": "ALARM", ARN: "ALARM"}
    assert rule({"rule": "ALARM(a)", "states": both}) == {"state": "ALARM"}


@each(
    ("request_", "says"),
    [
        ({}, "rule is missing"),
        ({"rule": None}, "rule is missing"),
        ({"rule": ["TRUE"]}, "rule must be text (found: a list)"),
        (
            {"rule": "TRUE", "state": {}},
            "state is not a valid key; known: rule, states; did you mean states?",
        ),
        (
            {"rule": "TRUE", "states": ["a"]},
            "states must be an object of alarms and their states (found: a list)",
        ),
        (
            {"rule": "TRUE", "states": {"a": None}},
            "states.a must be one of OK, ALARM, INSUFFICIENT_DATA (found: null)",
        ),
        ({"rule": "TRUE", "states": {"a": "ALERT"}}, "(found: ALERT); did you mean ALARM?"),
        ({"rule": "TRUE", "states": {"a": "OK", ARN: "ALARM"}}, "states has a twice, in OK and in ALARM"),
    ],
)
def test_states_that_cannot_be_are_refused(request_: dict[str, Any], says: str) -> None:
    """Also of alarms that the rule does not name."""
    with pytest.raises(InputError) as caught:
        rule(request_)
    assert says in str(caught.value)


def test_a_rule_that_cannot_be_is_refused_at_its_place() -> None:
    """Which is 0 when it is too large as a whole."""
    for text, position in (("ALARM(a) XOR ALARM(b)", 9), (" OR ".join(["TRUE"] * 501), 0)):
        with pytest.raises(RuleError) as caught:
            rule({"rule": text})
        assert caught.value.position == position


ANYTHING = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
        st.sampled_from(["missing", "OK", "ALARM", "TRUE", *OPERATORS]),
    ),
    lambda below: st.one_of(st.lists(below, max_size=4), st.dictionaries(st.text(max_size=3), below, max_size=3)),
    max_leaves=6,
)  # fmt: skip


@pytest.mark.slow
@given(
    changed=st.dictionaries(st.sampled_from([*ALARM, "lower", "upper", "rule", "states", "x"]), ANYTHING),
    ask=st.sampled_from([evaluate, rule]),
    base=st.sampled_from([ALARM, {}]),
)
@steady(400)
def test_whatever_an_object_says_it_is_answered_or_refused(
    changed: dict[str, Any], ask: Callable[[dict[str, Any]], dict[str, Any]], base: dict[str, Any]
) -> None:
    """Nothing else is raised, and an answer is a state."""
    try:
        found = ask({**base, **changed})
    except InputError as error:
        assert str(error)  # noqa: PT017  # most of them are refused, and some are not
    else:
        assert found["state"] in {"OK", "ALARM", "INSUFFICIENT_DATA"}


def test_a_rule_that_is_too_long_is_not_read() -> None:
    """Its length is said, and not the first thing that is wrong with it."""
    for text in ("(" * 10_241, "ALARM(a) OR " * 1000 + "ALARM(a)"):
        with pytest.raises(
            InputError, match=f"the rule must have at most 10240 characters .found: {len(text)}."
        ):
            rule({"rule": text})
    with pytest.raises(InputError, match="unexpected end of the rule"):
        rule({"rule": "(" * 10_240})
