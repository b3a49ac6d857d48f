"""The reference of all configuration keys, read from the models and the catalog."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from catalog.kinds import EVERY_KIND, KINDS
from catalog.specs import SYMBOLS
from catalog.templates import LOGS, AlarmTemplate, MetricTemplate, Percent
from catalog.texts import duration, number
from config.explain import is_model
from config.models import Environment
from drill.scenarios.model import Words
from ops.documents.markdown import NOTE, cell, table


def reference() -> str:
    """Return the reference as Markdown."""
    lines = [
        "# Configuration reference",
        "",
        NOTE,
        "",
        "`config/base.yaml` contains what all environments share, `config/<env>.yaml` only the differences.",
        "Mappings are merged key by key; all other values are replaced. An environment variable overrides a",
        "single value: `REVEILLE_LOGS__RETENTION_DAYS=7` is `logs.retention_days`. In names of services and",
        "alarms `_` stands for `-`; lists and mappings are written as JSON.",
        "",
    ]
    lines += _model_tables(Environment, "Top level", "", {})
    lines += ["## Alarm keys", ""]
    for kind in filter(lambda kind: kind.alarms, EVERY_KIND):
        service = f" and `services.<name>.alarms` of kind `{kind.name}`" if kind.name in KINDS else ""
        lines += [f"Under `alarms.{kind.name}`{service}:", ""]
        lines += table(
            ("key", "fires when", "threshold", "datapoints", "notifies through", "notes", "runbook"),
            (_alarm(alarm, kind.runbook, kind.facts_words) for alarm in kind.alarms),
        )
    lines += [
        "## Series of services",
        "",
        "Ids in `expression` and `metric` of own alarms, in SLOs and in widgets, with their",
        "statistics. A service has those of its load balancer, queue and log if it has one.",
        "",
    ]
    lines += table(
        ("kind", "id", "series", "metric", "statistic"),
        (
            (kind.name, f"`{key}`", series.label, _metric(series.metric), f"`{series.stat}`")
            for kind in KINDS.values()
            for key, series in kind.series.items()
        ),
    )
    lines += ["## Events of SLOs", "", "Values of `services.<name>.slos.<slo>.events`:", ""]
    lines += table(
        ("kind", "events", "counts", "bad events"),
        (
            (
                kind.name,
                f"`{event.key}`",
                "; ".join((event.words, *_not_if(event.valid.metric.needed, kind.facts_words))),
                event.bad_words,
            )
            for kind in KINDS.values()
            for event in kind.events
        ),
    )
    return "\n".join(lines)


def _metric(metric: MetricTemplate) -> str:
    return (
        f"`{metric.name}` of the log" if metric.namespace == LOGS else f"`{metric.namespace} {metric.name}`"
    )


def _not_if(needed: Iterable[str], facts_words: Mapping[str, str]) -> Iterator[str]:
    """Yield when a service does not have what needs these facts and dimensions."""
    yield from dict.fromkeys(f"not if {facts_words[key]}" for key in needed if key in facts_words)


def _alarm(alarm: AlarmTemplate, runbook: str, facts_words: Mapping[str, str]) -> tuple[str, ...]:
    notes = [
        *([f"at least {alarm.min_samples} samples (`min_samples`)"] if alarm.min_samples else []),
        *(["`anomaly_band` instead of the threshold"] if alarm.anomaly else []),
        *(
            [f"or a share: {' or '.join(f'`… % of {name}`' for name in alarm.shares)}"]
            if alarm.shares
            else []
        ),
        *([f"off unless `enabled: true`: {alarm.opt_in}"] if alarm.opt_in else []),
        *_not_if(alarm.needed, facts_words),
    ]
    return (
        f"`{alarm.key}`",
        alarm.summary,
        threshold_words(alarm),
        f"{alarm.datapoints_to_alarm} of {alarm.evaluation_periods}, {duration(alarm.period_s)} each",
        f"`{alarm.part_of}`" if alarm.part_of else "itself",
        "; ".join(notes),
        f"[{alarm.key}](runbooks/{runbook}#{alarm.key})",
    )


def threshold_words(alarm: AlarmTemplate) -> str:
    """Return an alarm's threshold with its comparison and unit."""
    symbol, words = SYMBOLS[alarm.comparison], alarm.unit_words
    if isinstance(alarm.threshold, Percent):
        return f"{symbol} {number(alarm.threshold.value)} % of {alarm.threshold.words} ({words})"
    return f"{symbol} {'…' if alarm.threshold is None else number(alarm.threshold)} {words}"


