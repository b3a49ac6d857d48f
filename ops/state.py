"""Terraform's state in S3: its bucket, and what the stacks published in it."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

from botocore.exceptions import ClientError

from catalog.naming import Names
from config.models import Environment
from ops.clients import client
from ops.errors import OpsError
from stacks import policies
from stacks.contracts import PUBLISHED

NOT_FOUND = {"404", "NoSuchBucket", "NoSuchKey"}
_NOT_OURS = {"301", "400", "403"}
"""What HeadBucket answers for a bucket of others or of another region (Amazon S3 API Reference)."""
_OLD_VERSIONS_DAYS = 90

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(?=[-+]|$)")
_FORMAT = 4
_FORMAT_NAME = "1.10 and newer write format 4"
"""Format of state objects, `version` in them (Terraform, `internal/states/statefile/version4.go`)."""


def bucket_exists(env: Environment) -> bool:
    """Tell whether the state bucket exists.

    Raises:
        OpsError: it exists and is not ours to use.
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
            "another "
            f"name for state.bucket in config/{env.environment}.yaml."
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
        OpsError: there is no bucket, or it is not versioned.
    """
    makes = f"`make {'deploy' if env.is_local else 'bootstrap'} ENV={env.environment}`"
    if not bucket_exists(env):
        message = (
            f"there is no state bucket {env.state.bucket}: {makes} creates it. If {env.environment} was "
            "deployed "
            "before, its state was in that bucket: do not create it before you have looked for it."
        )
        raise OpsError(message)
    if not is_versioned(env):
        message = (
            f"the state bucket {env.state.bucket} is not versioned: a damaged state could not be restored. "
            f"{makes} "
            "switches versioning on. Nothing was changed."
        )
        raise OpsError(message)


def delete(env: Environment, *, keep_bucket: bool = False) -> None:
    """Delete the state of a local environment with its history, and the bucket when nothing else is in it.

    Args:
        env: the environment.
        keep_bucket: keep the bucket although it is empty.

    Raises:
        OpsError: the environment is in an account.
    """
    if not env.is_local:
        message = "the state of an account's environment holds its history and is never deleted"
        raise OpsError(message)
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
        OpsError: its state is damaged or is not its own.
    """
    state = read(env, stack)
    if not state.get("resources"):
        return None
    return {name: output["value"] for name, output in state.get("outputs", {}).items()}


def resources(env: Environment, stack: str) -> dict[str, dict[str, Any]]:
    """Return what a stack has made, address -> attributes; nothing when it is not deployed.

    Raises:
        OpsError: its state is damaged or is not its own.
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
        OpsError: it is damaged, was deleted, or is not the stack's own.
    """
    key = Names.of(env).state_key(stack)
    s3 = client(env, "s3")
    try:
        body = s3.get_object(Bucket=env.state.bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] not in NOT_FOUND:
            raise
        if error.response["Error"]["Code"] != "NoSuchBucket" and _was_deleted(s3, env.state.bucket, key):
            raise _refusal(env, stack, "was deleted") from error
        return {}
    try:
        return parse(body, env, stack)
    except ValueError as error:
        raise _refusal(env, stack, str(error)) from error


def require_usable(env: Environment, stack: str, terraform_version: str) -> None:
    """Refuse a state that Terraform must not change.

    Args:
        env: the environment.
        stack: the stack.
        terraform_version: version of the Terraform that would change it, such as `1.11.4`.

    Raises:
        OpsError: the state is damaged, was deleted, is not the stack's own, or a newer Terraform wrote it.
    """
    writer = str(read(env, stack).get("terraform_version", "0.0.0"))
    if _numbers(writer) > _numbers(terraform_version):
        message = (
            f"{stack}: Terraform {writer} wrote its state, and {terraform_version} is installed: install "
            f"{writer} or "
            "newer. Nothing was changed."
        )
        raise OpsError(message)


def _numbers(version: str) -> tuple[int, ...]:
    found = _VERSION.match(version)
    return tuple(map(int, found.groups())) if found else ()


