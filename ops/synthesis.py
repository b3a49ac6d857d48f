"""Write the Terraform configuration of an environment to a folder of its own."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from catalog import Catalog
from catalog.naming import Names
from config.errors import CommandError
from config.models import Environment
from config.paths import BUILD
from ops import functions
from stacks.contracts import Dashboard
from terraform.configuration import ConfigurationError, Stack, read, read_file


def folder(env: Environment) -> Path:
    """Return the folder of the synthesized stacks of `env`; each environment has its own."""
    return BUILD / "synth" / env.environment


def stack_folder(env: Environment, stack: str) -> Path:
    """Return the folder in which Terraform runs for one stack of `env`."""
    return folder(env) / "stacks" / stack


def synthesize(env: Environment, catalog: Catalog, out: Path | None = None) -> None:
    """Write every stack of `env` under `out`, or `folder(env)`; the functions need not be built.

    Raises:
        CommandError: CloudWatch would reject a dashboard, or Node.js was killed.
    """
    # Imported here because cdktf starts Node, which takes time.
    from stacks import app  # noqa: PLC0415
    from verify import dashboards  # noqa: PLC0415

    written = out or folder(env)
    written.mkdir(parents=True, exist_ok=True)
    try:
        app.synthesize(
            env,
            catalog,
            zips=functions.zip_paths(env),
            notifier_zip=functions.notifier_zip(env),
            out=str(written),
        )
    except BrokenPipeError as error:
        message = (
            "Node.js, which cdktf needs, was killed, possibly because memory is exhausted. Nothing was "
            "changed; run the command again."
        )
        raise CommandError(message) from error
    # Without this check PutDashboard would fail, in the middle of an apply.
    if invalid := dashboards.invalid(read(written), Dashboard.STACK):
        raise CommandError("\n".join([*invalid, "Nothing was changed."]))


def stacks_of(env: Environment, catalog: Catalog) -> dict[str, Stack]:
    """Synthesize every stack of `env` into a temporary folder, and return them by their names."""
    with tempfile.TemporaryDirectory() as out:
        synthesize(env, catalog, Path(out))
        return read(Path(out))


def configuration(env: Environment, stack: str) -> Stack:
    """Return a synthesized stack of `env`, after checking that it is of `env`.

    Raises:
        CommandError: it is of another environment, or was not written by this program.
    """
    path = stack_folder(env, stack) / "cdk.tf.json"
    try:
        synthesized = read_file(stack, path)
    except ConfigurationError as error:
        message = f"{stack}: {error}. Run the command again. Nothing was changed."
        raise CommandError(message) from error
    expected, actual = _backend_of(env, stack), _backend(synthesized)
    if actual != expected:
        names = [name for name in expected if actual.get(name) != expected[name]]
        differences = ", ".join(f"{name} {actual.get(name)} instead of {expected[name]}" for name in names)
        message = (
            f"{stack}: {path} is not of {env.environment}: {differences}. Another program has written it. "
            "Nothing was changed in this stack; run the command again."
        )
        raise CommandError(message)
    return synthesized


def _backend_of(env: Environment, stack: str) -> dict[str, str]:
    """Return the expected backend and account of a stack of `env`."""
    names = Names.of(env)
    return {
        "bucket": env.state.bucket,
        "key": names.state_key(stack),
        "region": env.region,
        "endpoint": env.endpoint or "AWS",
        "account_id": env.account_id,
    }


def _backend(stack: Stack) -> dict[str, str]:
    """Return the actual backend and account of a synthesized stack."""
    s3 = stack.backend
    provider: dict[str, Any] = next(iter(stack.aws_providers), {})
    endpoints = {
        s3.get("endpoints", {}).get("s3", "AWS"),
        *(url for urls in provider.get("endpoints", [{}]) for url in (urls or {"": "AWS"}).values()),
    }
    return {
        "bucket": str(s3.get("bucket")),
        "key": str(s3.get("key")),
        "region": str(s3.get("region")),
        "endpoint": ", ".join(sorted(endpoints)),
        "account_id": ", ".join(provider.get("allowed_account_ids", [])),
    }
