"""What a stack reads of the others is compared with what they publish, key by key."""

from __future__ import annotations

import pytest

from config.loader import load
from ops import reads, state, synthesis
from terraform.configuration import Stack
from tests.support.tables import each

ENV = load("local", variables={})
PUBLISHED = {"security": {"kms_key_arn": "arn"}, "compute": {"log_group_names": {"old": "/old"}}}


@each(
    ("reference", "missing"),
    [
        ("${data.terraform_remote_state.security.outputs.kms_key_arn}", None),
        ("${data.terraform_remote_state.security.outputs.kms_key_id}", "kms_key_id"),
        ('${data.terraform_remote_state.compute.outputs.log_group_names["old"]}', None),
        ('${data.terraform_remote_state.compute.outputs.log_group_names["new"]}', "log_group_names[new]"),
        ("${data.terraform_remote_state.compute.outputs.log_group_names.old}", None),
        ("${data.terraform_remote_state.compute.outputs.log_group_names.new}", "log_group_names[new]"),
        (
            'in ${data.terraform_remote_state.compute.outputs.log_group_names["new"]}!',
            "log_group_names[new]",
        ),
        ("${data.terraform_remote_state.monitoring.outputs.alarm_topic_arn}", "alarm_topic_arn"),
        ("${aws_sns_topic.critical.arn}", None),
    ],
)
def test_a_value_that_is_not_there_yet_is_named(
    reference: str, missing: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An output, a key of a map, or everything of a stack that is not deployed."""
    content = Stack("dashboard", {"resource": {"aws_x": {"y": {"names": [reference]}}}})
    monkeypatch.setattr(synthesis, "configuration", lambda *_: content)
    monkeypatch.setattr(state, "outputs", lambda _, stack: PUBLISHED.get(stack))
    found = [str(read) for read in reads.unpublished(ENV, "dashboard")]
    assert found == ([missing] if missing else [])
