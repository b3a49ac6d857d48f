"""JUnit XML, as CI systems read it: a suite per scenario, a case per expectation.

There is no standard: elements and attributes are those that the readers of Jenkins and GitLab share,
`testsuites`, `testsuite`, `testcase`, `failure`, `system-out`;
GitLab reads `file`, editors `line`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from xml.etree import ElementTree as ET

from drill.rehearsal import Outcome, Verdict
from drill.report.diagnostics import Diagnostics, told
from drill.report.words import place, printable


def write(outcomes: Sequence[Outcome], path: Path) -> None:
    """Write what was rehearsed as JUnit XML, in UTF-8; folders that are missing are made."""
    root = ET.Element("testsuites", {"name": "drill", **_counts(outcomes)})
    root.extend(_suite(outcome) for outcome in outcomes)
    ET.indent(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _counts(outcomes: Sequence[Outcome]) -> dict[str, str]:
    verdicts = [verdict for outcome in outcomes for verdict in outcome.verdicts]
    return {
        "tests": str(len(verdicts)),
        "failures": str(sum(not verdict.passed for verdict in verdicts)),
        "errors": "0",
        "skipped": "0",
        "time": f"{sum(outcome.took_s for outcome in outcomes):.6f}",
    }


def _suite(outcome: Outcome) -> ET.Element:
    begins = datetime.fromtimestamp(outcome.begins_s, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    attributes = {"name": printable(outcome.name), **_counts([outcome]), "timestamp": begins}
    suite = ET.Element("testsuite", attributes)
    facts = Diagnostics.of(outcome)
    sentences = Counter(verdict.expected for verdict in outcome.verdicts)
    for verdict in outcome.verdicts:
        case = ET.SubElement(
            suite, "testcase", _case(outcome, verdict, once=sentences[verdict.expected] == 1)
        )
        if not verdict.passed:
            failure = ET.SubElement(
                case, "failure", {"type": "expectation", "message": printable(verdict.found)}
            )
            failure.text = "\n".join(_failure(facts, verdict))
    out = ET.SubElement(suite, "system-out")
    out.text = "\n".join(
        [printable(outcome.says), *(told(facts, notification) for notification in outcome.notifications)]
    )
    return suite


def _case(outcome: Outcome, verdict: Verdict, *, once: bool) -> dict[str, str]:
    """Return a case's attributes.

    Readers take cases of the same class and name for one: a sentence that stands twice gets its place. All
    expectations of a scenario are found out together, so each has its share of the time.
    """
    where = place(verdict)
    name = printable(verdict.expected if once else f"{verdict.expected} ({verdict.place})")
    time_s = outcome.took_s / len(outcome.verdicts)
    found = {"classname": printable(outcome.name), "name": name, "file": printable(where.file)}
    return {**found, **({"line": str(where.line)} if where.line else {}), "time": f"{time_s:.6f}"}


def _failure(facts: Diagnostics, verdict: Verdict) -> list[str]:
    at = "" if verdict.at_s is None else f"by {facts.moments.both(verdict.at_s)}"
    lines = [
        verdict.place,
        f"expected: {verdict.expected}",
        f"found: {verdict.found}",
        at,
        *facts.about(verdict),
    ]
    return [printable(line) for line in lines if line]
