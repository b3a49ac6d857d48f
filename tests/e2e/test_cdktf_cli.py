"""Users of CDKTF type `cdktf synth`, `diff`, `deploy`, `destroy`: those work too, with only `ENV` set."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from config.paths import ROOT
from terraform.binary import plugin_environment
from tests.e2e.conftest import Platform

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("cdktf-cli")]


@pytest.fixture(scope="module")
def cdktf(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The cdktf CLI, installed from its lock file into a folder of this test run."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: the cdktf CLI is an npm package")
    folder = tmp_path_factory.mktemp("cdktf-cli")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(Path(__file__).parent / "cdktf_cli" / name, folder)
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return str(folder / "node_modules" / ".bin" / "cdktf")


def test_the_cdktf_cli_deploys_compares_and_destroys(empty_platform: Platform, cdktf: str) -> None:
    """One stack through the life of a deployment; `synth` writes all four."""
    assert empty_platform.make("local-start").returncode == 0
    out = str(empty_platform.folder / "by-hand")
    # No registry in reach means no `terraform providers lock`; with one, the option does no harm.
    variables = {**plugin_environment(), "CI": "1", "CHECKPOINT_DISABLE": "1"}
    # One of its own: nothing keeps an init by hand apart from another one.
    variables["TF_PLUGIN_CACHE_DIR"] = str(empty_platform.folder / "plugins")
    Path(variables["TF_PLUGIN_CACHE_DIR"]).mkdir(exist_ok=True)

    def run(command: str, *arguments: str) -> str:
        done = empty_platform.run(cdktf, command, *arguments, "--output", out, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("synth")
    written = sorted(path.parent.name for path in Path(out).rglob("cdk.tf.json"))
    assert written == ["compute", "dashboard", "monitoring", "security"]
    run("deploy", "security", "--auto-approve", "--skip-provider-lock")
    assert "No changes" in run("diff", "security", "--skip-provider-lock")
    # The CLI knows the order and refuses to take the first stack away alone; the others never were here.
    alone = "--ignore-missing-stack-dependencies"
    run("destroy", "security", "--auto-approve", "--skip-provider-lock", alone)
    aliases = empty_platform.client("kms").list_aliases()["Aliases"]
    assert not [alias for alias in aliases if alias["AliasName"] == "alias/reveille-local"]
    assert not (ROOT / ".terraform.lock.hcl").exists()
