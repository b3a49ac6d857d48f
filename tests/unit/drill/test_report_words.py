"""What reports say: numbers, times, names, and the facts nearest to what went wrong."""

from __future__ import annotations

import itertools
import sys
import unicodedata
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from cloudwatch.alarms import CompositeAlarm, MetricAlarm
from cloudwatch.suppression import Suppressed
from drill.model import System
from drill.rehearsal import Rehearsal, Verdict
from drill.report.diagnostics import Diagnostics, Summary, states_of
from drill.report.markup import Html, script_data, tag
from drill.report.words import Moments, Names, Place, count, number, place, printable, quantity
from tests.support.tables import each
from tests.unit.drill import scenes
from tests.unit.drill.stage import BEGINS_S, TICKETS, Stage, composite, full, metric_alarm, system

TURNING = {"LRO", "RLO", "LRE", "RLE", "PDF", "LRI", "RLI", "FSI", "PDI"}


def test_every_character_becomes_one_that_files_and_terminals_take() -> None:
    """What XML, UTF-8 and a terminal take as text stays, the rest is written out."""
    # All of the first plane; of the others, which are uniform, both ends.
    planes = range(0x10000, sys.maxunicode + 1, 0x10000)
    firsts = (code for plane in planes for code in range(plane, plane + 512))
    lasts = (code for plane in planes for code in range(plane + 0xFF00, plane + 0x10000))
    every = [chr(code) for code in (*range(0x10000), *firsts, *lasts)]
    for name in every:
        shown = printable(name)
        if shown == name:
            assert unicodedata.category(name) not in {"Cc", "Cs"}
            assert unicodedata.bidirectional(name) not in TURNING
        else:
            assert shown.startswith("\\")
            assert shown.isascii()
            assert shown.isprintable()
    text = "".join(name for name in every if name not in "<&")
    ET.fromstring(f"<x>{printable(text, lines=True)}</x>")  # noqa: S314 - it is ours


def test_ordinary_text_stays() -> None:
    """Umlauts, emoji with joiners, and newlines where they are allowed."""
    for said in ("Zürich → 北京", "👩‍🚒 fire", "a b"):
        assert printable(said) == said
    assert printable("a\nb\tc") == r"a\nb\tc"
    assert printable("a\nb\tc\x00", lines=True) == "a\nb\tc\\x00"


@each(
    ("value", "unit", "says"),
    [
        (5, "Percent", "5 %"),
        (0.01234567, "", "0.01235"),
        (99.95, "Percent", "99.95 %"),
        (250, "Milliseconds", "250 ms"),
        (3, "Count", "3"),
        (3, "None", "3"),
        (3, "Count/Second", "3 Count/Second"),
        (12_345.6, "Bytes", "12,346 B"),
        (1234.5, "Seconds", "1,234 s"),
        (1e18, "", "1e+18"),
        (-0.5, "", "-0.5"),
        (float("inf"), "Percent", "∞"),
        (float("-inf"), "", "-∞"),
        (float("nan"), "Percent", "no data"),
    ],
)
def test_values_have_the_digits_that_anybody_reads(value: float, unit: str, says: str) -> None:
    """Four, or all before the point; with the unit as people write it."""
    assert quantity(value, unit) == says
    assert says.startswith(number(value))


def test_nouns_agree_with_their_number() -> None:
    """One page, any other number of pages."""
    assert [count(item, "page") for item in (0, 1, 2, 1440)] == [
        "0 pages",
        "1 page",
        "2 pages",
        "1,440 pages",
    ]


MINUTES = Moments(BEGINS_S, BEGINS_S + 2700)
DAYS = Moments(BEGINS_S, BEGINS_S + 3 * 86_400)


@pytest.mark.parametrize(
    ("moments", "after_s", "says"),
    [
        (MINUTES, 720, "+12m (14:12 UTC)"),
        (MINUTES, 0, "+0s (14:00 UTC)"),
        (MINUTES, -300, "-5m (13:55 UTC)"),
        (MINUTES, 61, "+1m1s (14:01:01 UTC)"),
        (DAYS, 93_600, "+1d2h (Sat 16:00 UTC)"),
    ],
)
def test_times_are_told_as_offset_and_clock(moments: Moments, after_s: float, says: str) -> None:
    """With seconds where there are any, and with the day where there are several."""
    assert moments.both(BEGINS_S + after_s) == says


def test_dates_are_told_once() -> None:
    """One day with its hours, or two days."""
    assert MINUTES.date() == "Fri 20 Nov 2026, 14:00 to 14:45 UTC"
    assert DAYS.date() == "Fri 20 Nov 2026 14:00 to Mon 23 Nov 2026 14:00 UTC"


