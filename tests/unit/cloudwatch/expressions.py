"""Expressions of any shape whose kinds fit, as text."""

from __future__ import annotations

import functools

from hypothesis import strategies as st

IDS = ("m1", "m2", "e3")
_NUMBERS = st.sampled_from(["0", "1", "2", "3", "0.5", "10", "1e2", ".25", "7."])
_REDUCTIONS = st.sampled_from(["SUM", "AVG", "MIN", "MAX", "STDDEV", "DATAPOINT_COUNT"])
_EACH = st.sampled_from(["ABS", "CEIL", "FLOOR", "LOG", "LOG10", "DIFF", "DIFF_TIME", "RATE", "RUNNING_SUM"])
_CALENDAR = st.sampled_from(["MINUTE", "HOUR", "DAY", "DATE", "MONTH", "YEAR", "EPOCH"])
_ARITHMETIC = st.sampled_from(["+", "-", "*", "/", "^"])
_ANY = st.sampled_from(["+", "-", "*", "/", "==", "!=", "<", "<=", ">", ">=", "AND", "OR", "&&", "||"])
_KEYWORDS = st.sampled_from(["REPEAT", "LINEAR"])
Texts = st.SearchStrategy[str]


def _bracketed(text: str) -> str:
    return f"({text})"


@functools.cache
def scalars(depth: int = 2) -> Texts:
    """Return expressions that are scalars."""
    return st.deferred(lambda: _scalars(depth))


def _scalars(depth: int) -> Texts:
    if not depth:
        return _NUMBERS
    inner = scalars(depth - 1)
    return st.one_of(
        _NUMBERS,
        st.builds("{} {} {}".format, inner.map(_bracketed), _ANY, inner.map(_bracketed)),
        inner.map("-{}".format),
        st.builds("{}({})".format, _REDUCTIONS, series(depth - 1)),
        arrays(depth - 1).map("METRIC_COUNT({})".format),
        st.sampled_from([f"PERIOD({id_})" for id_ in IDS]),
    )


@functools.cache
def series(depth: int = 3) -> Texts:
    """Return expressions that are one time series."""
    return st.deferred(lambda: _series(depth))


def _series(depth: int) -> Texts:
    names = st.sampled_from(IDS)
    if not depth:
        return names
    inner, scalar, array = series(depth - 1), scalars(depth - 1), arrays(depth - 1)
    either = st.one_of(inner, scalar)
    return st.one_of(
        names,
        st.builds("{} {} {}".format, inner.map(_bracketed), _ANY, either.map(_bracketed)),
        st.builds("{} {} {}".format, scalar.map(_bracketed), _ANY, inner.map(_bracketed)),
        st.builds("{} {} {}".format, names, _ARITHMETIC, _NUMBERS),
        inner.map(lambda text: f"-({text})"),
        st.builds("{}({})".format, st.one_of(_EACH, _CALENDAR), inner),
        st.builds("{}({})".format, _REDUCTIONS, array),
        st.builds("FILL({}, {})".format, inner, st.one_of(either, _KEYWORDS)),
        st.builds("IF({}, {}, {})".format, inner, either, either),
        st.builds("IF({}, {})".format, either, inner),
        st.builds("IF({}, {}, {})".format, scalar, inner, inner),
        st.builds("{}({})".format, st.sampled_from(["FIRST", "LAST"]), array),
        scalar.map("TIME_SERIES({})".format),
    )


@functools.cache
def arrays(depth: int = 2) -> Texts:
    """Return expressions that are arrays of time series."""
    return st.deferred(lambda: _arrays(depth))


def _arrays(depth: int) -> Texts:
    metrics = st.sampled_from(["METRICS()", 'METRICS("m")', "METRICS('3')", "[m1, m2]", "[e3]"])
    if not depth:
        return metrics
    inner, line, scalar = arrays(depth - 1), series(depth - 1), scalars(depth - 1)
    sort = st.builds(
        "SORT({}, {}, {}{})".format,
        inner,
        st.sampled_from(["AVG", "MIN", "MAX", "SUM"]),
        st.sampled_from(["ASC", "DESC"]),
        st.one_of(st.just(""), scalar.map(", {}".format)),
    )
    return st.one_of(
        metrics,
        st.builds("[{}, {}]".format, line, inner),
        st.builds("({}) {} ({})".format, inner, _ARITHMETIC, st.one_of(line, scalar)),
        st.builds("({}) {} ({})".format, st.one_of(line, scalar), _ARITHMETIC, inner),
        st.builds("{}({})".format, _EACH, inner),
        st.builds("FILL({}, {})".format, inner, st.one_of(line, scalar, _KEYWORDS)),
        inner.map("REMOVE_EMPTY({})".format),
        inner.map(lambda text: f"-({text})"),
        st.builds("SLICE({}, {})".format, inner, scalar),
        st.builds("SLICE({}, {}, {})".format, inner, scalar, scalar),
        sort,
    )
