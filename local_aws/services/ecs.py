"""ECS services: Availability Zone rebalancing, which MiniStack does not keep.

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
    """Create or update a service: rebalancing is on from the start, and an update without it keeps it."""
    answer: Value = json.loads((await call.forward()).body)
    kept, arn = call.table("rebalancing"), answer["service"]["serviceArn"]
    before = "ENABLED" if call.operation.name == "CreateService" else kept.get(arn, "DISABLED")
    kept[arn] = call.input.get(_MEMBER, before)
    return {**answer, "service": {**answer["service"], _MEMBER: kept[arn]}}


async def describe_services(call: Call) -> Value:
    """Describe services with the rebalancing they were given."""
    answer: Value = json.loads((await call.forward()).body)
    kept = call.table("rebalancing")
    services = [{_MEMBER: kept.get(row["serviceArn"]), **row} for row in answer["services"]]
    return {**answer, "services": services}


_ANSWERS: dict[str, Answer] = {
    "CreateService": change_service,
    "UpdateService": change_service,
    "DescribeServices": describe_services,
}

SERVICE = Service("ecs", _ANSWERS)
