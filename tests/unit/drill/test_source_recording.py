"""Recorded series: every form that is documented is read, and what is wrong is said with file and line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudwatch.errors import InputError
from drill.sources import recording
from drill.sources.recording import Point, Recorded
from drill.sources.times import seconds
from tests.support.tables import each

NOON_S = 1772366400.0
"""2026-03-01T12:00:00Z."""
TWO = (Recorded(("a",), (Point(NOON_S, 1, None), Point(NOON_S + 60, 2.5, None))),)

READ: Mapping[str, tuple[str, tuple[Recorded, ...]]] = {
    "UTC": ("timestamp,a\n2026-03-01T12:00:00Z,1\n2026-03-01T12:01:00Z,2.5\n", TWO),
    "zones": ("timestamp,a\n2026-03-01T13:00:00+01:00,1\n2026-03-01 06:31:00-05:30,2.5\n", TWO),
    "zones without a colon": ("timestamp,a\n2026-03-01T13:00:00.000+0100,1\n2026-03-01T12:01Z,2.5\n", TWO),
    "fractions": ("timestamp,a\n2026-03-01T12:00:00.0Z,1\n2026-03-01T12:01:00.000000000Z,2.5\n", TWO),
    "seconds": ("timestamp,a\n1772366400,1\n1772366460.0,2.5\n", TWO),
    "milliseconds": ("timestamp,a\n1772366400000,1\n1772366460000,2.5\n", TWO),
    "any order": ("timestamp,a\n1772366460,2.5\n1772366400,1\n", TWO),
    "Windows": ("\ufeffTimestamp;a\r\n1772366400;1\r\n\r\n1772366460;2.5\r\n", TWO),
    "tabs": ("time\ta\n1772366400\t1\n1772366460\t2.5", TWO),
    "numbers": ("timestamp,a\n1772366400, 1.0 \n1772366460,+0.25e1\n", TWO),
    "several, with gaps": (
        'timestamp,a,"b, of c",d\n1772366400,1,,\n1772366460,2.5,-3,\n',
        (*TWO, Recorded(("b, of c",), (Point(NOON_S + 60, -3, None),)), Recorded(("d",), ())),
    ),
    "long": (
        "timestamp,metric,value\n1772366400,a,1\n1772366400,b,7\n1772366460,a,2.5\n1772366460,b,\n",
        (*TWO, Recorded(("b",), (Point(NOON_S, 7, None),))),
    ),
    "long with samples": (
        "timestamp,samples,value,metric\n1772366400,20,1,a\n1772366460,,2.5,a\n",
        (Recorded(("a",), (Point(NOON_S, 1, 20), Point(NOON_S + 60, 2.5, None))),),
    ),
    "one series with samples": (
        "timestamp,value,samples\n1772366400,1,20\n",
        (Recorded(("value",), (Point(NOON_S, 1, 20),)),),
    ),
    "console": (
        (
            'Full label,AWS/Lambda Errors,"AWS/Lambda, Duration"\nLabel,Errors,Duration\nId,m1,m2\nPeriod,1\n'
            "2026/03/01 12:00:00,1,\n2026/03/01 12:01:00,2.5,30\n"
        ),
        (
            Recorded(("m1", "Errors", "AWS/Lambda Errors"), TWO[0].points),
            Recorded(("m2", "Duration", "AWS/Lambda, Duration"), (Point(NOON_S + 60, 30, None),)),
        ),
    ),
    "console with labels only": (
        "Label,Errors\n2026/03/01 12:00,1\n2026/03/01 12:01,2.5\n",
        (Recorded(("Errors",), TWO[0].points),),
    ),
    "get-metric-data": (
        json.dumps(
            {
                "MetricDataResults": [
                    {
                        "Id": "m1",
                        "Label": "Errors",
                        "Timestamps": ["2026-03-01T12:01:00+00:00", "2026-03-01T12:00:00+00:00"],
                        "Values": [2.5, 1],
                        "StatusCode": "Complete",
                    },
                    {"Id": "m2", "Label": "m2", "Timestamps": [], "Values": []},
                ],
                "Messages": [],
            }
        ),
        (Recorded(("m1", "Errors"), TWO[0].points), Recorded(("m2",), ())),
    ),
    "get-metric-statistics": (
        json.dumps(
            {
                "Label": "Errors",
                "Datapoints": [
                    {"Timestamp": "2026-03-01T12:01:00Z", "Maximum": 2.5, "Unit": "Count"},
                    {"Timestamp": 1772366400, "Maximum": 1, "Unit": "Count"},
                ],
            }
        ),
        (Recorded(("Errors", "Errors Maximum"), TWO[0].points),),
    ),
    "several statistics": (
        json.dumps(
            {
                "Label": "D",
                "Datapoints": [
                    {
                        "Timestamp": "2026-03-01T12:00:00Z",
                        "Average": 3,
                        "Sum": 12,
                        "SampleCount": 4,
                        "ExtendedStatistics": {"p99": 9},
                    }
                ],
            }
        ),
        (
            Recorded(("D Average",), (Point(NOON_S, 3, 4),)),
            Recorded(("D Sum",), (Point(NOON_S, 3, 4),)),
            Recorded(("D p99",), (Point(NOON_S, 9, 4),)),
        ),
    ),
    "samples alone": (
        json.dumps({"Label": "D", "Datapoints": [{"Timestamp": "2026-03-01T12:00:00Z", "SampleCount": 4}]}),
        (Recorded(("D", "D SampleCount"), (Point(NOON_S, 1, 4),)),),
    ),
}


def read(folder: Path, content: str) -> tuple[Recorded, ...]:
    """Return the series of a file with this content."""
    path = folder / "m.csv"
    path.write_text(content, encoding="utf-8", newline="")
    return recording.read(path)


@each("case", READ)
def test_every_form_is_read(case: str, tmp_path: Path) -> None:
    """Wide and long CSV, the console's, and what the command line prints."""
    content, expected = READ[case]
    assert read(tmp_path, content) == expected


