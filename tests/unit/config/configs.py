"""A small configuration in a folder of its own, and what the loader says about it."""

from __future__ import annotations

import shutil
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

import catalog
from config.errors import ConfigError
from config.loader import load
from config.models import Environment

BASE = """\
project: shop
region: eu-west-1
alarms:
  lambda: {errors: {threshold: 5}, latency: {threshold: 3000}, concurrency: {threshold: 100}}
  ecs: {cpu: {threshold: 80}, memory: {threshold: 80}, errors: {threshold: 10}}
services:
  api:
    kind: lambda
    description: Answers
    source: functions/api
  web-site:
    kind: ecs
    description: Shows
    image: example.com/web:1.0
"""
PROD = """\
environment: prod
account_id: "111122223333"
state: {bucket: shop-state}
notifications: {critical: {emails: [oncall@example.com]}}
"""
NEXT_LINE = PROD.count("\n") + 1
"""The line on which what is appended to PROD begins."""


@dataclass(frozen=True)
class Folder:
    """A configuration folder; the process stands beside it, so that places are as a user sees them."""

    path: Path

    def renew(self) -> None:
        """Leave nothing but base.yaml and prod.yaml, as they were first written."""
        if self.path.is_dir():
            shutil.rmtree(self.path)
        self.path.mkdir()
        self.write("base", BASE)
        self.write("prod", PROD)

    def write(self, name: str, text: str | bytes) -> None:
        """Write one file."""
        content = text.encode() if isinstance(text, str) else text
        (self.path / f"{name}.yaml").write_bytes(content)

    def append(self, name: str, text: str) -> None:
        """Add lines to one file."""
        path = self.path / f"{name}.yaml"
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")

    def set(self, keys: Sequence[str], value: Any) -> str:
        """Write prod.yaml with `value` where `keys` lead, one line per top-level key; return its place."""
        data = yaml.safe_load(PROD)
        _put(data, keys, value)
        lines = [
            yaml.safe_dump({key: entry}, default_flow_style=True, width=9999) for key, entry in data.items()
        ]
        self.write("prod", "".join(f"{line.strip()[1:-1]}\n" for line in lines))
        return f"config/prod.yaml:{list(data).index(keys[0]) + 1}"

    def load(self, name: str = "prod", variables: Mapping[str, str] | None = None) -> Environment:
        """Load an environment with the catalog's rules, as every command does."""
        return load(name, rules=[catalog.check], folder=self.path, variables=variables or {})

    def refusal(self, name: str = "prod", variables: Mapping[str, str] | None = None) -> list[str]:
        """Return the lines that are said about it; none when it is accepted."""
        try:
            self.load(name, variables)
        except ConfigError as error:
            return str(error).splitlines()
        return []


def all_fields(
    model: type[BaseModel] = Environment, at: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], type[BaseModel], str, FieldInfo]]:
    """Yield (the keys that lead there, model, name, field) for every field of every model, recursively."""
    for name, field in model.model_fields.items():
        here = (*at, field.alias or name)
        yield here, model, name, field
        for key, inner in inner_models(field.annotation):
            yield from all_fields(inner, (*here, *key))


def inner_models(annotation: Any) -> Iterator[tuple[tuple[str, ...], type[BaseModel]]]:
    """Yield the models inside of an annotation, each with the key or position that leads into it."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield (), annotation
    elif origin is typing.Annotated:
        yield from inner_models(arguments[0])
    elif origin in {typing.Union, types.UnionType}:
        for argument in arguments:
            yield from inner_models(argument)
    elif origin is tuple:
        yield from (((*key, "0"), model) for key, model in inner_models(arguments[0]))
    elif origin is dict:
        for _, model in inner_models(arguments[1]):
            if model.__name__ not in LIKE_OTHERS:
                yield (SAMPLE_KEYS[model.__name__],), model


LIKE_OTHERS = {"StateMachine", "ExistingFunction", "ExistingEcsService"}
"""Models of which the small configuration has none: their keys are like those of others."""

SAMPLE_KEYS = {
    "LambdaService": "api",
    "EcsService": "web-site",
    "Tuning": "errors",
    "OwnMetric": "declined",
    "Slo": "availability",
    "MaintenanceWindow": "patching",
}
"""For each mapping of models, a key that the small configuration has."""


def _put(data: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    """Set what `keys` lead to, through mappings and, where a key is a number, lists of one."""
    first, *rest = keys
    if not rest:
        data[first] = value
    elif rest[0].isdigit():
        inner: dict[str, Any] = {}
        _put(inner, rest, value)
        data[first] = list(inner.values())
    else:
        inner = data.setdefault(first, {})
        _put(inner, rest, value)
