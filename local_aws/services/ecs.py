"""ECS services: Availability Zone rebalancing, which MiniStack does not store.

Source: Amazon ECS API Reference, CreateService and UpdateService, `availabilityZoneRebalancing`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from local_aws.calls import Answer, Call, Service

if TYPE_CHECKING:
    from local_aws.protocols import Value

_MEMBER = "availabilityZoneRebalancing"


async def change_service(call: Call) -> Value:
    """Create or update a service. Rebalancing is enabled by default; an update without it keeps it."""
    answer: Value = json.loads((await call.forward()).body)
    rebalancing, arn = call.table("rebalancing"), answer["service"]["serviceArn"]
    default = "ENABLED" if call.operation.name == "CreateService" else rebalancing.get(arn, "DISABLED")
    rebalancing[arn] = call.input.get(_MEMBER, default)
    return {**answer, "service": {**answer["service"], _MEMBER: rebalancing[arn]}}


async def describe_services(call: Call) -> Value:
    """Describe services with their rebalancing."""
    answer: Value = json.loads((await call.forward()).body)
    rebalancing = call.table("rebalancing")
    services = [{_MEMBER: rebalancing.get(row["serviceArn"]), **row} for row in answer["services"]]
    return {**answer, "services": services}


_ANSWERS: dict[str, Answer] = {
    "CreateService": change_service,
    "UpdateService": change_service,
    "DescribeServices": describe_services,
}

SERVICE = Service("ecs", _ANSWERS)
