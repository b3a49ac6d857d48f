"""The stacks in the order of deployment."""

from __future__ import annotations

from config.errors import CommandError
from config.explain import did_you_mean
from stacks.contracts import PUBLISHED

ORDER = tuple(outputs.STACK for outputs in PUBLISHED)


def chosen(stack: str | None) -> tuple[str, ...]:
    """Return the stacks to work on: the one named, or all in order.

    Raises:
        CommandError: there is no such stack.
    """
    if not stack:
        return ORDER
    if stack not in ORDER:
        message = f"no such stack '{stack}'; known: {', '.join(ORDER)}{did_you_mean(stack, ORDER)}"
        raise CommandError(message)
    return (stack,)
