"""A local AWS that ends while Terraform works with it.

In a file, and so in a process, of its own: Terraform waits most of the time, and tries each call ten times.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from local_aws import process
from tests.faults.machine import Machine, local_aws, wait_for
from tests.faults.test_aws_fails import one_message

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("local-aws-ends")]


def test_a_local_aws_that_ends_under_terraform_is_one_sentence(tmp_path: Path) -> None:
    """Terraform has twenty lines for each call; they are in a file. The next deployment begins anew."""
    with local_aws(tmp_path / "local-aws") as endpoint:
        machine = Machine(endpoint, endpoint, tmp_path)
        with machine.started("deploy", "STACK=security") as running:
            wait_for(lambda: '"apply_start"' in machine.log("security"), "an apply")
            process.stop(tmp_path / "local-aws")
            output = running.communicate(timeout=120)[0]
        said = one_message(output)
        where = f"{endpoint} cannot be reached. Its log is "
        assert f"deploy: security: terraform apply failed. {where}" in said, said
        assert "force-unlock" not in said
        assert "state push" not in said
        assert said.count("\n") <= 3, said  # with what make says
        assert (machine.build / "terraform" / "small" / "security" / "failed.log").exists()
        process.start(int(endpoint.rpartition(":")[2]), tmp_path / "local-aws")
        again = machine.make("deploy", "STACK=security")
        assert again.returncode == 0, again.stdout
