"""The list of assumptions: what it names exists, and what is not checked has a reason."""

from __future__ import annotations

import inspect
import re

from config.paths import ROOT
from local_aws import violations
from ops.documents.assumptions import assumptions
from probe import alarms, delivery, logs, suppression
from probe.assumptions import ASSUMPTIONS, PROBED
from tests.support.tables import each

BY_ID = {assumption.id: assumption for assumption in ASSUMPTIONS}


def test_an_assumption_is_listed_once() -> None:
    """Its id is its name in the output and in the document, so it has the form of an anchor."""
    assert len(BY_ID) == len(ASSUMPTIONS)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in BY_ID)


@each("name", BY_ID)
def test_each_has_statement_source_and_what_depends_on_it(name: str) -> None:
    """In sentences, and the source states whether it is documented."""
    assumption = BY_ID[name]
    for text in (assumption.statement, assumption.source, assumption.affects):
        assert text.strip() == text
        assert text.endswith(".")
    assert assumption.modules


@each("name", BY_ID)
def test_each_module_that_depends_on_it_is_there(name: str) -> None:
    """A module that was moved or removed is found here."""
    missing = [module for module in BY_ID[name].modules if not (ROOT / module).is_file()]
    assert missing == []


@each("name", BY_ID)
def test_each_has_either_a_probe_or_a_reason_why_there_is_none(name: str) -> None:
    """Not both."""
    assumption = BY_ID[name]
    assert (assumption.probe is None) == bool(assumption.unprobed)


def test_every_probe_is_listed_once() -> None:
    """Every public function of the modules with probes, so that none is written and never run."""
    written = {
        function
        for module in (alarms, delivery, logs, suppression)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_") and function.__module__ == module.__name__
    }
    listed = [assumption.probe for assumption in PROBED]
    assert len(listed) == len(set(listed))
    assert set(listed) == written
    assert all(list(inspect.signature(probe).parameters) == ["bench"] for probe in written)


def test_the_local_aws_can_violate_every_assumption_with_a_probe() -> None:
    """Otherwise a probe could be passed by everything."""
    assert violations.NAMES.keys() == {assumption.id for assumption in PROBED}


@each("name", BY_ID)
def test_the_document_has_everything(name: str) -> None:
    """Statement, source, modules, effect, and the reason if there is no probe."""
    document, assumption = assumptions(), BY_ID[name]
    section = document.partition(f"### {name}\n")[2].partition("\n### ")[0]
    for text in (assumption.statement, assumption.source, assumption.affects, assumption.unprobed):
        assert text in section
    assert all(f"(../{module})" in section for module in assumption.modules)
