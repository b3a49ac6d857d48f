"""E-mail through an SNS topic: plain text, because SNS does not support HTML."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from functions.notifier.notice import Notice
from functions.notifier.wording import ascii_only, clip, one_line

MAX_SUBJECT = 99
"""Publish in the SNS API Reference: less than 100 characters, no line breaks or control characters."""
MAX_BODY_BYTES = 240_000
"""Publish allows 256 KB (262,144 bytes) in total, which includes the subject and attributes."""
WIDTH = 76
"""Columns of a line: RFC 5322, section 2.1.1, recommends at most 78."""


def subject(notice: Notice) -> str:
    """Return the subject: ASCII, with the most important words first."""
    return clip(one_line(ascii_only(notice.headline)), MAX_SUBJECT, mark="...")


def body(notice: Notice) -> str:
    """Return the body. URLs are in `<>` (RFC 3986, appendix C) and never broken over lines."""
    text = "\n".join(_lines(notice)) + "\n"
    encoded = text.encode()
    if len(encoded) <= MAX_BODY_BYTES:
        return text
    return encoded[:MAX_BODY_BYTES].decode(errors="ignore") + "\n[message truncated]\n"


def _lines(notice: Notice) -> Iterator[str]:
    yield f"{notice.label}  {notice.place}"
    yield ""
    yield from _wrapped(notice.explanation)
    if notice.advice:
        yield ""
        yield from _wrapped(notice.advice)
    yield ""
    column = max((len(fact.name) for fact in notice.facts), default=0) + 2
    for fact in notice.facts:
        yield from textwrap.wrap(
            fact.value,
            WIDTH,
            initial_indent=fact.name.ljust(column),
            subsequent_indent=" " * column,
            break_long_words=False,
            break_on_hyphens=False,
        )
    for link in notice.links:
        yield ""
        yield f"{link.title}:"
        yield f"<{link.target}>" if link.is_url else link.target


def _wrapped(text: str) -> Iterator[str]:
    """Wrap each line of a text by itself, which keeps its line breaks and indents."""
    for line in text.splitlines():
        if len(line) <= WIDTH:
            yield line.rstrip()
        else:
            yield from textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False)