def _model_tables(
    model: type[BaseModel], title: str, path: str, seen: dict[type[BaseModel], str]
) -> Iterator[str]:
    """Yield the table of a model and the tables of the models in it, each model once."""
    seen[model] = title
    yield from (f"## {title}", "")
    if path and model.__doc__:
        yield from (" ".join(model.__doc__.split()), "")
    yield from ("| key | type | default | description |", "|---|---|---|---|")
    inner: list[tuple[type[BaseModel], str]] = []
    for name, field in model.model_fields.items():
        key = field.alias or name
        cells = (type_words(field), default_words(field), cell(field.description or ""))
        yield f"| `{path}{key}` | {' | '.join(cells)} |"
        inner += [(used, f"{path}{key}{marks}") for used, marks in _models_in(field.annotation)]
    yield ""
    for inner_model, inner_path in inner:
        kind = inner_model.model_fields.get("kind")
        suffix = f" of kind {_annotation_words(kind.annotation)}" if kind else ""
        heading = f"`{inner_path.rstrip('.')}`{suffix}"
        if inner_model in seen:
            yield from (f"## {heading}", "", f"The same keys as {seen[inner_model]}.", "")
        else:
            yield from _model_tables(inner_model, heading, inner_path, seen)


def _models_in(annotation: Any) -> Iterator[tuple[type[BaseModel], str]]:  # noqa: ANN401
    if is_model(annotation):
        yield annotation, "."
        return
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        yield from _models_in(arguments[0])
    elif origin in {typing.Union, types.UnionType}:
        for argument in arguments:
            yield from _models_in(argument)
    elif origin is dict:
        yield from ((model, f".<name>{marks}") for model, marks in _models_in(arguments[1]))
    elif origin is tuple:
        yield from ((model, f"[]{marks}") for model, marks in _models_in(arguments[0]))


_BOUNDS = (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<"), ("multiple_of", "multiple of"))


def type_words(field: FieldInfo) -> str:
    """Return the type in words, with its bounds."""
    bounds = [
        f"{sign} {getattr(constraint, name)}"
        for constraint in field.metadata
        for name, sign in _BOUNDS
        if getattr(constraint, name, None) is not None
    ]
    named = [words.text for words in field.metadata if isinstance(words, Words)]
    return cell(", ".join([named[0] if named else _annotation_words(field.annotation), *bounds]))


def _annotation_words(annotation: Any) -> str:  # noqa: ANN401, PLR0911  # a table of cases
    if isinstance(annotation, type) and typing.get_origin(annotation) is None:
        if issubclass(annotation, BaseModel):
            return "mapping"
        return {
            "str": "text",
            "int": "whole number",
            "float": "number",
            "bool": "true or false",
            "Any": "anything",
            "EmailStr": "e-mail address",
            "AwareDatetime": "time with its zone",
        }.get(annotation.__name__, annotation.__name__)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return " or ".join(f"`{'true' if argument is True else argument}`" for argument in arguments)
    if origin is typing.Annotated:
        named = [argument.text for argument in arguments[1:] if isinstance(argument, Words)]
        return named[0] if named else _annotation_words(arguments[0])
    if origin in {typing.Union, types.UnionType}:
        return " or ".join(
            dict.fromkeys(_annotation_words(argument) for argument in arguments if argument is not type(None))
        )
    if origin is dict:
        return f"mapping of {_annotation_words(arguments[1])}"
    return f"list of {_annotation_words(arguments[0])}"


def default_words(field: FieldInfo) -> str:
    """Return a key's default; that the key is required; or an empty text if there is no default."""
    if field.is_required():
        return "**required**"
    default = field.default
    if default is None or isinstance(default, BaseModel) or default in ({}, ()):
        return ""
    return f"`{json.dumps(default)}`"