def test_what_is_outside_stands_at_the_edge() -> None:
    """And a scenario of no length divides nothing by 0."""
    shares = [MINUTES.percent(BEGINS_S + after_s) for after_s in (-60, 0, 675, 2700, 9999)]
    assert shares == [0, 0, 25, 100, 100]
    assert Moments(5, 5).percent(5) == 0


def test_the_shortest_name_is_used() -> None:
    """Of those that are a part of what AWS shows; an alarm without any keeps its own."""
    alarm, other = metric_alarm("errors", "pay"), metric_alarm("x", None)
    parts = [alarm.name[1:], alarm.name[2:]]
    names = Names.of(System("", (alarm, other), short_names=dict.fromkeys([*parts, "abc"], alarm.name)))
    assert names.short(alarm.name) == parts[1]
    assert names.short(other.name) == other.name


@each(
    ("short", "service", "own", "above", "says"),
    [
        ("pay-errors", "pay", "pay", None, "errors"),
        ("pay/errors", "pay", "pay", None, "errors"),
        ("pay-errors", None, "pay", None, "pay-errors"),
        ("pay-api-errors", "pay", "pay-api", None, "pay-api-errors"),
        ("payments", "pay", "pay", None, "payments"),
        ("pay", "pay", "pay", None, "pay"),
        ("pay-", "pay", "pay", None, "pay-"),
        ("pay-impact-quiet", "pay", None, None, "impact-quiet"),
        ("pay-burn-long", "pay", "pay", "pay-burn", "long"),
        ("pay-burn", "pay", "pay", "pay-burn", "burn"),
    ],
)
def test_names_leave_out_what_is_known(
    short: str, service: str | None, own: str | None, above: str | None, says: str
) -> None:
    """The service and the composite that stand above; never half a word, never everything."""
    names = Names({"full": short, "above": above or ""}, {"full": own} if own else {})
    assert names.within("full", service, "above" if above else None) == says


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("drills/a.yaml:14", ("drills/a.yaml", 14)),
        ("C:\\drills\\a.yaml:3", ("C:\\drills\\a.yaml", 3)),
        ("a.yaml", ("a.yaml", None)),
        ("a.yaml:", ("a.yaml:", None)),
        ("a.yaml:0", ("a.yaml:0", None)),
        ("a\nb:2", ("a\nb", 2)),
    ],
)
def test_places_are_split_into_file_and_line(written: str, found: tuple[str, int | None]) -> None:
    """At the last colon, if a line's number is behind it."""
    assert place(Verdict(written, "", passed=True, actual="")) == Place(*found)


def test_markup_escapes_everything_else() -> None:
    """Texts and attributes; what is markup stays markup."""
    made = tag("p", "<b>", tag("i", "&"), class_='"x"', data_y="<", hidden=True, id=None, title=False)
    assert made == '<p class="&quot;x&quot;" data-y="&lt;" hidden>&lt;b&gt;<i>&amp;</i></p>'
    assert tag("meta", charset="utf-8") == '<meta charset="utf-8">'
    assert isinstance(made, Html)
    assert script_data({"</script>": "<!--&"}) == r'{"\u003c/script\u003e":"\u003c!--\u0026"}'
    with pytest.raises(ValueError, match="JSON"):
        script_data(float("nan"))


@each("made", scenes.SCENES.values(), ids=scenes.SCENES)
def test_states_have_no_hole(made: object) -> None:
    """From the beginning to the end, every alarm of every scene, as the rehearsal itself says."""
    assert callable(made)
    rehearsal: Rehearsal = made()
    for alarm in rehearsal.system.all_alarms:
        found = states_of(rehearsal, alarm.name)
        assert found[0].from_s == rehearsal.begins_s
        assert found[-1].to_s == rehearsal.ends_s
        assert all(
            span.to_s == two.from_s and span.state != two.state for span, two in itertools.pairwise(found)
        )
        assert all(rehearsal.state(alarm.name, span.from_s) == span.state for span in found)


def test_only_alarms_are_counted_as_pages_and_tickets() -> None:
    """What says that it is over wakes nobody."""
    summary = Summary.of(scenes.outage())
    assert (summary.expectations, summary.passed, summary.pages, summary.tickets) == (7, 7, 1, 0)
    assert summary.verdict == "7 of 7 passed"
    assert summary.notified == "1 page, 0 tickets"
    assert Summary.of(replace(scenes.outage(), verdicts=())).verdict == "no expectations"
    assert Summary.of(scenes.band()).notified == "0 pages, 1 ticket"


def known(rehearsal: Rehearsal, short: str, minutes: float | None = None) -> tuple[str, ...]:
    """Return the facts about an alarm of which something wpassed."""
    at_s = None if minutes is None else BEGINS_S + minutes * 60
    return Diagnostics.of(rehearsal).about(
        Verdict("", "", passed=False, actual="", alarm=full(short), at_s=at_s)
    )


