"""HTML in which nothing that came from elsewhere is markup, and pages that may load nothing else."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from drill.report.words import printable

_VOID: Final = frozenset({"link", "meta", "br", "hr"})
"""Elements without an end (HTML Standard, 13.1.2)."""


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def text(name: str) -> Html:
    """Return a text as markup: itself if it is some, escaped if it is not."""
    return name if isinstance(name, Html) else Html(html.escape(printable(name, lines=True)))


def join(parts: Iterable[str]) -> Html:
    """Return parts one after the other."""
    return Html("".join(text(part) for part in parts))


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


_HERE: Final = Path(__file__).parent


def file_of(scenario: str) -> str:
    """Return the name of a scenario's file; the list of all scenarios has `index.html` for itself."""
    return f"{scenario}{'-scenario' if scenario.lower() == 'index' else ''}.html"


def page(title: str, *body: Html, script: bool = False) -> str:
    """Return a whole page.

    Its policy refuses the network, and any script but this project's, whose hash it names (Content Security
    Policy Level 3, 6.7.2): were a name or a log line ever taken for markup, it still could not run.

    Args:
        title: of the window.
        body: what it shows.
        script: whether it has the timeline's script.
    """
    style = Html((_HERE / "timeline.css").read_text(encoding="utf-8"))
    code = Html((_HERE / "timeline.js").read_text(encoding="utf-8")) if script else None
    rules = ("default-src", "base-uri", "form-action")
    nothing = "; ".join(f"{rule} 'none'" for rule in rules)
    policy = f"{nothing}; style-src 'unsafe-inline'; script-src {_source(code)}"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", style),
    )
    end = (tag("script", code),) if code else ()
    return f"<!DOCTYPE html>\n{tag('html', head, tag('body', *body, *end), lang='en')}\n"


def _source(code: str | None) -> str:
    if code is None:
        return "'none'"
    digest = hashlib.sha256(code.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
