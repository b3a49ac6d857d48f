"""Tolerant reading of other people's JSON: what is not of the expected type counts as not there.

A message must reach somebody whatever AWS adds to it or leaves out, so nothing here refuses anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def text(source: Mapping[str, Any], key: str) -> str:
    """Return a text; empty when there is none."""
    value = source.get(key)
    return value if isinstance(value, str) else ""


def mapping(source: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return a JSON object; empty when there is none."""
    value = source.get(key)
    return value if isinstance(value, dict) else {}


def mappings(source: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the JSON objects of a list; empty when there are none."""
    value = source.get(key)
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
