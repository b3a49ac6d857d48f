"""Metric math: parsed, printed, checked and computed as far as alarms allow.

Source: CloudWatch User Guide, "Using math expressions with CloudWatch metrics". What it leaves open is
decided in the docstrings of `parser`, `forms`, `operators` and `functions`.
"""

from __future__ import annotations

from drill.maths.alarms import band_of, check_alarm
from drill.maths.evaluation import evaluate, is_elementwise, looks_back
from drill.maths.forms import Kind
from drill.maths.kinds import kinds_of
from drill.maths.parser import parse
from drill.maths.queries import evaluate_all
from drill.maths.syntax import Expression, names, text_of

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
