"""Error messages for invalid values: what is allowed, what was found, and a suggestion."""

from __future__ import annotations

import collections.abc
import functools
import types
import typing
from collections.abc import Collection, Iterable, Iterator
from itertools import islice, pairwise
from typing import Any, TypeGuard

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from config import webhooks
from config.errors import MOST, Location, Problem, cut, first, order
from config.models import Environment
from config.notifications import Recipients
from config.services import SERVICE_MODELS, ExistingService, model_of, tag_of
from config.source import SHOWN, Document, dotted
from config.types import PATTERNS
from config.words import did_you_mean

_LONG = 1024
"""Maximum bits of a whole number that is shown."""
_PLACES = 4
"""Maximum number of places where a key is said to exist."""
_NAME = "<name>"
"""Any key of a mapping, in the location of a key of a model."""
_LISTED = 40
"""Maximum number of words in a list."""

_SECRETS = {"webhooks", *Recipients().references}
"""Keys of `notifications` whose values may be secrets: a URL, or a key in the place of a reference to it."""

_WORDS = {
    "less_than_equal": "must be at most {le:g}",
    "less_than": "must be less than {lt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "greater_than": "must be more than {gt:g}",
    "multiple_of": "must be a multiple of {multiple_of:g}",
    "finite_number": "must be a finite number",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number of fewer digits",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text: write it in quotes",
    "string_unicode": "holds half of a surrogate pair (U+D800 to U+DFFF), which is not a character",
    "tuple_type": "must be a list",
    "string_too_long": "must have at most {characters}",
    "string_too_short": "must have at least {characters}",
    "too_short": "must have at least one entry",
    "too_long": "must have at most {max_length} entries",
    "dict_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
    "union_tag_not_found": "must be a mapping of keys to values",
}
"""Type of a pydantic error -> the message for authors of YAML."""


