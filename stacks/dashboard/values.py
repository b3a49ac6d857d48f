"""Values that several parts of a dashboard's body have in common."""

from __future__ import annotations

from config.limits import REGIONS
from stacks.dashboard.shapes import integer, one_of, text

TEXT = text()
REGION = one_of(*REGIONS)
ACCOUNT = text(pattern=r"\d{12}", what="an account id of 12 digits")
COLOR = text(pattern=r"#[0-9a-fA-F]{6}", what="a colour such as #d62728")
PERIOD = integer(60, multiple_of=60)
SIDE = one_of("left", "right")
ID = text(pattern=r"[a-z]\w*", what="an id that begins with a lower-case letter", most=255)
"""CloudWatch API Reference, MetricDataQuery, Id."""

_ABSOLUTE = r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)"
_RELATIVE = r"-P(?=.)(\d+[DWMY])*(T(?=.)(\d+[HMS])*)?"

MOMENT = text(pattern=_ABSOLUTE, what="a time such as 2030-01-31T06:00:00Z")
START = text(pattern=f"{_RELATIVE}|{_ABSOLUTE}", what="a time such as -PT8H, -P30D or 2030-01-31T06:00:00Z")
STATISTIC = text(
    pattern=r"SampleCount|Average|Sum|Minimum|Maximum|IQM|(p|tm|wm|tc|ts)(100|\d{1,2}(\.\d+)?)"
    r"|(TM|WM|TC|TS)\([\d.]*%?:[\d.]*%?\)|PR\([\d.]*:[\d.]*\)",
    what="a statistic such as Sum, p99 or TC(:1000)",
)
"""CloudWatch User Guide, "CloudWatch statistics definitions"."""
