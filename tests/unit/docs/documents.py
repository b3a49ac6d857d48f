"""Reading of the project's Markdown: headings and their anchors, links, code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.paths import ROOT

_FENCE = re.compile(r"^ {0,3}(```+)(\S*)[^\n]*\n(.*?)^ {0,3}\1[ \t]*$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_HEADING = re.compile(r"^(#{1,6}) +(.+?) *#*$", re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]\[]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)", re.DOTALL)
_MADE_BY_TOOLS = {".venv", "build", "cdktf.out", "node_modules", ".git"}


@dataclass(frozen=True)
class Block:
    """A fenced block of code."""

    language: str
    text: str


@dataclass(frozen=True)
class Section:
    """What stands under one heading of the second level."""

    title: str
    text: str

    @property
    def anchor(self) -> str:
        """What a link to it ends with."""
        return anchor(self.title)


@dataclass(frozen=True)
class Document:
    """A Markdown file."""

    path: Path

    @property
    def name(self) -> str:
        """Its path within the project."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text(encoding="utf-8")

    @property
    def anchors(self) -> list[str]:
        """The anchors of its headings, in order; a title that comes again is numbered, as GitHub does it."""
        seen: dict[str, int] = {}
        made = []
        for match in _HEADING.finditer(without_blocks(self.text)):
            one = anchor(match[2])
            again = seen.get(one, 0)
            seen[one] = again + 1
            made.append(f"{one}-{again}" if again else one)
        return made

    @property
    def links(self) -> list[str]:
        """The targets of its links and images."""
        prose = _SPAN.sub("", without_blocks(self.text))
        return _LINK.findall(prose)

    @property
    def introduction(self) -> str:
        """What stands before the first heading of the second level."""
        return re.split(r"^## ", self.text, maxsplit=1, flags=re.MULTILINE)[0]

    @property
    def sections(self) -> Iterator[Section]:
        """What stands under each heading of the second level."""
        for part in re.split(r"^## ", self.text, flags=re.MULTILINE)[1:]:
            title, _, text = part.partition("\n")
            yield Section(title.strip(), text)


def markdown() -> list[Document]:
    """Return every Markdown file of the project that people wrote or `make docs` writes."""
    found = (path for path in ROOT.rglob("*.md") if not _MADE_BY_TOOLS & set(path.relative_to(ROOT).parts))
    return [Document(path) for path in sorted(found)]


def anchor(title: str) -> str:
    """Return the anchor of a heading by GitHub's rule.

    Lower case, without formatting and punctuation, and with hyphens for spaces (GitHub Docs, "Basic writing
    and formatting syntax", section links).
    """
    words = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", title).lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of code in a text."""
    return [Block(match[2], match[3]) for match in _FENCE.finditer(text)]


def spans(text: str) -> list[str]:
    """Return the code within the lines of a text."""
    return _SPAN.findall(without_blocks(text))


def without_blocks(text: str) -> str:
    """Return a text without its fenced blocks."""
    return _FENCE.sub("", text)


def code(text: str) -> list[str]:
    """Return all code of a text; lines that end with a backslash go on, and a table's escape is undone."""
    inline = [span.replace("\\|", "|") for span in spans(text)]
    return [*inline, *(block.text.replace("\\\n", " ") for block in blocks(text))]
