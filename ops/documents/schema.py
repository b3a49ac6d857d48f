"""The JSON schema of a configuration file, with which editors complete and check it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from catalog.kinds import EVERY_KIND, KINDS
from catalog.templates import AlarmTemplate
from config.models import SERVICE_MODELS, Environment
from ops.documents.reference import threshold_words


def schema() -> str:
    """Return the JSON schema of a configuration file: as the models, with nothing required.

    A file says only what differs from base.yaml; whether the whole is complete is for the loader to say.
    """
    schema = Environment.model_json_schema()
    _nothing_required(schema)
    definitions = schema["$defs"]
    tuning = definitions.pop("Tuning")
    definitions |= {f"tuning.{key}": value for key, value in tuning["properties"].items()}
    for each in EVERY_KIND:
        definitions[f"{each.name}Alarms"] = _alarm_keys(each.alarms, tuning)
        definitions["Alarms"]["properties"][each.name] = _ref(f"{each.name}Alarms")
    for kind in KINDS.values():
        model = definitions[SERVICE_MODELS[kind.name].__name__]["properties"]
        model["alarms"] = _ref(f"{kind.name}Alarms")
        model["slos"]["additionalProperties"] = {
            "allOf": [
                _ref("Slo"),
                {"properties": {"events": {"enum": [event.key for event in kind.events]}}},
            ]
        }
    schema["title"] = "An environment of the platform"
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


def _alarm_keys(alarms: Sequence[AlarmTemplate], tuning: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of the tunings of these alarms: each with the keys that may be tuned, no others."""
    properties = {
        alarm.key: {
            "type": "object",
            "additionalProperties": False,
            "description": f"{alarm.says} (threshold: {threshold_words(alarm)})",
            "properties": {
                key: _ref(f"tuning.{key}") for key in tuning["properties"] if key in alarm.tunable
            },
        }
        for alarm in alarms
    }
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _nothing_required(schema: Any) -> None:  # noqa: ANN401  # JSON
    if isinstance(schema, dict):
        if isinstance(schema.get("required"), list):
            # `kind` stays out too: an environment's file changes a service that base.yaml has.
            del schema["required"]
        # A service without its kind fits both kinds, so "exactly one" would refuse it.
        if "oneOf" in schema:
            schema["anyOf"] = schema.pop("oneOf")
            schema.pop("discriminator", None)
        for value in schema.values():
            _nothing_required(value)
    elif isinstance(schema, list):
        for value in schema:
            _nothing_required(value)
