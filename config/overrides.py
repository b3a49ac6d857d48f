"""Overrides from environment variables: `REVEILLE_LOGS__RETENTION_DAYS=7`.

Names and values are read as pydantic-settings reads them: the prefix, then the keys joined by two
underscores, in any case; lists and mappings as JSON.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import create_model
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsError

from config.errors import Problem
from config.explain import did_you_mean
from config.models import Environment
from config.source import Document, Location

PREFIX = "REVEILLE_"
DELIMITER = "__"


def apply(document: Document, variables: Mapping[str, str]) -> tuple[Document, list[Problem]]:
    """Return `document` with the values that `variables` override, and the variables that cannot be read.

    A variable cannot hold a hyphen, so in names of services and alarms `_` stands for `-`:
    `REVEILLE_SERVICES__PAYMENT_HANDLER__TIMEOUT_S=20`.
    """
    problems: list[Problem] = []
    for name, value in sorted(variables.items()):
        if not name.upper().startswith(PREFIX):
            continue
        place = f"environment variable {name}"
        read = _read(name, value)
        if isinstance(read, str):
            problems.append(Problem(place, "", read))
            continue
        for location, leaf in _leaves(read, ()):
            document = _put(document, _spelled(location, name, document.data), leaf, place)
    return document, problems


def _read(name: str, value: str) -> dict[str, Any] | str:
    """Return what one variable says, nested, or what is wrong with it; pydantic-settings does the reading."""
    top, *keys = name.upper().removeprefix(PREFIX).split(DELIMITER)
    top = top.lower()
    fields = {key: field for key, field in Environment.model_fields.items() if key == top}
    if not fields:
        known = sorted(Environment.model_fields)
        return f"no such key '{top}'; known: {', '.join(known)}{did_you_mean(top, known)}"
    annotations: dict[str, Any] = {key: (field.annotation, field) for key, field in fields.items()}
    settings = create_model("Overrides", __base__=BaseSettings, **annotations)
    reader = EnvSettingsSource(settings, env_prefix=PREFIX, env_nested_delimiter=DELIMITER)
    reader.env_vars = {name.lower(): value}
    try:
        return reader() or f"{top} has no key '{DELIMITER.join(keys).lower()}': it is a single value"
    except SettingsError:
        return "must be JSON here: this key is a list or a mapping"


def _leaves(value: Any, at: Location) -> Iterator[tuple[Location, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*at, key))
    elif isinstance(value, str) and value.startswith("{"):
        # Whether an entry of a map may be JSON differs between versions of pydantic-settings. No key of ours
        # is text that begins with a brace, so this can only be a mapping.
        with contextlib.suppress(ValueError):
            value = json.loads(value)
        yield from _leaves(value, at) if isinstance(value, dict) else [(at, value)]
    else:
        yield at, value


def _spelled(location: Location, name: str, data: Any) -> Location:
    """Return `location` with each key spelled as in `data`, or as it must be there.

    In names of services and alarms, `_` stands for `-`. Where a service's variables and tags are, case
    matters: that of a key that is there already, else the case that was typed.
    """
    typed = name[len(PREFIX) :].split(DELIMITER)
    spelled: Location = ()
    for position, key in enumerate(location):
        known = data if isinstance(data, dict) else {}
        right = key
        if _has_names(spelled):
            right = str(key).replace("_", "-")
        elif _has_free_keys(spelled) and position < len(typed):
            same = (one for one in known if one.casefold() == str(key).casefold())
            right = next(same, typed[position])
        spelled = (*spelled, right)
        data = known.get(right)
    return spelled


def _has_names(at: Location) -> bool:
    """Tell whether the keys of the mapping at `at` are names: of services, alarms, objectives, windows."""
    return (
        at in {("services",), ("maintenance",)}
        or (at[:1] == ("alarms",) and len(at) == 2)  # noqa: PLR2004
        or (at[:1] == ("services",) and at[2:] in {("alarms",), ("slos",)})
    )


def _has_free_keys(at: Location) -> bool:
    """Tell whether the keys of the mapping at `at` are the user's own, and case matters in them."""
    return at == ("tags",) or (at[:1] == ("services",) and at[2:] == ("environment",))


def _put(document: Document, at: Location, value: Any, place: str) -> Document:
    """Return `document` with `value` at `at`, which was said in `place`."""
    data = dict(document.data)
    places = {at: place}
    inner = data
    for end, key in enumerate(at[:-1], start=1):
        below = inner.get(str(key))
        if not isinstance(below, dict):
            places[at[:end]] = place
        inner[str(key)] = inner = dict(below) if isinstance(below, dict) else {}
    inner[str(at[-1])] = value
    kept = document.without(places)
    return Document(data, {**kept.places, **places}, kept.typed)
