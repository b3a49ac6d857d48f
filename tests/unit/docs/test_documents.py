"""What is promised about the documents as a whole: length of the README, indexes, words, pictures."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from config.paths import ROOT
from tests.support.tables import each
from tests.unit.docs import slack_message
from tests.unit.docs.documents import Document, markdown, spans, without_blocks

DOCS = ROOT / "docs"
README = Document(ROOT / "README.md")
GENERATED = {
    "docs/config.md",
    "docs/scenarios.md",
    *(f"docs/alarms/{path.name}" for path in DOCS.glob("alarms/*")),
}
OF_THEIR_TIME = re.compile(r"docs/adr/")
"""Decisions, and the index of their titles, keep the words that were used when they were made."""

PROSE = [
    document
    for document in markdown()
    if document.name == "README.md"
    or document.name.startswith("examples/")
    or (
        document.name.startswith("docs/")
        and document.name not in GENERATED
        and not OF_THEIR_TIME.match(document.name)
    )
]

AVOIDED = {
    "held back": "suppressed",
    "holds back": "suppresses",
    "hold back": "suppress",
    "wakes": "pages, sends a page",
    "woken": "paged",
    "speaks for": "notifies for",
    "speaks through": "is part of",
    "is told": "is notified",
    "hear of": "receive",
    "hears of": "receives",
    "mend": "fix",
    "but for": "except",
    "objectives": "SLOs",
    "nobody": "no recipient, not notified",
    "somebody": "a recipient, or the passive",
    "told": "notified",
    "yields": "is suppressed",
    "spoken": "notified",
    "boards": "dashboards",
    "shards": "pages",
    "whom it reaches": "recipients",
    "quiet": "suppression",
    "usual": "baseline",
    "tell whether": "return whether",
}
"""A word of the old vocabulary -> the word of the field (docs/glossary.md)."""

LEGITIMATE = {("output.py", "quiet"): "rich.console.Console.quiet"}
"""Module and word -> why it is there all the same."""


def sources() -> list[Path]:
    """Return the modules of the packages, without tests."""
    packages = (path.parent for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests")
    return [path for package in packages for path in sorted(package.rglob("*.py"))]


def targets(document: Document) -> set[str]:
    """Return the files that a document links to, as paths within the project."""
    links = (link.partition("#")[0] for link in document.links if not re.match(r"[a-z]+:", link))
    return {
        (document.path.parent / link).resolve().relative_to(ROOT.resolve()).as_posix()
        for link in links
        if link
    }


def test_the_readme_has_at_most_200_lines() -> None:
    """What is longer belongs into docs/."""
    assert len(README.text.splitlines()) <= 200


def test_every_document_is_in_the_index() -> None:
    """docs/README.md links to each; decisions and the README of a folder are in an index of their own."""
    index = Document(DOCS / "README.md")
    listed = targets(index)
    documents = {document.name for document in markdown() if document.name.startswith("docs/")}
    own_index = {name for name in documents if re.match(r"docs/adr/\d", name)}
    assert documents - own_index - {index.name} - listed == set()


def test_every_decision_is_in_its_index() -> None:
    """By its number, in order, under its title."""
    index = Document(DOCS / "adr" / "README.md")
    rows = re.findall(r"^\| (\d+) \| \[(.+)\]\((\S+)\) \|$", index.text, re.MULTILINE)
    decisions = sorted(DOCS.glob("adr/[0-9]*.md"))
    titles = [path.read_text(encoding="utf-8").splitlines()[0] for path in decisions]
    assert [(f"# {number}. {title}", name) for number, title, name in rows] == [
        (title, path.name) for title, path in zip(titles, decisions, strict=True)
    ]


@pytest.mark.parametrize("document", PROSE, ids=lambda entry: entry.name)
def test_documents_use_the_words_of_the_field(document: Document) -> None:
    """Outside of code, which keeps keys and names."""
    prose = without_blocks(document.text)
    for span in spans(document.text):
        prose = prose.replace(f"`{span}`", "``")
    prose = re.sub(r"\]\([^)]*\)", "]", prose)
    found = {
        word: better for word, better in AVOIDED.items() if re.search(rf"\b{word}\b", prose, re.IGNORECASE)
    }
    assert found == {}


@each("path", sources, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_source_uses_the_words_of_the_field(path: Path) -> None:
    """Docstrings, comments, messages and names."""
    text = path.read_text(encoding="utf-8")
    found = {
        word: better
        for word, better in AVOIDED.items()
        if re.search(rf"(?<!--)\b{word}\b", text, re.IGNORECASE) and (path.name, word) not in LEGITIMATE
    }
    assert found == {}


def test_the_glossary_defines_the_terms_of_the_project() -> None:
    """Page and ticket too, each once."""
    terms = re.findall(r"^\| \*\*(.+?)\*\* \|", Document(DOCS / "glossary.md").text, re.MULTILINE)
    assert len(terms) == len(set(terms))
    assert {"impact", "degraded", "saturation", "drill", "proof", "page", "ticket"} <= set(terms)


def test_the_picture_of_a_message_is_what_the_notifier_sends() -> None:
    """`python -m tests.unit.docs.slack_message` writes it anew."""
    assert slack_message.PICTURE.read_text(encoding="utf-8") == slack_message.picture()


@pytest.mark.parametrize(
    "path", sorted((*DOCS.glob("*.svg"), *DOCS.glob("*.png"))), ids=lambda path: path.name
)
def test_pictures_are_small_and_can_be_read_in_the_dark(path: Path) -> None:
    """A drawing has a title, and colours for a dark background; a screenshot brings its own background."""
    assert path.stat().st_size < 300_000
    if path.suffix == ".svg":
        drawing = ET.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314  # ours
        assert drawing.get("viewBox")
        assert drawing.find("{http://www.w3.org/2000/svg}title") is not None
        assert "prefers-color-scheme: dark" in path.read_text(encoding="utf-8")


def test_the_reference_lists_every_target_of_make() -> None:
    """In docs/commands.md, except the list itself."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    listed = set(re.findall(r"^([a-z][a-z-]*):.*## ", makefile, re.MULTILINE)) - {"help"}
    rows = [
        line for line in (DOCS / "commands.md").read_text(encoding="utf-8").splitlines() if "`make " in line
    ]
    named = {word for row in rows for word in re.findall(r"`(?:make )?([a-z][a-z-]*)[^`]*`", row)}
    assert listed - named == set()


def test_hooks_and_the_workflow_run_what_is_there() -> None:
    """Hooks call targets of make, and the workflow calls .ci/run."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repository["repo"] for repository in hooks["repos"]] == ["local"]
    for hook in hooks["repos"][0]["hooks"]:
        target = hook["entry"].removeprefix("make ")
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), hook
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    assert ".ci/run" in [step.get("run") for step in workflow["jobs"]["ci"]["steps"]]
    assert workflow["permissions"] == {}


def test_editors_know_the_schemas() -> None:
    """The schemas that settings name are there, and files of configuration and of scenarios have one."""
    settings = json.loads((ROOT / ".vscode" / "settings.json").read_text(encoding="utf-8"))
    schemas = settings["yaml.schemas"]
    assert {(ROOT / schema).is_file() for schema in schemas} == {True}
    assert set(schemas.values()) == {"config/*.yaml", "drills/*.yaml"}
