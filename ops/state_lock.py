"""Terraform's lock of a state object: its holder, and how to remove it when the holder was killed.

Terraform's S3 backend locks a state with an object beside it, `<key>.tflock` ("Backend Type: s3",
`use_lockfile`). A Terraform run that is killed leaves the object, and every later run fails.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from rich.console import Console

from aws.clients import client
from catalog.naming import Names
from config.errors import CommandError, visible
from config.models import Environment
from config.paths import BUILD
from ops import questions
from ops.state import NOT_FOUND

_SUFFIX = ".tflock"
_SHOWN = 100
"""Characters of a lock's field that are shown."""


@dataclass(frozen=True)
class StateLock:
    """The lock of one state."""

    id: str
    who: str
    """User and machine, such as `ci@runner-7`; empty if the object is not a Terraform lock."""
    created: str
    """Time of creation, as Terraform writes it (RFC 3339)."""
    operation: str
    """Terraform's operation, such as `apply`."""
    version: str
    """Terraform's version."""

    def __str__(self) -> str:
        if not self.who:
            return "by an object that is not a Terraform lock"
        return f"by {self.who} since {_readable(self.created)} (terraform {self.operation}, {self.version})"

    def advice(self, env: Environment, stack: str) -> str:
        """Return the holder of the lock and what to do."""
        return (
            f"{stack}: its state is locked {self}. Wait if that run is still active; if it was killed, run "
            f"`make unlock ENV={env.environment} STACK={stack}`."
        )


def find(env: Environment, stack: str, *, release: bool = True) -> StateLock | None:
    """Return the lock of a stack's state, or None.

    Args:
        env: the environment.
        stack: the stack.
        release: whether to release a lock that Terraform could not release and this checkout remembers.
    """
    key = _key(env, stack)
    try:
        body = client(env, "s3").get_object(Bucket=env.state.bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in NOT_FOUND:
            return None
        raise
    lock = _parse(body)
    remembered = _unreleased(env, stack)
    if release and remembered.exists() and remembered.read_text(encoding="utf-8") == lock.id:
        _delete(env, stack)
        remembered.unlink()
        return None
    return lock


def refuse_locked(env: Environment, stacks: Iterable[str], *, release: bool = True) -> None:
    """Stop if the state of one of `stacks` is locked.

    Raises:
        CommandError: a state is locked; the message has a line for each.
    """
    locks = [lock.advice(env, stack) for stack in stacks if (lock := find(env, stack, release=release))]
    if locks:
        raise CommandError("\n".join([*locks, "Nothing was changed."]))


def remember(env: Environment, stack: str, diagnostic: str) -> None:
    """Store the id of a lock that Terraform could not release, from its diagnostic; `find` releases it."""
    lock_id = re.search(r"\bID:\s+([0-9a-f-]{36})\b", diagnostic)
    if lock_id:
        path = _unreleased(env, stack)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(lock_id[1], encoding="utf-8")


def unlock(env: Environment, stack: str, console: Console) -> None:
    """Show the lock of a stack's state, ask, and remove it.

    Raises:
        CommandError: the answer is not yes, or the lock has changed in the meantime.
    """
    lock = find(env, stack)
    if lock is None:
        console.print(f"{stack} of {env.environment} is not locked.", highlight=False)
        return
    console.print(
        f"{stack} of {env.environment} is locked {lock}.", markup=False, highlight=False, soft_wrap=True
    )
    console.print(
        "If that run is still active, two runs could change the same resources at once.", highlight=False
    )
    questions.ask(f"Remove the lock of {stack} of {env.environment}?", "not removed", console)
    if find(env, stack) != lock:
        message = f"{stack}: the lock has changed in the meantime. It was not removed."
        raise CommandError(message)
    _delete(env, stack)
    console.print(f"The lock of {stack} is removed.", highlight=False)


def _key(env: Environment, stack: str) -> str:
    return f"{Names.of(env).state_key(stack)}{_SUFFIX}"


def _unreleased(env: Environment, stack: str) -> Path:
    """Return the file with the id of a lock that Terraform could not release."""
    return BUILD / "terraform" / env.environment / stack / "lock-left"


def _delete(env: Environment, stack: str) -> None:
    client(env, "s3").delete_object(Bucket=env.state.bucket, Key=_key(env, stack))


def _parse(body: bytes) -> StateLock:
    try:
        lock: Any = json.loads(body)
        fields = [lock[name] for name in ("ID", "Who", "Created", "Operation", "Version")]
    except (ValueError, TypeError, KeyError, RecursionError):
        fields = []
    if not fields or not all(isinstance(field, str) and field.strip() for field in fields):
        return StateLock("", "", "", "", "")
    id_, who, created, operation, version = (visible(field, _SHOWN) for field in fields)
    return StateLock(id_, who, created, operation.removeprefix("OperationType").lower(), version)


def _readable(created: str) -> str:
    """Return a time as `2026-11-30 02:43:12 UTC`; any other text is returned unchanged."""
    try:
        # Terraform writes nanoseconds, which Python 3.10 does not read.
        return datetime.fromisoformat(re.sub(r"(\.\d+)?Z$", "", created)).strftime("%Y-%m-%d %H:%M:%S UTC")
    except ValueError:
        return created
