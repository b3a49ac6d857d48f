"""The stacks in the order of deployment."""

from __future__ import annotations

from config.errors import CommandError
from config.words import did_you_mean
from stacks.contracts import PUBLISHED

ORDER = tuple(outputs.STACK for outputs in PUBLISHED)


def chosen(stack: str | None) -> tuple[str, ...]:
    """Return the selected stacks: the named one, or all in order.

    Raises:
        CommandError: the stack does not exist.
    """
    if not stack:
        return ORDER
    if stack not in ORDER:
        message = f"stack '{stack}' does not exist; stacks: {', '.join(ORDER)}{did_you_mean(stack, ORDER)}"
        raise CommandError(message)
    return (stack,)
