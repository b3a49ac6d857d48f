"""AWS X-Ray: sampling rules, groups, encryption and their tags. MiniStack does not implement it.

Source of names, limits and messages: AWS X-Ray API Reference; botocore's model gives the shapes.
"""

from __future__ import annotations

import time
import uuid
from typing import Any

from local_aws.calls import Answer, Call, Service
from local_aws.errors import AwsError
from local_aws.pages import page
from local_aws.protocols import Value

_PAGE = 100

DEFAULT_RULE = {
    "RuleName": "Default",
    "ResourceARN": "*",
    "Priority": 10000,
    "FixedRate": 0.05,
    "ReservoirSize": 1,
    "ServiceName": "*",
    "ServiceType": "*",
    "Host": "*",
    "HTTPMethod": "*",
    "URLPath": "*",
    "Version": 1,
    "Attributes": {},
}
"""The rule that exists in every account (AWS X-Ray Developer Guide, "Configuring sampling rules")."""


def _invalid(message: str) -> AwsError:
    code = "InvalidRequestException"
    return AwsError(code, message)


def _rules(call: Call) -> dict[str, Any]:
    """Return the sampling rules by name, including the default rule."""
    rules = call.table("rules")
    if "Default" not in rules:
        rule = {**DEFAULT_RULE, "RuleARN": call.arn("sampling-rule/Default")}
        rules["Default"] = {"SamplingRule": rule, "CreatedAt": 0.0, "ModifiedAt": 0.0}
    return rules


def _key_of(rows: dict[str, Any], parameters: Value, name: str, arn: str, path: tuple[str, ...]) -> str:
    """Return the key of the row that an input identifies by name or by ARN.

    Args:
        rows: the rows by name.
        parameters: the input.
        name: the member of the input for the name.
        arn: the member of the input for the ARN.
        path: the path of the ARN in a row.

    Raises:
        AwsError: InvalidRequestException, if there is no such row.
    """
    if parameters.get(name) in rows:
        return str(parameters[name])
    for key, row in rows.items():
        value = row
        for member in path:
            value = value[member]
        if parameters.get(arn) and value == parameters[arn]:
            return key
    resource = "Group" if name == "GroupName" else "Sampling rule"
    message = f"{resource} not found"
    raise _invalid(message)


async def create_sampling_rule(call: Call) -> Value:
    """Create a rule."""
    rules, rule = _rules(call), call.input["SamplingRule"]
    if rule["RuleName"] in rules:
        message = f"A sampling rule named {rule['RuleName']} already exists"
        raise _invalid(message)
    now = time.time()
    created = {"Attributes": {}, **rule, "RuleARN": call.arn(f"sampling-rule/{rule['RuleName']}")}
    record = {"SamplingRule": created, "CreatedAt": now, "ModifiedAt": now}
    rules[rule["RuleName"]] = record
    _set_tags(call, created["RuleARN"])
    return {"SamplingRuleRecord": record}


async def update_sampling_rule(call: Call) -> Value:
    """Change the members of a rule that are in the input."""
    rules, update = _rules(call), call.input["SamplingRuleUpdate"]
    key = _key_of(rules, update, "RuleName", "RuleARN", ("SamplingRule", "RuleARN"))
    record = rules[key]
    changes = {name: value for name, value in update.items() if name not in {"RuleName", "RuleARN"}}
    rules[key] = {**record, "SamplingRule": {**record["SamplingRule"], **changes}, "ModifiedAt": time.time()}
    return {"SamplingRuleRecord": rules[key]}


async def delete_sampling_rule(call: Call) -> Value:
    """Delete a rule. The default rule cannot be deleted."""
    rules = _rules(call)
    key = _key_of(rules, call.input, "RuleName", "RuleARN", ("SamplingRule", "RuleARN"))
    if key == "Default":
        message = "The default sampling rule cannot be deleted"
        raise _invalid(message)
    record = rules.pop(key)
    call.table("tags").pop(record["SamplingRule"]["RuleARN"], None)
    return {"SamplingRuleRecord": record}


async def get_sampling_rules(call: Call) -> Value:
    """List the rules, in pages."""
    records = sorted(_rules(call).values(), key=lambda record: record["SamplingRule"]["RuleName"])
    listed, token = page(records, call.input.get("NextToken"), _PAGE)
    return {"SamplingRuleRecords": listed, "NextToken": token}