_NOON = "2026-03-01T12:00:00Z"

REFUSED: Mapping[str, tuple[str, str]] = {
    "empty": ("", "m.csv:1: is empty; the first line must be `timestamp` and a column for each metric"),
    "blank": ("\n\n  \n", "m.csv:1: is empty"),
    "header": ("when,a\n1,2\n", "m.csv:1: begins with 'when'; the first line must be `timestamp` and"),
    "no header": (f"{_NOON},1\n", f"m.csv:1: begins with '{_NOON}'"),
    "no column": ("timestamp\n1\n", "m.csv:1: has no column of values"),
    "twice": ("timestamp,a,a\n1,2,3\n", "m.csv:1: has the column a twice"),
    "nameless": ("timestamp,a,\n1,2,3\n", "m.csv:1: has a column without a name"),
    "cells": (f"timestamp,a\n{_NOON},1\n{_NOON},1,2\n", "m.csv:3: has 3 cells; the header has 2"),
    "no zone": (
        "timestamp,a\n2026-03-01T12:00:00,1\n",
        "m.csv:2: 2026-03-01T12:00:00 has no time zone: write 2026-03-01T12:00:00Z if it is UTC",
    ),
    "slashes": ("timestamp,a\n2026/03/01 12:00:00,1\n", "m.csv:2: 2026/03/01 12:00:00 is not a time such as"),
    "date": ("timestamp,a\n2026-03-01,1\n", "m.csv:2: 2026-03-01 is not a time such as"),
    "no time": (f"timestamp,a\n{_NOON},1\n,1\n", "m.csv:3:  is not a time such as"),
    "month": ("timestamp,a\n2026-13-01T12:00:00Z,1\n", "m.csv:2: 2026-13-01T12:00:00Z is not a time such as"),
    "far": ("timestamp,a\n1e300,1\n", "m.csv:2: 1e300 is not a valid time"),
    "number": (
        f"timestamp,a\n\n{_NOON},many\n",
        "m.csv:3: has 'many' for a number; leave the cell empty if it is missing",
    ),
    "nan": (f"timestamp,a\n{_NOON},NaN\n", "m.csv:2: has 'NaN' for a number"),
    "inf": (f"timestamp,a\n{_NOON},1e999\n", "m.csv:2: has '1e999' for a number"),
    "underscore": (f"timestamp,a\n{_NOON},1_0\n", "m.csv:2: has '1_0' for a number"),
    "quote": ('timestamp,a\n"x,1\n', "m.csv:2: is not CSV: unexpected end of data"),
    "no value": (f"timestamp,a\n{_NOON},\n", "m.csv: contains no values"),
    "no row": ("timestamp,a\n", "m.csv: contains no values"),
    "long's columns": (
        "timestamp,metric,value,unit\n1,a,2,s\n",
        "m.csv:1: has the columns timestamp, metric, value, unit; allowed: timestamp, metric, value, samples",
    ),
    "long's cells": ("timestamp,metric,value\n1,a\n", "m.csv:2: has 2 cells; the header has 3"),
    "long's name": ("timestamp,metric,value\n1,,2\n", "m.csv:2: has no name of a metric"),
    "samples": (
        "timestamp,metric,value,samples\n1,a,2,0\n",
        "m.csv:2: has 0 samples: must be more than 0",
    ),
    "samples' number": ("timestamp,metric,value,samples\n1,a,2,x\n", "m.csv:2: has 'x' for a number"),
    "console without times": (
        "Label,a\nId,m1\n",
        "m.csv:2: is the last line, and no line begins with a time",
    ),
    "console's cells": ("Label,a\n2026/03/01 12:00:00,1,2\n2026/03/01 12:01:00,1\n", "m.csv:3: has 2 cells"),
    "JSON": ("{", "m.csv: is not JSON"),
    "deep JSON": ("[" * 100_000, "m.csv: is not JSON"),
    "list": ("[1]", "m.csv: must be an object; allowed: the output of `aws cloudwatch"),
    "other JSON": ("{}", "m.csv: has neither MetricDataResults nor Datapoints"),
    "token": (
        '{"MetricDataResults": [], "NextToken": "x"}',
        "m.csv: NextToken means that the result is not complete",
    ),
    "partial": (
        '{"MetricDataResults": [{"StatusCode": "InternalError"}]}',
        "m.csv: MetricDataResults 1: StatusCode 'InternalError' is not valid; allowed: Complete",
    ),
    "lengths": (
        '{"MetricDataResults": [{"Timestamps": [1], "Values": []}]}',
        "MetricDataResults 1: Timestamps has 1 entries, Values has 0",
    ),
    "no list": (
        '{"MetricDataResults": [{"Timestamps": 1}]}',
        "m.csv: MetricDataResults 1: Timestamps must be a list",
    ),
    "its time": (
        '{"MetricDataResults": [{"Timestamps": ["x"], "Values": [1]}]}',
        "m.csv: MetricDataResults 1: 1: Timestamps x is not a time such as",
    ),
    "its value": (
        '{"MetricDataResults": [{"Timestamps": [1], "Values": ["x"]}]}',
        "m.csv: MetricDataResults 1: 1: Values must be a number (found: 'x')",
    ),
    "datapoint": ('{"Datapoints": [{"Sum": 1}]}', "m.csv: Datapoints 1: Timestamp is missing"),
}


