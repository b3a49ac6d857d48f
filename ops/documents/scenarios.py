"""The reference and the JSON schema of scenarios, read from the models."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from drill.expressions import FUNCTIONS, NAMES
from drill.scenarios.model import EXPECTATIONS, HAPPENINGS, Assumptions, Head, Request, Span
from ops.documents.markdown import NOTE, cell
from ops.documents.reference import default_words, type_words

_DEFINITIONS = "#/$defs/{model}"


def scenario_reference() -> str:
    """Return the reference as Markdown."""
    lines = [
        "# Scenario reference",
        "",
        NOTE,
        "",
        "The keys of a scenario, a file under `drills/`; [drill.md](drill.md) shows how to write one.",
        "`make drill` rehearses it. `make drill LIVE=1` runs it against a deployment, if it has `invoke` and",
        "no `happens`. Every time is a duration since the start of the scenario, such as `90s`, `10m`,",
        "`1h30m`, `1d`; `by` is a deadline. In names of alarms, services, log groups and metrics `*` matches",
        "any text and `?` matches one character.",
        "",
        *keys_table("Scenario", Head),
        *keys_table("`assume`", Assumptions),
        "## `happens`",
        "",
        "A list; each entry has exactly one of these keys, and optionally a time. Without entries, every",
        "service of the configuration is healthy: its kind defines the baseline. A file of `baseline`",
        "contains only this list. Live drills do not support `happens`.",
        "",
        *keys_table("When", Span, level=3),
    ]
    for key, model in HAPPENINGS.items():
        lines += keys_table(f"`{key}`", model, level=3, without=Span)
    lines += ["### Expressions", "", "Arithmetic (`+ - * / % **`), comparisons, and:", ""]
    lines += [f"- `{name}`: {meaning}" for name, meaning in NAMES.items()]
    lines += [
        f"- `{name}({', '.join(arguments)})`: {meaning}" for name, (arguments, meaning) in FUNCTIONS.items()
    ]
    lines += [
        "",
        "## `invoke`",
        "",
        "A list; each entry sends requests to a function, at a time as above, but never in the warm-up.",
        "In a rehearsal the requests replace the baseline of `Invocations`, `Errors` and `Duration` of the",
        "function, and each request has a log line: its level is `ERROR` with `fault: error`, `WARNING`",
        "with `fault: timeout`, and `INFO` without a fault.",
        "",
        *keys_table("Request", Request, level=3, without=Span),
        "## `expect`",
        "",
        "A list; each entry has exactly one of these keys. A live drill observes the states of alarms and",
        "the alarm queue: `queue` and `delivered_to` cannot name another receiver there.",
        "",
    ]
    for key, expected in EXPECTATIONS.items():
        lines += keys_table(f"`{key}`", expected, level=3)
    return "\n".join(lines)


def scenario_schema() -> str:
    """Return the JSON schema of a scenario, for completion and validation in editors."""
    schema = Head.model_json_schema(ref_template=_DEFINITIONS)
    definitions: dict[str, Any] = schema.setdefault("$defs", {})
    models: Mapping[str, Mapping[str, type[BaseModel]]] = {
        "happens": HAPPENINGS,
        "invoke": {"invoke": Request},
        "expect": EXPECTATIONS,
    }
    for key, entries in models.items():
        for model in entries.values():
            model_schema = model.model_json_schema(ref_template=_DEFINITIONS)
            definitions |= model_schema.pop("$defs", {})
            definitions[model.__name__] = model_schema
        refs = [{"$ref": _DEFINITIONS.format(model=model.__name__)} for model in entries.values()]
        schema["properties"][key] = {"type": "array", "items": {"anyOf": refs}}
    # A baseline contains only `happens`.
    schema["anyOf"] = [{"required": [*schema.pop("required"), "expect"]}, {"required": ["happens"]}]
    schema["title"] = "A scenario of a drill"
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def keys_table(
    title: str, model: type[BaseModel], *, level: int = 2, without: type[BaseModel] = BaseModel
) -> Iterator[str]:
    """Yield the table of a model's keys, except those of the model `without`."""
    yield from (f"{'#' * level} {title}", "", " ".join((model.__doc__ or "").split()), "")
    yield from ("| key | type | default | description |", "|---|---|---|---|")
    for name, field in model.model_fields.items():
        if name in without.model_fields:
            continue
        cells = (type_words(field), default_words(field), cell(field.description or ""))
        yield f"| `{field.alias or name}` | {' | '.join(cells)} |"
    yield ""
