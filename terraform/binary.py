"""Terraform as a command: which binary, which plugins, how it is run.

Knows nothing about our stacks; `ops.stacks` does.
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
"""Seconds in which Terraform reads a state, which is a matter of milliseconds."""
_SHOWN = 200
"""Characters of Terraform's own words that are shown in a sentence."""


class TerraformError(CommandError):
    """Terraform is missing, too old or failed; the message says what to do."""


@lru_cache(maxsize=1)
def executable() -> str:
    """Return the path of the Terraform to run: `TERRAFORM_BINARY_NAME`, else `terraform` on the PATH.

    Raises:
        TerraformError: there is none, it cannot be run, or it is older than `MINIMUM`.
    """
    name = os.environ.get("TERRAFORM_BINARY_NAME") or "terraform"
    wanted = ".".join(map(str, MINIMUM))
    path = shutil.which(name)
    if path is None:
        message = (
            f"Terraform is needed and '{name}' was not found: install {wanted} or newer "
            "(developer.hashicorp.com/terraform/install), or name it in TERRAFORM_BINARY_NAME."
        )
        raise TerraformError(message)
    found = version(path)
    if _major_minor(found) < MINIMUM:
        message = f"{path} is Terraform {found}: {wanted} or newer is needed (S3 state locking)."
        raise TerraformError(message)
    return path


def version(path: str) -> str:
    """Return the version that the binary at `path` reports, such as "1.11.4".

    Raises:
        TerraformError: it does not answer as Terraform does.
    """
    variables = environment()  # fails for reasons of its own: a disk that is full is not Terraform's fault
    try:
        result = subprocess.run(
            [path, "version", "-json"], env=variables, capture_output=True, text=True, check=True
        )
        found = str(json.loads(result.stdout)["terraform_version"])
        _major_minor(found)
    except (OSError, subprocess.CalledProcessError, ValueError, KeyError, TypeError) as error:
        message = f"{path} does not answer `version -json` as Terraform does ({error})."
        raise TerraformError(message) from error
    return found


