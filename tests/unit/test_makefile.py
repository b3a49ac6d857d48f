"""The variables of `make`: what is typed reaches the program as it is, and nothing in it is run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config.paths import ROOT
from tests.support.tables import each

pytestmark = pytest.mark.slow

MAKE = shutil.which("make") or "make"
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
FLAGS = ("CHECK", "JSON", "LIVE", "KEEP_LOCAL_AWS")
SAMPLES = {
    "NAME": "acme",
    "ENV": "prod",
    "STACK": "compute",
    "FUNCTION": "payment-handler",
    "SERVICE": "payment-handler",
    "FILE": "sample.log",
    "EVENT": "a.json",
}
SAMPLES |= {"FUNCTIONS": "shop-*", "ECS": "shop/*", "STATE_MACHINES": "x*"}
SAMPLES |= {"APPROVE": "auto", "VERSION": "v1", "SCENARIO": "a.yaml", "SPEED": "20", "MINUTES": "1"}
PROGRAM_READS = {"ENV": {"ENV"}, "APPROVE": {"APPROVE"}}
"""Variables that the program takes from its environment, and not as arguments."""

TARGETS = {
    target: tuple(re.findall(r"\b([A-Z_]+)=", text))
    for target, text in re.findall(r"^([a-z][a-z-]*):[^#\n]*## (.*)$", MAKEFILE, re.MULTILINE)
    if "=" in text and target != "test-unit"
}
"""Target -> the variables that the list of commands names; that of `test-unit` is only compared."""

HOSTILE = (
    "$(shell touch ran)",
    "$(touch ran)",
    "`touch ran`",
    "; touch ran #",
    '"; touch ran; echo "',
    "'; touch ran; echo '",
    "a$b${HOME}%$$",
    "--help",
    "-x",
    "a b  c*",
    "\\",
    "ü\u202e",
)

RECORDER = """#!{python}
import json, os, sys
with open("calls", "a", encoding="utf-8", errors="surrogateescape") as file:
    file.write(json.dumps([sys.argv[1:], dict(os.environ)]) + "\\n")
