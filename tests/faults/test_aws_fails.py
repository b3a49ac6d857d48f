"""While AWS fails, a command says what it waits for, ends with one message, and a second run converges.

All tests work on the first stack of the small environment; what is between it and its local AWS fails on
request.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.machine import Machine, local_aws, wait_for
from tests.faults.proxy import (
    CUT,
    CUT_AFTERWARDS,
    FAILING,
    HANGING,
    THROTTLED,
    UNAVAILABLE,
    Asked,
    Proxy,
    proxied,
)

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("aws-fails")]

Fails = Callable[[Asked], bool]


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Proxy, str, Path]]:
    """A proxy before a local AWS, the local AWS, and a folder."""
    folder = tmp_path_factory.mktemp("aws-fails")
    with local_aws(folder / "local-aws") as upstream, proxied(upstream) as made:
        yield made, upstream, folder


@pytest.fixture
def machine(proxy: tuple[Proxy, str, Path]) -> Iterator[Machine]:
    """The small environment behind a proxy that fails at nothing yet."""
    made, upstream, folder = proxy
    made.fails = lambda _: None
    made.asked.clear()
    yield Machine(made.url, upstream, folder)
    made.fails = lambda _: None


def failing(proxy: tuple[Proxy, str, Path], how: str, what: Fails) -> None:
    """Let requests fail from now on."""
    proxy[0].fails = lambda asked: how if what(asked) else None


def everything(_: Asked) -> bool:
    """Say that each request fails."""
    return True


def of_kms(asked: Asked) -> bool:
    """Say whether a request is about keys."""
    return asked.service == "kms"


def saves_state(asked: Asked) -> bool:
    """Say whether a request writes the state of the first stack."""
    return asked.method == "PUT" and "security.tfstate" in asked.path and ".tflock" not in asked.path


def releases_lock(asked: Asked) -> bool:
    """Say whether a request deletes the lock of the first stack."""
    return asked.method == "DELETE" and ".tflock" in asked.path


def one_message(text: str) -> str:
    """Return a command's message, after checking that it is one and no traceback."""
    assert "Traceback" not in text, text
    lines = [line for line in text.splitlines() if line.startswith("deploy: ")]
    assert len(lines) == 1, text
    return text[text.index("deploy: ") :]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (UNAVAILABLE, r"fails\. AWS answers with status 503: .* try again later"),
        (FAILING, r"fails\. AWS answers with status 500: .* try again later"),
        (CUT, r"fails\. AWS closes the connection before it has answered"),
        (HANGING, r"fails\. AWS accepts connections and does not answer"),
    ],
)
def test_an_endpoint_that_fails_is_not_taken_for_none(
    machine: Machine, proxy: tuple[Proxy, str, Path], how: str, said: str
) -> None:
    """Each with its own advice; nothing is started or created."""
    failing(proxy, how, everything)
    done = machine.make("deploy", "STACK=security")
    assert done.returncode != 0
    assert re.search(rf"deploy: the endpoint {machine.endpoint} {said}", one_message(done.stdout)), (
        done.stdout
    )
    assert not machine.client("s3").list_buckets()["Buckets"]


def test_a_state_that_is_saved_although_the_answer_is_lost_is_no_conflict(
    machine: Machine, proxy: tuple[Proxy, str, Path]
) -> None:
    """Terraform takes it for unsaved; saving the same again changes nothing, and nothing is created twice."""
    failing(proxy, CUT_AFTERWARDS, saves_state)
    done = machine.make("deploy", "STACK=security")
    assert done.returncode != 0
    assert "The state could not be saved. It is in " in one_message(done.stdout)
    created = [asked.operation for asked in proxy[0].asked if asked.operation.startswith("Create")]
    assert created == ["CreateKey", "CreateAlias"], (created, done.stdout)
    failing(proxy, CUT_AFTERWARDS, lambda _: False)
    again = machine.make("deploy", "STACK=security")
    assert again.returncode == 0, again.stdout
    assert "security    No changes" in again.stdout


def test_aws_that_hangs_while_terraform_reads_is_bounded(
    machine: Machine, proxy: tuple[Proxy, str, Path]
) -> None:
    """With lines about what is waited for; the message says where, how long and what to do.

    Terraform has released the lock of the state when it has ended.
    """
    failing(proxy, HANGING, of_kms)
    done = machine.make("deploy", "STACK=security", TERRAFORM_STALL_S="12")
    assert done.returncode != 0
    assert re.search(r"^security +planning \(1\d s\)", done.stdout, re.MULTILINE), done.stdout
    said = one_message(done.stdout)
    assert re.search(rf"terraform apply was stopped: {machine.endpoint} has not answered for 1\d s", said), (
        said
    )
    assert "Run the command again when it answers" in said
    failing(proxy, HANGING, lambda _: False)
    again = machine.make("diff", "STACK=security", "CHECK=1")
    assert again.returncode == 0, again.stdout


