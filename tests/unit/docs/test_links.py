"""Every link within the project's documents leads somewhere, and every command they name exists."""

from __future__ import annotations

import re

import pytest

from config.paths import ROOT
from tests.support.tables import each
from tests.unit.docs.documents import Document, anchor, code, markdown

DOCUMENTS = {document.name: document for document in markdown()}
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z][a-z0-9-]*):", MAKEFILE, re.MULTILINE))
VARIABLES = {
    part
    for pattern in (r"\$\(([A-Z_]+)\)", r"^([A-Z]+) \?=", r"^(?:TEXTS|FLAGS) := (.*)$", r"\b(APPROVE|ONLY)=")
    for found in re.findall(pattern, MAKEFILE, re.MULTILINE)
    for part in found.split()
}


def problem(document: Document, target: str) -> str | None:
    """Return why a relative link leads nowhere, or None when it leads somewhere."""
    where, _, heading = target.partition("#")
    path = document.path.parent / where if where else document.path
    if not path.exists():
        return f"{target}: no such file"
    if ROOT.resolve() not in (path.resolve(), *path.resolve().parents):
        return f"{target}: outside of the project"
    if not heading:
        return None
    if path.suffix != ".md":
        return f"{target}: only Markdown has headings"
    known = Document(path.resolve()).anchors
    return None if heading in known else f"{target}: no such heading; known: {', '.join(known)}"


@each("name", DOCUMENTS)
def test_relative_links_lead_somewhere(name: str) -> None:
    """To a file that is there, and to a heading that it has."""
    document = DOCUMENTS[name]
    relative = [link for link in document.links if not re.match(r"[a-z]+:", link)]
    assert [found for text in relative if (found := problem(document, text))] == []


def test_links_are_read_at_all() -> None:
    """The rule above holds many links, and knows a dead one of each sort."""
    readme = DOCUMENTS["README.md"]
    assert sum(len(document.links) for document in DOCUMENTS.values()) > 400
    assert {"docs/adr/README.md", "docs/config.md", "CONTRIBUTING.md"} <= set(readme.links)
    for dead in ("no.md", "docs/adr/no.md#x", "CONTRIBUTING.md#no", "#no", "app.py#L1", "../"):
        assert problem(readme, dead), dead


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("error-rate", "error-rate"),
        ("What a service has to log", "what-a-service-has-to-log"),
        ("`services.<name>` of kind `ecs`", "servicesname-of-kind-ecs"),
        ("… a service", "-a-service"),
        ("The [cdktf](https://example.com) CLI!", "the-cdktf-cli"),
    ],
)
def test_an_anchor_is_made_by_githubs_rule(title: str, expected: str) -> None:
    """As GitHub shows it when one clicks on the heading."""
    assert anchor(title) == expected


@each("name", DOCUMENTS)
def test_commands_of_make_exist(name: str) -> None:
    """With the variables that they are given."""
    text = DOCUMENTS[name].text
    for line in (line for item in code(text) for line in item.splitlines()):
        for target, arguments in re.findall(r"\bmake ([a-z][a-z0-9-]*)((?: [A-Z_]+=\S*)*)", line):
            assert target in TARGETS, line
            given = set(re.findall(r"([A-Z_]+)=", arguments))
            assert given <= VARIABLES, line
