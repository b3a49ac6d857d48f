"""JUnit XML for CI systems: a test suite per scenario, a test case per expectation.

An alarm that cannot be rehearsed is a skipped test case, with the reason.

JUnit XML has no standard. The elements are those that Jenkins and GitLab both support: `testsuites`,
`testsuite`, `testcase`, `failure`, `skipped`, `system-out`. GitLab reads the attribute `file`, editors read
`line`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from xml.etree import ElementTree as ET

from drill.rehearsal import Outcome, Rehearsal, Verdict
from drill.report.diagnostics import Diagnostics, action_line, notification_line
from drill.report.words import place, printable


def write(outcomes: Sequence[Outcome], path: Path) -> None:
    """Write outcomes as JUnit XML in UTF-8. Missing folders are created."""
    root = ET.Element("testsuites", {"name": "drill", **_counts(outcomes)})
    root.extend(_suite(outcome) for outcome in outcomes)
    ET.indent(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _counts(outcomes: Sequence[Outcome]) -> dict[str, str]:
    verdicts = [verdict for outcome in outcomes for verdict in outcome.verdicts]
    skipped = sum(len(outcome.system.left_out) for outcome in outcomes)
    return {
        "tests": str(len(verdicts) + skipped),
        "failures": str(sum(not verdict.passed for verdict in verdicts)),
        "errors": "0",
        "skipped": str(skipped),
        "time": f"{sum(outcome.took_s for outcome in outcomes):.6f}",
    }


def _suite(outcome: Outcome) -> ET.Element:
    begins = datetime.fromtimestamp(outcome.begins_s, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    attributes = {"name": printable(outcome.name), **_counts([outcome]), "timestamp": begins}
    suite = ET.Element("testsuite", attributes)
    diagnostics = Diagnostics.of(outcome)
    sentences = Counter(verdict.expected for verdict in outcome.verdicts)
    for verdict in outcome.verdicts:
        case = ET.SubElement(
            suite, "testcase", _case(outcome, verdict, is_unique=sentences[verdict.expected] == 1)
        )
        if not verdict.passed:
            failure = ET.SubElement(
                case, "failure", {"type": "expectation", "message": printable(verdict.actual)}
            )
            failure.text = "\n".join(_failure(diagnostics, verdict))
    for entry in outcome.system.left_out:
        name = printable(f"{entry.name} is rehearsed")
        case = ET.SubElement(
            suite, "testcase", {"classname": printable(outcome.name), "name": name, "time": "0"}
        )
        ET.SubElement(case, "skipped", {"message": printable(entry.reason)})
    notes = outcome.notes if isinstance(outcome, Rehearsal) else ()
    out = ET.SubElement(suite, "system-out")
    out.text = "\n".join(
        [
            printable(outcome.description),
            *(f"note: {printable(note)}" for note in notes),
            *(notification_line(diagnostics, notification) for notification in outcome.notifications),
            *(action_line(diagnostics, action) for action in outcome.actions),
        ]
    )
    return suite


def _case(outcome: Outcome, verdict: Verdict, *, is_unique: bool) -> dict[str, str]:
    """Return the attributes of a test case.

    Readers merge cases with the same class and name, so a repeated sentence has its place appended. The run
    time of a scenario is divided equally among its expectations.
    """
    where = place(verdict)
    name = printable(verdict.expected if is_unique else f"{verdict.expected} ({verdict.place})")
    time_s = outcome.took_s / len(outcome.verdicts)
    attributes = {"classname": printable(outcome.name), "name": name, "file": printable(where.file)}
    return {**attributes, **({"line": str(where.line)} if where.line else {}), "time": f"{time_s:.6f}"}


def _failure(diagnostics: Diagnostics, verdict: Verdict) -> list[str]:
    at = "" if verdict.at_s is None else f"time: {diagnostics.moments.both(verdict.at_s)}"
    lines = [
        verdict.place,
        f"expected: {verdict.expected}",
        f"actual: {verdict.actual}",
        at,
        *diagnostics.about(verdict),
    ]
    return [printable(line) for line in lines if line]
