"""The grammar of a metric widget's `metrics`.

A row is a metric, `[namespace, name, dimension, value, …, {look}]`, or an expression, `[{look}]`. `"."`
stands for what the row of the metric before has at this place, `"..."` for all that it has between what is
said before and after. Source: CloudWatch API Reference, "Dashboard Body Structure and Syntax", "Metric
Widget: Format for Each Metric in the Array"; the console writes `"..."`, which that page does not list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stacks.dashboard.limits import MAX_METRICS_PER_GRAPH
from stacks.dashboard.shapes import Field, flag, problem, structure, text
from stacks.dashboard.values import ACCOUNT, COLOR, ID, PERIOD, REGION, SIDE, STATISTIC, TEXT

_MOST_DIMENSIONS = 30
"""CloudWatch API Reference, Metric, Dimensions."""

_LOOK: Mapping[str, Field] = {
    "accountId": Field(ACCOUNT),
    "color": Field(COLOR),
    "id": Field(ID),
    "label": Field(TEXT),
    "period": Field(PERIOD),
    "region": Field(REGION),
    "visible": Field(flag),
    "yAxis": Field(SIDE),
}
_METRIC = structure({**_LOOK, "stat": Field(STATISTIC)})
_EXPRESSION = structure({**_LOOK, "expression": Field(text(most=1024), required=True)})
"""Longest expression: CloudWatch API Reference, MetricDataQuery, Expression."""

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_VARIABLE = re.compile(r"\b[a-z]\w*")


def check_metrics(path: str, value: Any) -> Iterator[str]:
    """Check all rows, and that ids are unique and those that expressions name exist."""
    if not isinstance(value, list):
        yield problem(path, "must be a list", value)
        return
    if len(value) > MAX_METRICS_PER_GRAPH:
        yield f"{path}: must have 0 to {MAX_METRICS_PER_GRAPH} metrics (found: {len(value)})"
    before: Sequence[str] | None = ()
    for position, row in enumerate(value):
        here = f"{path}[{position}]"
        if not isinstance(row, list) or not row:
            yield problem(here, "must be a list such as [namespace, name] or [{expression}]", row)
            before = None
        elif isinstance(row[0], dict):
            yield from _check_expression(here, row)
        else:
            before, found = _expanded(here, row, before)
            yield from found
    yield from _check_ids(path, value)


def _check_expression(path: str, row: list[Any]) -> Iterator[str]:
    if len(row) > 1:
        yield f"{path}: an expression stands alone in its row (found: {len(row)} items)"
    yield from _EXPRESSION(f"{path}[0]", row[0])


def _expanded(
    path: str, row: list[Any], before: Sequence[str] | None
) -> tuple[Sequence[str] | None, list[str]]:
    """Return the texts of a row with what its dots stand for, and what is wrong with it.

    What dots stand for is None, and nothing is said about them, where a row before is wrong itself.
    """
    *texts, last = row
    found: list[str] = []
    if isinstance(last, dict):
        found += _METRIC(f"{path}[{len(texts)}]", last)
    else:
        texts.append(last)
    wrong = [said for position, one in enumerate(texts) for said in TEXT(f"{path}[{position}]", one)]
    found += wrong
    dots = "." in texts or "..." in texts
    if wrong or (dots and before is None):
        return None, found
    names = _without_dots(texts, before or ())
    if names is None:
        return None, [*found, f"{path}: has dots for more than the metric before it has"]
    if len(names) < 2 or len(names) % 2:  # noqa: PLR2004  # namespace and name, then pairs
        text = "must have a namespace, a name, and a value for each dimension"
        found.append(f"{path}: {text} (found: {len(names)} texts)")
    elif len(names) // 2 - 1 > _MOST_DIMENSIONS:
        found.append(
            f"{path}: must have at most {_MOST_DIMENSIONS} dimensions (found: {len(names) // 2 - 1})"
        )
    return names, found


def _without_dots(texts: list[str], before: Sequence[str]) -> list[str] | None:
    """Return `texts` written out; None where the row before has nothing in that place."""
    if "..." in texts:
        at = texts.index("...")
        tail = texts[at + 1 :]
        end = len(before) - len(tail)
        if end <= at or "..." in tail:
            return None
        texts = [*texts[:at], *before[at:end], *tail]
    if any(one == "." and position >= len(before) for position, one in enumerate(texts)):
        return None
    return [before[position] if one == "." else one for position, one in enumerate(texts)]


def _check_ids(path: str, rows: list[Any]) -> Iterator[str]:
    looks = [
        (position, row[-1])
        for position, row in enumerate(rows)
        if isinstance(row, list) and row and isinstance(row[-1], dict)
    ]
    seen: dict[Any, int] = {}
    for position, look in looks:
        if "id" not in look:
            continue
        first = seen.setdefault(str(look["id"]), position)
        if first != position:
            yield f"{path}[{position}]: the id {look['id']} is that of {path}[{first}] too"
    for position, look in looks:
        said = look.get("expression")
        if not isinstance(said, str):
            continue
        if said.startswith(("SEARCH", "SELECT")) or "SEARCH(" in said:
            # AWS takes them; how many metrics they find, nobody knows before.
            yield f"{path}[{position}]: name the metrics: what a search finds may exceed CloudWatch's limits"
            continue
        for name in dict.fromkeys(_VARIABLE.findall(_QUOTED.sub("", said))):
            if name not in seen:
                yield f"{path}[{position}]: the expression names {name}, and no series has that id"
