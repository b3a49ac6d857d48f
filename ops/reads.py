"""The outputs of other stacks that a synthesized stack reads, and those not published yet."""

from __future__ import annotations

from typing import Any

from config.models import Environment
from ops import state, synthesis
from terraform.configuration import RemoteRead


def unpublished(env: Environment, stack: str) -> list[RemoteRead]:
    """Return the outputs that `stack` reads, as synthesized, and that the deployed stacks do not publish.

    Terraform would fail in the plan with "Invalid index", without the stack or the output.
    """
    reads = sorted(synthesis.configuration(env, stack).remote_reads)
    published = {source: state.outputs(env, source) or {} for source in {read.source for read in reads}}
    return [read for read in reads if not _is_published(published[read.source], read)]


def _is_published(outputs: dict[str, Any], read: RemoteRead) -> bool:
    value = outputs.get(read.output)
    return value is not None and (not read.key or read.key in value)
