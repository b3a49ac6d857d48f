"""Which CloudWatch metrics exist: AWS's documented ones, and those that our own filters make.

CloudWatch accepts an alarm or a graph on any name whatsoever; a wrong one stays without data for ever, and
nobody is told. So names are compared with `aws_metrics.json`, where each namespace names its source.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from catalog.specs import LogFilter

AWS_METRICS: Final[Mapping[str, Any]] = json.loads(
    Path(__file__).with_name("aws_metrics.json").read_text(encoding="utf-8")
)
"""Namespace -> its source and metrics; metric -> its unit and the sets of dimensions it is reported with."""

_SHOWN: Final = 3
"""Namespaces that a message lists."""


class Published(Protocol):
    """A metric that something of ours puts into CloudWatch itself."""

    @property
    def namespace(self) -> str:
        """Its namespace."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def dimensions(self) -> Iterable[str]:
        """The names of its dimensions."""


Known = dict[str, dict[str, list[list[str]]]]
"""Namespace -> metric -> the sets of dimensions it is reported with, each sorted."""


def known(published: Iterable[Published] = ()) -> Known:
    """Return the metrics that AWS documents, and those that something of ours publishes."""
    metrics: Known = {
        namespace: {name: list(metric["dimensions"]) for name, metric in its["metrics"].items()}
        for namespace, its in AWS_METRICS.items()
    }
    for item in published:
        metrics.setdefault(item.namespace, {}).setdefault(item.name, []).append(sorted(item.dimensions))
    return metrics


def why_unknown(
    namespace: str, name: str, dimensions: Iterable[str], *, filters: Iterable[LogFilter] = ()
) -> str | None:
    """Return why there is no such metric, in one sentence, or None when there is.

    Args:
        namespace: the metric's namespace.
        name: its name.
        dimensions: the names of its dimensions.
        filters: the metric filters whose metrics exist too; they have no dimensions.
    """
    metrics = known()
    for log_filter in filters:
        metrics.setdefault(log_filter.namespace, {})[log_filter.metric] = [[]]
    return why_not_in(metrics, namespace, name, dimensions)


def why_not_in(metrics: Known, namespace: str, name: str, dimensions: Iterable[str]) -> str | None:
    """Return why `metrics` have no such metric, in one sentence, or None when they do."""
    if namespace not in metrics:
        return f"no namespace {namespace}{_near(namespace, metrics)}"
    names = metrics[namespace]
    if name not in names:
        elsewhere = sorted(other for other, its in metrics.items() if name in its)
        hint = f"; it is in {' and '.join(elsewhere[:_SHOWN])}" if elsewhere else _near(name, names)
        return f"no metric {name} in {namespace}{hint}"
    given = sorted(dimensions)
    if given not in names[name]:
        sets = " or ".join(_set(group) for group in names[name])
        single = {text for each in names[name] for text in each}
        hints = dict.fromkeys(_near(text, single) for text in given if text not in single)
        return f"{namespace} {name} is reported by {sets}, not by {_set(given)}{''.join(hints)}"
    return None


def _near(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _set(dimensions: list[str]) -> str:
    return f"{{{', '.join(dimensions)}}}" if dimensions else "no dimensions"
