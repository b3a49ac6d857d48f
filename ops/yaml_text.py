"""Values as text of a configuration file."""

from __future__ import annotations

from typing import Any

import yaml


def flow(value: Any) -> str:  # noqa: ANN401  # any value
    """Return a value on one line, as YAML."""
    dumped: str = yaml.safe_dump(
        value, default_flow_style=True, width=10**6, sort_keys=False, allow_unicode=True
    )
    return dumped.removesuffix("\n").removesuffix("\n...").strip()
