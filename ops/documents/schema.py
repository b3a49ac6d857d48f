"""The JSON schema of a configuration file, for completion and validation in editors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from catalog.kinds import EVERY_KIND, KINDS
from catalog.templates import AlarmTemplate
from config.models import Environment
from config.services import SERVICE_MODELS
from ops.documents.reference import threshold_words


def schema() -> str:
    """Return the JSON schema of a configuration file: the schema of the models without required keys.

    A file contains only the differences from base.yaml; the loader checks the merged configuration.
    """
    schema = Environment.model_json_schema()
    _nothing_required(schema)
    definitions = schema["$defs"]
    tuning = definitions.pop("Tuning")
    definitions |= {f"tuning.{key}": value for key, value in tuning["properties"].items()}
    definitions["ownAlarm"] = {
        "type": "object",
        "additionalProperties": False,
        "description": "A new alarm, with metric or expression",
        "properties": {key: _ref(f"tuning.{key}") for key in tuning["properties"]},
    }
    for kind in EVERY_KIND:
        definitions[f"{kind.name}Alarms"] = _alarm_keys(kind.alarms, tuning)
        definitions["Alarms"]["properties"][kind.name] = _ref(f"{kind.name}Alarms")
    for kind in KINDS.values():
        for model in SERVICE_MODELS[kind.name]:
            properties = definitions[model.__name__]["properties"]
            properties["alarms"] = _ref(f"{kind.name}Alarms")
            properties["slos"]["additionalProperties"] = {
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
    """Return the schema of the settings of these alarms, each with the keys that it supports."""
    properties = {
        alarm.key: {
            "type": "object",
            "additionalProperties": False,
            "description": f"{alarm.summary} (threshold: {threshold_words(alarm)})",
            "properties": {
                key: _ref(f"tuning.{key}") for key in tuning["properties"] if key in alarm.tunable
            },
        }
        for alarm in alarms
    }
    return {"type": "object", "additionalProperties": _ref("ownAlarm"), "properties": properties}


def _nothing_required(schema: Any) -> None:  # noqa: ANN401  # JSON
    if isinstance(schema, dict):
        if isinstance(schema.get("required"), list):
            # `kind` is not required either: an environment's file changes a service of base.yaml.
            del schema["required"]
        # A service without its kind matches several kinds, which `oneOf` would reject.
        if "oneOf" in schema:
            schema["anyOf"] = schema.pop("oneOf")
            schema.pop("discriminator", None)
        for value in schema.values():
            _nothing_required(value)
    elif isinstance(schema, list):
        for value in schema:
            _nothing_required(value)