@each("case", REFUSED)
def test_what_is_wrong_is_said_with_file_and_line(case: str, tmp_path: Path) -> None:
    """And what is allowed instead."""
    content, says = REFUSED[case]
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    assert says in str(caught.value).replace(f"{tmp_path}/", "")


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """It is not there, or not text."""
    with pytest.raises(InputError, match=r"none\.csv: cannot be read: No such file or directory"):
        recording.read(tmp_path / "none.csv")
    (tmp_path / "m.csv").write_bytes(b"timestamp,a\n\xff\xfe\n")
    with pytest.raises(InputError, match=r"m\.csv: is not UTF-8"):
        recording.read(tmp_path / "m.csv")


@given(st.text(alphabet='timesap,;\n0123456789-:TZ/.{}[]"metricvalu', max_size=80))
def test_no_file_breaks_it(content: str) -> None:
    """Whatever it holds, it is read or refused."""
    path = Path("m.csv")
    try:
        found = recording.of_text(path, content)
    except InputError:
        return
    assert all(recorded.names for recorded in found)


@given(st.datetimes(timezones=st.timezones()))
def test_times_are_read_back(time: object) -> None:
    """Whatever the zone, as Python writes them."""
    written = time.isoformat()  # type: ignore[attr-defined]
    if written.count(":") < 4:  # zones with seconds are from before 1970 and no standard
        assert seconds(written) == pytest.approx(time.timestamp(), abs=1e-3)  # type: ignore[attr-defined]
