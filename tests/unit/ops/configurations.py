"""What is synthesized of an environment, as far as commands look at it before Terraform does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from catalog.naming import Names
from config.models import Environment


def head(env: Environment, stack: str) -> dict[str, Any]:
    """Return the backend and the provider of a stack, as `stacks.base` writes them."""
    endpoints = {"endpoints": {"s3": env.endpoint}} if env.endpoint else {}
    key = Names.of(env).state_key(stack)
    s3 = {"bucket": env.state.bucket, "key": key, "region": env.region, **endpoints}
    provider: dict[str, Any] = {"allowed_account_ids": [env.account_id], "region": env.region}
    if env.endpoint:
        provider["endpoints"] = [{"s3": env.endpoint, "sns": env.endpoint}]
    return {"terraform": {"backend": {"s3": s3}}, "provider": {"aws": [provider]}}


def write(folder: Path, env: Environment, stack: str, **content: Any) -> Path:
    """Write a stack below `folder`, where all stacks of `env` are synthesized to; return its file."""
    path = folder / "stacks" / stack / "cdk.tf.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**head(env, stack), **content}), encoding="utf-8")
    return path
