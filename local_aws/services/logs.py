"""CloudWatch Logs: filters, query definitions and data-protection policies.

MiniStack does not implement query definitions, data-protection policies and filter patterns; the patterns are
in `local_aws.metric_filters`.

Source of names, limits and messages: Amazon CloudWatch Logs API Reference.
"""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING

from local_aws import log_lines, metric_filters
from local_aws.calls import Answer, Call, Service
from local_aws.errors import AwsError
from local_aws.pages import page
from local_aws.protocols import Value
from local_aws.violations import is_violated

if TYPE_CHECKING:
    from local_aws.http import Response

_MAX_RESULTS = 1000
"""Maximum and default number of query definitions in one answer."""


def _not_found(message: str) -> AwsError:
    code = "ResourceNotFoundException"
    return AwsError(code, message)


async def put_query_definition(call: Call) -> Value:
    """Create a query definition, or replace the one with the id in the input."""
    queries = call.table("queries")
    identity = call.input.get("queryDefinitionId")
    if identity and identity not in queries:
        message = "The specified query definition does not exist."
        raise _not_found(message)
    key = identity or str(uuid.uuid4())
    queries[key] = {
        "queryDefinitionId": key,
        "queryLanguage": call.input.get("queryLanguage", "CWLI"),
        "name": call.input["name"],
        "queryString": call.input["queryString"],
        "logGroupNames": call.input.get("logGroupNames") or [],
        "parameters": call.input.get("parameters"),
        "lastModified": int(time.time() * 1000),
    }
    return {"queryDefinitionId": key}


async def describe_query_definitions(call: Call) -> Value:
    """List query definitions by language and name prefix, sorted by name, in pages."""
    prefix = call.input.get("queryDefinitionNamePrefix", "")
    language = call.input.get("queryLanguage")
    rows = [
        query
        for query in call.table("queries").values()
        if query["name"].startswith(prefix) and language in {None, query["queryLanguage"]}
    ]
    rows.sort(key=lambda query: (query["name"], query["queryDefinitionId"]))
    size = min(call.input.get("maxResults", _MAX_RESULTS), _MAX_RESULTS)
    definitions, token = page(rows, call.input.get("nextToken"), size)
    return {"queryDefinitions": definitions, "nextToken": token}


async def delete_query_definition(call: Call) -> Value:
    """Delete a query definition."""
    if call.table("queries").pop(call.input["queryDefinitionId"], None) is None:
        message = "The specified query definition does not exist."
        raise _not_found(message)
    return {"success": True}


async def put_data_protection_policy(call: Call) -> Value:
    """Set the data-protection policy of a log group. The local AWS does not mask data."""
    group = await _log_group(call)
    try:
        json.loads(call.input["policyDocument"])
    except ValueError as error:
        code = "InvalidParameterException"
        raise AwsError(code, "The policy document is not JSON.") from error
    call.table("policies")[group] = {
        "logGroupIdentifier": call.input["logGroupIdentifier"],
        "policyDocument": call.input["policyDocument"],
        "lastUpdatedTime": int(time.time() * 1000),
    }
    return dict(call.table("policies")[group])


async def get_data_protection_policy(call: Call) -> Value:
    """Return the data-protection policy of a log group; only the log group's identifier if it has none."""
    group = await _log_group(call)
    identifier = {"logGroupIdentifier": call.input["logGroupIdentifier"]}
    policy: Value = call.table("policies").get(group, identifier)
    return policy


async def delete_data_protection_policy(call: Call) -> Value:
    """Delete the data-protection policy of a log group."""
    group = await _log_group(call)
    if call.table("policies").pop(group, None) is None:
        message = "The specified data protection policy does not exist."
        raise _not_found(message)
    return {}


async def create_log_group(call: Call) -> Response:
    """Create a log group in MiniStack."""
    if is_violated(call.store, "log-group-key") and call.input.get("kmsKeyId"):
        code = "InvalidParameterException"
        message = "The specified KMS key does not exist or is not allowed to be used."
        raise AwsError(code, message)
    return await call.forward()


async def delete_log_group(call: Call) -> Response:
    """Delete a log group in MiniStack, and its data-protection policy."""
    response = await call.forward()
    call.table("policies").pop(call.input["logGroupName"], None)
    return response


async def put_log_events(call: Call) -> Response:
    """Put log events into MiniStack, and announce them to `local_aws.log_lines`."""
    response = await call.forward()
    log_lines.announce(call)
    return response


async def _log_group(call: Call) -> str:
    """Return the name of the log group in the input, which is a name or an ARN.

    Raises:
        AwsError: ResourceNotFoundException, if the log group does not exist.
    """
    name = str(call.input["logGroupIdentifier"]).partition(":log-group:")[2].removesuffix(":*")
    name = name or str(call.input["logGroupIdentifier"])
    request = call.request.with_content(
        json.dumps({"logGroupNamePrefix": name}).encode(), x_amz_target="Logs_20140328.DescribeLogGroups"
    )
    response = await call.upstream(request)
    if not any(group["logGroupName"] == name for group in json.loads(response.body).get("logGroups", [])):
        message = "The specified log group does not exist."
        raise _not_found(message)
    return name


_ANSWERS: dict[str, Answer] = {
    "PutQueryDefinition": put_query_definition,
    "DescribeQueryDefinitions": describe_query_definitions,
    "DeleteQueryDefinition": delete_query_definition,
    "PutDataProtectionPolicy": put_data_protection_policy,
    "GetDataProtectionPolicy": get_data_protection_policy,
    "DeleteDataProtectionPolicy": delete_data_protection_policy,
    "CreateLogGroup": create_log_group,
    "DeleteLogGroup": delete_log_group,
    "PutLogEvents": put_log_events,
    "PutMetricFilter": metric_filters.put,
    "TestMetricFilter": metric_filters.test,
    "FilterLogEvents": metric_filters.filter_events,
}

SERVICE = Service("logs", _ANSWERS)
