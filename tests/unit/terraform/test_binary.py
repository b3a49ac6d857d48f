"""Which Terraform and which provider are found, and what is said when they are not."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from terraform import binary, locking
from terraform.binary import PROVIDER, PROVIDER_VERSION, TerraformError

Script = Callable[[str], Path]


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Forget the binary found before, and this machine's own settings and folders."""
    for variable in (
        "TERRAFORM_BINARY_NAME",
        "TF_PLUGIN_MIRROR",
        "TF_CLI_CONFIG_FILE",
        "TF_PLUGIN_CACHE_DIR",
    ):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(binary, "BUILD", tmp_path / "build")
    monkeypatch.setattr(binary, "IMPLICIT_MIRRORS", (tmp_path / "implicit",))
    binary.executable.cache_clear()
    yield
    binary.executable.cache_clear()


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Return a function that puts a fake `terraform` on the PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")

    def write(body: str, name: str = "terraform") -> Path:
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\necho run >> {tmp_path}/runs\n{body}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    return write


def says(version: str) -> str:
    """Return the body of a script that reports a version as Terraform does."""
    return f"""echo '{{"terraform_version": "{version}"}}'"""


@pytest.mark.parametrize("version", ["1.10.0", "1.10.0-beta1", "1.9.8", "1.14.2", "2.0.0", "0.15.5"])
def test_a_terraform_that_is_too_old_is_refused_with_its_version(script: Script, version: str) -> None:
    """From 1.10 on, numbers compared as numbers."""
    path = script(says(version))
    if version in {"1.9.8", "0.15.5"}:
        with pytest.raises(TerraformError) as refused:
            binary.executable()
        assert str(refused.value) == (
            f"{path} is Terraform {version}: 1.10 or newer is required (S3 state locking)."
        )
    else:
        assert binary.executable() == str(path)


def test_a_missing_terraform_is_said_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence: what, which version, where from, or how to name it."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(TerraformError) as refused:
        binary.executable()
    assert str(refused.value) == (
        "Terraform is required and 'terraform' was not found: install 1.10 or newer "
        "(developer.hashicorp.com/terraform/install), or set TERRAFORM_BINARY_NAME."
    )


def test_terraform_binary_name_is_honoured(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a name on the PATH, or as a path; and named in the message when it is not there."""
    script(says("0.1.0"))
    other = tmp_path / "bin" / "tofu-like"
    other.write_text(f"#!/bin/sh\n{says('1.11.0')}\n", encoding="utf-8")
    other.chmod(0o755)
    for name in ("tofu-like", str(other)):
        binary.executable.cache_clear()
        monkeypatch.setenv("TERRAFORM_BINARY_NAME", name)
        assert binary.executable() == str(other)
    binary.executable.cache_clear()
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "no-such-program")
    with pytest.raises(TerraformError, match="'no-such-program' was not found"):
        binary.executable()


@pytest.mark.parametrize(
    "body", ["exit 1", "echo hello", "echo '{}'", "echo '[]'", "echo null", says(""), says("latest")]
)
def test_a_program_that_is_no_terraform_is_said(script: Script, body: str) -> None:
    """Whatever it prints or does: a sentence with its path and no traceback."""
    path = script(body)
    with pytest.raises(
        TerraformError, match=f"^{path} is not Terraform: the output of `version -json` is not valid"
    ):
        binary.executable()


def test_the_binary_is_asked_once(script: Script, tmp_path: Path) -> None:
    """A command runs Terraform many times and looks for it once."""
    script(says("1.11.0"))
    assert binary.executable() == binary.executable()
    assert (tmp_path / "runs").read_text(encoding="utf-8") == "run\n"


def mirror(folder: Path, *, packed: bool = False) -> Path:
    """Make a filesystem mirror with our provider in `folder`."""
    provider = folder / PROVIDER
    if packed:
        provider.mkdir(parents=True)
        (provider / f"terraform-provider-aws_{PROVIDER_VERSION}_{binary.target()}.zip").touch()
    else:
        (provider / PROVIDER_VERSION / binary.target()).mkdir(parents=True)
    return folder


@pytest.mark.parametrize("packed", [True, False])
def test_a_named_mirror_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool) -> None:  # noqa: FBT001
    """For our provider only; everything else is fetched as usual."""
    folder = mirror(tmp_path / "a mirror", packed=packed)
    monkeypatch.setenv("TF_PLUGIN_MIRROR", str(folder))
    config = Path(binary.plugin_environment()["TF_CLI_CONFIG_FILE"]).read_text(encoding="utf-8")
    assert f"path    = {json.dumps(str(folder))}" in config
    assert f'include = ["{PROVIDER}"]' in config
    assert f'exclude = ["{PROVIDER}"]' in config


@pytest.mark.parametrize("made", [None, "empty", "other version"])
def test_a_named_mirror_without_our_provider_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: str | None
) -> None:
    """Terraform would say only that there is no such provider."""
    folder = tmp_path / "mirror"
    if made:
        folder.mkdir()
    if made == "other version":
        (folder / PROVIDER / "5.0.0" / binary.target()).mkdir(parents=True)
    monkeypatch.setenv("TF_PLUGIN_MIRROR", str(folder))
    with pytest.raises(TerraformError) as refused:
        binary.plugin_environment()
    assert str(refused.value) == (
        f"TF_PLUGIN_MIRROR={folder} does not contain {PROVIDER} {PROVIDER_VERSION} for {binary.target()}: "
        "fill it with `terraform providers mirror`, or unset it to use the registry."
    )


def test_a_user_s_own_cli_configuration_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may hold credentials and a mirror of its own."""
    own = tmp_path / "own.rc"
    own.touch()
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(own))
    assert "TF_CLI_CONFIG_FILE" not in binary.plugin_environment()
    assert binary.environment()["TF_CLI_CONFIG_FILE"] == str(own)


