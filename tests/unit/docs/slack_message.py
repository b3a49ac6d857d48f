"""docs/slack-message.svg: a recorded event as the notifier writes it for Slack, drawn.

`python -m tests.unit.docs.slack_message` writes it anew.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path
from typing import Any

from config.paths import ROOT
from functions.notifier.preview import preview, recorded_answer

EVENT = Path(ROOT, "tests", "events", "notifier", "composite_alarm.json")
PICTURE = Path(ROOT, "docs", "slack-message.svg")

_WIDTH = 600
_CHARACTERS = 68
_LINE = 21
_STYLE = """
    text { font: 15px -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif; fill: #1d1c1d; }
    .card { fill: #ffffff; stroke: #d0d7de; }
    .bold { font-weight: 700; }
    .head { font-size: 17px; font-weight: 700; }
    .link { fill: #1264a3; }
    @media (prefers-color-scheme: dark) {
      text { fill: #d1d2d3; }
      .card { fill: #1a1d21; stroke: #444c56; }
      .link { fill: #1d9bd1; }
    }
"""


def picture() -> str:
    """Return the SVG."""
    message = json.loads(
        preview(json.loads(EVENT.read_text(encoding="utf-8")), "slack", recorded_answer(EVENT))
    )
    header, *sections = (block["text"]["text"] for block in message["blocks"])
    attachment: dict[str, Any] = message["attachments"][0]
    fields, links = (block["text"]["text"] for block in attachment["blocks"])
    lines = [(64, "bold", "reveille"), *((64, "head", line) for line in _wrapped(header, 58)), (64, "", "")]
    for section in sections:
        lines += [*((64, "", line) for line in _wrapped(section)), (64, "", "")]
    first = len(lines)
    for field in unescape(fields).splitlines():
        label, _, value = field.removeprefix("*").partition("*  ")
        head, *rest = _wrapped(value, _CHARACTERS - 12)
        lines += [(82, label, head), *((168, "", line) for line in rest)]
    lines.append((82, "", ""))
    for item in links.split("   ·   "):
        linked = re.fullmatch(r"<[^|>]+\|([^>]+)>", item)
        lines += [
            (82, "link" if linked else "", line) for line in _wrapped(linked[1] if linked else item, 64)
        ]
    return _drawn(lines, first, attachment["color"], message["text"])


def _wrapped(text: str, width: int = _CHARACTERS) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False)


def _drawn(lines: list[tuple[int, str, str]], first: int, color: str, title: str) -> str:
    height = 36 + len(lines) * _LINE
    bar = 22 + first * _LINE
    return "\n".join(
        (
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
                f'height="{height}" role="img" aria-labelledby="title">'
            ),
            f'  <title id="title">A message in Slack: {escape(title)}</title>',
            f"  <style>{_STYLE}  </style>",
            f'  <rect class="card" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{height - 1}" rx="8"/>',
            '  <rect x="16" y="18" width="36" height="36" rx="6" fill="#4a154b"/>',
            '  <text class="bold" x="34" y="42" text-anchor="middle" style="fill: #ffffff">R</text>',
            f'  <rect x="64" y="{bar}" width="4" height="{height - bar - 16}" rx="2" fill="{color}"/>',
            *_texts(lines),
            "</svg>",
            "",
        )
    )


def _texts(lines: list[tuple[int, str, str]]) -> Iterator[str]:
    for number, (x, kind, line) in enumerate(lines):
        y = 36 + number * _LINE
        if kind in {"", "bold", "head", "link"}:
            name = f' class="{kind}"' if kind else ""
            if line:
                yield f'  <text x="{x}" y="{y}"{name}>{escape(line)}</text>'
        else:
            yield f'  <text x="{x}" y="{y}" class="bold">{kind}</text>'
            yield f'  <text x="168" y="{y}">{escape(line)}</text>'


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