def counted(number: int, what: str) -> str:
    """Return "1 service", "2 services"."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def listed(words: Collection[str]) -> str:
    """Return the words as a list in a sentence, of which a long one is cut."""
    shown = ", ".join(cut(word, SHOWN) for word in islice(words, _LISTED))
    return shown + (f" and {len(words) - _LISTED} more" if len(words) > _LISTED else "")


def problems(
    errors: Iterable[ErrorDetails],
    document: Document,
    *,
    model: type[BaseModel] = Environment,
    at: Location = (),
) -> list[Problem]:
    """Return the problems of pydantic errors, each with its place in `document`.

    They are in the order of pydantic's errors. Of very many, the first in the order of files and lines are
    explained and the others counted.

    Args:
        errors: the errors of pydantic.
        document: where the data was read from.
        model: the validated model.
        at: location of the data of this model in the document.
    """
    errors = list(errors)
    # How many errors are at each location or inside of it.
    inside: dict[tuple[int | str, ...], int] = {}
    if any(error["type"] == "too_short" for error in errors):
        for error in errors:
            for end in range(len(error["loc"]) + 1):
                around = error["loc"][:end]
                inside[around] = inside.get(around, 0) + 1
    # A list whose only entries are invalid counts as empty, which is not an additional problem.
    errors = [error for error in errors if error["type"] != "too_short" or inside[error["loc"]] == 1]
    more = len(errors) - MOST
    if more > 0:
        errors.sort(key=lambda error: order(document.place(_location(error, document, at)[0])))
    return first([_problem(error, document, model, at) for error in errors[:MOST]], max(0, more))


def _location(error: ErrorDetails, document: Document, at: Location) -> tuple[Location, bool]:
    """Return where the value is that an error is about, and whether its key is meant."""
    location, is_key = _in_document((*at, *error["loc"]), document.data)
    location = document.written(location)
    if error["type"] == "union_tag_not_found" and isinstance(_at(location, document.data), dict):
        location = (*location, "kind")
    return (*location, *error.get("ctx", {}).get("at", ())), is_key


def _problem(error: ErrorDetails, document: Document, model: type[BaseModel], at: Location) -> Problem:
    location, is_key = _location(error, document, at)
    context = error.get("ctx", {})
    found = str(location[-1]) if is_key else _found(location, document)
    is_text = isinstance(_at(location, document.data), str)
    if is_text and location[:1] == ("notifications",) and _SECRETS.intersection(location):
        found = webhooks.masked(found)
    known = _keys(model, location[len(at) : -1], _at(at, document.data))
    other = elsewhere(model, location[len(at) :]) if error["type"] == "extra_forbidden" else ""
    text = _text(error, location, found, document.data, known, other)
    place = document.place(location)
    for key in context.get("because", ()):
        # The value that causes the problem may be in another file.
        other = document.places.get((*location[:-1], key), place)
        text += f"; {key}: {other}" if other != place else ""
    return Problem(place=place, key=dotted(location), text=text)


def _or_existing(location: Location, data: Any) -> str:
    """Return the keys that name an existing service, if a key that only created ones have is missing."""
    service = _at(location[:-1], data)
    kind = service.get("kind") if isinstance(service, dict) else None
    for model in SERVICE_MODELS.get(str(kind), ()) if location[:1] == ("services",) else ():
        if issubclass(model, ExistingService) and location[-1] not in model.model_fields:
            return f"; a service that exists already has {' and '.join(model.names_it)} instead"
    return ""


def elsewhere(model: type[BaseModel], location: Location) -> str:
    """Return a hint at the places in a model where the key at `location` exists, if there are only a few.

    Such a place has the other keys of the location around it, or some of them.
    """
    every = places(model)
    mappings = {key for place in every for key, name in pairwise(place) if name == _NAME}
    around = (_NAME if before in mappings else key for before, key in pairwise(("", *location[:-1])))
    own = (*around, location[-1])
    found = [
        ".".join(place)
        for place in every
        if place[-1] == own[-1] and place != own and (_has(place, own) or _has(own, place))
    ]
    return f"   did you mean {' or '.join(found)}?" if 0 < len(found) <= _PLACES else ""


def _has(location: Location, keys: Location) -> bool:
    """Return whether a location has keys, in this order."""
    rest = iter(location)
    return all(key in rest for key in keys)


@functools.cache
def places(model: type[BaseModel]) -> tuple[tuple[str, ...], ...]:
    """Return the locations of all keys of a model, each once, in the order of the model."""
    found: dict[tuple[str, ...], None] = {}
    for name, field in model.model_fields.items():
        key = field.alias or name
        found[key,] = None
        for inner, names in _models(field.annotation):
            found |= {(key, *names, *place): None for place in places(inner)}
    return tuple(found)


def _models(annotation: Any) -> Iterator[tuple[type[BaseModel], tuple[str, ...]]]:
    """Yield the models in an annotation, with the names that lead to them in a mapping."""
    if is_model(annotation):
        yield annotation, ()
        return
    is_mapping = typing.get_origin(annotation) in {dict, collections.abc.Mapping}
    for argument in typing.get_args(annotation):
        for model, names in _models(argument):
            yield model, (_NAME, *names) if is_mapping else names


def _or_override(location: Location, data: Any) -> str:
    """Return when a service needs no kind, if one without a kind is probably meant as an override."""
    hint = did_you_mean(
        str(location[-1]), (name for name in _at(location[:-1], data) if name != location[-1])
    )
    if "description" in _at(location, data) and not hint:  # a new service
        return ""
    return f"; only an entry that overrides a service of base.yaml has no kind{hint}"


def _text(  # noqa: PLR0913, PLR0917 - what a message is made of
    error: ErrorDetails,
    location: Location,
    found: str,
    data: Any,
    known: set[str],
    other: str,
) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "missing":
        return f"is missing{_or_existing(location, data)}"
    if kind == "extra_forbidden":
        hint = other or did_you_mean(str(location[-1]), sorted(known))
        return f"is not a valid key; known: {', '.join(sorted(known))}{hint}"
    if kind == "union_tag_not_found" and location[-1] == "kind":
        if "kind" in _at(location[:-1], data):
            return _with_found(f"must be one of: {', '.join(SERVICE_MODELS)}", found, SERVICE_MODELS)
        return f"is missing; allowed: {', '.join(SERVICE_MODELS)}{_or_override(location[:-1], data)}"
    value = _at(location, data)
    if isinstance(value, str) and kind in {"too_long", "too_short"}:
        # After some validators, pydantic reports the length of a text as that of a list.
        kind = f"string_{kind}"
    sentence, choices = _sentence(kind, error, context)
    if kind == "string_too_long":
        found = f"{counted(len(value if isinstance(value, str) else found), 'character')}: {found}"
    return _with_found(sentence, found, choices)


def _with_found(sentence: str, found: str, choices: Iterable[str]) -> str:
    hint = did_you_mean(found, choices)
    return f"{sentence} (found: {found[:SHOWN]}{'…' if len(found) > SHOWN else ''}){hint}"


def _sentence(kind: str, error: ErrorDetails, context: dict[str, Any]) -> tuple[str, list[str]]:
    """Return what is allowed, and the words to choose from if that is a list of words."""
    if kind == "refused":
        return error["msg"], [part.strip() for part in str(context.get("known", "")).split(",")]
    if kind == "literal_error":
        expected = str(context["expected"])
        choices = [word.strip().strip("'") for word in expected.replace(" or ", ", ").split(",")]
        return f"must be one of: {', '.join(choices)}", choices
    if kind == "string_pattern_mismatch":
        return f"must be {PATTERNS[context['pattern']]}", []
    if kind in _WORDS:
        bound = context.get("max_length", context.get("min_length", 0))
        return _WORDS[kind].format(**context, characters=counted(bound, "character")), []
    if kind == "value_error" and "reason" in context:  # of e-mail addresses only
        return f"must be an e-mail address: {context['reason'].rstrip('.')}", []
    return error["msg"][0].lower() + error["msg"][1:], []


def _found(location: Location, document: Document) -> str:
    """Return the value at `location` as it was typed, in a form to be shown."""
    value = _at(location, document.data)
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        keys = (str(key)[: SHOWN + 1] for key in islice(value, SHOWN))
        return f"a mapping of {', '.join(keys) or 'nothing'}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    typed = document.typed.get(location)
    if typed is None:
        # Python does not format numbers of thousands of digits, which only a variable can contain.
        long = isinstance(value, int) and value.bit_length() > _LONG
        typed = f"a number of {value.bit_length()} bits" if long else str(value)
    return typed or "empty text"


def _at(location: Location, data: Any) -> Any:
    try:
        for key in location:
            data = data[key]
    except (KeyError, IndexError, TypeError):
        return None
    return data


def _in_document(location: Location, data: Any) -> tuple[Location, bool]:
    """Return pydantic's location without union tags, which no file holds, and whether the key is meant."""
    way: list[str | int] = []
    for key in location:
        if key == "[key]":
            return tuple(way), True
        if isinstance(data, dict) and key not in data and tag_of(data) == key:
            continue
        if isinstance(data, dict) and key not in data and "\ufffd" in str(key):
            # pydantic writes U+FFFD where a key has half of a surrogate pair.
            key = next((entry for entry in data if _without_surrogates(str(entry)) == key), key)  # noqa: PLW2901
        way.append(key)
        data = _at((key,), data)
    return tuple(way), False


