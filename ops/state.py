"""Terraform's state in S3: the bucket, and the outputs and resources of the stacks."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
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
"""Codes of HeadBucket for a bucket of another account or region (Amazon S3 API Reference)."""
_NOT_MODIFIED = "304"
_OLD_VERSIONS_DAYS = 90

_bodies: dict[tuple[str, str], tuple[str, bytes]] = {}
"""(bucket, key) -> (ETag, content) of the states that this process has downloaded. S3 answers 304 for an
unchanged object (Amazon S3 API Reference, GetObject, `If-None-Match`)."""


def bucket_exists(env: Environment) -> bool:
    """Return whether the state bucket exists.

    Raises:
        CommandError: it exists and cannot be used.
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
            f"state bucket {env.state.bucket} cannot be used ({error}): the credentials lack permissions, or "
            "the bucket belongs to another account or region (bucket names are global). Check the "
            f"permissions, or choose another name for state.bucket in config/{env.environment}.yaml."
        )
        raise CommandError(message) from error
    return True


def create_bucket(env: Environment) -> bool:
    """Create the state bucket, or correct its settings: versioned, encrypted, private, TLS only.

    Returns:
        Whether it was created.
    """
    s3, bucket = client(env, "s3"), env.state.bucket
    created = not bucket_exists(env)
    if created:
        # us-east-1 is the default and must not be named (S3 API Reference, CreateBucket).
        location = {"LocationConstraint": env.region}
        options = {} if env.region == "us-east-1" else {"CreateBucketConfiguration": location}
        try:
            s3.create_bucket(Bucket=bucket, ObjectOwnership="BucketOwnerEnforced", **options)
        except ClientError as error:
            # A command of another environment with the same bucket has just created it.
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
    if not env.is_local:  # a local AWS uses plain http on the loopback interface
        tls_only = policies.tls_only(f"arn:aws:s3:::{bucket}")
        s3.put_bucket_policy(Bucket=bucket, Policy=policies.document(tls_only))
    return created


def is_versioned(env: Environment) -> bool:
    """Return whether the state bucket keeps earlier versions of its objects."""
    status = client(env, "s3").get_bucket_versioning(Bucket=env.state.bucket).get("Status")
    return bool(status == "Enabled")


def require(env: Environment) -> None:
    """Stop without a state bucket that keeps earlier versions.

    Raises:
        CommandError: the bucket does not exist, or it is not versioned.
    """
    command = f"`make {'deploy' if env.is_local else 'bootstrap'} ENV={env.environment}`"
    if not bucket_exists(env):
        message = (
            f"state bucket {env.state.bucket} does not exist: {command} creates it. If {env.environment} was "
            "deployed before, its state was in that bucket: find the bucket before you create a new one."
        )
        raise CommandError(message)
    if not is_versioned(env):
        message = (
            f"state bucket {env.state.bucket} is not versioned: a damaged state could not be restored. "
            f"{command} enables versioning. Nothing was changed."
        )
        raise CommandError(message)


def delete(env: Environment, *, keep_bucket: bool = False) -> None:
    """Delete the state of a local environment with its history, and the bucket if it is then empty.

    Args:
        env: the environment.
        keep_bucket: whether to keep an empty bucket.

    Raises:
        CommandError: the environment is in an AWS account.
    """
    if not env.is_local:
        message = "the state of an environment in an AWS account is never deleted"
        raise CommandError(message)
    s3, bucket = client(env, "s3"), env.state.bucket
    versions = s3.get_paginator("list_object_versions")
    for page in versions.paginate(Bucket=bucket, Prefix=Names.of(env).state_folder):
        for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    remaining = s3.list_object_versions(Bucket=bucket, MaxKeys=1)
    if not keep_bucket and not remaining.get("Versions") and not remaining.get("DeleteMarkers"):
        s3.delete_bucket(Bucket=bucket)


def outputs(env: Environment, stack: str) -> dict[str, Any] | None:
    """Return the outputs of a stack, name -> value; None if it is not deployed.

    Raises:
        CommandError: the state is damaged or belongs to another stack.
    """
    state = read(env, stack)
    if not state.get("resources"):
        return None
    return {name: output["value"] for name, output in state.get("outputs", {}).items()}


