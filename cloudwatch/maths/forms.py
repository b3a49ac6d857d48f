"""The signatures of operators and functions: scalars, time series, arrays of time series.

Source: CloudWatch User Guide, "Using math expressions with CloudWatch metrics": "Data type abbreviations",
"Basic arithmetic functions", "Comparison and logical operators", "Functions supported for metric math" and
"Using IF expressions".

Not documented, and decided here: operands that a table does not list are rejected, such as an operator
between two arrays, or a comparison of an array. `SLICE` returns an array even of one series; `FIRST` returns
the series.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Kind = Literal["S", "TS", "TS[]", "text", "statistic", "order", "filler"]
"""S: a scalar, TS: a time series, TS[]: an array of them; the others are arguments only."""
Form = tuple[tuple[Kind, ...], Kind]
"""Kinds of the arguments, and the kind of the result."""

WORDS: Mapping[str, Kind] = {
    **dict.fromkeys(("AVG", "MIN", "MAX", "SUM"), "statistic"),
    **dict.fromkeys(("ASC", "DESC"), "order"),
    **dict.fromkeys(("REPEAT", "LINEAR"), "filler"),
}

_EACH: tuple[Form, ...] = ((("TS",), "TS"), (("TS[]",), "TS[]"))
_REDUCED: tuple[Form, ...] = ((("TS",), "S"), (("TS[]",), "TS"))
_PICKED: tuple[Form, ...] = ((("TS[]",), "TS"),)
_OF_TIME: tuple[Form, ...] = ((("TS",), "TS"),)
_IF: tuple[Form, ...] = (
    (("TS", "TS"), "TS"), (("TS", "S"), "TS"), (("TS", "TS", "TS"), "TS"), (("TS", "TS", "S"), "TS"),
    (("TS", "S", "TS"), "TS"), (("TS", "S", "S"), "TS"), (("S", "TS"), "TS"), (("S", "TS", "TS"), "TS"),
)  # fmt: skip
_FILL: tuple[Form, ...] = (
    (("TS", "S"), "TS"), (("TS", "TS"), "TS"), (("TS", "filler"), "TS"),
    (("TS[]", "S"), "TS[]"), (("TS[]", "TS"), "TS[]"), (("TS[]", "filler"), "TS[]"),
)  # fmt: skip

REDUCTIONS = ("AVG", "DATAPOINT_COUNT", "MAX", "MIN", "STDDEV", "SUM")
"""Functions that reduce a series to a scalar, and an array to a series of the values at each time."""
ELSEWHERE: Mapping[str, tuple[Form, ...]] = {
    "ANOMALY_DETECTION_BAND": ((("TS",), "TS[]"), (("TS", "S"), "TS[]")),
    "DB_PERF_INSIGHTS": ((("text", "text", "text"), "TS"),),
    "INSIGHT_RULE_METRIC": ((("text", "text"), "TS"),),
    "SEARCH": ((("text", "text"), "TS[]"), (("text", "text", "S"), "TS[]")),
    "SERVICE_QUOTA": _OF_TIME,
}
"""Functions whose result cannot be computed from the series of the request."""
FORMS: Mapping[str, tuple[Form, ...]] = {
    **dict.fromkeys(
        ("ABS", "CEIL", "DIFF", "DIFF_TIME", "FLOOR", "LOG", "LOG10", "RATE", "RUNNING_SUM"), _EACH
    ),
    **dict.fromkeys(REDUCTIONS, _REDUCED),
    **dict.fromkeys(("DATE", "DAY", "EPOCH", "HOUR", "MINUTE", "MONTH", "YEAR"), _OF_TIME),
    **dict.fromkeys(("FIRST", "LAST"), _PICKED),
    **ELSEWHERE,
    "FILL": _FILL,
    "IF": _IF,
    "METRICS": (((), "TS[]"), (("text",), "TS[]")),
    "METRIC_COUNT": ((("TS[]",), "S"),),
    "PERIOD": ((("TS",), "S"),),
    "REMOVE_EMPTY": ((("TS[]",), "TS[]"),),
    "SLICE": ((("TS[]", "S"), "TS[]"), (("TS[]", "S", "S"), "TS[]")),
    "SORT": (
        (("TS[]", "statistic", "order"), "TS[]"),
        (("TS[]", "statistic", "order", "S"), "TS[]"),
    ),
    "TIME_SERIES": ((("S",), "TS"),),
}
"""Function -> its signatures."""

ARITHMETIC: Mapping[tuple[Kind, Kind], Kind] = {
    ("S", "S"): "S", ("S", "TS"): "TS", ("TS", "S"): "TS", ("TS", "TS"): "TS",
    ("S", "TS[]"): "TS[]", ("TS[]", "S"): "TS[]", ("TS", "TS[]"): "TS[]", ("TS[]", "TS"): "TS[]",
}  # fmt: skip
LOGICAL = {both: kind for both, kind in ARITHMETIC.items() if kind != "TS[]"}
SHOWN: Mapping[Kind, str] = {
    "text": "text in quotes", "statistic": "AVG | MIN | MAX | SUM", "order": "ASC | DESC",
    "filler": "REPEAT | LINEAR",
}  # fmt: skip
