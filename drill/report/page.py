"""A page that needs nothing else: its style and its script are in it, and it may load nothing."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Final

from drill.report.markup import Html, tag

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
    nothing = "; ".join(f"{one} 'none'" for one in rules)
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