"""


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `make` in an empty folder, with a program that notes its arguments in the place of Python."""
    recorder = folder / "recorder"
    recorder.write_text(RECORDER.format(python=sys.executable), encoding="utf-8")
    recorder.chmod(0o755)
    (folder / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
    (folder / ".venv" / "bin" / "python").touch()
    for name in (
        "requirements/uv.txt",
        "requirements/project.txt",
        "pyproject.toml",
        "ops/setup.py",
        "ops/assembly.py",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    for name in ("stacks/aws.py", "stacks/kernel.py", ".venv/.ready"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    own = {name for names in TARGETS.values() for name in names} | {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}
    clean = {name: value for name, value in os.environ.items() if name not in own}
    return subprocess.run(
        [MAKE, "-f", str(ROOT / "Makefile"), *arguments, f"CLI={recorder}", f"PY={recorder}"],
        cwd=folder,
        env={**clean, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def calls(folder: Path) -> list[tuple[list[str], dict[str, str]]]:
    """Return the arguments and the environment of each program that ran."""
    path = folder / "calls"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [(arguments, environment) for arguments, environment in map(json.loads, lines)]


def test_the_list_of_commands_names_every_variable() -> None:
    """Those that a recipe uses are those that are listed, so that these tests know all of them."""
    declared = set(" ".join(re.findall(r"^(?:TEXTS|FLAGS) := (.*)$", MAKEFILE, re.MULTILINE)).split())
    assert {name for names in TARGETS.values() for name in names} == declared
    assert set(FLAGS) | set(SAMPLES) == declared


@each("value", HOSTILE)
@each("target", TARGETS)
def test_a_text_arrives_as_it_was_typed(target: str, value: str, tmp_path: Path) -> None:
    """Neither make nor the shell takes any of it for a command; SCENARIO alone is a list of files."""
    names = [name for name in TARGETS[target] if name in SAMPLES]
    live = ["LIVE=1"] if "LIVE" in TARGETS[target] else []
    result = run(tmp_path, target, *live, *(f"{name}={value}" for name in names))
    assert result.returncode == 0, result.stdout + result.stderr
    assert not (tmp_path / "ran").exists()
    assert calls(tmp_path)
    for arguments, environment in calls(tmp_path):
        for name in names:
            if name in PROGRAM_READS:
                assert environment[name] == value
            elif name == "SCENARIO":
                assert arguments[arguments.index("--") + 1 :] == value.split()
            else:
                assert value in arguments or f"--{name.lower().replace('_', '-')}={value}" in arguments, name


@each(
    ("target", "name"),
    [(target, name) for target, names in TARGETS.items() for name in names],
)
@each("value", ["", "  "])
def test_an_empty_variable_is_refused(target: str, name: str, value: str, tmp_path: Path) -> None:
    """It would mean every stack, or the local environment."""
    others = [f"{other}={SAMPLES[other]}" for other in TARGETS[target] if other in SAMPLES and other != name]
    result = run(tmp_path, target, *others, f"{name}={value}")
    assert result.returncode == 2
    assert f"{name} is empty: set a value, or omit it" in result.stderr
    assert not calls(tmp_path)


@pytest.mark.parametrize("given", [(), ("STACK=compute",), ("APPROVE=auto", "ENV=prod")])
def test_what_is_not_given_is_not_there(given: tuple[str, ...], tmp_path: Path) -> None:
    """A command that runs `make` itself, as the tests do, would pass it on as empty."""
    result = run(tmp_path, "deploy", *given)
    assert result.returncode == 0, result.stderr
    ((_, environment),) = calls(tmp_path)
    names = {*SAMPLES, *FLAGS, "APPROVE"} & set(environment)
    assert names == {"ENV"} | {text.partition("=")[0] for text in given}


@pytest.mark.parametrize("name", ["ENV", "STACK", "PROJECT_DIR"])
def test_an_empty_variable_of_the_environment_is_refused(name: str, tmp_path: Path) -> None:
    """A pipeline in which the variable has no value; `make` reads it from the environment, too."""
    result = run(tmp_path, "deploy", **{name: ""})
    assert result.returncode == 2
    assert f"{name} is empty" in result.stderr
    assert not calls(tmp_path)


@each("name", FLAGS)
@each("value", ["0", "no", "2", "1 1", "$(shell touch ran)", "`touch ran`", "$$x"])
def test_a_flag_is_1_or_left_out(name: str, value: str, tmp_path: Path) -> None:
    """`CHECK=0` would have meant yes."""
    target = next(target for target, names in TARGETS.items() if name in names)
    result = run(tmp_path, target, f"{name}={value}")
    assert result.returncode == 2
    assert f"{name} must be 1, or be omitted (found: {value})" in result.stderr
    assert not calls(tmp_path)
    assert not (tmp_path / "ran").exists()


@each("value", HOSTILE)
@each("name", [*SAMPLES, *FLAGS])
def test_what_the_environment_holds_is_not_run(name: str, value: str, tmp_path: Path) -> None:
    """A flag in it is somebody else's, and counts for nothing."""
    target = next(target for target, names in TARGETS.items() if name in names)
    others = [f"{other}={SAMPLES[other]}" for other in TARGETS[target] if other in SAMPLES and other != name]
    result = run(tmp_path, target, *others, **{name: value})
    assert result.returncode == 0, result.stderr
    assert not (tmp_path / "ran").exists()
    ((arguments, environment), *_) = calls(tmp_path)
    if name in FLAGS:
        assert not {"--json", "--exit-code", "--live", "--keep-local-aws"}.intersection(arguments)
    else:
        assert environment[name] == value


def packages(folder: Path) -> None:
    """Make packages of tests, as `make` looks for them."""
    for name in ("catalog", "config"):
        (folder / "tests" / "unit" / name).mkdir(parents=True)
        (folder / "tests" / "unit" / name / "__init__.py").touch()


@each("only, where", [("catalog", "tests/unit/catalog"), ("functions", "tests/functions functions")])
def test_the_tests_of_one_package(only: str, where: str, tmp_path: Path) -> None:
    """Of nothing else; what is slow by nature is left out, with `ONLY` and without."""
    packages(tmp_path)
    result = run(tmp_path, "-n", "test-unit", f"ONLY={only}")
    assert result.stdout.strip() == f'.venv/bin/pytest -n 2 -m "not e2e and not slow" {where}'
    every = run(tmp_path, "-n", "test-unit", ONLY=only)
    assert every.stdout.strip().endswith('"not e2e and not slow" tests/unit tests/functions functions')


@each("only", ["", "  ", "catalogs", "%", "catalog config", *HOSTILE])
def test_a_package_that_is_not_there_is_refused_with_those_that_are(only: str, tmp_path: Path) -> None:
    """Nothing in it is run."""
    packages(tmp_path)
    result = run(tmp_path, "test-unit", f"ONLY={only}")
    assert result.returncode == 2
    assert "catalog config functions local_aws" in result.stderr
    assert not (tmp_path / "ran").exists()


def test_lock_covers_the_functions_of_the_project_and_stops_at_a_failure(tmp_path: Path) -> None:
    """Those of `PROJECT_DIR` too; a file that cannot be resolved is not followed by success."""
    checkout, project = tmp_path / "checkout", tmp_path / "a project"
    own = checkout / "functions" / "notifier"
    theirs = project / "functions" / "refunds"
    for folder in (own, theirs):
        folder.mkdir(parents=True)
        (folder / "requirements.in").write_text("")
    shutil.copy(ROOT / "Makefile", checkout)
    uv = checkout / ".venv" / "bin" / "uv"
    uv.parent.mkdir(parents=True)
    for failing, status in (("nothing", 0), ("functions/notifier", 2)):
        uv.write_text(f'#!/bin/sh\necho "$@" >> {checkout}/calls\ncase "$*" in *{failing}*) exit 1;; esac\n')
        uv.chmod(0o755)
        (checkout / "calls").write_text("")
        done = subprocess.run(
            [MAKE, "-o", ".venv/.ready", "lock"],
            cwd=checkout,
            env={**os.environ, "PROJECT_DIR": str(project)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stderr
        calls = (checkout / "calls").read_text()
        assert "functions/notifier/requirements.in" in calls
        assert (f"{theirs}/requirements.in -o {theirs}/requirements.txt" in calls) == (status == 0)


def test_lock_resolves_each_function_once_without_a_project(tmp_path: Path) -> None:
    """The folder of the checkout is not also that of the project."""
    function = tmp_path / "functions" / "notifier"
    function.mkdir(parents=True)
    (function / "requirements.in").write_text("")
    shutil.copy(ROOT / "Makefile", tmp_path)
    uv = tmp_path / ".venv" / "bin" / "uv"
    uv.parent.mkdir(parents=True)
    uv.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n')
    uv.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if name != "PROJECT_DIR"}
    subprocess.run([MAKE, "-o", ".venv/.ready", "lock"], cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "calls").read_text().count("notifier/requirements.in") == 1
