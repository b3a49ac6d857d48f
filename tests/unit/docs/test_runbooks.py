"""Every alarm leads to a section that helps, and no section is about an alarm that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import chain

import pytest

from catalog.kinds import EVERY_KIND, KINDS
from catalog.own import RUNBOOK as OWN_RUNBOOK
from catalog.queries import queries
from catalog.slos import TIERS
from catalog.specs import Alarm, Composite, Event
from catalog.suppression.system import RUNBOOK as SYSTEM_RUNBOOK
from catalog.templates import AlarmTemplate, CompositeTemplate
from config.paths import ROOT
from tests.support.tables import each
from tests.unit.catalog.catalogs import ALL
from tests.unit.docs.documents import Document, Section, anchor, blocks, code, spans, without_blocks

FOLDER = ROOT / "docs" / "runbooks"
INDEX = Document(FOLDER / "README.md")
OF_THE_PLATFORM = {*(kind.runbook for kind in EVERY_KIND), "slo.md"}
"""Other files are runbooks of own alarms of a configuration."""
RUNBOOKS = {path.name: Document(path) for path in sorted(FOLDER.glob("*.md")) if path.name in OF_THE_PLATFORM}
SECTIONS = {
    f"{name}#{section.anchor}": (name, section)
    for name, book in RUNBOOKS.items()
    for section in book.sections
}

OF_KIND: Mapping[str, tuple[tuple[AlarmTemplate, ...], tuple[CompositeTemplate, ...]]] = {
    kind.runbook: (kind.alarms, kind.composites) for kind in EVERY_KIND
}
"""Runbook -> the alarms and composites it is about, as templates: also what no environment has just now."""

LABELS = ("**Impact.**", "**First three steps**", "**Query**", "**False alarm.**")


def expected() -> dict[str, bool]:
    """Return every heading that something leads to -> whether it is a page."""
    found = {f"slo.md#{tier.key}": tier.severity == "critical" for tier in TIERS}
    for book, (alarms, composites) in OF_KIND.items():
        wakes = {composite.key for composite in composites if composite.severity == "critical"}
        templates: list[AlarmTemplate | CompositeTemplate] = [*alarms, *composites]
        for template in templates:
            found[f"{book}#{template.key}"] = template.key in wakes or template.part_of in wakes
    found |= {SYSTEM_RUNBOOK: True, OWN_RUNBOOK: False}
    for _, made in ALL.values():
        found |= {event.runbook: event.severity == "critical" for event in made.events}
    return found


EXPECTED = expected()


def test_each_alarm_has_a_section_and_each_section_an_alarm() -> None:
    """Of every kind, in use or not; a heading that nothing leads to is about an alarm that is gone."""
    headings = [f"{name}#{section.anchor}" for name, book in RUNBOOKS.items() for section in book.sections]
    assert sorted(headings) == sorted(EXPECTED)
    assert {name for name, _ in SECTIONS.values()} == {*RUNBOOKS} == OF_THE_PLATFORM


@pytest.mark.parametrize("name", ALL)
def test_what_a_notification_names_is_there(name: str) -> None:
    """Of every alarm, composite and event that notifies, or is part of one that does."""
    made = ALL[name][1]
    every: list[Alarm | Composite | Event] = [*made.alarms, *made.composites, *made.events]
    links = [alarm.runbook for alarm in every if alarm.runbook]
    assert len(links) > 50
    assert sorted(set(links) - set(SECTIONS)) == []
    assert [alarm.name for alarm in every if alarm.topic and not alarm.runbook] == []


@pytest.mark.parametrize("name", RUNBOOKS)
def test_a_runbook_begins_with_its_contents_by_severity(name: str) -> None:
    """Each section once, in a row that states correctly whether it is a page."""
    rows = [line for line in RUNBOOKS[name].introduction.splitlines() if line.startswith("| **")]
    listed = [(row, f"{name}#{key}") for row in rows for key in re.findall(r"\]\(#([a-z0-9-]+)\)", row)]
    assert sorted(key for _, key in listed) == sorted(key for key in SECTIONS if key.startswith(f"{name}#"))
    for row, key in listed:
        assert row.startswith("| **Page") == EXPECTED[key], key
    wakes = [row.startswith("| **Page") for row in rows]
    assert wakes == sorted(wakes, reverse=True), "pages come first"


@each(("name", "section"), SECTIONS.values(), ids=SECTIONS)
def test_a_section_says_what_it_is_whom_it_hurts_what_to_do_and_how_to_tune(
    name: str, section: Section
) -> None:
    """In this order, with exactly three steps and one query."""
    text = section.text
    positions = [text.find(label) for label in LABELS]
    assert -1 not in positions, LABELS[positions.index(-1)]
    assert positions == sorted(positions)
    assert [text.count(label) for label in LABELS] == [1] * len(LABELS)
    means, impact, steps, query, false = _parts(text)
    for part in (means, impact, false):
        assert len(part.split()) >= 3, part
    assert re.findall(r"^(\d)\. \S", steps, re.MULTILINE) == ["1", "2", "3"]
    assert not blocks(steps), "a command of a step stands in its line"
    assert len(blocks(query)) == len(blocks(text)) == 1
    assert blocks(query)[0].language in {"logs-insights", "sh"}
    assert section.title == section.anchor
    assert "#" not in without_blocks(text).replace("(#", "").replace(".md#", ""), f"{name}: a smaller heading"


@each(("name", "section"), SECTIONS.values(), ids=SECTIONS)
def test_an_alarm_that_can_be_tuned_says_by_which_key(name: str, section: Section) -> None:
    """Its own, where it is false; a composite has none."""
    alarms = {alarm_template.key for alarm_template in OF_KIND.get(name, ((), ()))[0]}
    own = {key for _, key, _ in tunings(_parts(section.text)[-1])}
    if section.title in alarms:
        assert section.title in own


@pytest.mark.parametrize("name", [INDEX.path.name, *RUNBOOKS])
def test_keys_of_config_exist(name: str) -> None:
    """Those of alarms are legal for the kind and tune something; the others are in docs/config.md."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    for prefix, key, tuned in tunings(text):
        kinds = _alarms_of(name, prefix)
        if key == "<key>":
            assert name == INDEX.path.name
            assert all(any(tuned in alarm.tunable for alarm in alarms.values()) for alarms in kinds)
        else:
            assert any(tuned in alarms[key].tunable for alarms in kinds if key in alarms), f"{prefix}.{key}"
    reference = (ROOT / "docs" / "config.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([^`]+)` \|", reference, re.MULTILINE))
    sections = {entry.partition(".")[0] for entry in documented}
    for span in spans(text):
        if re.fullmatch(r"[a-z_]+(\.[a-z_<>-]+)+", span) and span.partition(".")[0] in sections:
            general = re.sub(r"<[a-z]+>", "<name>", span)
            assert general in documented or re.search(r"\balarms\.", span), span


