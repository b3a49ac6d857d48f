"""Terraform's state in S3: its bucket, and what the stacks published in it."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from catalog.naming import Names
from config.models import Environment
from ops.clients import client
from ops.errors import OpsError
from stacks import policies

NOT_FOUND = {"404", "NoSuchBucket", "NoSuchKey"}
_OLD_VERSIONS_DAYS = 90


def bucket_exists(env: Environment) -> bool:
    """Tell whether the state bucket exists.

    Raises:
        OpsError: it exists and is not ours to use.
    """
    try:
        client(env, "s3").head_bucket(Bucket=env.state.bucket, ExpectedBucketOwner=env.account_id)
    except ClientError as error:
        if error.response["Error"]["Code"] in NOT_FOUND:
            return False
        message = (
            f"state bucket {env.state.bucket} cannot be used ({error}): bucket names are global, so it may "
            f"be somebody else's; choose another for state.bucket in config/{env.environment}.yaml."
        )
        raise OpsError(message) from error
    return True


def create_bucket(env: Environment) -> bool:
    """Create the state bucket, or set it right: versioned, encrypted, private, TLS only.

    Returns:
        Whether it was created now.
    """
    s3, bucket = client(env, "s3"), env.state.bucket
    created = not bucket_exists(env)
    if created:
        # us-east-1 is the default and must not be named (S3 API Reference, CreateBucket).
        location = {"LocationConstraint": env.region}
        where = {} if env.region == "us-east-1" else {"CreateBucketConfiguration": location}
        s3.create_bucket(Bucket=bucket, ObjectOwnership="BucketOwnerEnforced", **where)
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [
                {
                    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"},
                    "BucketKeyEnabled": True,
                }
            ]
        },
    )
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket,
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": "old-versions",
                    "Status": "Enabled",
                    "Filter": {"Prefix": ""},
                    "NoncurrentVersionExpiration": {"NoncurrentDays": _OLD_VERSIONS_DAYS},
                }
            ]
        },
    )
    if not env.is_local:  # a local AWS speaks plain http on the loopback interface
        tls_only = policies.tls_only(f"arn:aws:s3:::{bucket}")
        s3.put_bucket_policy(Bucket=bucket, Policy=policies.document(tls_only))
    return created


def delete_bucket(env: Environment) -> None:
    """Delete the state bucket of a local AWS with everything in it."""
    if not env.is_local:
        message = "the state bucket of an account holds its history and is never deleted"
        raise OpsError(message)
    s3, bucket = client(env, "s3"), env.state.bucket
    versions = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
    for page in versions:
        for one in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
    s3.delete_bucket(Bucket=bucket)


def outputs(env: Environment, stack: str) -> dict[str, Any] | None:
    """Return what a stack published, name -> value; None when it is not deployed."""
    state = _read(env, stack)
    if not state.get("resources"):
        return None
    return {name: one["value"] for name, one in state.get("outputs", {}).items()}


def resources(env: Environment, stack: str) -> dict[str, dict[str, Any]]:
    """Return what a stack has made, address -> attributes; nothing when it is not deployed."""
    return {
        f"{one['type']}.{one['name']}": one["instances"][0]["attributes"]
        for one in _read(env, stack).get("resources", [])
        if one["mode"] == "managed" and one["instances"]
    }


def _read(env: Environment, stack: str) -> dict[str, Any]:
    """Return a stack's state, empty when there is none."""
    key = Names.of(env).state_key(stack)
    try:
        body = client(env, "s3").get_object(Bucket=env.state.bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in NOT_FOUND:
            return {}
        raise
    state: dict[str, Any] = json.loads(body)
    return state
