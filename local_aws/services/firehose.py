"""Data Firehose: members of an S3 destination that MiniStack keeps but does not describe.

Source: Amazon Data Firehose API Reference, ExtendedS3DestinationConfiguration and
ExtendedS3DestinationDescription.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from local_aws.calls import Answer, Call, Service

if TYPE_CHECKING:
    from local_aws.protocols import Value
    from local_aws.wire import Response

_MEMBERS = ("CustomTimeZone", "FileExtension")


async def create_delivery_stream(call: Call) -> Response:
    """Create a stream; the time zone is UTC unless the stream says otherwise."""
    response = await call.forward()
    given = call.input.get("ExtendedS3DestinationConfiguration")
    if given is not None:
        kept = {name: given[name] for name in _MEMBERS if name in given}
        call.table("destinations")[call.input["DeliveryStreamName"]] = {"CustomTimeZone": "UTC", **kept}
    return response


async def update_destination(call: Call) -> Response:
    """Update a destination: what the update does not name stays."""
    response = await call.forward()
    given = call.input.get("ExtendedS3DestinationUpdate", {})
    kept = call.table("destinations").setdefault(call.input["DeliveryStreamName"], {})
    kept.update({name: given[name] for name in _MEMBERS if name in given})
    return response


async def describe_delivery_stream(call: Call) -> Value:
    """Describe a stream with the members MiniStack leaves out."""
    answer: Value = json.loads((await call.forward()).body)
    description = answer["DeliveryStreamDescription"]
    kept = call.table("destinations").get(description["DeliveryStreamName"], {})
    for destination in description.get("Destinations", []):
        s3 = destination.get("ExtendedS3DestinationDescription")
        if s3 is not None:
            s3.update({name: value for name, value in kept.items() if name not in s3})
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
