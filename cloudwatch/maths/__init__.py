"""Metric math: parsed, printed, checked and computed as far as alarms allow.

Source: CloudWatch User Guide, "Using math expressions with CloudWatch metrics". What it leaves open is
decided in the docstrings of `parser`, `forms`, `operators` and `functions`.
"""

from __future__ import annotations

from cloudwatch.maths.alarms import band_of, check_alarm
from cloudwatch.maths.evaluation import evaluate, is_elementwise, looks_back
from cloudwatch.maths.forms import Kind
from cloudwatch.maths.kinds import kinds_of
from cloudwatch.maths.parser import parse
from cloudwatch.maths.queries import evaluate_all
from cloudwatch.maths.syntax import Expression, names, text_of

__all__ = [
    "Expression",
    "Kind",
    "band_of",
    "check_alarm",
    "evaluate",
    "evaluate_all",
    "is_elementwise",
    "kinds_of",
    "looks_back",
    "names",
    "parse",
    "text_of",
]
