"""Data Firehose: members of an S3 destination that MiniStack stores but does not describe.

Source: Amazon Data Firehose API Reference, ExtendedS3DestinationConfiguration and
ExtendedS3DestinationDescription.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from local_aws.calls import Answer, Call, Service

if TYPE_CHECKING:
    from local_aws.http import Response
    from local_aws.protocols import Value

_MEMBERS = ("CustomTimeZone", "FileExtension")


async def create_delivery_stream(call: Call) -> Response:
    """Create a stream; the default time zone is UTC."""
    response = await call.forward()
    config = call.input.get("ExtendedS3DestinationConfiguration")
    if config is not None:
        members = {name: config[name] for name in _MEMBERS if name in config}
        call.table("destinations")[call.input["DeliveryStreamName"]] = {"CustomTimeZone": "UTC", **members}
    return response


async def update_destination(call: Call) -> Response:
    """Update the members of a destination that are in the input."""
    response = await call.forward()
    update = call.input.get("ExtendedS3DestinationUpdate", {})
    members = call.table("destinations").setdefault(call.input["DeliveryStreamName"], {})
    members.update({name: update[name] for name in _MEMBERS if name in update})
    return response


async def describe_delivery_stream(call: Call) -> Value:
    """Describe a stream with the members that MiniStack omits."""
    answer: Value = json.loads((await call.forward()).body)
    description = answer["DeliveryStreamDescription"]
    members = call.table("destinations").get(description["DeliveryStreamName"], {})
    for destination in description.get("Destinations", []):
        s3 = destination.get("ExtendedS3DestinationDescription")
        if s3 is not None:
            s3.update({name: value for name, value in members.items() if name not in s3})
    return answer


async def delete_delivery_stream(call: Call) -> Response:
    """Delete a stream."""
    response = await call.forward()
    call.table("destinations").pop(call.input["DeliveryStreamName"], None)
    return response


_ANSWERS: dict[str, Answer] = {
    "CreateDeliveryStream": create_delivery_stream,
    "UpdateDestination": update_destination,
    "DescribeDeliveryStream": describe_delivery_stream,
    "DeleteDeliveryStream": delete_delivery_stream,
}

SERVICE = Service("firehose", _ANSWERS)