def test_saved_queries_are_named_as_they_are() -> None:
    """`<project>-<env>/` and a name in the catalog; the index names all of them."""
    known = {f"<project>-<env>/{query.name}" for query in queries(())}
    for book in (INDEX, *RUNBOOKS.values()):
        named = {span for span in spans(book.text) if span.startswith("<project>-<env>/")}
        assert named <= known
    assert known <= set(spans(INDEX.text))


def test_the_index_lists_every_runbook_and_explains_every_placeholder() -> None:
    """Whoever copies a command finds here what to put in."""
    assert {link for link in INDEX.links if "/" not in link and "#" not in link} >= {*RUNBOOKS}
    table = INDEX.text.split("## Placeholders")[1].split("\n## ")[0]
    explained = set(re.findall(r"<[a-z_]+>", "\n".join(re.findall(r"^\|([^|]*)\|", table, re.MULTILINE))))
    used = _placeholders(chain.from_iterable(code(runbook.text) for runbook in (INDEX, *RUNBOOKS.values())))
    assert used - {"<name>"} == explained


def tunings(text: str) -> set[tuple[str, str, str]]:
    """Return (where, key of an alarm, what is tuned) of each key of an alarm that a text names."""
    kinds = "|".join(kind.name for kind in EVERY_KIND)
    pattern = rf"`(services\.<service>\.alarms|alarms\.(?:{kinds}))\.([a-z<>-]+)\.([a-z_]+)`"
    return set(re.findall(pattern, text))


def _alarms_of(name: str, prefix: str) -> list[Mapping[str, AlarmTemplate]]:
    """Return the alarms that a key of config may be about in this file: of its kind, or of some kind."""
    by_kind = {kind.name: {alarm.key: alarm for alarm in kind.alarms} for kind in EVERY_KIND}
    if prefix.startswith("alarms."):
        return [by_kind[prefix.removeprefix("alarms.")]]
    kind = name.removesuffix(".md")
    return [by_kind[each] for each in KINDS if each == kind or kind not in KINDS]


def _parts(text: str) -> list[str]:
    """Return what stands before the first label, and after each label up to the next."""
    parts = re.split("|".join(re.escape(label) for label in LABELS), text)
    assert len(parts) == len(LABELS) + 1
    return [part.strip() for part in parts]


def _placeholders(texts: Iterable[str]) -> set[str]:
    return {element for text in texts for element in re.findall(r"<[a-z_]+>", text)}


def test_every_heading_of_the_index_can_be_linked_to() -> None:
    """Sections are named once, so that a link cannot mean another."""
    assert len(set(INDEX.anchors)) == len(INDEX.anchors)
    assert anchor("Roll back") in INDEX.anchors
