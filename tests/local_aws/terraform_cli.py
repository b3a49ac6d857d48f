"""Terraform with the AWS provider, against a local AWS."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from terraform import binary
from tests.local_aws.support import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NO_CHANGE = 0


class Terraform:
    """Terraform in one folder, against one local AWS.

    Args:
        folder: where the configuration is and the state will be.
        variables: the configuration's variables.
        endpoint: the URL of the local AWS.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str], endpoint: str) -> None:
        self._folder = folder
        self._variables = dict(variables)
        credentials = {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": REGION}
        self._environment = {
            **os.environ,
            **binary.environment(),
            **credentials,
            "AWS_ENDPOINT_URL": endpoint,
        }

    def run(self, *arguments: str, succeeds: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command; if it fails unexpectedly, fail the test with its output."""
        variables = {f"TF_VAR_{name}": value for name, value in self._variables.items()}
        result = subprocess.run(
            [binary.executable(), *arguments, "-no-color"],
            cwd=self._folder,
            env={**self._environment, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        if succeeds and result.returncode:
            pytest.fail(f"terraform {arguments[0]}:\n{result.stdout[-6000:]}\n{result.stderr[-6000:]}")
        return result

    def apply(self, **variables: str) -> None:
        """Apply, with these variables in this and later commands."""
        self._variables |= variables
        self.run("apply", "-auto-approve")

    def changes(self) -> str:
        """Return the plan if it has changes, else an empty string."""
        result = self.run("plan", "-detailed-exitcode", succeeds=False)
        return "" if result.returncode == _NO_CHANGE else result.stdout + result.stderr
