"""Sampling rules, groups, encryption and tags of X-Ray."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

_RULE = {
    "RuleName": "tenth",
    "ResourceARN": "*",
    "Priority": 100,
    "FixedRate": 0.1,
    "ReservoirSize": 1,
    "ServiceName": "*",
    "ServiceType": "*",
    "Host": "*",
    "HTTPMethod": "*",
    "URLPath": "*",
    "Version": 1,
    "Attributes": {"a": "b"},
}


def test_a_sampling_rule_lives_beside_the_default_one(client: Callable[[str], Any]) -> None:
    """Created, listed, changed, deleted; an update changes only its members."""
    xray = client("xray")
    arn = xray.create_sampling_rule(SamplingRule=_RULE)["SamplingRuleRecord"]["SamplingRule"]["RuleARN"]
    rules = [record["SamplingRule"] for record in xray.get_sampling_rules()["SamplingRuleRecords"]]
    assert [rule["RuleName"] for rule in rules] == ["Default", "tenth"]
    assert rules[1] == {**_RULE, "RuleARN": arn}
    changed = xray.update_sampling_rule(SamplingRuleUpdate={"RuleARN": arn, "FixedRate": 0.2})
    assert changed["SamplingRuleRecord"]["SamplingRule"] == {**_RULE, "RuleARN": arn, "FixedRate": 0.2}
    with pytest.raises(ClientError, match="already exists"):
        xray.create_sampling_rule(SamplingRule=_RULE)
    xray.delete_sampling_rule(RuleName="tenth")
    assert len(xray.get_sampling_rules()["SamplingRuleRecords"]) == 1
    with pytest.raises(ClientError, match="default"):
        xray.delete_sampling_rule(RuleName="Default")


def test_a_group_has_insights_only_when_asked_for(client: Callable[[str], Any]) -> None:
    """Both settings are disabled by default; an update of one keeps the other."""
    xray = client("xray")
    group = xray.create_group(GroupName="g", FilterExpression='annotation.env = "a"')["Group"]
    assert group["InsightsConfiguration"] == {"InsightsEnabled": False, "NotificationsEnabled": False}
    xray.update_group(GroupARN=group["GroupARN"], InsightsConfiguration={"InsightsEnabled": True})
    xray.update_group(GroupName="g", InsightsConfiguration={"NotificationsEnabled": True})
    updated = xray.get_group(GroupName="g")["Group"]
    assert updated["FilterExpression"] == 'annotation.env = "a"'
    assert updated["InsightsConfiguration"] == {"InsightsEnabled": True, "NotificationsEnabled": True}
    assert xray.get_groups()["Groups"] == [updated]
    xray.delete_group(GroupName="g")
    with pytest.raises(ClientError, match="Group not found") as caught:
        xray.get_group(GroupARN=group["GroupARN"])
    assert caught.value.response["Error"]["Code"] == "InvalidRequestException"


def test_tags_belong_to_a_group_or_rule(client: Callable[[str], Any]) -> None:
    """Set at creation, added, removed, and deleted with their resource."""
    xray = client("xray")
    tags = [{"Key": "a", "Value": "1"}]
    arn = xray.create_group(GroupName="tagged", Tags=tags)["Group"]["GroupARN"]
    xray.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    xray.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert xray.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    xray.delete_group(GroupARN=arn)
    with pytest.raises(xray.exceptions.ResourceNotFoundException):
        xray.list_tags_for_resource(ResourceARN=arn)


def test_encryption_needs_a_key_when_it_is_by_kms(client: Callable[[str], Any]) -> None:
    """The setting is returned until it is changed back."""
    xray = client("xray")
    with pytest.raises(ClientError, match="key is required"):
        xray.put_encryption_config(Type="KMS")
    xray.put_encryption_config(Type="KMS", KeyId="alias/traces")
    config = xray.get_encryption_config()["EncryptionConfig"]
    assert config == {"Type": "KMS", "KeyId": "alias/traces", "Status": "ACTIVE"}
    xray.put_encryption_config(Type="NONE")
    assert xray.get_encryption_config()["EncryptionConfig"]["Type"] == "NONE"


def test_traces_are_taken(client: Callable[[str], Any]) -> None:
    """A collector that sends segments gets no error."""
    assert client("xray").put_trace_segments(TraceSegmentDocuments=["{}"])["UnprocessedTraceSegments"] == []