def test_facts_tell_that_there_never_was_data() -> None:
    """With the metric that has none, and how that is treated."""
    metric = "AWS/Lambda queue-age FunctionName=reveille-checkout-api-prod"
    assert known(scenes.silence(), "checkout-api-queue-age") == (
        "it was in INSUFFICIENT_DATA throughout",
        f"it had no datapoints: {metric}; missing data is missing",
    )


def test_facts_tell_how_many_datapoints_were_short() -> None:
    """And when it was nearest."""
    assert known(scenes.missed(), "payment-handler-error-rate") == (
        "it was in OK throughout",
        "at most 1 of 5 datapoints breached at +13m (14:13 UTC); required: 3",
    )


def test_facts_tell_the_nearest_value() -> None:
    """If not even one datapoint breached."""
    states, nearest = known(scenes.outage(), "payment-handler-latency")
    assert states == "it was in OK throughout"
    value = float(np.max(scenes.outage().line(full("payment-handler-latency")).values[30:]))
    assert nearest.startswith(f"no datapoint breached: the nearest was {value:.4g} ms, at +")
    assert nearest.endswith("; required: > 1,500 ms")


def test_facts_tell_of_gaps_and_states() -> None:
    """How many datapoints were missing, and one state after the other; not how near it was, as it fired."""
    assert known(scenes.outage(), "payment-handler-log-errors") == (
        "it was in OK until +9m, ALARM until +27m, then OK",
        "6 of 46 datapoints were missing; missing data is notBreaching",
        "it has no action for ALARM",
    )


def test_facts_tell_by_what_actions_were_held_back() -> None:
    """By the suppressor, by the extension after it, by the wait for it; and which children were in ALARM."""
    assert known(scenes.deployment(), "payment-handler-impact", 12) == (
        "it was in OK until +10m, ALARM until +33m, then OK",
        "at +12m, 1 of 5 alarms in its rule in ALARM: payment-handler-error-rate",
        "its actions were suppressed +10m to +15m (14:10 to 14:15 UTC): payment-handler-planned was in ALARM",
        (
            "its actions were suppressed +15m to +17m (14:15 to 14:17 UTC): extension period of 2m after "
            "payment-handler-planned"
        ),
    )
    held = (
        Suppressed(BEGINS_S - 60, BEGINS_S, "Alarm"),
        Suppressed(BEGINS_S + 2400, None, "WaitPeriod"),
    )
    open_end = replace(scenes.deployment(), suppressed={full("payment-handler-impact"): held})
    said = [text for text in known(open_end, "payment-handler-impact") if "suppressed" in text]
    assert said == [
        (
            "its actions were suppressed +40m to +45m (14:40 to 14:45 UTC): wait period of 1m for "
            "payment-handler-planned"
        )
    ]


def test_facts_count_what_is_too_much_to_tell() -> None:
    """Of many changes and many children the first few."""
    alarms = [metric_alarm(f"a{index}", "s", of=(1, 1)) for index in range(7)]
    root = composite("s-root", [f"s-a{index}" for index in range(7)], "s", actions=TICKETS)
    values = {f"s-a{index}": np.where(np.arange(45) % 2, 9.0, 0.0) for index in range(7)}
    stage = Stage("x", "", system(alarms, [root]), values)
    stage.evaluate(*values)
    rehearsal = stage.play()
    states, *_ = known(rehearsal, "s-a1")
    assert (
        states == "it was in OK until +2m, ALARM until +3m, OK until +4m, ALARM until +5m, 39 more changes, "
        "then ALARM"
    )
    _, children = known(rehearsal, "s-root", 2)
    assert children == "at +2m, 7 of 7 alarms in its rule in ALARM: s-a0, s-a1, s-a2, s-a3 …"


def test_facts_are_of_alarms_that_are_there() -> None:
    """An expectation about no alarm, or an unknown one, has none."""
    assert known(scenes.outage(), "nobody") == ()
    assert Diagnostics.of(scenes.outage()).about(Verdict("", "", passed=False, actual="")) == ()


def test_facts_are_told_once() -> None:
    """Of several failures of an alarm, the later ones have only what is new."""
    rehearsal = scenes.missed()
    first, second, passed, third, sum_ = Diagnostics.of(rehearsal).without_repetition()
    assert first == Diagnostics.of(rehearsal).about(rehearsal.verdicts[0])
    assert second
    assert (passed, third, sum_) == ((), (), ())


def test_all_alarms_have_facts() -> None:
    """Whatever happened in a scene, and whatever kind of alarm it is."""
    for made in scenes.SCENES.values():
        rehearsal = made()
        for alarm in rehearsal.system.all_alarms:
            assert isinstance(alarm, MetricAlarm | CompositeAlarm)
            verdict = Verdict("", "", passed=False, actual="", alarm=alarm.name)
            told = Diagnostics.of(rehearsal).about(verdict)
            assert told[0].startswith("it was ")
            assert len(set(told)) == len(told)
