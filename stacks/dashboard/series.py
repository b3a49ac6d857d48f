"""Rows of a graph's `metrics` array.

Grammar: CloudWatch API Reference, "Dashboard Body Structure and Syntax", "Metric Widget: Format for Each
Metric in the Array".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from catalog.specs import Math, Metric, Series

Line = list[Any]
"""One row of `metrics`."""

_VARIABLE = re.compile(r"\b[a-z]\w*")
"""Ids of metric math begin with a lower-case letter, functions are in capitals (CloudWatch User Guide, "Using
math expressions")."""


def lines(series: Iterable[Series], colors: Iterable[str] = ()) -> Iterator[Line]:
    """Yield the rows of `series`; inputs of metric math come hidden before their expression.

    Args:
        series: what is shown.
        colors: a colour for each of them; those left over choose their own.
    """
    chosen = iter(colors)
    for number, one in enumerate(series):
        color = next(chosen, None)
        look = {"color": color} if color else {}
        if isinstance(one, Metric):
            yield line(one, **look)
            continue
        yield from inputs(one, number)
        yield expression(renamed(one, number), one.label, one.period_s, id=f"e{number}", **look)


def inputs(math: Math, number: int) -> Iterator[Line]:
    """Yield the hidden rows that an expression needs; `number` tells them from those of other expressions."""
    for key, metric in math.metrics.items():
        yield line(metric, id=_id(number, key), visible=False)


def line(metric: Metric, **look: Any) -> Line:
    """Return the row of a metric."""
    dimensions = [part for pair in metric.dimensions.items() for part in pair]
    shown = {"stat": metric.stat, "period": metric.period_s, "label": metric.label, **look}
    return [metric.namespace, metric.name, *dimensions, shown]


def expression(text: str, label: str, period_s: int, **look: Any) -> Line:
    """Return the row of an expression."""
    return [{"expression": text, "label": label, "period": period_s, **look}]


def renamed(math: Math, number: int) -> str:
    """Return an expression over the ids that `inputs` gives."""
    names: Mapping[str, str] = {key: _id(number, key) for key in math.metrics}
    return _VARIABLE.sub(lambda found: names.get(found[0], found[0]), math.expression)


def _id(number: int, key: str) -> str:
    # The number first: `m1` of series 1 and `m` of series 11 would be one id.
    return f"s{number}_{key}"
