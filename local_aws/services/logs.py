"""CloudWatch Logs: filters, and query definitions and data-protection policies, which MiniStack has not.

`local_aws.metric_filters` answers for filter patterns, which MiniStack does not read.

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

if TYPE_CHECKING:
    from local_aws.wire import Response

_MAX_RESULTS = 1000
"""Most query definitions in one answer, and as many as come when none is asked for."""


def _not_found(message: str) -> AwsError:
    code = "ResourceNotFoundException"
    return AwsError(code, message)


async def put_query_definition(call: Call) -> Value:
    """Keep a saved query; one with an id replaces the query of that id whole."""
    queries = call.table("queries")
    given = call.input.get("queryDefinitionId")
    if given and given not in queries:
        message = "The specified query definition does not exist."
        raise _not_found(message)
    key = given or str(uuid.uuid4())
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
    """List saved queries in the order of their names, by language and name prefix, a page at a time."""
    prefix = call.input.get("queryDefinitionNamePrefix", "")
    language = call.input.get("queryLanguage")
    rows = [
        query
        for query in call.table("queries").values()
        if query["name"].startswith(prefix) and language in {None, query["queryLanguage"]}
    ]
    rows.sort(key=lambda query: (query["name"], query["queryDefinitionId"]))
    size = min(call.input.get("maxResults", _MAX_RESULTS), _MAX_RESULTS)
    found, token = page(rows, call.input.get("nextToken"), size)
    return {"queryDefinitions": found, "nextToken": token}


async def delete_query_definition(call: Call) -> Value:
    """Forget a saved query."""
    if call.table("queries").pop(call.input["queryDefinitionId"], None) is None:
        message = "The specified query definition does not exist."
        raise _not_found(message)
    return {"success": True}


async def put_data_protection_policy(call: Call) -> Value:
    """Keep a log group's data-protection policy; the local AWS does not mask by it."""
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
    """Return a log group's data-protection policy; a group without one answers with its name alone."""
    group = await _log_group(call)
    kept: Value = call.table("policies").get(group, {"logGroupIdentifier": call.input["logGroupIdentifier"]})
    return kept


async def delete_data_protection_policy(call: Call) -> Value:
    """Forget a log group's data-protection policy."""
    group = await _log_group(call)
    if call.table("policies").pop(group, None) is None:
        message = "The specified data protection policy does not exist."
        raise _not_found(message)
    return {}


async def delete_log_group(call: Call) -> Response:
    """Let MiniStack delete a log group, then forget its policy."""
    response = await call.forward()
    call.table("policies").pop(call.input["logGroupName"], None)
    return response


async def put_log_events(call: Call) -> Response:
    """Let MiniStack keep log events, then announce them to whoever reads every line."""
    response = await call.forward()
    log_lines.announce(call)
    return response


async def _log_group(call: Call) -> str:
    """Return the name of the log group that an identifier (name or ARN) names.

    Raises:
        AwsError: ResourceNotFoundException, when MiniStack has no such group.
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
    "DeleteLogGroup": delete_log_group,
    "PutLogEvents": put_log_events,
    "PutMetricFilter": metric_filters.put,
    "TestMetricFilter": metric_filters.test,
    "FilterLogEvents": metric_filters.filter_events,
}

SERVICE = Service("logs", _ANSWERS)
