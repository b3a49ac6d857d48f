"""Every name in the synthesized stacks is within the limit of AWS, and different from the others."""

from __future__ import annotations

import functools
import re
import tempfile
from collections import Counter
from pathlib import Path

import pytest

import catalog
from catalog.naming import LIMITS
from config.models import Environment
from tests.synth.everything import NAMES, made
from tests.synth.synthesized import Synthesized, read_back
from tests.unit.catalog.catalogs import EVERY, plain

LENGTHS = (1, 22, 31)
"""Lengths of project names; `longest names` has 40, the others 8."""

NAME = re.compile(r"name|.*_name|name_.*|family|bucket|target_id|statement_id|identifier")
"""Arguments with a name."""

NOT_OURS = {
    ("aws_cloudwatch_log_metric_filter", "log_group_name"),  # of an existing service
    ("aws_cloudwatch_metric_alarm", "metric_name"),
    ("aws_lambda_function", "filename"),
}
"""Names that AWS or the platform define independently of the project."""

WITHIN_ANOTHER = {
    "aws_cloudwatch_event_target",
    "aws_cloudwatch_log_metric_filter",
    "aws_cloudwatch_log_stream",
    "aws_cloudwatch_log_subscription_filter",
    "aws_iam_role_policy",
    "aws_lambda_permission",
}
"""Types whose names are unique within a rule, log group, role or function."""


@functools.cache
def of_length(length: int) -> Synthesized:
    """Return the environment with the longest names and a project name of this length."""
    data = {**plain(EVERY["longest names"][0]), "project": "p" * length}
    env = Environment.model_validate(data)
    with tempfile.TemporaryDirectory() as folder:
        return read_back(env, catalog.build(env), Path(folder))


@pytest.mark.parametrize("which", [*NAMES, *LENGTHS])
def test_every_name_is_within_its_limit_and_unique(which: str | int) -> None:
    """Each literal argument with a name has a limit in `catalog.naming`."""
    stacks = of_length(which) if isinstance(which, int) else made(which)
    names: Counter[tuple[str, str, str]] = Counter()
    for resource in stacks.resources():
        for argument, value in resource.body.items():
            is_name = isinstance(value, str) and "${" not in value and NAME.fullmatch(argument)
            if not is_name or (resource.type, argument) in NOT_OURS:
                continue
            assert len(value) <= LIMITS[resource.type][argument], (str(resource), argument, value)
            assert value, (str(resource), argument)
            names[resource.type, argument, value] += resource.type not in WITHIN_ANOTHER
    assert [name for name, count in names.items() if count > 1 and "display_name" not in name] == []
    assert len(names) > 50
