"""Clients of other systems, chosen by an environment variable."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

from functions.shared.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Client = TypeVar("Client")


def client_from_environment(variable: str, known: Mapping[str, Callable[[], Client]]) -> Client:
    """Make the client that an environment variable names.

    There is no default: a sandbox that answers in production because somebody forgot a variable takes
    orders that nobody pays.

    Raises:
        ConfigurationError: The variable is unset or names none of `known`.
    """
    make = known.get(os.environ.get(variable, ""))
    if make is None:
        message = f"environment variable {variable} must be one of: {', '.join(sorted(known))}"
        raise ConfigurationError(message)
    return make()
