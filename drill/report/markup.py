"""HTML elements with escaped texts, and pages that cannot load other resources."""

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
"""Elements without an end tag (HTML Standard, 13.1.2)."""


class Html(str):
    """Text that is markup."""

    __slots__ = ()


def text(value: str) -> Html:
    """Return a text as markup: escaped, unless it is markup."""
    return value if isinstance(value, Html) else Html(html.escape(printable(value, lines=True)))


def join(parts: Iterable[str]) -> Html:
    """Return the concatenated parts."""
    return Html("".join(text(part) for part in parts))


def tag(name: str, /, *inside: str, **attributes: str | float | bool | None) -> Html:
    """Return an element.

    Args:
        name: the name of the element.
        inside: its content. Texts are escaped.
        attributes: its attributes. `class_` stands for `class`, `data_x` for `data-x`. True has no
            value. None and False are omitted.
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
    """Return JSON that is safe in a `script` element: it cannot end the element or start a comment."""
    written = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return Html(written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


_HERE: Final = Path(__file__).parent


def file_of(scenario: str) -> str:
    """Return the file name of a scenario's page. `index.html` is reserved for the index."""
    return f"{scenario}{'-scenario' if scenario.lower() == 'index' else ''}.html"


def page(title: str, *body: Html, script: bool = False) -> str:
    """Return a page.

    Its policy denies network access and any script except that of the timeline, by its hash (Content Security
    Policy Level 3, 6.7.2). A name or log line that became markup by mistake could not run.

    Args:
        title: the title of the window.
        body: the content.
        script: whether to include the script of the timeline.
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
