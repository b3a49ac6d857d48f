"""The page of all scenarios of a run: verdicts, and the way to each picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from drill.rehearsal import Rehearsal
from drill.report.marks import ICONS, icon
from drill.report.markup import Html, tag
from drill.report.page import file_of, page
from drill.report.summary import Summary, took
from drill.report.texts import count


def write_index(rehearsals: Sequence[Rehearsal], folder: Path) -> Path:
    """Write the page of all scenarios into a folder, which is made if need be; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "index.html"
    path.write_text(index(rehearsals), encoding="utf-8")
    return path


def index(rehearsals: Sequence[Rehearsal]) -> str:
    """Return the page of all scenarios: those that failed first."""
    failed = sum(not one.passed for one in rehearsals)
    verdict = f"✗ {failed} not as expected" if failed else "✓ all as expected"
    titles = dict.fromkeys(one.system.title for one in rehearsals)
    of = ", ".join(titles) or "nothing"
    total = sum(one.took_s for one in rehearsals)
    about = f"{count(len(rehearsals), 'scenario')} of {of} in {total:.2f} s"
    return page(
        f"{'✗' if failed else '✓'} {count(len(rehearsals), 'scenario')}",
        ICONS,
        tag(
            "main",
            tag(
                "header",
                tag("h1", "Rehearsal"),
                tag(
                    "p",
                    tag("span", verdict, class_=f"badge {'failed' if failed else 'passed'}"),
                    class_="verdict",
                ),
                tag(
                    "p",
                    about,
                    class_="note",
                ),
            ),
            tag(
                "section", *map(_scenario, sorted(rehearsals, key=lambda one: one.passed)), class_="scenarios"
            ),
            class_="index",
        ),
    )


def _scenario(rehearsal: Rehearsal) -> Html:
    summary = Summary.of(rehearsal)
    verdict = "passed" if rehearsal.passed else "failed"
    told = (
        tag("span", icon(kind), count(number, kind), class_="none" if not number else None)
        for kind, number in (("page", summary.pages), ("ticket", summary.tickets))
    )
    wrong = (tag("li", one.expected, ": ", one.found) for one in rehearsal.verdicts if not one.passed)
    return tag(
        "a",
        tag("span", "✓" if rehearsal.passed else "✗", class_=f"badge {verdict}"),
        tag(
            "div",
            tag("h2", rehearsal.name),
            tag("p", rehearsal.says),
            tag("ul", *wrong) if not rehearsal.passed else Html(),
        ),
        tag(
            "div",
            tag("b", summary.verdict),
            tag("span", *told, class_="told"),
            tag("span", took(rehearsal), class_="note"),
            class_="numbers",
        ),
        class_=f"scenario {verdict}",
        href=quote(file_of(rehearsal.name)),
    )
