"""The headings of a Markdown file, to which links point."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^ {0,3}(```+|~~~+)[^\n]*\n.*?^ {0,3}\1[ \t]*$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)


def anchors(markdown: str) -> list[str]:
    """Return the anchors of the headings, in order, without those in blocks of code.

    The rule is that of GitHub: lower case, without formatting and punctuation, with hyphens for spaces
    (GitHub Docs, "Basic writing and formatting syntax", section links).
    """
    return [_anchor(heading) for heading in _HEADING.findall(_FENCE.sub("", markdown))]


def _anchor(title: str) -> str:
    words = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", title).lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
