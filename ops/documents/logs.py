"""The tables in docs/logs.md: the formats of log lines, and the crashes that count in every format."""

from __future__ import annotations

from config import formats
from ops.documents.markdown import generated, table

_FORMATS, _CRASHES = "formats", "crashes"


def logs(text: str) -> str:
    """Return the document with its tables replaced by those of the presets."""
    rows = [_row(name, formats.preset(name)) for name in formats.names()]
    headings = ("`format`", "logger", "lines", "an error", "duration of a request", "source")
    text = generated(text, _FORMATS, table(headings, rows))
    crashes = [
        (crash.title, f"`{crash.error_lines[0]}`", crash.source.rstrip("."))
        for crash in formats.crashes().values()
    ]
    return generated(text, _CRASHES, table(("crash", "line that counts", "source"), crashes))


def _row(name: str, preset: formats.Preset) -> tuple[str, ...]:
    if preset.level_keys:
        keys = " or ".join(f"`{key}`" for key in preset.level_keys)
        error = f"{keys}: {', '.join(f'`{level}`' for level in preset.error_levels)}"
    elif preset.json_lines:
        error = f"`{preset.errors}`"
    else:
        error = "status 5xx" if "=5" in (preset.errors or "") else "level in the line"
    duration = "-"
    if preset.duration_unit:
        key = f"`{preset.duration_key}`" if preset.duration_key else "in the line"
        duration = f"{key}, {preset.duration_unit}"
    lines = "JSON" if preset.json_lines else "text"
    return f"`{name}`", preset.title, lines, error, duration, preset.source.rstrip(".")
