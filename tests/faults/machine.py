"""Commands as users type them, on a small environment in a local AWS and in folders of the tests' own."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import boto3

from config.paths import BUILD, ROOT
from local_aws import process
from local_aws.identity import HOST

PROJECT = Path(__file__).parent / "project"
LIMIT_S = 240
MAKE = shutil.which("make") or "make"


@dataclass(frozen=True)
class Machine:
    """One environment, and where its commands work."""

    endpoint: str
    """What the environment takes for AWS."""
    upstream: str
    """The local AWS itself."""
    folder: Path
    env: str = "small"

    @property
    def build(self) -> Path:
        """Folder of what is generated."""
        return self.folder / "build"

    def variables(self, **more: str) -> dict[str, str]:
        """Return the environment variables of a command."""
        return {
            **os.environ,
            "PROJECT_DIR": str(PROJECT),
            "ENV": self.env,
            "REVEILLE_ENDPOINT": self.endpoint,
            "BUILD_DIR": str(self.build),
            # One copy of the provider per machine.
            "TF_PLUGIN_CACHE_DIR": os.environ.get("TF_PLUGIN_CACHE_DIR") or str(BUILD / "terraform-plugins"),
            **more,
        }

    def make(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `make` to its end; standard error is part of what it prints."""
        return subprocess.run(
            [MAKE, "--no-print-directory", *arguments],
            cwd=ROOT,
            env=self.variables(**variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )

    @contextmanager
    def started(self, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
        """Run `make` while the block runs, and to its end."""
        with subprocess.Popen(
            [MAKE, "--no-print-directory", *arguments],
            cwd=ROOT,
            env=self.variables(**variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as command:
            try:
                yield command
            finally:
                if command.poll() is None:
                    try:
                        command.wait(LIMIT_S)
                    except subprocess.TimeoutExpired:
                        os.killpg(command.pid, signal.SIGKILL)
                        raise

    def holder(self) -> dict[str, Any]:
        """Return what the lock of the environment says of who holds it; empty when it says nothing."""
        try:
            text = (self.build / "locks" / f"environment-{self.env}.lock").read_text(encoding="utf-8")
            found: dict[str, Any] = json.loads(text)
        except (OSError, ValueError):
            return {}
        return found

    def wait_until_unlocked(self) -> None:
        """Wait until neither a command nor its Terraform holds the lock of the environment."""
        with (self.build / "locks" / f"environment-{self.env}.lock").open() as file:

            def free() -> bool:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return False
                return True

            wait_for(free, "the lock is free")

    def log(self, stack: str, command: str = "apply") -> str:
        """Return what the Terraform that runs has written."""
        try:
            path = self.build / "terraform" / self.env / stack / f"{command}.log"
            return path.read_text(encoding="utf-8")
        except OSError:
            return ""

    def client(self, service: str) -> Any:
        """Return a boto3 client of the local AWS."""
        return cast("Any", boto3).client(
            service,
            region_name="eu-west-1",
            endpoint_url=self.upstream,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106  # the local AWS takes anything
        )

    def state(self, stack: str) -> dict[str, Any]:
        """Return the state of a stack."""
        key = f"reveille/{self.env}/{stack}.tfstate"
        found = self.client("s3").get_object(Bucket="reveille-state-faults", Key=key)
        state: dict[str, Any] = json.load(found["Body"])
        return state


def wait_for(condition: Callable[[], object], what: str, within_s: float = LIMIT_S) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {what}"
        time.sleep(0.02)


@contextmanager
def local_aws(folder: Path) -> Iterator[str]:
    """Yield the URL of a local AWS on a free port."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    try:
        yield process.start(port, folder)
    finally:
        process.stop(folder)
