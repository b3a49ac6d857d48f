"""The list of assumptions about AWS as a document."""

from __future__ import annotations

from collections.abc import Iterator

from ops.documents.markdown import NOTE
from probe.assumptions import ASSUMPTIONS, Assumption


def assumptions() -> str:
    """Return the document as Markdown."""
    lines = [
        "# Assumptions about AWS",
        "",
        NOTE,
        "",
        "Reveille was developed without an AWS account. It relies on the documentation of AWS and, where",
        "that states nothing, on the assumptions in this list.",
        "",
        "`make probe ENV=dev` checks those with a probe, in a deployed environment that allows drills",
        "(`drills.allowed`). It creates throwaway alarms, topics, queues, log groups and rules with the",
        "prefix `<project>-probe-`, checks the assumptions at the same time within 20 minutes, removes",
        "everything, and prints which assumptions hold. The status is 1 if one does not hold, or if a",
        "resource could not be removed. It costs a few cents and sends no notifications. If it is killed,",
        "remove the resources with the prefix that it printed. On the local AWS it only checks the probes",
        "themselves.",
        "",
        "## Checked by `make probe`",
        "",
        *(line for assumption in ASSUMPTIONS if assumption.probe for line in _section(assumption)),
        "## Not checked",
        "",
        *(line for assumption in ASSUMPTIONS if not assumption.probe for line in _section(assumption)),
    ]
    return "\n".join(lines)


def _section(assumption: Assumption) -> Iterator[str]:
    yield from (f"### {assumption.id}", "", assumption.statement, "")
    yield f"- Source: {assumption.source}"
    modules = ", ".join(f"[{module}](../{module})" for module in assumption.modules)
    yield f"- Depends on it: {modules}"
    yield f"- Affects: {assumption.affects}"
    if assumption.unprobed:
        yield f"- Not checked, because: {assumption.unprobed}"
    yield ""
