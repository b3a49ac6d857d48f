"""The Terraform binary: its location, its plugins and its environment.

This module does not depend on the stacks; `ops.stacks` runs Terraform for them.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from config.errors import CommandError, visible
from config.paths import BUILD
from terraform import locking

PROVIDER = "registry.terraform.io/hashicorp/aws"
PROVIDER_VERSION = "5.100.0"
MINIMUM = (1, 10)
"""S3 state locking without DynamoDB (`use_lockfile`) came with Terraform 1.10 (its release notes)."""

IMPLICIT_MIRRORS = (
    Path.home() / ".terraform.d" / "plugins",
    Path("/usr/local/share/terraform/plugins"),
    Path("/usr/share/terraform/plugins"),
)
"""Folders that Terraform searches by itself (its CLI configuration page, "Implied Local Mirrors")."""

_READS_IN_S = 60
"""Timeout in seconds for reading a state, which takes milliseconds."""
_SHOWN = 200
"""Number of characters of Terraform's output in a message."""


class TerraformError(CommandError):
    """Terraform is missing, too old or failed; the message says what to do."""


@lru_cache(maxsize=1)
def executable() -> str:
    """Return the path of the Terraform to run: `TERRAFORM_BINARY_NAME`, else `terraform` on the PATH.

    Raises:
        TerraformError: it is not found, cannot be run, or is older than `MINIMUM`.
    """
    name = os.environ.get("TERRAFORM_BINARY_NAME") or "terraform"
    minimum = ".".join(map(str, MINIMUM))
    path = shutil.which(name)
    if path is None:
        message = (
            f"Terraform is required and '{name}' was not found: install {minimum} or newer "
            "(developer.hashicorp.com/terraform/install), or set TERRAFORM_BINARY_NAME."
        )
        raise TerraformError(message)
    installed = version(path)
    if _major_minor(installed) < MINIMUM:
        message = f"{path} is Terraform {installed}: {minimum} or newer is required (S3 state locking)."
        raise TerraformError(message)
    return path


def version(path: str) -> str:
    """Return the version that the binary at `path` reports, such as "1.11.4".

    Raises:
        TerraformError: the output is not that of Terraform.
    """
    variables = environment()  # outside of `try`: it may fail for another reason, such as a full disk
    try:
        result = subprocess.run(
            [path, "version", "-json"], env=variables, capture_output=True, text=True, check=True
        )
        reported = str(json.loads(result.stdout)["terraform_version"])
        _major_minor(reported)
    except (OSError, subprocess.CalledProcessError, ValueError, KeyError, TypeError) as error:
        message = f"{path} is not Terraform: the output of `version -json` is not valid ({error})."
        raise TerraformError(message) from error
    return reported


def require_readable_state(body: bytes, addresses: Mapping[str, int]) -> None:
    """Check that Terraform can read a state, which takes 0.03 s.

    Args:
        body: the state.
        addresses: address of each resource -> its number of instances. Terraform drops what it cannot read.

    Raises:
        ValueError: Terraform rejects the state, or reads only a part; the message completes "the state ...".
        TerraformError: Terraform does not respond.
    """
    with TemporaryDirectory() as folder:  # for this user alone: a state holds secrets
        path = Path(folder) / "terraform.tfstate"
        path.write_bytes(body)
        try:
            result = subprocess.run(
                [executable(), "state", "list", "-no-color", f"-state={path}"],
                cwd=folder,
                env=environment(),
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=_READS_IN_S,
            )
        except subprocess.TimeoutExpired as error:
            message = f"Terraform did not read a state within {_READS_IN_S} s. Nothing was changed."
            raise TerraformError(message) from error
    output = visible(" ".join(result.stderr.split()).removeprefix("Failed to load state: "), _SHOWN)
    if result.returncode < 0:
        message = (
            f"Terraform was killed by signal {-result.returncode} while it read a state. Nothing was changed."
        )
        raise TerraformError(message)
    if result.returncode != 0:
        message = f"is rejected by Terraform ({output})"
        raise ValueError(message)
    # Warnings may be among the lines.
    lines = result.stdout.splitlines()
    lost = [
        address
        for address, count in addresses.items()
        if sum(line == address or line.startswith(f"{address}[") for line in lines) != count
    ]
    if lost:
        message = f"contains {visible(lost[0], _SHOWN)}, which Terraform cannot read"
        raise ValueError(message)


def _major_minor(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.partition("-")[0].split(".")[:2])


def environment() -> dict[str, str]:
    """Return the environment variables for Terraform: non-interactive, with shared plugins."""
    # Another workspace would be another state, which no other command uses; the user's own arguments could
    # change every plan.
    users = {
        name: value
        for name, value in os.environ.items()
        if name != "TF_WORKSPACE" and not name.startswith("TF_CLI_ARGS")
    }
    return {
        **users,
        **plugin_environment(),
        "CHECKPOINT_DISABLE": "1",
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
    }


