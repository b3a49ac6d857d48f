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
from ops import adoption

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
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false")
    return subprocess.run(
        [GIT, *who, *arguments], cwd=checkout, check=True, capture_output=True, text=True
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


@pytest.mark.parametrize("name", ["Acme", "a: b", "a" * 17, "", "-x", "{}"])
def test_a_name_that_is_not_valid_changes_nothing(checkout: Path, name: str) -> None:
    """Every problem with its place in the configuration."""
    with pytest.raises(ConfigError, match=r"config/base\.yaml:\d+: project: must "):
        adoption.plan(checkout, name)
    assert git(checkout, "status", "--porcelain") == ""


def test_services_of_ones_own_and_comments_stay(checkout: Path) -> None:
    """Whatever stands between the samples."""
    base = checkout / "config" / "base.yaml"
    own = "  # ours\n  hello: {kind: lambda, description: Hello, source: functions/hello}\n"
    text = (
        "project: reveille\nservices:\n  payment-handler:\n    kind: lambda\n\n"
        + own
        + "\n  checkout-api: {kind: ecs}\n"
    )
    assert adoption.adopted(base, text + "# end\n", "acme") == f"project: acme\nservices:\n{own}\n# end\n"
    flow = "services: {payment-handler: {kind: lambda}}\n"
    with pytest.raises(CommandError, match=r"base\.yaml:1: services: has one line with braces"):
        adoption.adopted(base, flow, "acme")


def test_what_is_not_committed_is_not_removed(checkout: Path, tmp_path: Path) -> None:
    """Nor anything where there is no Git."""
    if not has_samples(checkout):
        pytest.skip("the samples of this checkout are gone")
    changes = adoption.plan(checkout, "acme")
    with (checkout / "config" / "base.yaml").open("a", encoding="utf-8") as file:
        file.write("# mine\n")
    with pytest.raises(CommandError, match=r"not committed .*: config/base\.yaml$"):
        adoption.require_committed(checkout, changes.paths)
    with pytest.raises(CommandError, match="not a Git repository"):
        adoption.require_committed(tmp_path, changes.paths)


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