def resources(env: Environment, stack: str) -> dict[str, dict[str, Any]]:
    """Return the resources of a stack, address -> attributes; empty if it is not deployed.

    Raises:
        CommandError: the state is damaged or belongs to another stack.
    """
    return managed(read(env, stack))


def managed(state: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the resources in the content of a state, address -> attributes."""
    return {
        f"{resource['type']}.{resource['name']}": instance.get("attributes") or {}
        for resource in state.get("resources", [])
        if resource["mode"] == "managed"
        for instance in resource["instances"]
        if "deposed" not in instance
    }


def read(env: Environment, stack: str) -> dict[str, Any]:
    """Return the state of a stack, empty if it has none.

    Raises:
        CommandError: the state is damaged, was deleted, or belongs to another stack.
    """
    body = _body(env, stack)
    if body is None:
        return {}
    try:
        return parse(body, env, stack)
    except ValueError as error:
        raise _refusal(env, stack, str(error)) from error


def parse(body: bytes, env: Environment, stack: str) -> dict[str, Any]:
    """Return the state in `body`, the content of an S3 object.

    Raises:
        ValueError: it is not a state of `stack`; the message completes "the state ...".
    """
    published = {
        outputs.STACK: {field.name for field in dataclasses.fields(outputs)} for outputs in PUBLISHED
    }
    return state_content.parse(body, env, stack, published)


def _body(env: Environment, stack: str) -> bytes | None:
    """Return the content of a stack's state object, or None if it does not exist.

    Raises:
        CommandError: it was deleted.
    """
    key = Names.of(env).state_key(stack)
    s3 = client(env, "s3")
    etag, body = _bodies.get((env.state.bucket, key), ("", b""))
    try:
        answer = s3.get_object(Bucket=env.state.bucket, Key=key, **({"IfNoneMatch": etag} if etag else {}))
        body = bytes(answer["Body"].read())
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == _NOT_MODIFIED:
            return body
        if code not in NOT_FOUND:
            raise
        if code != "NoSuchBucket" and _was_deleted(s3, env.state.bucket, key):
            raise _refusal(env, stack, "was deleted") from error
        return None
    _bodies[env.state.bucket, key] = answer.get("ETag", ""), body
    return body


def require_usable(env: Environment, stack: str, installed: str) -> None:
    """Stop if Terraform must not, or could not, change the state.

    Args:
        env: the environment.
        stack: the stack.
        installed: version of the installed Terraform, such as `1.11.4`.

    Raises:
        CommandError: the state is damaged, was deleted, belongs to another stack, or was written by a newer
            Terraform.
        TerraformError: Terraform cannot be run.
    """
    body = _body(env, stack)
    if body is None:
        return
    try:
        state = parse(body, env, stack)
        writer = str(state["terraform_version"])
        if state_content.numbers(writer) > state_content.numbers(installed):
            message = (
                f"{stack}: its state was written by Terraform {writer} and {installed} is installed: install "
                f"{writer} or newer. Nothing was changed."
            )
            raise CommandError(message)
        binary.require_readable_state(body, state_content.addresses(state))
    except ValueError as error:
        raise _refusal(env, stack, str(error)) from error


def _was_deleted(s3: Any, bucket: str, key: str) -> bool:  # noqa: ANN401  # boto3's clients have no type
    """Return whether an object was deleted and still has an earlier version."""
    page = s3.list_object_versions(Bucket=bucket, Prefix=key)
    deleted = any(marker["Key"] == key and marker["IsLatest"] for marker in page.get("DeleteMarkers", []))
    return deleted and any(version["Key"] == key for version in page.get("Versions", []))


def _refusal(env: Environment, stack: str, problem: str) -> CommandError:
    selection = f"ENV={env.environment} STACK={stack}"
    return CommandError(
        f"{stack}: its state, s3://{env.state.bucket}/{Names.of(env).state_key(stack)}, {problem}. Nothing "
        f"was changed. `make state-history {selection}` lists its earlier versions, `make state-restore "
        f"{selection} VERSION=` restores one."
    )
