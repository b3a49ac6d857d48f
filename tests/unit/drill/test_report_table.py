"""The table in the terminal: a line for what went well, everything to look at for what did not."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from drill.rehearsal import Rehearsal
from drill.report import table
from tests.unit.drill import scenes

EVERY = tuple(made() for made in scenes.SCENES.values())


def shown(
    rehearsals: tuple[Rehearsal, ...], width: int = 80, *, verbose: bool = False, encoding: str = "utf-8"
) -> str:
    """Return what is printed to a file."""
    screen = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    table.show(rehearsals, Console(file=screen, width=width), verbose=verbose)
    screen.flush()
    assert isinstance(screen.buffer, io.BytesIO)
    return screen.buffer.getvalue().decode(encoding)


def test_a_scenario_that_went_well_is_one_line() -> None:
    """With its verdict, who was woken and how long it took; names are as wide as the widest."""
    assert shown((scenes.outage(),)) == "✓ payment-outage   7 of 7 passed   1 page, 0 tickets   0.04 s\n"
    two = shown((scenes.outage(), scenes.band())).splitlines()
    assert two == [
        "✓ payment-outage   7 of 7 passed   1 page, 0 tickets   0.04 s",
        "✓ orders-drop      1 of 1 passed   0 pages, 1 ticket   0.04 s",
        "2 scenarios, all passed",
    ]


def test_a_scenario_that_failed_shows_everything_to_look_at() -> None:
    """Each failed expectation with place, time, what was found and what is known; none that passed."""
    assert shown((scenes.missed(),)).splitlines() == [
        "✗ payment-outage-small   1 of 5 passed   0 pages, 0 tickets   0.04 s",
        "  ✗ drills/payment-outage-small.yaml:14",
        "    expected payment-handler-impact is in ALARM by +12m",
        "    time     +12m (14:12 UTC)",
        "    actual   it stayed OK",
        "    details  it was in OK throughout",
        "             at +12m, 0 of 5 alarms in its rule in ALARM",
        "  ✗ drills/payment-outage-small.yaml:16",
        "    expected payment-handler-error-rate is in ALARM by +12m",
        "    time     +12m (14:12 UTC)",
        "    actual   it stayed OK",
        "    details  it was in OK throughout",
        "             at most 1 of 5 datapoints breached at +13m (14:13 UTC); required: 3",
        "  ✗ drills/payment-outage-small.yaml:20",
        "    expected critical is told of payment-handler-impact by +12m",
        "    time     +12m (14:12 UTC)",
        "    actual   it was told of nothing",
        "  ✗ drills/payment-outage-small.yaml:22",
        "    expected 1 page in total",
        "    actual   0 pages",
    ]


def test_verbose_shows_all_expectations_and_notifications_in_order() -> None:
    """Those that passed, too, and whom each notification reached."""
    lines = shown((scenes.deployment(),), 200, verbose=True).splitlines()
    assert lines[1:5] == [
        "  ✓ drills/deployment.yaml:12",
        "    expected nobody is woken before +15m",
        "    time     +15m (14:15 UTC)",
        "    actual   the first page was at +17m",
    ]
    whom = "critical: oncall@example.com, alarms"
    assert lines[9:] == [
        f"  +17m (14:17 UTC) page ALARM payment-handler-impact -> {whom}, suppressed since +10m",
        f"  +34m (14:34 UTC) page OK payment-handler-impact -> {whom}",
    ]


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("width", [40, 80, 120])
def test_it_fits(width: int, verbose: bool) -> None:  # noqa: FBT001
    """Whatever is in it; nothing is cut off, nothing is padded."""
    text = shown(EVERY, width, verbose=verbose)
    for line in text.splitlines():
        assert cell_len(line) <= width, line
        assert line == line.rstrip()
    said = "".join(text.split())
    for rehearsal in EVERY[:-1]:
        for verdict in rehearsal.verdicts:
            if verbose or not verdict.passed:
                for part in (verdict.place, verdict.expected, verdict.actual):
                    assert "".join(part.split()) in said


def test_further_lines_are_indented() -> None:
    """Below the text of their first one."""
    text = shown((scenes.silence(),), 60)
    at = text.index("it had no datapoints")
    more = text[at:].splitlines()[1]
    assert more.startswith(" " * 13)
    assert more[13] != " "


def test_files_get_no_colours_and_no_controls() -> None:
    """Neither ours nor somebody's in a name."""
    text = shown(EVERY, verbose=True)
    assert "\x1b" not in text
    assert not [name for name in text if ord(name) < 32 and name != "\n"]
    assert r"\x1b[31m" in text


def test_terminals_get_colours() -> None:
    """Of ours, only: those in a name are written out."""
    screen = io.StringIO()
    table.show(EVERY, Console(file=screen, width=80, force_terminal=True, color_system="standard"))
    text = screen.getvalue()
    assert "\x1b[32m✓" in text
    assert "\x1b[1;31m✗" in text
    assert r"\x1b[31m" in text.replace("\n", "").replace(" ", "")


def test_markup_in_names_is_text() -> None:
    """What rich would take as a style is shown as it is."""
    odd = replace(scenes.outage(), name="[red]a[/red] :bell:")
    assert "[red]a[/red] :bell:" in shown((odd,))


def test_terminals_without_the_signs_get_words() -> None:
    """Such as one in Latin 1, where neither exists."""
    text = shown((scenes.outage(), scenes.missed()), encoding="latin-1")
    assert text.startswith("ok payment-outage")
    assert "\nFAILED payment-outage-small" in text
    assert "2 scenarios, 1 failed" in text


def test_nothing_rehearsed_is_nothing_shown() -> None:
    """Not even a sum."""
    assert shown(()) == ""


def test_long_names_push_the_rest_aside() -> None:
    """Only their own line's, beyond 32 columns."""
    long = replace(scenes.outage(), name="x" * 50)
    lines = shown((long, scenes.outage()), 120).splitlines()
    assert lines[0].startswith("✓ " + "x" * 50 + "   7 of 7")
    assert lines[1].index("7 of 7") == 2 + 32 + 3
