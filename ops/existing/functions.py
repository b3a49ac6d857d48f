"""Facts of existing Lambda functions and of the queues that invoke them.

Sources: AWS Lambda API Reference, GetFunctionConfiguration, GetFunctionConcurrency, ListEventSourceMappings;
Amazon SQS API Reference, GetQueueAttributes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ops.existing.account import UNREAD, Account, Resource, Unread

_INSIGHTS = re.compile(r":layer:LambdaInsightsExtension(-Arm64)?:")
"""The layer of Lambda Insights, of AWS or a copy (CloudWatch User Guide, "Available versions of the Lambda
Insights extension")."""


def read(account: Account, name: str, alias: str | None = None) -> Resource | Unread | None:
    """Return a function, of which an alias is watched if there is one; None if either does not exist."""
    api = account.client("lambda")
    qualifier = {"Qualifier": alias} if alias else {}
    configuration = account.ask(
        "functions", lambda: api.get_function_configuration(FunctionName=name, **qualifier)
    )
    if configuration is None or configuration is UNREAD:
        return configuration
    group = configuration.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{name}"
    facts: dict[str, Any] = {
        "log_group": group,
        "timeout_s": configuration["Timeout"],
    }
    concurrency = account.ask(
        "the reserved concurrency of functions", lambda: api.get_function_concurrency(FunctionName=name)
    )
    if concurrency is not UNREAD:
        facts["reserved_concurrency"] = (concurrency or {}).get("ReservedConcurrentExecutions")
    remarks = []
    if configuration.get("PackageType") == "Image":
        remarks.append(
            "insights: the package is a container image: true if it contains the Lambda Insights extension"
        )
    else:
        layers = configuration.get("Layers", [])
        facts["insights"] = any(_INSIGHTS.search(layer["Arn"]) for layer in layers)
    aliases = (alias,) if alias else account.aliases(name)
    if aliases is UNREAD:
        aliases = ()
    elif aliases and not alias:
        remarks.append(f"aliases: {', '.join(aliases)}; with the key alias, one of them is watched")
    mappings = _mappings(account, name, aliases, whole=not alias)
    if mappings is not UNREAD:
        queues, others = _sources(account, mappings)
        watched, *more = queues or [None]
        trigger = _trigger(account, watched, queues[watched]) if watched else None
        if trigger is not UNREAD:
            facts["sqs_trigger"] = trigger
        remarks += [f"the queue {queue} invokes it as well, and is not watched" for queue in more]
        remarks += others
    return Resource(
        kind="lambda",
        names={"function": name},
        facts=facts,
        description=configuration.get("Description", ""),
        log_groups=(group,),
        remarks=tuple(remarks),
    )


def _mappings(
    account: Account, function: str, aliases: Sequence[str], *, whole: bool
) -> list[Mapping[str, Any]] | Unread:
    """Return the event source mappings that invoke a function, ordered by their source.

    ListEventSourceMappings does not document whether those of aliases are listed with those of the function
    (FunctionName): both are asked for, and each mapping counts once.

    Args:
        account: the account.
        function: name of the function.
        aliases: its aliases that are considered.
        whole: whether mappings count that invoke the function itself, or another alias of it.
    """
    qualified = [f"{function}:{alias}" for alias in aliases]
    targets = [function, *qualified] if whole else qualified
    found: dict[str, Mapping[str, Any]] = {}
    for target in targets:

        def call(target: str = target) -> list[Mapping[str, Any]]:
            path = "EventSourceMappings[]"
            return account.pages("lambda", "list_event_source_mappings", path, FunctionName=target)

        rows = account.ask("event source mappings of functions", call)
        if rows is UNREAD:
            return UNREAD
        for row in rows or ():
            invoked = str(row.get("FunctionArn", "")).partition(":function:")[2]
            if whole or invoked in qualified:
                found[row["UUID"]] = row
    return sorted(found.values(), key=lambda row: str(row.get("EventSourceArn")))


def _sources(
    account: Account, mappings: list[Mapping[str, Any]]
) -> tuple[dict[str, Mapping[str, Any]], list[str]]:
    """Return queue -> its first mapping, and remarks on all other event sources."""
    here = account.arn("sqs", "")
    queues: dict[str, Mapping[str, Any]] = {}
    remarks: dict[str, None] = {}
    for row in mappings:
        source = str(row.get("EventSourceArn") or row["UUID"])
        if source.startswith(here):
            queues.setdefault(source.removeprefix(here), row)
        elif ":sqs:" in source:
            remarks[f"the queue {source} is not in this account and Region: it is not watched"] = None
        else:
            remarks[f"the event source {source}: if it is a stream, enable the alarm iterator-age"] = None
    return queues, list(remarks)


def queue_url(account: Account, queue: str) -> str | Unread | None:
    """Return the URL of a queue; None if the queue does not exist."""
    api = account.client("sqs")
    return account.ask("URLs of queues", lambda: str(api.get_queue_url(QueueName=queue)["QueueUrl"]))


def _trigger(account: Account, queue: str, mapping: Mapping[str, Any]) -> Mapping[str, Any] | Unread:
    """Return the facts of a queue that invokes a function."""
    api, url = account.client("sqs"), queue_url(account, queue)
    if url is UNREAD:
        return UNREAD

    def call() -> dict[str, str]:
        wanted = ["RedrivePolicy", "VisibilityTimeout"]
        attributes: dict[str, str] = api.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)[
            "Attributes"
        ]
        return attributes

    attributes = account.ask("attributes of queues", call) if url else None
    if attributes is UNREAD:
        return UNREAD
    facts: dict[str, Any] = {"queue": queue}
    if attributes is not None:
        redrive = json.loads(attributes.get("RedrivePolicy") or "{}")
        here = account.arn("sqs", "")
        dead_letters = str(redrive.get("deadLetterTargetArn", ""))
        is_here = dead_letters.startswith(here)
        facts["dead_letter_queue"] = dead_letters.removeprefix(here) if is_here else None
        facts["visibility_timeout_s"] = int(attributes["VisibilityTimeout"])
    return {**facts, "batching_window_s": mapping.get("MaximumBatchingWindowInSeconds", 0)}
