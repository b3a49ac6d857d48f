"""What a synthesized stack reads of the others, and whether they have published it yet."""

from __future__ import annotations

from typing import Any

from config.models import Environment
from ops import state, synthesis
from terraform.configuration import RemoteRead


def unpublished(env: Environment, stack: str) -> list[RemoteRead]:
    """Return what `stack`, as synthesized, reads and the deployed stacks do not publish.

    Terraform would stop at the plan with "Invalid index" and name neither.
    """
    reads = sorted(synthesis.configuration(env, stack).remote_reads)
    published = {source: state.outputs(env, source) or {} for source in {read.source for read in reads}}
    return [read for read in reads if not _is_in(published[read.source], read)]


def _is_in(outputs: dict[str, Any], read: RemoteRead) -> bool:
    value = outputs.get(read.output)
    return value is not None and (not read.key or read.key in value)