def plugin_environment() -> dict[str, str]:
    """Return the environment variables with which Terraform finds the AWS provider.

    With access to the registry none of them is needed. A machine without it may have a filesystem mirror: in
    `TF_PLUGIN_MIRROR`, in Terraform's implied folders (which it searches itself), or under `/opt`. If
    `TF_CLI_CONFIG_FILE` is a file that does not exist, Terraform prints a warning before every output, so it
    is replaced then.
    """
    cache = _cache()
    cache.mkdir(parents=True, exist_ok=True)
    variables = {
        # One download for four stacks. Without a committed lock file the cache is only used if the lock may
        # stay incomplete; the exact version constraint pins the provider.
        "TF_PLUGIN_CACHE_DIR": str(cache),
        "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "1",
    }
    configured = os.environ.get("TF_CLI_CONFIG_FILE")
    if configured and Path(configured).exists() and not os.environ.get("TF_PLUGIN_MIRROR"):
        return variables
    mirror = find_mirror()
    if mirror is not None or configured:
        variables["TF_CLI_CONFIG_FILE"] = str(write_cli_config(mirror))
    return variables


def _cache() -> Path:
    return Path(os.environ.get("TF_PLUGIN_CACHE_DIR") or BUILD / "terraform-plugins")


@contextmanager
def provider_cache() -> Iterator[None]:
    """Lock the provider cache, and remove the files that an interrupted `terraform init` left in it.

    Concurrent runs may damage the cache ("Provider Plugin Cache", Terraform CLI documentation), and Terraform
    uses a provider that was copied only in part (measured with 1.11.4 and a packed mirror). Terraform
    processes that are started in this context inherit the lock.
    """
    locks = _cache_locks()
    reason = "another `terraform init` that uses the same provider cache"
    with locking.shared(locks, "providers", reason, inherit=True):
        begun = locks / _BEGUN
        if _is_in_doubt(begun):
            shutil.rmtree(_package(), ignore_errors=True)
        before = _files(_package())
        # Written atomically: the next run compares with it.
        draft = begun.with_suffix(".draft")
        draft.write_text(json.dumps(before), encoding="utf-8")
        draft.replace(begun)
        try:
            yield
        except BaseException:
            if _files(_package()) == before:
                begun.unlink()
            raise
        begun.unlink()


_BEGUN = "init.begun"
"""The file of an unfinished `terraform init`: the files of the provider when it began."""


def _package() -> Path:
    return _cache() / PROVIDER / PROVIDER_VERSION


def _cache_locks() -> Path:
    # In the cache itself, as other checkouts may share it; Terraform ignores files that are not packages.
    return _cache() / "locks" if os.access(_cache(), os.W_OK) else BUILD / "locks"


def _is_in_doubt(begun: Path) -> bool:
    """Return whether an unfinished init has changed the provider.

    If an init was killed before it changed anything, the provider is complete and must not be removed: a
    Terraform of another environment may be using it.
    """
    try:
        return begun.read_text(encoding="utf-8") != json.dumps(_files(_package()))
    except FileNotFoundError:
        return False


def _files(folder: Path) -> dict[str, list[int]]:
    """Return the files below a folder, with size and modification time, to detect changes."""
    return {str(path): [path.lstat().st_size, path.lstat().st_mtime_ns] for path in sorted(folder.rglob("*"))}


def is_installed(data: Path) -> bool:
    """Return whether Terraform's data directory `data` has the complete provider for this machine."""
    link = data / "providers" / PROVIDER / PROVIDER_VERSION / target()
    return link.exists() and not _is_in_doubt(_cache_locks() / _BEGUN)


def find_mirror() -> Path | None:
    """Return the folder of a filesystem mirror with the provider for this machine, or None.

    Raises:
        TerraformError: `TF_PLUGIN_MIRROR` is set and does not contain the provider.
    """
    mirror = os.environ.get("TF_PLUGIN_MIRROR")
    if mirror:
        if not holds_provider(Path(mirror)):
            message = (
                f"TF_PLUGIN_MIRROR={mirror} does not contain {PROVIDER} {PROVIDER_VERSION} for {target()}: "
                "fill it with `terraform providers mirror`, or unset it to use the registry."
            )
            raise TerraformError(message)
        return Path(mirror)
    if any(holds_provider(folder) for folder in IMPLICIT_MIRRORS):
        return None
    candidates = sorted(path for path in Path("/opt").glob("*") if path.is_dir())
    return next((folder for folder in candidates if holds_provider(folder)), None)


def holds_provider(folder: Path) -> bool:
    """Return whether a mirror at `folder` has the provider for this machine, unpacked or packed."""
    provider = folder / PROVIDER
    packed = provider / f"terraform-provider-aws_{PROVIDER_VERSION}_{target()}.zip"
    return (provider / PROVIDER_VERSION / target()).is_dir() or packed.exists()


def target() -> str:
    """Return Terraform's name of this platform, such as "linux_amd64"."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return f"{sys.platform}_{machine}"


def write_cli_config(mirror: Path | None) -> Path:
    """Write the CLI configuration that uses `mirror` for the provider; return its path."""
    text = ""
    if mirror is not None:
        path = json.dumps(str(mirror.resolve()))
        text = (
            "provider_installation {\n"
            f'  filesystem_mirror {{\n    path    = {path}\n    include = ["{PROVIDER}"]\n  }}\n'
            f'  direct {{\n    exclude = ["{PROVIDER}"]\n  }}\n'
            "}\n"
        )
    config = BUILD / "terraform.rc"
    if not config.exists() or config.read_text(encoding="utf-8") != text:
        config.parent.mkdir(parents=True, exist_ok=True)
        # Written atomically: the Terraform of another environment may be reading it.
        draft = config.with_name(f"{config.name}.{os.getpid()}")
        draft.write_text(text, encoding="utf-8")
        draft.replace(config)
    return config