def test_a_named_mirror_goes_before_a_user_s_cli_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was said for this program, the other for any."""
    own = tmp_path / "own.rc"
    own.touch()
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(own))
    monkeypatch.setenv("TF_PLUGIN_MIRROR", str(mirror(tmp_path / "mirror")))
    assert binary.plugin_environment()["TF_CLI_CONFIG_FILE"] != str(own)


def test_a_cli_configuration_that_is_missing_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Terraform would warn before every output, JSON included."""
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "missing.rc"))
    monkeypatch.setattr(binary, "find_mirror", lambda: None)
    written = Path(binary.plugin_environment()["TF_CLI_CONFIG_FILE"])
    assert written.read_text(encoding="utf-8") == ""


def test_terraform_finds_its_implied_mirrors_itself(tmp_path: Path) -> None:
    """Then nothing has to be configured."""
    mirror(tmp_path / "implicit")
    assert binary.find_mirror() is None
    assert "TF_CLI_CONFIG_FILE" not in binary.plugin_environment()


def test_plugins_are_shared_between_stacks_and_kept_where_the_user_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One download for four stacks."""
    monkeypatch.setattr(binary, "find_mirror", lambda: None)
    cache = tmp_path / "build" / "terraform-plugins"
    assert binary.plugin_environment()["TF_PLUGIN_CACHE_DIR"] == str(cache)
    assert cache.is_dir()
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(tmp_path / "mine"))
    assert binary.plugin_environment()["TF_PLUGIN_CACHE_DIR"] == str(tmp_path / "mine")


def test_the_cli_configuration_is_written_only_when_it_changes(tmp_path: Path) -> None:
    """Several Terraforms read it at once."""
    path = binary.write_cli_config(None)
    before = path.stat().st_mtime_ns
    assert binary.write_cli_config(None).stat().st_mtime_ns == before
    assert "filesystem_mirror" in binary.write_cli_config(tmp_path).read_text(encoding="utf-8")


def cached(tmp_path: Path) -> Path:
    """Return where the provider is in a cache."""
    return tmp_path / binary.PROVIDER / binary.PROVIDER_VERSION / "linux_amd64" / "provider"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), TerraformError("no space left"), OSError("no space")])
def test_what_an_interrupted_init_left_in_the_cache_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """However it ended: Terraform would use an incomplete provider for ever."""
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(tmp_path))
    provider = cached(tmp_path)

    def init() -> None:
        with binary.provider_cache():
            provider.parent.mkdir(parents=True)
            provider.write_text("a part", encoding="utf-8")
            raise error

    with pytest.raises(type(error)):
        init()
    with binary.provider_cache():
        assert not provider.exists()
        provider.parent.mkdir(parents=True)
        provider.write_text("all of it", encoding="utf-8")
    with binary.provider_cache():
        assert provider.exists()


def test_an_init_that_fails_at_something_else_keeps_the_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is 170 MB to download again."""
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(tmp_path))
    provider = cached(tmp_path)
    provider.parent.mkdir(parents=True)
    provider.write_text("all of it", encoding="utf-8")

    def init() -> None:
        with binary.provider_cache():
            message = "the backend does not answer"
            raise TerraformError(message)

    with pytest.raises(TerraformError):
        init()
    with binary.provider_cache():
        assert provider.exists()


def test_a_killed_init_that_changed_nothing_keeps_the_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Terraform of another environment may run it now. One that is not whole is not used."""
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(tmp_path / "cache"))
    provider = cached(tmp_path / "cache")
    data = tmp_path / "data"
    (data / "providers" / binary.PROVIDER / binary.PROVIDER_VERSION / binary.target()).mkdir(parents=True)

    def killed(text: str) -> None:
        def init() -> None:
            with binary.provider_cache():
                provider.write_text(text, encoding="utf-8")
                os.kill(os.getpid(), signal.SIGKILL)

        child = multiprocessing.get_context("fork").Process(target=init)
        child.start()
        child.join()
        assert child.exitcode == -signal.SIGKILL

    provider.parent.mkdir(parents=True)
    provider.write_text("all of it", encoding="utf-8")
    times = provider.stat().st_atime_ns, provider.stat().st_mtime_ns
    assert binary.is_installed(data)
    killed("a part")
    assert not binary.is_installed(data)
    provider.write_text("all of it", encoding="utf-8")
    os.utime(provider, ns=times)
    assert binary.is_installed(data)
    with binary.provider_cache():
        assert provider.exists()
    killed("a part")
    with binary.provider_cache():
        assert not provider.exists()


def test_a_terraform_inherits_the_lock_of_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the next one would remove what it is writing when their command was killed."""
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(tmp_path))
    assert locking.inherited() == ()
    with binary.provider_cache():
        assert len(locking.inherited()) == 1
    assert locking.inherited() == ()


def test_a_cache_that_cannot_be_written_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lock is then beside what is generated."""
    cache = tmp_path / "cache"
    cached(cache).parent.mkdir(parents=True)
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(cache))
    monkeypatch.setattr(binary, "BUILD", tmp_path / "build")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with binary.provider_cache():
        pass
    assert not (cache / "locks").exists()
    assert (tmp_path / "build" / "locks").exists()


def test_a_disk_that_is_full_is_not_terraform_s_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asking for its version writes files of ours."""
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(tmp_path / "file" / "cache"))
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        binary.version("terraform")
