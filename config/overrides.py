"""Overrides from environment variables: `REVEILLE_LOGS__RETENTION_DAYS=7`.

Names and values are read as pydantic-settings reads them: the prefix, then the keys joined by two
underscores, in any case; lists and mappings as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import create_model
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsError

from config.errors import ConfigError, Problem
from config.explain import did_you_mean
from config.models import Environment
from config.source import Document, Location

PREFIX = "REVEILLE_"
DELIMITER = "__"


def apply(document: Document, variables: Mapping[str, str]) -> Document:
    """Return `document` with the values that `variables` override.

    A variable cannot hold a hyphen, so in names of services and alarms `_` stands for `-`:
    `REVEILLE_SERVICES__PAYMENT_HANDLER__TIMEOUT_S=20`.

    Raises:
        ConfigError: a variable with our prefix names no key, or holds no JSON where JSON is needed.
    """
    ours = {name: value for name, value in variables.items() if name.upper().startswith(PREFIX)}
    if not ours:
        return document
    data: dict[str, Any] = _copy(document.data)
    places = dict(document.places)
    for name, value in sorted(ours.items()):
        for location, leaf in _leaves(_read(name, value), ()):
            at = _spelled(location, data)
            _put(data, at, leaf)
            places = {one: place for one, place in places.items() if one[: len(at)] != at}
            places[at] = f"environment variable {name}"
    return Document(data, places)


def _read(name: str, value: str) -> dict[str, Any]:
    """Return what one variable says, nested; pydantic-settings does the reading."""
    top = name.upper().removeprefix(PREFIX).split(DELIMITER)[0].lower()
    fields = {key: field for key, field in Environment.model_fields.items() if key == top}
    if not fields:
        known = sorted(Environment.model_fields)
        text = f"no such key '{top}'; known: {', '.join(known)}{did_you_mean(top, known)}"
        raise ConfigError([Problem(f"environment variable {name}", "", text)])
    annotations: dict[str, Any] = {key: (field.annotation, field) for key, field in fields.items()}
    settings = create_model("Overrides", __base__=BaseSettings, **annotations)
    reader = EnvSettingsSource(settings, env_prefix=PREFIX, env_nested_delimiter=DELIMITER)
    reader.env_vars = {name.lower(): value}
    try:
        return reader()
    except SettingsError as error:
        text = "must be JSON here: this key is a list or a mapping"
        raise ConfigError([Problem(f"environment variable {name}", "", text)]) from error


def _leaves(value: Any, at: Location) -> list[tuple[Location, Any]]:
    if isinstance(value, dict) and value:
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, (*at, key))]
    return [(at, value)]


def _spelled(location: Location, data: Any) -> Location:
    """Return `location` with each key spelled as in `data`, where `_` may stand for `-`."""
    spelled: list[str | int] = []
    for key in location:
        known = data if isinstance(data, dict) else {}
        hyphened = str(key).replace("_", "-")
        right = hyphened if key not in known and hyphened in known else key
        spelled.append(right)
        data = known.get(right)
    return tuple(spelled)


def _put(data: dict[str, Any], at: Location, value: Any) -> None:
    for key in at[:-1]:
        inner = data.get(str(key))
        if not isinstance(inner, dict):
            inner = data[str(key)] = {}
        data = inner
    data[str(at[-1])] = value


def _copy(value: Any) -> Any:
    return {key: _copy(inner) for key, inner in value.items()} if isinstance(value, dict) else value
