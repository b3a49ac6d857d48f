"""Earlier versions of a state object in the versioned bucket: list them and restore one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from botocore.exceptions import ClientError
from rich.console import Console

from aws.clients import client
from catalog.naming import Names
from config.errors import CommandError
from config.explain import counted
from config.models import Environment
from ops import questions, state, state_lock
from terraform import binary
from terraform import state as state_content

_SHOWN = 20
"""Number of versions that are listed."""


@dataclass(frozen=True)
class Version:
    """One version of a state object."""

    id: str
    """S3's version id."""
    modified: datetime
    size_bytes: int
    """0 for a delete marker."""
    is_latest: bool
    is_deletion: bool


def show(env: Environment, stack: str, console: Console) -> None:
    """Print the newest versions of a stack's state, newest first.

    Raises:
        CommandError: the state bucket does not exist.
    """
    versions = _versions(env, stack)
    if not versions:
        console.print(f"{stack} of {env.environment} has no state.", highlight=False)
    for version in versions[:_SHOWN]:
        modified = version.modified.strftime("%Y-%m-%d %H:%M:%S UTC")
        mark = "  (current)" if version.is_latest else ""
        console.print(
            f"{version.id:<34}  {modified}  {_described(env, stack, version)}{mark}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    if len(versions) > _SHOWN:
        console.print(f"and {len(versions) - _SHOWN} older versions", highlight=False)


def restore(env: Environment, stack: str, version_id: str, console: Console) -> None:
    """Make an earlier version of a stack's state the current one, after a confirmation.

    The version that was current stays in the history.

    Raises:
        CommandError: the version does not exist or cannot be used, the state is locked, or the answer is
            not yes.
    """
    versions = _versions(env, stack)
    chosen = next(
        (version for version in versions if version.id == version_id and not version.is_deletion), None
    )
    selection = f"ENV={env.environment} STACK={stack}"
    if chosen is None:
        message = (
            f"{stack}: version {version_id!r} does not exist; `make state-history {selection}` lists the "
            "versions."
        )
        raise CommandError(message)
    try:
        body = _body(env, stack, chosen.id)
        content = state.parse(body, env, stack)
        binary.require_readable_state(body, state_content.addresses(content))
    except ValueError as error:
        message = f"{stack}: version {chosen.id} {error}. Nothing was changed; choose another version."
        raise CommandError(message) from error
    state_lock.refuse_locked(env, [stack])
    current = next((version for version in versions if version.is_latest), None)
    if current and current.id == chosen.id:
        console.print(f"{stack}: version {chosen.id} is already current.", markup=False, highlight=False)
        return
    for name, version in (("now", current), ("then", chosen)):
        description = _described(env, stack, version) if version else "none"
        console.print(f"{name:<5} {description}", markup=False, highlight=False, soft_wrap=True)
    questions.ask(
        f"Make version {chosen.id} the state of {stack} of {env.environment}?",
        f"{stack}: not restored",
        console,
    )
    state_lock.refuse_locked(env, [stack])
    if next((version for version in _versions(env, stack) if version.is_latest), None) != current:
        message = f"{stack}: its state has changed in the meantime. Nothing was restored; list it again."
        raise CommandError(message)
    key = Names.of(env).state_key(stack)
    client(env, "s3").copy_object(
        Bucket=env.state.bucket,
        Key=key,
        CopySource={"Bucket": env.state.bucket, "Key": key, "VersionId": chosen.id},
    )
    console.print(
        f"Restored. `make diff {selection}` shows how AWS differs from it.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def _described(env: Environment, stack: str, version: Version) -> str:
    """Return a summary of a version, or why it cannot be used."""
    if version.is_deletion:
        return "deletion"
    try:
        content = state.parse(_body(env, stack, version.id), env, stack)
    except ValueError as error:
        return f"{version.size_bytes} bytes, {error}"
    resources = content.get("resources", [])
    count = sum(len(resource["instances"]) for resource in resources if resource["mode"] == "managed")
    return (
        f"serial {content['serial']}, {counted(count, 'resource')}, "
        f"Terraform {content['terraform_version']}, lineage {content['lineage'][:8]}"
    )


def _versions(env: Environment, stack: str) -> list[Version]:
    """Return all versions of a stack's state, newest first."""
    if not state.bucket_exists(env):
        message = f"state bucket {env.state.bucket} does not exist."
        raise CommandError(message)
    versions = _listed(env, Names.of(env).state_key(stack))
    return sorted(versions, key=lambda version: (version.is_latest, version.modified), reverse=True)


def _listed(env: Environment, key: str) -> Iterator[Version]:
    pages = (
        client(env, "s3").get_paginator("list_object_versions").paginate(Bucket=env.state.bucket, Prefix=key)
    )
    for page in pages:
        for kind in ("Versions", "DeleteMarkers"):
            for version in page.get(kind, []):
                if version["Key"] == key:
                    yield Version(
                        version["VersionId"],
                        version["LastModified"],
                        version.get("Size", 0),
                        version["IsLatest"],
                        is_deletion=kind == "DeleteMarkers",
                    )


def _body(env: Environment, stack: str, version_id: str) -> bytes:
    key = Names.of(env).state_key(stack)
    try:
        answer = client(env, "s3").get_object(Bucket=env.state.bucket, Key=key, VersionId=version_id)
    except ClientError as error:
        if error.response["Error"]["Code"] in state.NOT_FOUND:
            return b""
        raise
    return bytes(answer["Body"].read())
