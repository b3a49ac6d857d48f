"""HTML in which nothing that came from elsewhere is markup: what is not made here is escaped."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from typing import Final

from drill.report.texts import printable

_VOID: Final = frozenset({"link", "meta", "br", "hr"})
"""Elements without an end (HTML Standard, 13.1.2)."""


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def text(one: str) -> Html:
    """Return a text as markup: itself if it is some, escaped if it is not."""
    return one if isinstance(one, Html) else Html(html.escape(printable(one, lines=True)))


def join(parts: Iterable[str]) -> Html:
    """Return parts one after the other."""
    return Html("".join(text(one) for one in parts))


def tag(name: str, /, *inside: str, **attributes: str | float | bool | None) -> Html:
    """Return an element.

    Args:
        name: of the element.
        inside: what it contains; texts are escaped.
        attributes: `class_` is written `class`, `data_x` is written `data-x`; True stands without a value;
            None and False are left out.
    """
    written = "".join(
        f" {_attribute(key)}"
        if value is True
        else f' {_attribute(key)}="{html.escape(printable(str(value), lines=True))}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    end = "" if name in _VOID else f"{join(inside)}</{name}>"
    return Html(f"<{name}{written}>{end}")


def _attribute(key: str) -> str:
    # SVG's attributes have capitals, and no underscores.
    return key.rstrip("_").replace("_", "-")


def script_data(value: object) -> Html:
    """Return JSON that is safe inside a `script` element: nothing in it can end it or begin a comment."""
    written = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return Html(written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
