"""Terraform's state in S3: its bucket, and what the stacks published in it."""

from __future__ import annotations

import dataclasses
from typing import Any

from botocore.exceptions import ClientError

from aws.clients import client
from catalog.naming import Names
from config.errors import CommandError
from config.models import Environment
from stacks import policies
from stacks.contracts import PUBLISHED
from terraform import binary
from terraform import state as state_content

NOT_FOUND = {"404", "NoSuchBucket", "NoSuchKey"}
_NOT_OURS = {"301", "400", "403"}
"""What HeadBucket answers for a bucket of others or of another region (Amazon S3 API Reference)."""
_NOT_MODIFIED = "304"
_OLD_VERSIONS_DAYS = 90

_bodies: dict[tuple[str, str], tuple[str, bytes]] = {}
"""Bucket and key -> ETag and content of the states that this process has downloaded: a version is downloaded
once, S3 answers 304 for one that is here (Amazon S3 API Reference, GetObject, `If-None-Match`)."""


def bucket_exists(env: Environment) -> bool:
    """Tell whether the state bucket exists.

    Raises:
        CommandError: it exists and is not ours to use.
    """
    try:
        client(env, "s3").head_bucket(Bucket=env.state.bucket, ExpectedBucketOwner=env.account_id)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in NOT_FOUND:
            return False
        if code not in _NOT_OURS:
            raise
        message = (
            f"state bucket {env.state.bucket} cannot be used ({error}): the credentials may not use it, or "
            "it belongs "
            "to another account or region, since bucket names are global. Check the permissions, or choose "
            f"another name for state.bucket in config/{env.environment}.yaml."
        )
        raise CommandError(message) from error
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
        try:
            s3.create_bucket(Bucket=bucket, ObjectOwnership="BucketOwnerEnforced", **where)
        except ClientError as error:
            # Another environment with the same bucket was as fast.
            if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
                raise
            created = False
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


def is_versioned(env: Environment) -> bool:
    """Return whether the state bucket keeps earlier versions of its objects."""
    status = client(env, "s3").get_bucket_versioning(Bucket=env.state.bucket).get("Status")
    return bool(status == "Enabled")


def require(env: Environment) -> None:
    """Refuse to go on without a state bucket that keeps earlier versions.

    Raises:
        CommandError: there is no bucket, or it is not versioned.
    """
    makes = f"`make {'deploy' if env.is_local else 'bootstrap'} ENV={env.environment}`"
    if not bucket_exists(env):
        message = (
            f"there is no state bucket {env.state.bucket}: {makes} creates it. If {env.environment} was "
            "deployed "
            "before, its state was in that bucket: do not create it before you have looked for it."
        )
        raise CommandError(message)
    if not is_versioned(env):
        message = (
            f"the state bucket {env.state.bucket} is not versioned: a damaged state could not be restored. "
            f"{makes} switches versioning on. Nothing was changed."
        )
        raise CommandError(message)


def delete(env: Environment, *, keep_bucket: bool = False) -> None:
    """Delete the state of a local environment with its history, and the bucket when nothing else is in it.

    Args:
        env: the environment.
        keep_bucket: keep the bucket although it is empty.

    Raises:
        CommandError: the environment is in an account.
    """
    if not env.is_local:
        message = "the state of an account's environment holds its history and is never deleted"
        raise CommandError(message)
    s3, bucket = client(env, "s3"), env.state.bucket
    versions = s3.get_paginator("list_object_versions")
    for page in versions.paginate(Bucket=bucket, Prefix=Names.of(env).state_folder):
        for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    left = s3.list_object_versions(Bucket=bucket, MaxKeys=1)
    if not keep_bucket and not left.get("Versions") and not left.get("DeleteMarkers"):
        s3.delete_bucket(Bucket=bucket)


def outputs(env: Environment, stack: str) -> dict[str, Any] | None:
    """Return what a stack published, name -> value; None when it is not deployed.

    Raises:
        CommandError: its state is damaged or is not its own.
    """
    state = read(env, stack)
    if not state.get("resources"):
        return None
    return {name: output["value"] for name, output in state.get("outputs", {}).items()}


