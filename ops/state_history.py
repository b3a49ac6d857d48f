"""Earlier versions of a state object, which the versioned bucket keeps: list them, and bring one back."""

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
"""Versions that are listed."""


@dataclass(frozen=True)
class Version:
    """One version of a state object."""

    id: str
    """S3's version id."""
    modified: datetime
    size_bytes: int
    """0 for a deletion."""
    is_latest: bool
    is_deletion: bool


def show(env: Environment, stack: str, console: Console) -> None:
    """Print the newest versions of a stack's state, newest first.

    Raises:
        CommandError: there is no state bucket.
    """
    versions = _versions(env, stack)
    if not versions:
        console.print(f"{stack} of {env.environment} has no state.", highlight=False)
    for version in versions[:_SHOWN]:
        when = version.modified.strftime("%Y-%m-%d %H:%M:%S UTC")
        mark = "  (current)" if version.is_latest else ""
        console.print(
            f"{version.id:<34}  {when}  {_described(env, stack, version)}{mark}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    if len(versions) > _SHOWN:
        console.print(f"and {len(versions) - _SHOWN} older ones", highlight=False)


def restore(env: Environment, stack: str, version_id: str, console: Console) -> None:
    """Make an earlier version of a stack's state the current one, after a question.

    Nothing is lost: the version that is current now stays in the history.

    Raises:
        CommandError: there is no such version, it cannot be used, the state is locked, or the answer was no.
    """
    versions = _versions(env, stack)
    chosen = next((each for each in versions if each.id == version_id and not each.is_deletion), None)
    which = f"ENV={env.environment} STACK={stack}"
    if chosen is None:
        message = f"{stack}: no version {version_id!r} to restore; `make state-history {which}` lists them."
        raise CommandError(message)
    try:
        body = _body(env, stack, chosen.id)
        found = state.parse(body, env, stack)
        binary.require_readable_state(body, state_content.addresses(found))
    except ValueError as error:
        message = f"{stack}: version {chosen.id} {error}. Nothing was changed; choose another."
        raise CommandError(message) from error
    state_lock.refuse_locked(env, [stack])
    current = next((each for each in versions if each.is_latest), None)
    if current and current.id == chosen.id:
        console.print(f"{stack}: version {chosen.id} is the current one.", markup=False, highlight=False)
        return
    for name, version in (("now", current), ("then", chosen)):
        text = _described(env, stack, version) if version else "none"
        console.print(f"{name:<5} {text}", markup=False, highlight=False, soft_wrap=True)
    questions.ask(
        f"Make version {chosen.id} the state of {stack} of {env.environment}?",
        f"{stack}: not restored",
        console,
    )
    state_lock.refuse_locked(env, [stack])
    if next((each for each in _versions(env, stack) if each.is_latest), None) != current:
        message = f"{stack}: its state has changed meanwhile. Nothing was restored; look at it again."
        raise CommandError(message)
    key = Names.of(env).state_key(stack)
    client(env, "s3").copy_object(
        Bucket=env.state.bucket,
        Key=key,
        CopySource={"Bucket": env.state.bucket, "Key": key, "VersionId": chosen.id},
    )
    console.print(
        f"Restored. `make diff {which}` shows how AWS differs from it.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def _described(env: Environment, stack: str, version: Version) -> str:
    """Return what is in a version, or why it cannot be used."""
    if version.is_deletion:
        return "deletion"
    try:
        found = state.parse(_body(env, stack, version.id), env, stack)
    except ValueError as error:
        return f"{version.size_bytes} bytes, {error}"
    count = sum(len(each["instances"]) for each in found.get("resources", []) if each["mode"] == "managed")
    return (
        f"serial {found['serial']}, {counted(count, 'resource')}, Terraform {found['terraform_version']}, "
        f"lineage {found['lineage'][:8]}"
    )


def _versions(env: Environment, stack: str) -> list[Version]:
    """Return all versions of a stack's state, newest first."""
    if not state.bucket_exists(env):
        message = f"there is no state bucket {env.state.bucket}."
        raise CommandError(message)
    found = list(_listed(env, Names.of(env).state_key(stack)))
    return sorted(found, key=lambda version: (version.is_latest, version.modified), reverse=True)


def _listed(env: Environment, key: str) -> Iterator[Version]:
    pages = (
        client(env, "s3").get_paginator("list_object_versions").paginate(Bucket=env.state.bucket, Prefix=key)
    )
    for page in pages:
        for kind in ("Versions", "DeleteMarkers"):
            for each in page.get(kind, []):
                if each["Key"] == key:
                    yield Version(
                        each["VersionId"],
                        each["LastModified"],
                        each.get("Size", 0),
                        each["IsLatest"],
                        is_deletion=kind == "DeleteMarkers",
                    )


def _body(env: Environment, stack: str, version_id: str) -> bytes:
    key = Names.of(env).state_key(stack)
    try:
        got = client(env, "s3").get_object(Bucket=env.state.bucket, Key=key, VersionId=version_id)
    except ClientError as error:
        if error.response["Error"]["Code"] in state.NOT_FOUND:
            return b""
        raise
    return bytes(got["Body"].read())
