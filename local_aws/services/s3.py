"""S3: from which size on a lifecycle moves objects, to which MiniStack has one answer.

Source: Amazon S3 API Reference, PutBucketLifecycleConfiguration and GetBucketLifecycleConfiguration.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from local_aws.calls import Answer, Call, Service

if TYPE_CHECKING:
    from local_aws.wire import Response

_HEADER = "x-amz-transition-default-minimum-object-size"
_DEFAULT = "all_storage_classes_128K"


async def put_lifecycle(call: Call) -> Response:
    """Set a bucket's lifecycle, and keep the least size with it."""
    response = await call.upstream(call.request)
    size = call.request.header(_HEADER) or _DEFAULT
    if not response.ok:
        return response
    call.table("least sizes")[call.input["Bucket"]] = size
    return _with_size(response, size)


async def get_lifecycle(call: Call) -> Response:
    """Return a bucket's lifecycle with the least size that was set."""
    response = await call.upstream(call.request)
    if not response.ok:
        return response
    return _with_size(response, call.table("least sizes").get(call.input["Bucket"], _DEFAULT))


async def delete_lifecycle(call: Call) -> Response:
    """Delete a bucket's lifecycle."""
    response = await call.upstream(call.request)
    call.table("least sizes").pop(call.input["Bucket"], None)
    return response


def _with_size(response: Response, size: str) -> Response:
    kept = tuple(header for header in response.headers if header[0].lower() != _HEADER)
    return replace(response, headers=(*kept, (_HEADER, size)))


_ANSWERS: dict[str, Answer] = {
    "DeleteBucketLifecycle": delete_lifecycle,
    "GetBucketLifecycleConfiguration": get_lifecycle,
    "PutBucketLifecycleConfiguration": put_lifecycle,
}

SERVICE = Service("s3", _ANSWERS)
