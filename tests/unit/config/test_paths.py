"""Files that a user names: relative to the working directory, else to the project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from config import paths
from config.arguments import ProjectFile
from ops import cli
from tests.support.tables import each


def files(group: click.Group, name: str = "") -> Iterator[tuple[str, click.Parameter]]:
    """Yield the arguments of all commands that are files, with the name of the command."""
    context = click.Context(group)
    for key in group.list_commands(context):
        command = group.get_command(context, key)
        if isinstance(command, click.Group):
            yield from files(command, f"{name}{key} ")
        elif command is not None:
            for parameter in command.params:
                if isinstance(parameter, click.Argument) and isinstance(parameter.type, click.Path):
                    yield f"{name}{key}", parameter


def test_the_files_of_all_commands_are_those_of_the_project() -> None:
    """Every argument that is a file; the folders of options are written."""
    found = dict(files(cli.reveille))
    assert {"drill run", "drill live", "invoke", "logs"} <= set(found)
    assert [name for name, parameter in found.items() if not isinstance(parameter.type, ProjectFile)] == []


@each(
    ("path", "expected"),
    [
        ("both.yaml", "both.yaml"),
        ("drills/own.yaml", "../project/drills/own.yaml"),
        ("neither.yaml", "neither.yaml"),
        ("/neither.yaml", "/neither.yaml"),
        ("../here/both.yaml", "../here/both.yaml"),
        ("link.yaml", "link.yaml"),
    ],
)
def test_a_file_of_the_working_directory_is_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, expected: str
) -> None:
    """Also a link to a file that does not exist; a path in neither stays as the user wrote it."""
    for name in ("here/both.yaml", "project/both.yaml", "project/drills/own.yaml", "project/link.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "here/link.yaml").symlink_to("nowhere.yaml")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(paths, "PROJECT", tmp_path / "project")
    assert paths.of_project(Path(path)) == Path(expected)


def test_a_scenario_of_the_project_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its path in the project."""
    monkeypatch.chdir(tmp_path)
    arguments = ["drill", "run", "--env", "prod", "--no-pictures", "drills/payment-outage.yaml"]
    assert cli.main(arguments) == 0, capsys.readouterr().err
