"""Reads a page back, more strictly than any browser: what is not closed or nested wrongly is found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr"}


@dataclass
class Node:
    """An element of a page."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    inside: list[Node | str] = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        """Its classes."""
        return set(self.attributes.get("class", "").split())

    @property
    def text(self) -> str:
        """Everything that it says."""
        return "".join(node if isinstance(node, str) else node.text for node in self.inside)

    def __iter__(self) -> Iterator[Node]:
        """Yield itself and every element in it, in the document's order."""
        yield self
        for node in self.inside:
            if isinstance(node, Node):
                yield from node

    def all(self, *classes: str, tag: str | None = None) -> list[Node]:
        """Return the elements in it that have all of these classes."""
        return [node for node in self if set(classes) <= node.classes and tag in {None, node.tag}]

    def style(self, name: str) -> float:
        """Return a number of its style, such as `left`."""
        match = re.search(rf"(?:^|;){re.escape(name)}:(-?[0-9.]+)", self.attributes["style"])
        assert match, (name, self.attributes)
        return float(match[1])


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("root")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute duplicate key: {names}"
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def parse(text: str) -> Node:
    """Return a page's root; every element has to be closed, where it was opened."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert [node.tag for node in reader.open] == ["root"], "something is not closed"
    return reader.root
