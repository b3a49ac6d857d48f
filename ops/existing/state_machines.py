"""Facts of state machines. Source: AWS Step Functions API Reference, DescribeStateMachine."""

from __future__ import annotations

import json

from ops.existing.account import UNREAD, Account, Resource, Unread


def read(account: Account, name: str) -> Resource | Unread | None:
    """Return a state machine; None if it does not exist."""
    arn = account.arn("states", f"stateMachine:{name}")
    api = account.client("stepfunctions")
    answer = account.ask("state machines", lambda: api.describe_state_machine(stateMachineArn=arn))
    if answer is None or answer is UNREAD:
        return answer
    timeout_s = json.loads(answer["definition"]).get("TimeoutSeconds")
    return Resource(kind="state-machine", names={"state_machine": name}, facts={"timeout_s": timeout_s})
