"""A checkout becomes somebody's own: renamed, without samples, and its checks pass."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import catalog
from config.errors import CommandError, ConfigError
from config.loader import environments, load
from config.paths import ROOT
from ops import adoption, cli
from tests.support.shop import SHOP
from tests.support.tables import each

GIT, MAKE = shutil.which("git") or "git", shutil.which("make") or "make"
SERVICE = """services:
  hello:
    kind: lambda
    description: Says hello
    source: functions/hello
"""
HANDLER = '''"""Says hello."""

from __future__ import annotations


def handle(event: object, context: object) -> dict[str, str]:
    """Return a greeting."""
    del event, context
    return {"status": "hello"}
'''
READS_OF_THE_USER = re.compile(
    r'ROOT / "(config|drills)"(?! / "schema\.json")|ROOT / "functions" / "(payment|order)'
)


def git(checkout: Path, *arguments: str) -> str:
    """Run Git and return what it prints."""
    # Hooks set variables that name another repository.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false")
    return subprocess.run(
        [GIT, *who, *arguments], cwd=checkout, env=variables, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the checkout with all that Git knows of it, committed."""
    checkout = tmp_path_factory.mktemp("adopted") / "acme"
    for name in git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines():
        source, target = ROOT / name, checkout / name
        if source.is_file() or source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    git(checkout, "init", "--quiet")
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "Copy")
    return checkout


@pytest.fixture
def checkout(copied: Path) -> Iterator[Path]:
    """Return the copy, as it was."""
    yield copied
    git(copied, "reset", "--hard", "--quiet")
    git(copied, "clean", "-fdq")


def has_samples(checkout: Path) -> bool:
    """Return whether anything of the samples is left."""
    config = "".join(path.read_text(encoding="utf-8") for path in (checkout / "config").glob("*.yaml"))
    return any(service in config for service in adoption.SERVICES)


def test_the_project_is_renamed_and_its_samples_are_gone(checkout: Path) -> None:
    """Every environment is valid; a second time there is nothing to do."""
    if not has_samples(checkout):
        pytest.skip("the samples of this checkout are gone")
    changes = adoption.plan(checkout, "acme")
    adoption.require_committed(checkout, changes.paths)
    adoption.apply(checkout, changes)
    assert not has_samples(checkout)
    for name in environments(checkout / "config"):
        env = load(name, rules=[catalog.check], folder=checkout / "config", variables={})
        assert (env.project, env.services) == ("acme", {})
        assert env.state.bucket.startswith("acme-")
    assert not (checkout / "functions" / "payment_handler").exists()
    assert "<!-- samples -->" not in (checkout / "README.md").read_text(encoding="utf-8")
    assert adoption.plan(checkout, "acme").paths == ()


@pytest.mark.parametrize("name", ["Acme", "a: b", "a" * 41, "", "-x", "{}", "\\1", "1", "null!"])
def test_a_name_that_is_not_valid_changes_nothing(checkout: Path, name: str) -> None:
    """Every problem with its place in the configuration."""
    if not has_samples(checkout):
        pytest.skip("the samples of this checkout are gone")
    with pytest.raises(ConfigError, match=r"config/base\.yaml:\d+: project: must "):
        adoption.plan(checkout, name)
    assert git(checkout, "status", "--porcelain") == ""


@pytest.mark.parametrize("name", ["null", "no", "yes"])
def test_a_name_that_yaml_takes_for_something_else_is_quoted(name: str) -> None:
    """As in the file of a person who knows YAML."""
    assert adoption.adopted(Path("base.yaml"), "project: reveille\n", name) == f'project: "{name}"\n'


OWN = "  own: {kind: ecs}\n"
EDITED = {
    "the first": ("  payment-handler:\n    kind: lambda\n\n" + OWN, OWN),
    "the last": ("  own: {kind: ecs}\n\n  checkout-api:\n    kind: ecs\n", "  own: {kind: ecs}\n\n"),
    "its comments": ("  # a\n  # b\n  checkout-api: {kind: ecs} # c\n" + OWN, OWN),
    "comments of the next": ("  checkout-api: {kind: ecs}\n\n  # d\n" + OWN, "  # d\n" + OWN),
    "a block of text": (
        "  checkout-api:\n    description: |\n      x\n      # y\n" + OWN, OWN
    ),
    "a list": ("  checkout-api:\n    command:\n      - a\n      - b\n" + OWN, OWN),
    "no value": ("  checkout-api:\n" + OWN, OWN),
    "blank lines of others": (
        "  checkout-api: {kind: ecs}\n  own:\n    description: |\n      a\n\n\n\n      b\n",
        "  own:\n    description: |\n      a\n\n\n\n      b\n",
    ),
    "Windows": ("  checkout-api:\r\n    kind: ecs\r\n\r\n  own: {kind: ecs}\r\n", "  own: {kind: ecs}\r\n"),
    "a longer name": ("  web-checkout-api: {kind: ecs}\n", "  web-checkout-api: {kind: ecs}\n"),
}  # fmt: skip
"""Services before and after."""


@each("name", EDITED)
def test_services_of_ones_own_stay_as_they_are(name: str) -> None:
    """Their comments, blank lines and line endings too."""
    before, after = EDITED[name]
    tail = "# the end\nstate: {bucket: reveille-state}\n"
    edited = adoption.adopted(Path("prod.yaml"), f"project: reveille\nservices:\n{before}{tail}", "acme")
    assert edited == f"project: acme\nservices:\n{after}# the end\nstate: {{bucket: acme-state}}\n"


