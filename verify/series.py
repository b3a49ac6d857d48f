"""Statistics, periods and expressions: what CloudWatch takes of each.

Source: CloudWatch API Reference, PutMetricAlarm and MetricDataQuery; CloudWatch User Guide, "CloudWatch
statistics definitions" and "Using math expressions with CloudWatch metrics".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

STATISTICS: Final = frozenset({"SampleCount", "Average", "Sum", "Minimum", "Maximum"})
EXPRESSION_LENGTH: Final = 2048
BAND: Final = "ANOMALY_DETECTION_BAND"

_EXTENDED: Final = re.compile(r"IQM|(?:p|tm|tc|ts|wm)(?:100|\d{1,2}(?:\.\d{1,10})?)")
_NUMBER: Final = r"\d+(?:\.\d+)?"
_BETWEEN: Final = re.compile(
    rf"PR\((?:{_NUMBER}:(?:{_NUMBER})?|:{_NUMBER})\)"
    rf"|(?:TM|TC|TS|WM)\((?:{_NUMBER}%?:(?:{_NUMBER}%?)?|:{_NUMBER}%?)\)"
)
_ID: Final = re.compile(r"[a-z]\w*", re.ASCII)
_MINUTE_S: Final = 60
_SHORT_S: Final = frozenset({10, 20, 30})
_SHORTEST_S: Final = frozenset({1, 5})

_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_WORD: Final = re.compile(r"(?<![\w.])([A-Za-z_]\w*)\s*(\()?")
_WORDS: Final = frozenset({"AND", "OR", "TRUE", "FALSE"})
_FUNCTIONS: Final = frozenset(
    f"ABS {BAND} AVG CEIL DATAPOINT_COUNT DAY DIFF DIFF_TIME EPOCH FILL FIRST FLOOR HOUR IF LAST LOG LOG10 "
    "MAX METRICS METRIC_COUNT MIN MINUTE MONTH PERIOD RATE REMOVE_EMPTY RUNNING_SUM SEARCH SERVICE_QUOTA "
    "SLICE SORT STDDEV SUM TIME_SERIES YEAR".split()
)
_CONSTANTS: Final = {
    "FILL": frozenset({"REPEAT", "LINEAR"}),
    "SORT": frozenset({"AVG", "MIN", "MAX", "SUM", "ASC", "DESC"}),
}
"""Function -> words that stand for themselves in its arguments."""


def is_statistic(text: str) -> bool:
    """Tell whether CloudWatch computes a statistic of this name."""
    return text in STATISTICS or is_extended(text)


def is_extended(text: str) -> bool:
    """Tell whether it is a percentile, a trimmed statistic or a rank, which alarms name elsewhere."""
    return bool(_EXTENDED.fullmatch(text) or _BETWEEN.fullmatch(text))


def is_period(period_s: object, *, of_alarm: bool) -> bool:
    """Tell whether a period in seconds is one that CloudWatch has, for an alarm or for a graph."""
    if isinstance(period_s, bool) or not isinstance(period_s, int):
        return False
    if period_s in _SHORT_S or (period_s in _SHORTEST_S and not of_alarm):
        return True
    return period_s >= _MINUTE_S and period_s % _MINUTE_S == 0


def is_id(text: str) -> bool:
    """Tell whether a metric or an expression may be called so."""
    return _ID.fullmatch(text) is not None


def functions(expression: str) -> set[str]:
    """Return the functions that an expression calls."""
    return {word for word, call in _WORD.findall(_QUOTED.sub("''", expression)) if call}


def wrong(expression: str, ids: set[str]) -> Iterator[str]:
    """Yield what is wrong with an expression: its length, unknown functions, ids that do not exist."""
    if len(expression) > EXPRESSION_LENGTH:
        yield f"an expression has {len(expression)} characters; CloudWatch takes {EXPRESSION_LENGTH}"
    if expression.lstrip().upper().startswith("SELECT"):
        yield f"{expression}: queries of Metrics Insights are not read here"
        return
    called = functions(expression)
    for function in sorted(called - _FUNCTIONS):
        if function not in _WORDS:  # AND (x) is an operator before a parenthesis
            yield f"{expression}: there is no function {function}"
    constants = frozenset().union(*(_CONSTANTS.get(one, frozenset()) for one in called))
    words = [word for word, call in _WORD.findall(_QUOTED.sub("''", expression)) if not call]
    for word in dict.fromkeys(words):
        if word not in ids and word not in _WORDS and word not in constants:
            yield f"{expression}: {word} is no id in it"