def resources(env: Environment, stack: str) -> dict[str, dict[str, Any]]:
    """Return what a stack has made, address -> attributes; nothing when it is not deployed.

    Raises:
        CommandError: its state is damaged or is not its own.
    """
    return {
        f"{resource['type']}.{resource['name']}": instance.get("attributes") or {}
        for resource in read(env, stack).get("resources", [])
        if resource["mode"] == "managed"
        for instance in resource["instances"]
        if "deposed" not in instance
    }


def read(env: Environment, stack: str) -> dict[str, Any]:
    """Return a stack's state, empty when there is none.

    Raises:
        CommandError: it is damaged, was deleted, or is not the stack's own.
    """
    body = _body(env, stack)
    if body is None:
        return {}
    try:
        return parse(body, env, stack)
    except ValueError as error:
        raise _refusal(env, stack, str(error)) from error


def parse(body: bytes, env: Environment, stack: str) -> dict[str, Any]:
    """Return the state in `body`, the content of an object.

    Raises:
        ValueError: it is not a state of `stack`; the message completes "the state ...".
    """
    published = {each.STACK: {field.name for field in dataclasses.fields(each)} for each in PUBLISHED}
    return state_content.parse(body, env, stack, published)


def _body(env: Environment, stack: str) -> bytes | None:
    """Return a stack's state object, or None when there is none.

    Raises:
        CommandError: it was deleted.
    """
    key = Names.of(env).state_key(stack)
    s3 = client(env, "s3")
    etag, kept = _bodies.get((env.state.bucket, key), ("", b""))
    try:
        answer = s3.get_object(Bucket=env.state.bucket, Key=key, **({"IfNoneMatch": etag} if etag else {}))
        kept = bytes(answer["Body"].read())
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == _NOT_MODIFIED:
            return kept
        if code not in NOT_FOUND:
            raise
        if code != "NoSuchBucket" and _was_deleted(s3, env.state.bucket, key):
            raise _refusal(env, stack, "was deleted") from error
        return None
    _bodies[env.state.bucket, key] = answer.get("ETag", ""), kept
    return kept


def require_usable(env: Environment, stack: str, ours: str) -> None:
    """Refuse a state that Terraform must not, or would not, change.

    Args:
        env: the environment.
        stack: the stack.
        ours: version of the Terraform that would change it, such as `1.11.4`.

    Raises:
        CommandError: the state is damaged, was deleted, is another stack's, or a newer Terraform wrote it.
        TerraformError: Terraform cannot be run.
    """
    body = _body(env, stack)
    if body is None:
        return
    try:
        state = parse(body, env, stack)
        writer = str(state["terraform_version"])
        if state_content.numbers(writer) > state_content.numbers(ours):
            message = (
                f"{stack}: Terraform {writer} wrote its state, and {ours} is installed: install {writer} or "
                "newer. Nothing was changed."
            )
            raise CommandError(message)
        binary.require_readable_state(body, state_content.addresses(state))
    except ValueError as error:
        raise _refusal(env, stack, str(error)) from error


def _was_deleted(s3: Any, bucket: str, key: str) -> bool:  # noqa: ANN401  # boto3's clients have no type
    """Return whether an object was deleted of which an earlier version is there."""
    listed = s3.list_object_versions(Bucket=bucket, Prefix=key)
    deleted = any(marker["Key"] == key and marker["IsLatest"] for marker in listed.get("DeleteMarkers", []))
    return deleted and any(version["Key"] == key for version in listed.get("Versions", []))


def _refusal(env: Environment, stack: str, why: str) -> CommandError:
    which = f"ENV={env.environment} STACK={stack}"
    return CommandError(
        f"{stack}: its state, s3://{env.state.bucket}/{Names.of(env).state_key(stack)}, {why}. Nothing was "
        "changed. "
        f"`make state-history {which}` lists its earlier versions, `make state-restore {which} VERSION=` "
        "brings one back."
    )