def _was_deleted(s3: Any, bucket: str, key: str) -> bool:  # noqa: ANN401  # boto3's clients have no type
    """Return whether an object was deleted of which an earlier version is there."""
    listed = s3.list_object_versions(Bucket=bucket, Prefix=key)
    deleted = any(one["Key"] == key and one["IsLatest"] for one in listed.get("DeleteMarkers", []))
    return deleted and any(one["Key"] == key for one in listed.get("Versions", []))


def _refusal(env: Environment, stack: str, why: str) -> OpsError:
    which = f"ENV={env.environment} STACK={stack}"
    return OpsError(
        f"{stack}: its state, s3://{env.state.bucket}/{Names.of(env).state_key(stack)}, {why}. Nothing was "
        "changed. "
        f"`make state-history {which}` lists its earlier versions, `make state-restore {which} VERSION=` "
        "brings "
        "one back."
    )


def parse(body: bytes, env: Environment, stack: str) -> dict[str, Any]:
    """Return the state in `body`.

    Args:
        body: the object's content.
        env: the environment it has to be of.
        stack: the stack it has to be of.

    Raises:
        ValueError: it is not a state that this program can use; the message completes "the state ...".
    """
    if not body.strip():
        message = "is empty"
        raise ValueError(message)
    try:
        state = json.loads(body)
    except (ValueError, RecursionError) as error:
        message = f"is not JSON ({'truncated' if body.lstrip().startswith(b'{') else 'something else'})"
        raise ValueError(message) from error
    if not isinstance(state, dict) or not isinstance(state.get("version"), int):
        message = "is not a Terraform state"
        raise ValueError(message)  # noqa: TRY004 - as for all that is wrong with the object
    if state["version"] != _FORMAT:
        message = f"has format {state['version']}; Terraform {_FORMAT_NAME}"
        raise ValueError(message)
    if not _is_well_formed(state):
        message = "is not a Terraform state: its outputs or resources are damaged"
        raise ValueError(message)
    if foreign := _foreign(state, env, stack):
        raise ValueError(foreign)
    found: dict[str, Any] = state
    return found


def _is_well_formed(state: dict[str, Any]) -> bool:
    outputs, resources = state.get("outputs", {}), state.get("resources", [])
    return (
        bool(state.get("lineage"))
        and isinstance(state["lineage"], str)
        and isinstance(state.get("serial"), int)
        and bool(_VERSION.match(str(state.get("terraform_version"))))
        and isinstance(outputs, dict)
        and all(isinstance(output, dict) and "value" in output for output in outputs.values())
        and isinstance(resources, list)
        and all(_is_resource(resource) for resource in resources)
    )


def _is_resource(resource: Any) -> bool:  # noqa: ANN401  # JSON
    return (
        isinstance(resource, dict)
        and {"type", "name", "mode", "instances"} <= set(resource)
        and isinstance(resource["instances"], list)
        and all(
            isinstance(instance, dict) and isinstance(instance.get("attributes", {}), dict | None)
            for instance in resource["instances"]
        )
    )


def _foreign(state: dict[str, Any], env: Environment, stack: str) -> str:
    """Return why a state is not the stack's own, or nothing."""
    outputs = set(state.get("outputs", {}))
    promised = {each.STACK: {field.name for field in dataclasses.fields(each)} for each in PUBLISHED}
    owner = next((name for name, fields in promised.items() if outputs & fields), None)
    if owner and not outputs & promised[stack]:
        return f"is the state of {owner}"
    wanted = {"Project": env.project, "Environment": env.environment}
    for resource in state.get("resources", []):
        for instance in resource["instances"]:
            tags = (instance.get("attributes") or {}).get("tags_all")
            tags = tags if isinstance(tags, dict) else {}
            if set(wanted) <= set(tags) and any(tags[name] != value for name, value in wanted.items()):
                return f"is the state of {tags['Project']} {tags['Environment']}"
    return ""