def test_a_state_that_cannot_be_saved_is_kept_and_saved_by_the_next_run(
    machine: Machine, proxy: tuple[Proxy, str, Path]
) -> None:
    """S3 fails at the end of an apply: the state is kept, and the lock that is left is known to be ours."""
    failing(proxy, UNAVAILABLE, lambda asked: saves_state(asked) or releases_lock(asked))
    done = machine.make("deploy", "STACK=security", REVEILLE_TAGS__CHANGE="1")
    assert done.returncode != 0
    said = one_message(done.stdout)
    assert "The state could not be saved. It is in " in said
    assert " answers with status 503. " in said
    kept = machine.build / "terraform" / "small" / "security" / "errored.tfstate"
    assert kept.stat().st_mode & 0o777 == 0o600
    log = (machine.build / "terraform" / "small" / "security" / "failed.log").read_text(encoding="utf-8")
    assert "Error releasing the state lock" in log
    failing(proxy, UNAVAILABLE, lambda _: False)
    again = machine.make("deploy", "STACK=security", REVEILLE_TAGS__CHANGE="1")
    assert again.returncode == 0, again.stdout
    assert "security    saved the state that the last run could not save" in again.stdout
    assert "security    No changes" in again.stdout
    (key,) = [
        resource for resource in machine.state("security")["resources"] if resource["type"] == "aws_kms_key"
    ]
    assert key["instances"][0]["attributes"]["tags_all"]["CHANGE"] == "1"


def test_throttling_that_ends_is_waited_for(machine: Machine, proxy: tuple[Proxy, str, Path]) -> None:
    """Some refusals are no failure."""
    refused = iter(range(2))
    failing(proxy, THROTTLED, lambda asked: of_kms(asked) and next(refused, None) is not None)
    done = machine.make("diff", "STACK=security", "CHECK=1", REVEILLE_TAGS__CHANGE="1")
    assert done.returncode == 0, done.stdout
    assert next(refused, None) is None, "nothing was throttled"


def test_a_terraform_that_is_killed_leaves_a_lock_that_is_shown_and_removed(
    machine: Machine, proxy: tuple[Proxy, str, Path]
) -> None:
    """By whom, since when, and the command; only `make unlock` removes it."""
    failing(proxy, HANGING, of_kms)
    with machine.started("deploy", "STACK=security") as running:
        wait_for(lambda: any(map(of_kms, proxy[0].asked)) and machine.holder().get("children"), "a plan")
        os.kill(int(next(iter(machine.holder()["children"]))), signal.SIGKILL)
        said = one_message(running.communicate(timeout=60)[0])
    assert "Terraform was killed by signal 9" in said
    assert re.search(r"its state is locked by \S+@\S+ since .* UTC \(terraform apply, ", said), said
    assert "`make unlock ENV=small STACK=security`" in said
    failing(proxy, HANGING, lambda _: False)
    refused = machine.make("deploy", "STACK=security")
    assert refused.returncode != 0
    assert "its state is locked by" in one_message(refused.stdout)
    assert "Nothing was changed." in refused.stdout
    unlocked = machine.make("unlock", "STACK=security", APPROVE="auto")
    assert "The lock of security is removed." in unlocked.stdout
    assert machine.make("deploy", "STACK=security").returncode == 0


def test_two_environments_at_once_share_a_machine_and_a_bucket(machine: Machine) -> None:
    """And one that is destroyed leaves the other's state, the bucket and the local AWS."""
    other = Machine(machine.endpoint, machine.upstream, machine.folder, "other")
    with (
        machine.started("deploy", "STACK=security") as first,
        other.started("deploy", "STACK=security") as second,
    ):
        outputs = [first.communicate()[0], second.communicate()[0]]
    assert [first.returncode, second.returncode] == [0, 0], outputs
    assert (machine.build / "synth" / "small").is_dir()
    assert (machine.build / "synth" / "other").is_dir()
    assert machine.state("security")["lineage"] != other.state("security")["lineage"]
    done = other.make("destroy")
    assert done.returncode == 0, done.stdout
    assert machine.state("security")["resources"]
    done = machine.make("destroy")
    assert done.returncode == 0, done.stdout
    assert not machine.client("s3").list_buckets()["Buckets"]
