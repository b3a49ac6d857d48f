"""Query definitions and data-protection policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_query_definition_is_kept_replaced_and_deleted(client: Callable[[str], Any]) -> None:
    """The id does not change; all other members are replaced."""
    logs = client("logs")
    query = "fields @message\n| filter @message like /ERROR/"
    key = logs.put_query_definition(name="a/errors", queryString=query, logGroupNames=["/x"])[
        "queryDefinitionId"
    ]
    (row,) = logs.describe_query_definitions()["queryDefinitions"]
    assert (row["name"], row["queryString"], row["logGroupNames"]) == ("a/errors", query, ["/x"])
    assert (
        logs.put_query_definition(queryDefinitionId=key, name="b", queryString="q")["queryDefinitionId"]
        == key
    )
    (row,) = logs.describe_query_definitions()["queryDefinitions"]
    assert (row["name"], row["queryString"], row["logGroupNames"]) == ("b", "q", [])
    assert logs.delete_query_definition(queryDefinitionId=key)["success"] is True
    assert logs.describe_query_definitions()["queryDefinitions"] == []


@pytest.mark.parametrize(("size", "expected"), [(2, [2, 1]), (3, [3])])
def test_query_definitions_are_listed_by_prefix_a_page_at_a_time(
    client: Callable[[str], Any], size: int, expected: list[int]
) -> None:
    """The pages are the whole list, sorted by name; a full last page has no token."""
    logs = client("logs")
    keys = [
        logs.put_query_definition(name=name, queryString="q")["queryDefinitionId"]
        for name in ("p/c", "p/a", "o/z", "p/b")
    ]
    names: list[str] = []
    sizes: list[int] = []
    token: dict[str, str] = {}
    while True:
        page = logs.describe_query_definitions(queryDefinitionNamePrefix="p/", maxResults=size, **token)
        names += [row["name"] for row in page["queryDefinitions"]]
        sizes.append(len(page["queryDefinitions"]))
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    for key in keys:
        logs.delete_query_definition(queryDefinitionId=key)
    assert names == ["p/a", "p/b", "p/c"]
    assert sizes == expected


def test_a_query_definition_that_is_not_there_is_not_found(client: Callable[[str], Any]) -> None:
    """Deleting and replacing need an existing query definition."""
    logs = client("logs")
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.delete_query_definition(queryDefinitionId="nowhere")
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.put_query_definition(queryDefinitionId="nowhere", name="a", queryString="q")


def test_a_data_protection_policy_ends_with_its_log_group(client: Callable[[str], Any]) -> None:
    """A policy is set by name or ARN of a group; a new group with the same name has none."""
    logs = client("logs")
    logs.create_log_group(logGroupName="/protected")
    arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/protected"
    logs.put_data_protection_policy(logGroupIdentifier=arn, policyDocument='{"Name": "p"}')
    policy = logs.get_data_protection_policy(logGroupIdentifier="/protected")
    assert policy["policyDocument"] == '{"Name": "p"}'
    logs.delete_log_group(logGroupName="/protected")
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.get_data_protection_policy(logGroupIdentifier="/protected")
    logs.create_log_group(logGroupName="/protected")
    assert "policyDocument" not in logs.get_data_protection_policy(logGroupIdentifier="/protected")
    logs.delete_log_group(logGroupName="/protected")


def test_a_policy_that_is_not_json_is_rejected(client: Callable[[str], Any]) -> None:
    """The message has the reason."""
    logs = client("logs")
    logs.create_log_group(logGroupName="/odd")
    with pytest.raises(ClientError, match="not JSON"):
        logs.put_data_protection_policy(logGroupIdentifier="/odd", policyDocument="{")
    logs.delete_log_group(logGroupName="/odd")
