"""The comparison of two snapshots sees every difference, and only what is asked for."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.snapshot import compare
from tests.support.tables import each


def write(folder: Path, **files: object) -> Path:
    """Write a snapshot of JSON files; return its folder."""
    (folder / "synthesized").mkdir(parents=True)
    for name, value in files.items():
        (folder / "synthesized" / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
    return folder


ALARM = {"resource": {"quiet": {"threshold": 5, "alarm_description": "old"}}}
MUTE = {"resource": {"mute": ALARM["resource"]["quiet"]}}


@each(
    ("after", "renames", "texts", "same"),
    [
        ({"a": ALARM}, {}, True, True),
        ({"a": {"resource": {"quiet": {"threshold": 6, "alarm_description": "old"}}}}, {}, False, False),
        ({"a": {"resource": {"quiet": {"threshold": 5, "alarm_description": "new"}}}}, {}, True, False),
        ({"a": {"resource": {"quiet": {"threshold": 5, "alarm_description": "new"}}}}, {}, False, True),
        ({"a": MUTE}, {}, True, False),
        (
            {"a": {"resource": {"mute": {"threshold": 5, "alarm_description": "old"}}}},
            {"quiet": "mute"},
            True,
            True,
        ),
        ({"a": ALARM, "b": {}}, {}, True, False),
        ({}, {}, True, False),
    ],
)
def test_a_difference_is_seen(
    after: dict[str, object],
    renames: dict[str, str],
    texts: bool,  # noqa: FBT001
    same: bool,  # noqa: FBT001
    tmp_path: Path,
) -> None:
    """In a value, a text, a name, and of a file that is missing or new."""
    old, new = write(tmp_path / "old", a=ALARM), write(tmp_path / "new", **after)
    assert (compare(old, new, renames, texts=texts) == []) == same
