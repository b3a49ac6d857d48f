"""Overrides from environment variables: `REVEILLE_LOGS__RETENTION_DAYS=7`.

Names and values are read as pydantic-settings reads them: the prefix, then the keys joined by two
underscores, in any case; lists and mappings as JSON.
"""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import create_model
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsError

from config.errors import Location, Problem, cut
from config.models import Environment
from config.source import DEEPEST, SHOWN, TOO_DEEP, Document
from config.words import did_you_mean

PREFIX = "REVEILLE_"
DELIMITER = "__"
_TEXTS = ("description", "reason")
"""Keys whose values are text, even if they look like JSON."""


def apply(document: Document, variables: Mapping[str, str]) -> tuple[Document, list[Problem]]:
    """Return `document` with the values that `variables` override, and the variables that cannot be read.

    A variable cannot hold a hyphen, so in names of services and alarms `_` stands for `-`:
    `REVEILLE_SERVICES__PAYMENT_HANDLER__TIMEOUT_S=20`.
    """
    problems: list[Problem] = []
    ours = sorted((name, value) for name, value in variables.items() if name.upper().startswith(PREFIX))
    if not ours:
        return document, problems
    target = _Target(document)
    for name, value in ours:
        place = f"environment variable {name}"
        read = _read(name, value) if _is_text(name + value) else "is not UTF-8 text"
        if isinstance(read, str):
            problems.append(Problem(place, "", read))
            continue
        try:
            leaves = _free_text(name, value) or list(_leaves(read, ()))
        except RecursionError:
            problems.append(Problem(place, "", TOO_DEEP))
            continue
        for location, leaf in leaves:
            target.put(target.spelled(location, name), leaf, place)
    return target.document(), problems


def _is_text(value: str) -> bool:
    """Return whether bytes of a variable were UTF-8: Python writes others as halves of surrogate pairs."""
    return not any("\udc80" <= character <= "\udcff" for character in value)


def _read(name: str, value: str) -> dict[str, Any] | str:
    """Return the nested value of one variable, read by pydantic-settings, or an error message."""
    top, *keys = name.upper().removeprefix(PREFIX).split(DELIMITER)
    top = top.lower()
    if top not in Environment.model_fields:
        known = sorted(Environment.model_fields)
        return f"key '{cut(top, SHOWN)}' is not valid; known: {', '.join(known)}{did_you_mean(top, known)}"
    reader = _reader(top)
    reader.env_vars = {name.lower(): value}
    try:
        read = reader()
        if not read and not keys:
            return f"must have a value (found: {cut(value, SHOWN) or 'nothing'})"
        return read or f"{top} has no key '{cut(DELIMITER.join(keys).lower(), SHOWN)}': it is a single value"
    except SettingsError:
        return "must be JSON here: this key is a list or a mapping"
    except RecursionError:
        return TOO_DEEP


@functools.cache
def _reader(top: str) -> EnvSettingsSource:
    """Return the reader of variables of one top-level key; cached, because creating it is slow."""
    field = Environment.model_fields[top]
    annotations: dict[str, Any] = {top: (field.annotation, field)}
    settings = create_model("Overrides", __base__=BaseSettings, **annotations)
    return EnvSettingsSource(settings, env_prefix=PREFIX, env_nested_delimiter=DELIMITER)


def _free_text(name: str, value: str) -> list[tuple[Location, Any]]:
    """Return the one leaf of a variable that sets a tag or an environment variable: its text as it is."""
    keys = name[len(PREFIX) :].split(DELIMITER)
    around: Location = ()
    for position, key in enumerate(keys):
        if _has_free_keys(around):
            return [((*around, DELIMITER.join(keys[position:])), value)]
        around = (*around, key.lower())
    return []


def _leaves(value: Any, at: Location) -> Iterator[tuple[Location, Any]]:
    if len(at) > DEEPEST:
        raise RecursionError
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*at, key))
    elif isinstance(value, str) and value.startswith("{") and at[-1] not in _TEXTS:
        # Whether an entry of a map may be JSON differs between versions of pydantic-settings.
        with contextlib.suppress(ValueError):
            value = json.loads(value)
        yield from _leaves(value, at) if isinstance(value, dict) else [(at, value)]
    else:
        yield at, value


class _Target:
    """A document that values are put into; it is copied once, whatever the number of values."""

    def __init__(self, document: Document) -> None:
        self._base = document
        self._data = _copied(document.data)
        self._replaced: set[Location] = set()
        self._places: dict[Location, str] = {}

    def document(self) -> Document:
        """Return the document with everything that was put into it."""
        kept = self._base.without(self._replaced)
        return Document(self._data, {**kept.places, **self._places}, kept.typed)

    def put(self, at: Location, value: Any, place: str) -> None:
        """Set `value` at `at`, from `place`."""
        inner = self._data
        for end, key in enumerate(at[:-1], start=1):
            if not isinstance(inner.get(str(key)), dict):
                self._replace(at[:end], inner, {}, place)
            inner = inner[str(key)]
        self._replace(at, inner, value, place)

    def _replace(self, at: Location, inner: dict[str, Any], value: Any, place: str) -> None:
        self._forget(at, inner.get(str(at[-1])))
        inner[str(at[-1])] = value
        self._replaced.add(at)
        self._places[at] = place

    def _forget(self, at: Location, value: Any) -> None:
        """Forget what variables before have put at `at` and below."""
        self._places.pop(at, None)
        for key, below in value.items() if isinstance(value, dict) else ():
            self._forget((*at, key), below)

    def spelled(self, location: Location, name: str) -> Location:
        """Return `location` with each key spelled as in the document, or as it must be there.

        In names of services and alarms, `_` stands for `-`. Where a service's variables and tags are, case
        matters: that of a key that is there already, else the case that was typed.
        """
        typed = name[len(PREFIX) :].split(DELIMITER)
        spelled: Location = ()
        data: Any = self._data
        for position, key in enumerate(location):
            known = data if isinstance(data, dict) else {}
            right = key
            if _has_names(spelled):
                right = str(key).replace("_", "-")
            elif _has_free_keys(spelled) and position < len(typed):
                typed_key = DELIMITER.join(typed[position:])
                same = (entry for entry in known if entry.casefold() == typed_key.casefold())
                right = typed_key if typed_key in known else next(same, typed_key)
            spelled = (*spelled, right)
            data = known.get(right)
        return spelled


def _copied(value: Any) -> Any:
    """Return a copy of nested mappings; other values are not copied, because they do not change."""
    return {key: _copied(inner) for key, inner in value.items()} if isinstance(value, dict) else value


def _has_names(at: Location) -> bool:
    """Return whether the keys of the mapping at `at` are names: of services, alarms, SLOs, windows."""
    return (
        at in {("services",), ("maintenance",)}
        or (at[:1] == ("alarms",) and len(at) == 2)  # noqa: PLR2004
        or (at[:1] == ("services",) and at[2:] in {("alarms",), ("slos",)})
    )


def _has_free_keys(at: Location) -> bool:
    """Return whether the keys of the mapping at `at` are user-defined and case-sensitive."""
    of_metric = at[2:] if at[:1] == ("services",) else at
    return (
        at == ("tags",)
        or (at[:1] == ("services",) and at[2:] == ("environment",))
        or (of_metric[:1] == ("metrics",) and of_metric[2:] == ("dimensions",))
    )
