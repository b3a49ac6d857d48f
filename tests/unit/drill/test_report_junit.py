"""JUnit XML: what CI systems read is there, and true."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from drill.report import junit
from tests.unit.drill import scenes

EVERY = tuple(made() for made in scenes.SCENES.values())


@pytest.fixture
def root(tmp_path: Path) -> ET.Element:
    """Return the report of all scenes, read back from a folder that was not there."""
    path = tmp_path / "build" / "junit.xml"
    junit.write(EVERY, path)
    return ET.parse(path).getroot()  # noqa: S314 - it is ours


def test_there_is_a_suite_per_scenario_and_a_case_per_expectation(root: ET.Element) -> None:
    """In their order, with the right sums everywhere."""
    assert root.tag == "testsuites"
    suites = list(root)
    assert [suite.get("name") for suite in suites] == [rehearsal.name for rehearsal in EVERY]
    for suite, rehearsal in zip(suites, EVERY, strict=True):
        cases = suite.findall("testcase")
        assert len(cases) == len(rehearsal.verdicts) == int(suite.get("tests", ""))
        failed = [case.find("failure") is not None for case in cases]
        assert failed == [not verdict.passed for verdict in rehearsal.verdicts]
        assert int(suite.get("failures", "")) == sum(failed)
        assert (suite.get("errors"), suite.get("skipped")) == ("0", "0")
        assert suite.get("timestamp") == "2026-11-20T14:00:00"
    for key in ("tests", "failures"):
        assert int(root.get(key, "")) == sum(int(suite.get(key, "")) for suite in suites)


def test_times_add_up(root: ET.Element) -> None:
    """Of cases to their suite's, of suites to that of all."""
    for suite in root:
        cases = [float(element.get("time", "")) for element in suite.findall("testcase")]
        assert sum(cases) == pytest.approx(float(suite.get("time", "")), abs=1e-4)
        assert float(suite.get("time", "")) == pytest.approx(0.0412)
    assert float(root.get("time", "")) == pytest.approx(0.0412 * len(EVERY))


def test_cases_say_where_they_are_written(root: ET.Element) -> None:
    """File and line, and the scenario as their class; no two of a class have one name."""
    for suite, rehearsal in zip(root, EVERY[:-1], strict=False):
        for case, verdict in zip(suite.findall("testcase"), rehearsal.verdicts, strict=True):
            assert f"{case.get('file')}:{case.get('line')}" == verdict.place
            assert case.get("classname") == rehearsal.name
            assert case.get("name") == verdict.expected


def test_cases_of_one_sentence_are_told_apart(tmp_path: Path) -> None:
    """By their places: readers take the same name for the same case."""
    outage = scenes.outage()
    first, second, *_ = outage.verdicts
    again = replace(second, expected=first.expected)
    junit.write([replace(outage, verdicts=(first, again))], tmp_path / "x.xml")
    cases = list(ET.parse(tmp_path / "x.xml").iter("testcase"))  # noqa: S314 - it is ours
    assert [element.get("name") for element in cases] == [
        f"{first.expected} ({first.place})",
        f"{first.expected} ({second.place})",
    ]


def test_failures_say_what_happened_instead(root: ET.Element) -> None:
    """In short in the message; with place, time and facts in the text."""
    missed = next(element for element in root if element.get("name") == "payment-outage-small")
    failures = [element for case in missed.findall("testcase") for element in case.findall("failure")]
    assert [failure.get("message") for failure in failures] == [
        "it stayed OK",
        "it stayed OK",
        "it was told of nothing",
        "0 pages",
    ]
    assert {failure.get("type") for failure in failures} == {"expectation"}
    assert str(failures[1].text).splitlines() == [
        "drills/payment-outage-small.yaml:16",
        "expected: payment-handler-error-rate is in ALARM by +12m",
        "actual: it stayed OK",
        "time: +12m (14:12 UTC)",
        "it was in OK throughout",
        "at most 1 of 5 datapoints breached at +13m (14:13 UTC); required: 3",
    ]


def test_suites_say_who_was_notified(root: ET.Element) -> None:
    """After the cases, where readers expect it."""
    for suite, rehearsal in zip(root, EVERY, strict=True):
        *_, out = suite
        assert out.tag == "system-out"
        assert len(str(out.text).splitlines()) == 1 + len(rehearsal.notifications)
    assert "page ALARM payment-handler-impact -> critical: oncall@example.com, alarms" in str(
        root[0][-1].text
    )


def test_hostile_texts_are_text(root: ET.Element) -> None:
    """A parser that follows the rules reads it, and finds them as they are, controls written out."""
    hostile = root[-1]
    said = scenes.HOSTILE.replace("\x1b", r"\x1b").replace("\x00", r"\x00")
    said = said.replace("\u202e", r"\u202e").replace("\ud800", r"\ud800").replace("\uffff", r"\uffff")
    assert {str(element.get("message")) for element in hostile.iter("failure")} == {said}
    assert all(str(element.get("name")).startswith(said) for element in hostile.iter("testcase"))


def test_nothing_rehearsed_is_a_report_too(tmp_path: Path) -> None:
    """And so is a scenario that expects nothing."""
    junit.write([], tmp_path / "x.xml")
    assert ET.parse(tmp_path / "x.xml").getroot().get("tests") == "0"  # noqa: S314 - it is ours
    junit.write([replace(scenes.outage(), verdicts=())], tmp_path / "x.xml")
    assert len(ET.parse(tmp_path / "x.xml").getroot()) == 1  # noqa: S314 - it is ours
