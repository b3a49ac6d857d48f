"""Slack: the JSON of an incoming webhook, in blocks.

Limits: "Blocks" and "Text object" in Slack's Block Kit reference. Escaping: "Formatting text for app
surfaces", section "Escaping text".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from functions.notifier.notice import Link, Notice
from functions.notifier.settings import Settings
from functions.notifier.wording import clip, one_line

TITLE = "Slack"
MAX_HEADER = 150
MAX_SECTION = 3000
MAX_BLOCKS = 50
MAX_EXPLANATION = 10
"""Sections for a text of another form, which is as long as SNS allows; e-mail has all of it."""

_COLOURS = {"OK": "#2e7d32", "INSUFFICIENT_DATA": "#757575", "INFO": "#1565c0"}
_COLOURS_BY_SEVERITY = {"critical": "#c62828", "warning": "#f9a825"}
# A backtick starts code, in which Slack reads no other markup; the prime looks similar.
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "\N{PRIME}"})


def accepts(_: Notice) -> bool:
    """Return true: every notice is sent to Slack."""
    return True


def request(notice: Notice, secret: str, _: Settings) -> tuple[str, dict[str, Any]]:
    """Return the URL to post to, which is the secret, and the message."""
    return secret, payload(notice)


def payload(notice: Notice) -> dict[str, Any]:
    """Return the JSON content for the webhook.

    Slack shows the blocks, and the attachment with the colour. Push notifications and screen readers use
    `text`.
    """
    colour = _COLOURS.get(notice.state, _COLOURS_BY_SEVERITY[notice.severity])
    sections = [*_facts(notice), *_links(notice.links)]
    return {
        "text": escape(one_line(notice.headline), MAX_SECTION),
        "blocks": [
            {
                "type": "header",
                # Plain text has no markup: it is not escaped.
                "text": {
                    "type": "plain_text",
                    "text": clip(one_line(notice.headline), MAX_HEADER),
                    "emoji": False,
                },
            },
            *map(_section, _explanation(notice)),
        ],
        "attachments": [{"color": colour, "blocks": [_section(text) for text in sections][:MAX_BLOCKS]}],
    }


def escape(text: str, limit: int) -> str:
    """Escape a text and cut the result to at most `limit` characters, without cutting an entity."""
    if _fitting(text, limit) == len(text):
        return text.translate(_ESCAPES)
    return text[: _fitting(text, limit - 1)].translate(_ESCAPES).rstrip() + "…"


def _fitting(text: str, limit: int) -> int:
    """Return how many characters of a text fit into `limit` characters after escaping."""
    room = limit
    for count, character in enumerate(text):
        room -= len(_ESCAPES.get(ord(character), character))
        if room < 0:
            return count
    return len(text)


def _explanation(notice: Notice) -> Iterator[str]:
    yield from _pieces(notice.explanation)
    if notice.advice:
        yield escape(notice.advice, MAX_SECTION)


def _pieces(text: str) -> Iterator[str]:
    """Escape a text and divide it into sections; the last one shows that the text is cut."""
    for _ in range(MAX_EXPLANATION - 1):
        size = _fitting(text, MAX_SECTION)
        if size == len(text):
            break
        if text[:size].strip():  # Slack rejects a section without a text
            yield text[:size].translate(_ESCAPES)
        text = text[size:]
    if text.strip():
        yield escape(text, MAX_SECTION)


def _facts(notice: Notice) -> Iterator[str]:
    lines = [f"*{escape(fact.name, 100)}*  {escape(fact.value, 600)}" for fact in notice.facts]
    yield from _packed(lines, "\n")


def _links(links: Iterable[Link]) -> Iterator[str]:
    """Return the links in as few sections as possible; a link that is too long is replaced by a note."""
    links_shown = []
    for link in links:
        title = escape(clip(link.title, 120), 600)
        target = link.target.replace("|", "%7C").replace(" ", "%20")
        markup = (
            f"<{escape(target, MAX_SECTION)}|{title}>"
            if link.is_url
            else f"{title}: {escape(link.target, 1000)}"
        )
        links_shown.append(
            markup if len(markup) <= MAX_SECTION else f"{title}: the link is too long for Slack"
        )
    yield from _packed(links_shown, "   ·   ")


def _packed(parts: Iterable[str], separator: str) -> Iterator[str]:
    """Join parts into texts of at most `MAX_SECTION` characters."""
    text = ""
    for part in parts:
        joined = f"{text}{separator}{part}" if text else part
        if len(joined) > MAX_SECTION:
            yield text
            joined = part
        text = joined
    if text:
        yield text


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}
