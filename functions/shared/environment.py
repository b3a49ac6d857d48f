"""Clients of other systems, selected by an environment variable."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

from functions.shared.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Client = TypeVar("Client")


def client_from_environment(variable: str, known: Mapping[str, Callable[[], Client]]) -> Client:
    """Create the client that an environment variable selects.

    There is no default: with a missing variable, production would use the sandbox and accept unpaid orders.

    Raises:
        ConfigurationError: The variable is not set, or its value is not in `known`.
    """
    make = known.get(os.environ.get(variable, ""))
    if make is None:
        message = f"environment variable {variable} must be one of: {', '.join(sorted(known))}"
        raise ConfigurationError(message)
    return make()
