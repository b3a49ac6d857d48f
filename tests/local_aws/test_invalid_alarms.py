"""PutMetricAlarm rejects what AWS rejects: the same alarms as the catalog, `make verify` and the drill.

The catalog, `make verify` and the drill are in `tests/unit/test_one_validator.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from tests.support.invalid_alarms import INVALID, VALID
from tests.support.tables import each

REFUSED = [name for name, invalid in INVALID.items() if invalid.by_aws]
ACCEPTED = {
    **VALID,
    **{name: invalid.request for name, invalid in INVALID.items() if not invalid.by_aws},
}


@each("name", REFUSED)
def test_what_aws_rejects_is_rejected(client: Callable[[str], Any], name: str) -> None:
    """By the server, unless boto3 already rejects the input; nothing is created."""
    invalid, cloudwatch = INVALID[name], client("cloudwatch")
    with pytest.raises((ClientError, ParamValidationError)) as caught:
        cloudwatch.put_metric_alarm(**invalid.request)
    if isinstance(caught.value, ClientError):
        assert caught.value.response["Error"]["Code"] == "ValidationError"
        assert invalid.message in caught.value.response["Error"]["Message"]
    assert cloudwatch.describe_alarms(AlarmNames=[invalid.request["AlarmName"][:255]])["MetricAlarms"] == []


@each("name", ACCEPTED)
def test_what_aws_accepts_is_accepted(client: Callable[[str], Any], name: str) -> None:
    """Also an alarm that cannot be evaluated here; it is described as it was created."""
    request, cloudwatch = ACCEPTED[name], client("cloudwatch")
    cloudwatch.put_metric_alarm(**request)
    try:
        (alarm,) = cloudwatch.describe_alarms(AlarmNames=[request["AlarmName"]])["MetricAlarms"]
    finally:
        cloudwatch.delete_alarms(AlarmNames=[request["AlarmName"]])
    assert alarm["AlarmName"] == request["AlarmName"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"AlarmRule": "ALARM(a) ANDD OK(a)"}, "rule: character 10: ANDD is not a keyword"),
        (
            {"AlarmRule": " OR ".join(f"ALARM(a{number})" for number in range(101))},
            "the rule must have at most 100 alarms (found: 101)",
        ),
        ({"AlarmName": "c" * 256}, "name: must have 1 to 255 characters"),
        ({"AlarmActions": ["arn:aws:sns:eu-west-1:1:t"] * 6}, "actions: must be at most 5"),
        ({"ActionsSuppressor": "a"}, "ActionsSuppressorWaitPeriod is missing"),
        (
            {
                "ActionsSuppressor": "c",
                "ActionsSuppressorWaitPeriod": 1,
                "ActionsSuppressorExtensionPeriod": 1,
            },
            "an alarm cannot suppress itself",
        ),
    ],
)
def test_a_composite_that_aws_rejects_is_rejected(
    client: Callable[[str], Any], changed: dict[str, Any], says: str
) -> None:
    """Because of its rule, name, actions or suppressor."""
    with pytest.raises(ClientError) as caught:
        client("cloudwatch").put_composite_alarm(**{"AlarmName": "c", "AlarmRule": "TRUE", **changed})
    assert says in caught.value.response["Error"]["Message"]
