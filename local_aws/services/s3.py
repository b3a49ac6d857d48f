"""S3: the default minimum object size for transitions of a lifecycle, which MiniStack does not store.

Source: Amazon S3 API Reference, PutBucketLifecycleConfiguration and GetBucketLifecycleConfiguration.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from local_aws.calls import Answer, Call, Service

if TYPE_CHECKING:
    from local_aws.http import Response

_HEADER = "x-amz-transition-default-minimum-object-size"
_DEFAULT = "all_storage_classes_128K"


async def put_lifecycle(call: Call) -> Response:
    """Set the lifecycle configuration of a bucket, and store its minimum size."""
    response = await call.upstream(call.request)
    size = call.request.header(_HEADER) or _DEFAULT
    if not response.ok:
        return response
    call.table("minimum sizes")[call.input["Bucket"]] = size
    return _with_size(response, size)


async def get_lifecycle(call: Call) -> Response:
    """Return the lifecycle configuration of a bucket with its minimum size."""
    response = await call.upstream(call.request)
    if not response.ok:
        return response
    return _with_size(response, call.table("minimum sizes").get(call.input["Bucket"], _DEFAULT))


async def delete_lifecycle(call: Call) -> Response:
    """Delete the lifecycle configuration of a bucket."""
    response = await call.upstream(call.request)
    call.table("minimum sizes").pop(call.input["Bucket"], None)
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