def require_readable_state(body: bytes, addresses: Mapping[str, int]) -> None:
    """Let Terraform itself read a state, which takes 0.03 s.

    Args:
        body: the state.
        addresses: of each resource in it -> how many instances it has. Terraform forgets what it cannot read.

    Raises:
        ValueError: it refuses the state, or reads a part of it; the message completes "the state ...".
        TerraformError: it does not answer.
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
            message = f"Terraform has not read a state in {_READS_IN_S} s. Nothing was changed."
            raise TerraformError(message) from error
    said = visible(" ".join(result.stderr.split()).removeprefix("Failed to load state: "), _SHOWN)
    if result.returncode < 0:
        message = (
            f"Terraform was killed by signal {-result.returncode} while it read a state. Nothing was changed."
        )
        raise TerraformError(message)
    if result.returncode != 0:
        message = f"is refused by Terraform ({said})"
        raise ValueError(message)
    # Warnings may be among the lines.
    lines = result.stdout.splitlines()
    lost = [
        address
        for address, count in addresses.items()
        if sum(line == address or line.startswith(f"{address}[") for line in lines) != count
    ]
    if lost:
        message = f"holds {visible(lost[0], _SHOWN)}, which Terraform does not read"
        raise ValueError(message)


def _major_minor(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.partition("-")[0].split(".")[:2])


def environment() -> dict[str, str]:
    """Return the environment to run Terraform in: quiet, non-interactive, plugins found and shared."""
    # Another workspace is another state, of which nothing else here would know; arguments of the user's own
    # may turn a plan into anything.
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
    """Return the variables by which Terraform finds the AWS provider.

    A user with the registry in reach needs none of this and notices nothing. A machine without it may
    carry a filesystem mirror: in `TF_PLUGIN_MIRROR`, in Terraform's implied folders (found by itself), or
    under `/opt`. `TF_CLI_CONFIG_FILE` naming a file that does not exist makes Terraform warn before every
    output, so then it is always replaced.
    """
    cache = _cache()
    cache.mkdir(parents=True, exist_ok=True)
    variables = {
        # One download for four stacks. Without a committed lock file the cache is only used if it may
        # leave the lock incomplete; the exact version pin is what keeps the provider the same.
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
    """Use the cache of providers alone, without what an interrupted `terraform init` left in it.

    Two runs at once may damage it ("Provider Plugin Cache", Terraform CLI documentation), and Terraform
    uses a provider of which only a part was copied (measured with 1.11.4 and a packed mirror). A Terraform
    that is started within inherits the lock.
    """
    locks = _cache_locks()
    what = "another `terraform init` that uses the same cache of providers"
    with locking.shared(locks, "providers", what, inherit=True):
        begun = locks / _BEGUN
        if _is_in_doubt(begun):
            shutil.rmtree(_package(), ignore_errors=True)
        before = _files(_package())
        # Complete or not at all, for the next one to compare with.
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
"""The file of a `terraform init` that has not ended: which files the provider had when it began."""


def _package() -> Path:
    return _cache() / PROVIDER / PROVIDER_VERSION


def _cache_locks() -> Path:
    # In the cache itself, since other checkouts may share it; Terraform ignores files that are not packages.
    return _cache() / "locks" if os.access(_cache(), os.W_OK) else BUILD / "locks"


def _is_in_doubt(begun: Path) -> bool:
    """Return whether an init has changed the provider and has not ended.

    One that was killed and changed nothing left it whole: to remove it then would take it from under a
    Terraform that runs for another environment.
    """
    try:
        return begun.read_text(encoding="utf-8") != json.dumps(_files(_package()))
    except FileNotFoundError:
        return False


def _files(folder: Path) -> dict[str, list[int]]:
    """Return the files below a folder, with size and time of change: what tells whether it was written to."""
    return {str(path): [path.lstat().st_size, path.lstat().st_mtime_ns] for path in sorted(folder.rglob("*"))}


def is_installed(data: Path) -> bool:
    """Return whether Terraform's working data in `data` has our provider for this machine, all of it."""
    link = data / "providers" / PROVIDER / PROVIDER_VERSION / target()
    return link.exists() and not _is_in_doubt(_cache_locks() / _BEGUN)


def find_mirror() -> Path | None:
    """Return the folder of a filesystem mirror that holds our provider for this machine, if there is one.

    Raises:
        TerraformError: `TF_PLUGIN_MIRROR` is set and does not hold it.
    """
    named = os.environ.get("TF_PLUGIN_MIRROR")
    if named:
        if not holds_provider(Path(named)):
            message = (
                f"TF_PLUGIN_MIRROR={named} does not hold {PROVIDER} {PROVIDER_VERSION} for {target()}: "
                "fill it with `terraform providers mirror`, or unset it to use the registry."
            )
            raise TerraformError(message)
        return Path(named)
    if any(holds_provider(folder) for folder in IMPLICIT_MIRRORS):
        return None
    candidates = sorted(path for path in Path("/opt").glob("*") if path.is_dir())
    return next((folder for folder in candidates if holds_provider(folder)), None)


def holds_provider(folder: Path) -> bool:
    """Tell whether a mirror at `folder` holds our provider for this machine, unpacked or packed."""
    provider = folder / PROVIDER
    packed = provider / f"terraform-provider-aws_{PROVIDER_VERSION}_{target()}.zip"
    return (provider / PROVIDER_VERSION / target()).is_dir() or packed.exists()


def target() -> str:
    """Return this machine in Terraform's words, such as "linux_amd64"."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return f"{sys.platform}_{machine}"


def write_cli_config(mirror: Path | None) -> Path:
    """Write the CLI configuration that uses `mirror` for our provider; return its path."""
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
        # Complete or not at all: the Terraform of another environment may read it now.
        draft = config.with_name(f"{config.name}.{os.getpid()}")
        draft.write_text(text, encoding="utf-8")
        draft.replace(config)
    return config
