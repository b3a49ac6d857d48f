"""Metric math and statistics for minutes: any text is parsed or refused, results are those of slow ones.

    python -m tests.fuzz.maths --minutes 5

Says how many inputs were tried, and what broke; the exit status is 1 if anything did.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from cloudwatch.maths import names, parse, text_of
from cloudwatch.maths.evaluation import evaluate
from tests.unit.cloudwatch import expressions, test_maths, test_statistics
from tests.unit.cloudwatch.interpreter import Interpreter

_SIGNS = st.sampled_from(list("()[],+-*/^<>=!&|.'\"% \t\n\u0661\u201cAmeE019_"))

_AT_ONCE = 200
_EXPRESSIONS = st.one_of(expressions.series(3), expressions.arrays(2))


@st.composite
def broken(draw: st.DrawFn) -> str:
    """Return an expression with characters taken out, put in, doubled or cut off."""
    text = draw(_EXPRESSIONS)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        to = draw(st.integers(at, min(len(text), at + 6)))
        text = draw(
            st.sampled_from(
                [
                    text[:at] + text[to:],
                    text[:at] + draw(_SIGNS) + text[at:],
                    text[:to] + text[at:],
                    text[:at],
                ]
            )
        )
    return text


def _any_text(text: str) -> None:
    outcome = test_maths.outcome(text)
    assert outcome in {"parsed", "refused"}, outcome


def _expression(both: tuple[str, dict[str, list[float | None]]]) -> None:
    text, lines = both
    expression = parse(text)
    if len(text_of(expression)) <= 2048:
        assert parse(text_of(expression)) == expression
    assert set(names(expression)) <= set(expressions.IDS)
    slow = Interpreter(lines, range(test_maths.START_S, test_maths.START_S + 300, 60), 60)
    test_maths.assert_same(test_maths.computed(text, lines), slow.value(expression))


def _elementwise(pair: tuple[str, dict[str, list[float | None]], int, int]) -> None:
    test = test_maths.test_elementwise_expressions_may_be_computed_before_evaluations
    test.hypothesis.inner_test(*pair)  # type: ignore[attr-defined]


def _statistics(pair: tuple[list[tuple[float, float, float]], int]) -> None:
    test_statistics.test_statistics_are_those_counted_sample_by_sample.hypothesis.inner_test(*pair)  # type: ignore[attr-defined]


def _array(text: str) -> None:
    expression = parse(text)
    assert parse(text_of(expression)) == expression
    inputs = dict.fromkeys(expressions.IDS, (1.0, 2.0))
    evaluate(parse(f"SUM({text})"), inputs, [0, 60], 60)


CHECKS: dict[str, tuple[st.SearchStrategy[object], Callable[..., None]]] = {
    "broken expressions": (broken(), _any_text),
    "any text": (st.text(max_size=200), _any_text),
    "expressions": (st.tuples(expressions.series(3), test_maths.LINES), _expression),
    "elementwise": (
        st.tuples(expressions.series(2), test_maths.LINES, st.integers(1, 3), st.integers(1, 3)),
        _elementwise,
    ),
    "statistics": (
        st.tuples(
            st.one_of(test_statistics.SAMPLES, test_statistics.NEGATIVE),
            st.sampled_from(test_statistics.LENGTHS),
        ),
        _statistics,
    ),
    "arrays": (expressions.arrays(3), _array),
}


def main() -> int:
    """Run until the minutes are over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    end = time.monotonic() + 60 * parser.parse_args().minutes
    tried = dict.fromkeys(CHECKS, 0)
    found: list[str] = []
    for number in itertools.count():
        for name, (inputs, check) in CHECKS.items():
            if time.monotonic() > end:
                print(", ".join(f"{count} {what}" for what, count in tried.items()), "tried")  # noqa: T201
                print("\n\n".join(found) or "nothing broke")  # noqa: T201
                return 1 if found else 0
            problem = _round(inputs, check, number, tried, name)
            found += [problem] if problem else []
    raise AssertionError


def _round(
    inputs: st.SearchStrategy[object],
    check: Callable[..., None],
    number: int,
    tried: dict[str, int],
    name: str,
) -> str:
    @seed(number)
    @settings(
        max_examples=_AT_ONCE, deadline=None, database=None, suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )  # fmt: skip
    @given(inputs)
    def run(item: object) -> None:
        tried[name] += 1
        check(item)

    try:
        run()
    except Exception as error:  # noqa: BLE001 - whatever breaks is what is looked for
        return f"{name}: {type(error).__name__}: {error}\n" + "\n".join(getattr(error, "__notes__", ()))
    return ""


if __name__ == "__main__":
    sys.exit(main())