async def create_group(call: Call) -> Value:
    """Create a group."""
    groups, name = call.table("groups"), call.input["GroupName"]
    if name in groups:
        message = f"A group named {name} already exists"
        raise _invalid(message)
    groups[name] = {
        "GroupName": name,
        "GroupARN": call.arn(f"group/{name}/{uuid.uuid4().hex.upper()}"),
        "FilterExpression": call.input.get("FilterExpression"),
        "InsightsConfiguration": _insights({}, call.input),
    }
    _set_tags(call, groups[name]["GroupARN"])
    return {"Group": groups[name]}


def _insights(settings: Value, parameters: Value) -> Value:
    """Return a group's insights settings after a call; both are disabled by default."""
    default = {"InsightsEnabled": False, "NotificationsEnabled": False}
    return {**default, **settings, **parameters.get("InsightsConfiguration", {})}


def _group(call: Call) -> str:
    return _key_of(call.table("groups"), call.input, "GroupName", "GroupARN", ("GroupARN",))


async def update_group(call: Call) -> Value:
    """Change a group's filter or insights settings."""
    groups, key = call.table("groups"), _group(call)
    group = groups[key]
    groups[key] = {
        **group,
        "FilterExpression": call.input.get("FilterExpression", group["FilterExpression"]),
        "InsightsConfiguration": _insights(group["InsightsConfiguration"], call.input),
    }
    return {"Group": groups[key]}


async def get_group(call: Call) -> Value:
    """Return a group by name or ARN."""
    return {"Group": call.table("groups")[_group(call)]}


async def get_groups(call: Call) -> Value:
    """List the groups, in pages."""
    groups = sorted(call.table("groups").values(), key=lambda group: group["GroupName"])
    listed, token = page(groups, call.input.get("NextToken"), _PAGE)
    return {"Groups": listed, "NextToken": token}


async def delete_group(call: Call) -> Value:
    """Delete a group."""
    group = call.table("groups").pop(_group(call))
    call.table("tags").pop(group["GroupARN"], None)
    return {}


async def put_encryption_config(call: Call) -> Value:
    """Set the encryption of traces. It is ACTIVE at once; on AWS it is UPDATING for a while."""
    if call.input["Type"] == "KMS" and not call.input.get("KeyId"):
        message = "A KMS key is required when the encryption type is KMS"
        raise _invalid(message)
    config = {"Type": call.input["Type"], "KeyId": call.input.get("KeyId"), "Status": "ACTIVE"}
    call.table("encryption")["config"] = config
    return {"EncryptionConfig": config}


async def get_encryption_config(call: Call) -> Value:
    """Return the encryption of traces; by default the key of AWS."""
    default = {"Type": "NONE", "KeyId": None, "Status": "ACTIVE"}
    return {"EncryptionConfig": call.table("encryption").get("config", default)}


def _set_tags(call: Call, arn: str) -> None:
    call.table("tags")[arn] = {tag["Key"]: tag["Value"] for tag in call.input.get("Tags", [])}


def _tags(call: Call) -> dict[str, str]:
    arn = call.input["ResourceARN"]
    known = {group["GroupARN"] for group in call.table("groups").values()}
    known |= {record["SamplingRule"]["RuleARN"] for record in _rules(call).values()}
    if arn not in known:
        code = "ResourceNotFoundException"
        raise AwsError(code, f"Resource {arn} not found", 404)
    tags: dict[str, str] = call.table("tags").setdefault(arn, {})
    return tags


async def tag_resource(call: Call) -> Value:
    """Add tags to a sampling rule or group."""
    _tags(call).update({tag["Key"]: tag["Value"] for tag in call.input["Tags"]})
    return {}


async def untag_resource(call: Call) -> Value:
    """Remove tags from a sampling rule or group."""
    tags = _tags(call)
    for key in call.input["TagKeys"]:
        tags.pop(key, None)
    return {}


async def list_tags_for_resource(call: Call) -> Value:
    """Return the tags of a sampling rule or group."""
    return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(_tags(call).items())]}


async def accept_traces(_call: Call) -> Value:
    """Accept traces and discard them: nothing in the platform reads them."""
    return {"UnprocessedTraceSegments": []}


_ANSWERS: dict[str, Answer] = {
    "CreateSamplingRule": create_sampling_rule,
    "UpdateSamplingRule": update_sampling_rule,
    "DeleteSamplingRule": delete_sampling_rule,
    "GetSamplingRules": get_sampling_rules,
    "CreateGroup": create_group,
    "UpdateGroup": update_group,
    "GetGroup": get_group,
    "GetGroups": get_groups,
    "DeleteGroup": delete_group,
    "PutEncryptionConfig": put_encryption_config,
    "GetEncryptionConfig": get_encryption_config,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
    "PutTraceSegments": accept_traces,
    "PutTelemetryRecords": accept_traces,
}

SERVICE = Service("xray", _ANSWERS, standalone=True)
