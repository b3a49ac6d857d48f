"""The reference of live scenarios' keys and their JSON schema, read from the models."""

from __future__ import annotations

import json
from typing import Any

from drill.live.scenario import EXPECTATIONS, Invocations, Whole
from ops.documents.markdown import NOTE
from ops.documents.scenarios import keys_table

_DEFINITIONS = "#/$defs/{model}"


def live_reference() -> str:
    """Return the reference as Markdown."""
    lines = [
        "# Reference of live scenarios",
        "",
        NOTE,
        "",
        "What a file under `drills/live/` may say; `make drill LIVE=1` runs it against what is deployed.",
        "Times are durations since the drill's beginning, such as `90s`, `10m`, `1h30m`. Alarms are called",
        "by their names in AWS, with or without project and environment, or by the catalog's keys; under",
        "`never`, `*` stands for any text.",
        "",
        *keys_table("Scenario", Whole),
        *keys_table("`invoke`", Invocations),
        "## `expect`",
        "",
        "A list; each entry has one of these keys, which says what is expected. What is written about one",
        "alarm has to happen in the order in which it is written.",
        "",
    ]
    for key, model in EXPECTATIONS.items():
        lines += keys_table(f"`{key}`", model, level=3)
    return "\n".join(lines)


def live_schema() -> str:
    """Return the JSON schema of a live scenario, with which editors complete and check it."""
    schema = Whole.model_json_schema(ref_template=_DEFINITIONS)
    definitions: dict[str, Any] = schema.setdefault("$defs", {})
    for key, models in (("invoke", (Invocations,)), ("expect", tuple(EXPECTATIONS.values()))):
        for model in models:
            made = model.model_json_schema(ref_template=_DEFINITIONS)
            definitions |= made.pop("$defs", {})
            definitions[model.__name__] = made
        refs = [{"$ref": _DEFINITIONS.format(model=model.__name__)} for model in models]
        schema["properties"][key]["items"] = {"anyOf": refs}
    schema["title"] = "A scenario of a live drill"
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
