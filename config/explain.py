"""Say in one sentence what is wrong with a value: what was found, what is allowed, what was perhaps meant."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from config.errors import Problem
from config.models import Environment
from config.source import Document, Location

_SHOWN = 60
"""Characters of a wrong value that are shown."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "   did you mean x?" for the known word that is nearest to `word`, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"   did you mean {near[0]}?" if near else ""


def problem(error: ErrorDetails, document: Document) -> Problem:
    """Return the problem that one of pydantic's errors stands for, with its place in `document`."""
    location = _in_document(error["loc"], document.data)
    return Problem(
        place=document.place(location),
        key=".".join(map(str, location)),
        text=_text(error, location, document.data),
    )


def _text(error: ErrorDetails, location: Location, data: Any) -> str:  # noqa: PLR0911  # a table of cases
    kind, context = error["type"], error.get("ctx", {})
    found = _found(location, data)
    if kind == "extra_forbidden":
        known = sorted(_keys(location[:-1], data))
        return f"no such key; known: {', '.join(known)}{did_you_mean(str(location[-1]), known)}"
    if kind == "missing":
        return "is missing"
    if kind == "refused":
        return error["msg"] + found
    if kind in {"literal_error", "union_tag_invalid"}:
        expected = str(context.get("expected") or context.get("expected_tags"))
        known = [word.strip().strip("'") for word in expected.replace(" or ", ", ").split(",")]
        return f"must be one of: {', '.join(known)}{found}{did_you_mean(_raw(location, data), known)}"
    if kind == "union_tag_not_found":
        return "kind is missing; known: ecs, lambda"
    if kind == "string_pattern_mismatch":
        return f"must look like {context.get('pattern')}{found}"
    if kind == "string_type":
        return f"must be text: write it in quotes{found}"
    message = error["msg"].replace("Input should be", "must be").replace("value is not", "is not")
    return message[0].lower() + message[1:] + found


def _found(location: Location, data: Any) -> str:
    value = _at(location, data)
    if value is None or isinstance(value, dict):
        return ""
    shown = str(value)
    return f" (found: {shown[:_SHOWN]}{'…' if len(shown) > _SHOWN else ''})"


def _raw(location: Location, data: Any) -> str:
    value = _at(location, data)
    return str(value.get("kind", "")) if isinstance(value, dict) else str(value)


def _at(location: Location, data: Any) -> Any:
    try:
        for key in location:
            data = data[key]
    except (KeyError, IndexError, TypeError):
        return None
    return data


def _in_document(location: Location, data: Any) -> Location:
    """Return pydantic's location without what is not in the file: union tags and `[key]` marks."""
    way: list[str | int] = []
    for key in location:
        if isinstance(data, dict) and key not in data and data.get("kind") == key:
            continue
        if key == "[key]":
            continue
        way.append(key)
        data = _at((key,), data)
    return tuple(way)


def _keys(location: Location, data: Any) -> set[str]:
    """Return the legal keys of the mapping at `location`."""
    annotation: Any = Environment
    for key in location:
        data = _at((key,), data)
        annotation = _inner(annotation, key, data)
    model = _model(annotation, data)
    return {field.alias or name for name, field in model.model_fields.items()} if model else set()


def _inner(annotation: Any, key: str | int, data: Any) -> Any:
    model = _model(annotation, None)
    if model is not None:
        by_alias = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
        return by_alias.get(str(key))
    arguments = [argument for argument in typing.get_args(annotation) if argument is not Ellipsis]
    inner = arguments[-1] if arguments else None
    return _model(inner, data) or inner


def _model(annotation: Any, data: Any) -> type[BaseModel] | None:
    """Return the model that `annotation` stands for; of a union, the one whose `kind` the data has."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        models = [one for one in typing.get_args(annotation) if _model(one, data)]
        for model in models:
            kind = model.model_fields.get("kind")
            if kind and isinstance(data, dict) and data.get("kind") in typing.get_args(kind.annotation):
                return typing.cast("type[BaseModel]", model)
    if typing.get_origin(annotation) is typing.Annotated:
        return _model(typing.get_args(annotation)[0], data)
    return None
