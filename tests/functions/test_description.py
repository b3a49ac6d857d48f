"""The description of an alarm: what is written is what is read, and what people write is read too."""

from __future__ import annotations

import dataclasses
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.description import Description, read_description
from tests.unit.catalog.catalogs import EVERY

_LINES = st.text(alphabet=string.ascii_letters + string.digits + " ,;()<>%-/#é", min_size=1, max_size=40).map(
    str.strip
)
_WORDS = st.text(alphabet=string.ascii_lowercase + "-", min_size=1, max_size=12)


@given(
    st.builds(
        Description,
        subject=_WORDS,
        environment=st.just("prod"),
        summary=_LINES.filter(bool),
        condition=_LINES,
        look=_LINES,
        causes=st.lists(_WORDS, max_size=3, unique=True).map(tuple),
        note=_LINES,
        service=_WORDS,
        owner=_LINES,
        log_group=_LINES,
        dashboard=_WORDS,
        runbook=_LINES,
    )
)
def test_what_is_written_is_what_is_read(description: Description) -> None:
    """Field by field, whatever is in them."""
    assert read_description(description.text, environment="prod") == description


@pytest.mark.parametrize("name", EVERY)
def test_every_description_of_the_catalog_is_read_whole(name: str) -> None:
    """With what is wrong, whom to ask, and where; none has a line that is no field."""
    env, catalog = EVERY[name]
    for alarm in catalog.all_alarms:
        read = read_description(alarm.description, environment=env.environment)
        assert read.text == alarm.description
        assert read.summary == alarm.summary
        assert read.owner == alarm.owner
        assert read.service == (alarm.service or "")
        assert bool(read.runbook) == bool(alarm.runbook)


def test_the_parts_of_a_description() -> None:
    """The sentence and the advice for people, and the unit of the values."""
    text = Description(
        subject="pay",
        environment="prod",
        summary="it fails",
        condition="> 5 % of the calls in 1 minute",
        look="the log",
        causes=("errors", "latency"),
        note="Promised: 99 %.",
        service="pay",
    ).text
    assert text == (
        "pay in prod: it fails.\nCondition: > 5 % of the calls in 1 minute\nLook at: the log\n"
        "Any of: errors, latency\nNote: Promised: 99 %.\nService: pay"
    )
    read = read_description(text, environment="prod")
    assert read.sentence == "it fails (> 5 % of the calls in 1 minute)."
    assert read.headline == "it fails"
    assert read.advice == "Look at the log. Possible causes: errors, latency.\nPromised: 99 %."
    assert read.unit == "%"
    assert dataclasses.replace(read, service="").headline == "pay: it fails"
    assert dataclasses.replace(read, condition="> 5 errors in 1 minute").unit == ""


def test_a_text_that_people_wrote_is_read_too() -> None:
    """Its first sentence is what is wrong; a field that is there twice counts once; the rest is a note."""
    text = (
        "\npay in prod: it fails. Look twice.\n\nRemark: not a field\nService: pay\n"
        "Service: other\n Log group:/x\nRunbook: https://example.com/a:b"
    )
    read = read_description(text, environment="prod")
    assert (read.subject, read.summary) == ("pay", "it fails")
    assert read.note == "Look twice.\nRemark: not a field\nService: other"
    assert (read.service, read.log_group, read.runbook) == ("pay", "/x", "https://example.com/a:b")
    assert read_description("Owner: x", environment="prod") == Description(owner="x")
    assert read_description("prod: 2.5 of 3 fail", environment="prod").summary == "2.5 of 3 fail"
    assert read_description("dev: it fails", environment="prod").headline == "dev: it fails"
    for nothing in (None, "", 7, ["Service: x"]):
        assert read_description(nothing, environment="prod") == Description()
        assert Description().sentence == Description().advice == ""
