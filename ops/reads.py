"""What a synthesized stack reads of the others, and whether they have published it yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from config.models import Environment
from ops import state, synthesis

_READ = re.compile(r'data\.terraform_remote_state\.([\w-]+)\.outputs\.(\w+)(?:\["([^"]+)"\]|\.(\w+))?')
"""A reference to an output, and to a key of it: cdktf writes `["two-words"]`, but `.one` for one word."""


class Read(NamedTuple):
    """One value of another stack."""

    source: str
    """The stack that publishes it."""
    output: str
    key: str
    """Key of the map, empty for a text."""

    def __str__(self) -> str:
        return f"{self.output}[{self.key}]" if self.key else self.output


def unpublished(env: Environment, stack: str) -> list[Read]:
    """Return what `stack`, as synthesized, reads and the deployed stacks do not publish.

    Terraform would stop at the plan with "Invalid index" and name neither.
    """
    configuration = synthesis.configuration(env, stack)
    reads = sorted(
        {
            Read(source, output, quoted or plain)
            for text in _texts(configuration)
            for source, output, quoted, plain in _READ.findall(text)
        }
    )
    published = {source: state.outputs(env, source) or {} for source in {read.source for read in reads}}
    return [read for read in reads if not _is_in(published[read.source], read)]


def _is_in(outputs: dict[str, Any], read: Read) -> bool:
    value = outputs.get(read.output)
    return value is not None and (not read.key or read.key in value)


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401  # JSON
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