UNEDITABLE = {
    "services: {payment-handler: {kind: lambda}}\n": "base.yaml:1: services: is written with braces",
    "a: &a reveille\nproject: *a\n": "base.yaml:2: has an alias",
    "project: >-\n  reveille\n": "base.yaml:1: is a block of text",
}


@each("text", UNEDITABLE)
def test_what_cannot_be_edited_is_refused_with_its_place(text: str) -> None:
    """Rather than edited wrongly."""
    with pytest.raises(CommandError, match=UNEDITABLE[text]):
        adoption.adopted(Path("base.yaml"), text, "acme")


def test_a_function_that_a_service_uses_stays(checkout: Path) -> None:
    """As of somebody who renamed the sample service and kept its code."""
    if not has_samples(checkout):
        pytest.skip("the samples of this checkout are gone")
    for path in (checkout / "config").glob("*.yaml"):
        path.write_text(path.read_text("utf-8").replace("payment-handler:", "payments:"), encoding="utf-8")
    assert Path("functions/payment_handler") not in adoption.plan(checkout, "acme").removed
    assert Path("functions/order_processor") in adoption.plan(checkout, "acme").removed


@pytest.mark.parametrize("unsaved", ["changed", "untracked", "ignored", "hidden"])
def test_files_of_which_git_has_no_copy_are_not_removed(
    checkout: Path, unsaved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever Git is configured to show; variables of a hook do not name another repository."""
    if not has_samples(checkout):
        pytest.skip("the samples of this checkout are gone")
    monkeypatch.setenv("GIT_DIR", str(ROOT / "gone"))
    changes = adoption.plan(checkout, "acme")
    adoption.require_committed(checkout, changes.paths)
    path = checkout / ("docs/tutorial.md" if unsaved == "changed" else "functions/order_processor/mine.py")
    path.write_text("mine", encoding="utf-8")
    if unsaved == "ignored":
        (checkout / ".git" / "info" / "exclude").write_text("mine.py\n", encoding="utf-8")
    if unsaved == "hidden":
        git(checkout, "config", "status.showUntrackedFiles", "no")
    with pytest.raises(CommandError, match=f"Git has no copy of .*: {path.relative_to(checkout)}$"):
        adoption.require_committed(checkout, changes.paths)
    path.unlink()


def test_without_git_nothing_is_removed(tmp_path: Path) -> None:
    """With Git's own reason."""
    with pytest.raises(CommandError, match=r"Git must have a copy of them \(fatal: not a git repository"):
        adoption.require_committed(tmp_path, [Path("x")])


def test_another_project_directory_is_not_adopted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checkout would be edited and the documents of the other project written."""
    monkeypatch.setattr(adoption, "plan", lambda *_: pytest.fail("planned"))
    assert cli.main(["adopt", "acme"]) == 1
    assert f"PROJECT_DIR is set ({SHOP}): " in capsys.readouterr().err


def test_a_project_is_adopted_once(checkout: Path) -> None:
    """Services of the same names are the user's by then."""
    base = checkout / "config" / "base.yaml"
    base.write_text(re.sub("project: .*", "project: acme", base.read_text("utf-8")), encoding="utf-8")
    assert adoption.plan(checkout, "acme").paths == ()
    with pytest.raises(CommandError, match=r"has been renamed already \(project: acme\)"):
        adoption.plan(checkout, "other")


@pytest.mark.slow
def test_an_adopted_checkout_passes_its_checks(checkout: Path) -> None:
    """With one service and no drill: everything of `make check` that reads what is the user's.

    The other tests read `tests/shop` alone, which the next test holds.
    """

    def make(*arguments: str) -> str:
        variables = {
            name: value for name, value in os.environ.items() if name not in {"PROJECT_DIR", "BUILD_DIR"}
        }
        done = subprocess.run(
            [MAKE, "--no-print-directory", *arguments],
            cwd=checkout,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    if has_samples(checkout):
        assert "The project is acme." in make("adopt", "NAME=acme")
    function = checkout / "functions" / "hello"
    function.mkdir()
    (function / "__init__.py").write_text('"""Says hello."""\n', encoding="utf-8")
    (function / "handler.py").write_text(HANDLER, encoding="utf-8")
    (function / "requirements.txt").touch()
    base = checkout / "config" / "base.yaml"
    base.write_text(base.read_text(encoding="utf-8").replace("services: {}\n", SERVICE), encoding="utf-8")
    make("docs")
    assert "acme-hello-errors-prod" in (checkout / "docs" / "alarms" / "prod.md").read_text(encoding="utf-8")
    make("static")
    tests = ("functions", "tests/unit/docs", "tests/functions/test_contract.py")
    done = subprocess.run(
        [str(checkout / ".venv/bin/pytest"), "-q", *tests],
        cwd=checkout, env={**os.environ, "PROJECT_DIR": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_no_test_reads_what_is_the_users() -> None:
    """`config/`, `drills/` and the sample functions may be gone; only this module is about them."""
    reading = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("test_*.py")
        if path != Path(__file__) and READS_OF_THE_USER.search(path.read_text(encoding="utf-8"))
    }
    assert reading == set()
    importing = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("*.py")
        if re.search(
            r"(?<!shop\.)functions\.(payment_handler|order_processor)\b", path.read_text(encoding="utf-8")
        )
        and path != Path(__file__)
    }
    assert importing == set()
