"""What a person sees of a live drill, and what a pipeline reads of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from rich.console import Console
from rich.table import Table

from drill.durations import text_of
from drill.rehearsal import Verdict
from drill.report.texts import printable


class Teller:
    """Says what happens, a line for each event, with the time on the wall."""

    def __init__(self, console: Console) -> None:
        """Print to `console`."""
        self._console = console

    def event(self, text: str, at_s: float | None = None) -> None:
        """Say what happened just now, and after how much of the drill's time."""
        after = f" after {text_of(at_s)}" if at_s is not None else ""
        self.say(f"{datetime.now().astimezone():%H:%M:%S}  {text}{after}")

    def say(self, text: str) -> None:
        """Say something without a time."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Show what was expected and what became of it."""
        table = Table("", "line", "expected", "found", box=None, pad_edge=False)
        for one in verdicts:
            mark = "[green]ok[/green]" if one.passed else "[red]bad[/red]"
            line = one.place.rpartition(":")[2]
            table.add_row(mark, line, _plain(one.expected), _plain(one.found))
        self._console.print(table, highlight=False)


def junit(name: str, verdicts: Sequence[Verdict], took_s: float) -> bytes:
    """Return a scenario's verdicts as JUnit XML: one test case for each expectation."""
    failures = str(sum(not one.passed for one in verdicts))
    counts = {"tests": str(len(verdicts)), "failures": failures, "time": f"{took_s:.3f}"}
    suites = ET.Element("testsuites", counts)
    suite = ET.SubElement(suites, "testsuite", {"name": f"live drill {printable(name)}", **counts})
    for one in verdicts:
        file, _, line = one.place.rpartition(":")
        about = {"classname": printable(name), "name": printable(one.expected), "file": file, "line": line}
        case = ET.SubElement(suite, "testcase", about)
        if not one.passed:
            ET.SubElement(case, "failure", {"message": printable(one.found)}).text = printable(one.place)
        ET.SubElement(case, "system-out").text = printable(one.found)
    ET.indent(suites)
    written: bytes = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return written


def write_junit(path: Path, content: bytes) -> None:
    """Write a report, with the folder it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")