def _without_surrogates(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _keys(root: type[BaseModel], location: Location, data: Any) -> set[str]:
    """Return the legal keys of the mapping at `location` of the data of the model `root`."""
    annotation: Any = root
    for key in location:
        annotation = _inner(annotation, key, data)
        data = _at((key,), data)
    model = _model(annotation, data)
    return {field.alias or name for name, field in model.model_fields.items()} if model else set()


def _inner(annotation: Any, key: str | int, data: Any) -> Any:
    """Return the annotation of what is at `key` of a value with this annotation."""
    model = _model(annotation, data)
    if model is not None:
        by_alias = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
        return by_alias.get(str(key))
    if typing.get_origin(annotation) is typing.Annotated:
        return _inner(typing.get_args(annotation)[0], key, data)
    arguments = [argument for argument in typing.get_args(annotation) if argument is not Ellipsis]
    return arguments[-1] if arguments else None


def is_model(annotation: Any) -> TypeGuard[type[BaseModel]]:
    """Return whether an annotation is a model.

    On Python 3.10 `dict[str, int]` passes for a type, which `issubclass` does not take.
    """
    plain = isinstance(annotation, type) and typing.get_origin(annotation) is None
    return plain and issubclass(annotation, BaseModel)


def _model(annotation: Any, data: Any) -> type[BaseModel] | None:
    """Return the model that `annotation` stands for; of several, that of the service in the data."""
    if is_model(annotation):
        return annotation
    if typing.get_origin(annotation) is typing.Annotated:
        return _model(typing.get_args(annotation)[0], data)
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        models = [model for entry in typing.get_args(annotation) if (model := _model(entry, data))]
        if len(models) == 1:
            return models[0]
        chosen = model_of(data)
        return chosen if chosen in models else None
    return None
