"""A test over a table is as strict as a test of each entry."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.tables import EntriesError, each
from tests.unit.config.configs import PROD, Folder

SEEN: list[int] = []


@each("number", (1, 2, 3))
def test_every_entry_is_tried(number: int) -> None:
    """Each once, in their order."""
    SEEN.append(number)
    assert list(range(1, number + 1)) == SEEN


def test_every_entry_that_fails_is_named_and_the_first_is_the_cause() -> None:
    """Also where a test of its own would have been reported: an error, a failure, a table in a table."""

    @each("left", lambda: ["one", "two"], ids=str.upper)
    @each("right, wanted", [(1, "one"), pytest.param(2, "two", id="second")])
    def compare(left: str, right: int, wanted: str) -> None:
        with pytest.raises(ValueError, match="two"):
            raise ValueError("one" if left == "one" and right == 1 else "two")
        assert left == wanted, f"{left} is not {wanted}"

    with pytest.raises(EntriesError) as found:
        compare()
    lines = str(found.value).splitlines()
    assert [line.partition(":")[0] for line in lines if line.startswith("-")] == [
        "- ONE",
        "- (1, 'one')",
        "- second",
        "- TWO",
        "- (1, 'one')",
    ]
    assert "- second: one is not two" in lines
    assert isinstance(found.value.__cause__, EntriesError)


def test_a_table_that_is_skipped_is_skipped() -> None:
    """One entry that is skipped hides no other; nothing to try is no success."""
    for table in ([], [1]):

        @each("number", table)
        def skip(number: int) -> None:
            pytest.skip(str(number))

        with pytest.raises(pytest.skip.Exception):
            skip()


@each("number", range(3))
def test_an_entry_has_fixtures_of_its_own(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is left of the entry before."""
    assert not list(tmp_path.iterdir())
    assert "REVEILLE_TABLE" not in os.environ
    (tmp_path / "file").touch()
    monkeypatch.setenv("REVEILLE_TABLE", "1")
    assert capsys.readouterr().out == ""
    print(number)  # noqa: T201


@each("number", range(2))
def test_an_entry_has_a_folder_of_its_own(number: int, folder: Folder) -> None:
    """A file that another entry wrote is gone, and what it changed is as it was."""
    assert sorted(path.name for path in folder.path.iterdir()) == ["base.yaml", "prod.yaml"]
    assert (folder.path / "prod.yaml").read_text(encoding="utf-8") == PROD
    folder.append("prod", f"# {number}")
    folder.write("other", "")
