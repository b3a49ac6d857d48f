"""What a function's environment variables may take together."""

from __future__ import annotations

import pytest

from config.errors import ConfigError
from config.loader import load


def test_more_variables_than_lambda_takes_are_refused() -> None:
    """At the key, with both numbers; what fits is taken."""
    name = "REVEILLE_SERVICES__PAYMENT_HANDLER__ENVIRONMENT__TEXT"
    assert load("prod", variables={name: "x" * 3000})
    with pytest.raises(ConfigError, match=r"environment: has \d+ bytes; Lambda allows 4096, of which 512"):
        load("prod", variables={name: "x" * 3600})
