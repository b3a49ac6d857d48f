"""Lint rules over every field of every model of the configuration."""

from __future__ import annotations

import json
import re
import typing
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from config.loader import FOLDER
from config.logs import Logs
from config.models import Environment
from config.paths import ROOT
from config.source import read
from tests.support.tables import each
from tests.unit.config.configs import all_fields

MODELS = {model: None for _, model, _, _ in all_fields()}
FIELDS = {f"{model.__name__}.{name}": field for _, model, name, field in all_fields()}

UNITS = ("_s", "_ms", "_min", "_mib", "_days", "_per_s", "_percent")
UNITLESS = {
    "Tracing.sampling_rate": "a share, 0 to 1",
    "Tracing.priority": "an order, not a quantity",
    "Tracing.collector_cpu": "CPU units, as Fargate and ECS call them `cpu`",
    "EcsService.cpu": "CPU units, as Fargate and ECS call them `cpu`",
    "EcsService.port": "a TCP port",
    "EcsService.desired_count": "a count of tasks",
    "Network.availability_zones": "a count",
    "Network.nat_gateways": "a count",
    "Tuning.threshold": "in the unit of the alarm that it is for",
    "Tuning.anomaly_band": "standard deviations, by CloudWatch's name",
    "Tuning.min_samples": "a count of events",
    "Slo.min_events": "a count of events",
    "Quotas.lambda_concurrency": "a count of invocations",
    "OwnMetric.default_value": "in the unit of the metric",
    "OwnMetric.healthy": "in the unit of the metric",
    "OwnMetric.least": "in the unit of the metric",
    "OwnMetric.most": "in the unit of the metric",
    "Widget.width": "columns of a dashboard, by CloudWatch's name",
    "Widget.height": "rows of a dashboard, by CloudWatch's name",
    "Tuning.evaluation_periods": "a count of datapoints, by CloudWatch's name",
    "Tuning.datapoints_to_alarm": "a count of datapoints, by CloudWatch's name",
    "SqsTrigger.batch_size": "a count of messages",
    "SqsTrigger.max_receives": "a count of attempts",
    "SqsTrigger.max_concurrency": "a count of invocations",
    "LambdaService.reserved_concurrency": "a count of invocations",
    "Notifications.queue_max_receives": "a count of attempts",
    "Dashboard.recent_errors": "a count of lines",
}


def is_number(field: FieldInfo) -> bool:
    """Tell whether a field holds a number."""
    kinds = {field.annotation, *typing.get_args(field.annotation)}
    return bool(kinds & {int, float}) and bool not in kinds


@each(("name", "field"), FIELDS.items(), ids=FIELDS)
def test_every_field_is_described(name: str, field: FieldInfo) -> None:
    """In a sentence that begins and ends like one: editors and docs/config.md show it."""
    description = field.description or ""
    assert re.match(r"^[A-Z`]|^https ", description), name
    assert description.endswith("."), name


@each("name", [name for name, field in FIELDS.items() if is_number(field)])
def test_every_number_has_its_unit_in_its_name(name: str) -> None:
    """Or a reason in the list above why it has none."""
    assert name.endswith(UNITS) != (name in UNITLESS), name


def test_no_reason_is_left_over() -> None:
    """A reason for a field that is gone would excuse the next one of its name."""
    assert UNITLESS.keys() <= {name for name, field in FIELDS.items() if is_number(field)}


@each("model", MODELS, ids=lambda model: model.__name__)
def test_every_model_is_frozen_refuses_unknown_keys_and_is_described(model: type[BaseModel]) -> None:
    """Whoever adds a model cannot forget it."""
    assert model.model_config.get("frozen") is True
    assert model.model_config.get("extra") == "forbid"
    assert (model.__doc__ or "").strip().endswith(".")


def test_a_loaded_value_cannot_be_changed_or_misspelt() -> None:
    """Which is what frozen and forbid are for."""
    logs = Logs()
    with pytest.raises(ValidationError, match="frozen"):
        logs.retention_days = 7  # type: ignore[misc]
    with pytest.raises(ValidationError, match="extra"):
        Logs.model_validate({"retention_day": 7})


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.name)
def test_the_schema_knows_every_key_of_every_file(path: Path) -> None:
    """An editor that follows the schema marks no key that the loader takes."""
    schema = json.loads((ROOT / "config" / "schema.json").read_text(encoding="utf-8"))

    def unknown(value: Any, node: dict[str, Any], at: str) -> list[str]:
        if "$ref" in node:
            return unknown(value, schema["$defs"][node["$ref"].rpartition("/")[2]], at)
        if "anyOf" in node:
            return min((unknown(value, entry, at) for entry in node["anyOf"]), key=len)
        if not isinstance(value, dict):
            return [] if "enum" not in node or value in node["enum"] else [at]
        if node.get("type") != "object":
            return [at]
        found = []
        for key, inner in value.items():
            others = [
                entry for name, entry in node.get("patternProperties", {}).items() if re.search(name, key)
            ]
            extra = node.get("additionalProperties")
            candidates = [
                node.get("properties", {}).get(key),
                *others,
                extra if isinstance(extra, dict) else None,
            ]
            known = next((candidate for candidate in candidates if candidate is not None), None)
            found += unknown(inner, known, f"{at}.{key}") if known is not None else [f"{at}.{key}"]
        return found

    assert unknown(read(path).data, schema, "") == []
    assert unknown({"logs": {"retention": 1}}, schema, "") == [".logs.retention"]
    assert unknown({"region": "eu-west-9"}, schema, "") == [".region"]
    misspelled = {"services": {"a": {"alarms": {"x": {"thresold": 1}}}}}
    assert unknown(misspelled, schema, "") == [".services.a.alarms.x.thresold"]


def test_the_schema_asks_for_nothing() -> None:
    """A file says only what differs; whether the whole is complete is for the loader to say."""
    assert '"required"' not in (ROOT / "config" / "schema.json").read_text(encoding="utf-8")
    assert Environment.model_fields["environment"].is_required()
