"""One command at a time works on an environment; what environments share is waited for."""

from __future__ import annotations

import concurrent.futures
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from aws import waiting
from config.errors import CommandError
from config.paths import ROOT
from terraform import locking
from tests.support.tables import each

HOLDER = """
import sys
from pathlib import Path
from terraform import locking
with locking.{kind}(Path('.'), 'qa', 'make deploy ENV=qa'):
    print('held', flush=True)
    sys.stdin.read()
"""


def holding(folder: Path, kind: str = "environment") -> subprocess.Popen[str]:
    """Return a process that holds the lock `qa` of a folder until its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER.format(kind=kind)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_command_is_refused_with_who_holds_the_lock(tmp_path: Path) -> None:
    """Process id, command, and since when; another environment is free, and so is this one afterwards."""
    with holding(tmp_path) as other:
        with pytest.raises(CommandError) as refused, locking.environment(tmp_path, "qa", "make diff ENV=qa"):
            pass
        assert re.fullmatch(
            rf"qa is locked: `make deploy ENV=qa` \(process {other.pid}\) has run since "
            r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\. Nothing was changed; try again when it has ended\.",
            str(refused.value),
        )
        with locking.environment(tmp_path, "prod", "make diff ENV=prod"):
            pass
        other.communicate()
    with locking.environment(tmp_path, "qa", "make diff ENV=qa"):
        pass


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    """The operating system releases it; what stands in the file is of the past."""
    with holding(tmp_path) as other:
        other.kill()
    with locking.environment(tmp_path, "qa", "make diff ENV=qa"):
        assert "make diff ENV=qa" in (tmp_path / "locks" / "environment-qa.lock").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"pid": "x", "unknown": 1}'])
def test_a_lock_that_says_nothing_of_its_holder_is_one(tmp_path: Path, content: str) -> None:
    """Between taking it and writing into it, or after a full disk."""
    with holding(tmp_path) as other:
        (tmp_path / "locks" / "environment-qa.lock").write_text(content, encoding="utf-8")
        with (
            pytest.raises(CommandError, match="another command has just begun"),
            locking.environment(tmp_path, "qa", "x"),
        ):
            pass
        other.communicate()


def test_what_is_shared_is_waited_for_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what is waited for, and since when."""
    monkeypatch.setattr(waiting, "INTERVAL_S", 0.2)
    with holding(tmp_path, "shared") as other:
        assert other.stdin
        threading.Timer(1.5, other.stdin.close).start()
        with locking.shared(tmp_path, "qa", "another command that builds functions"):
            pass
    said = capsys.readouterr().err
    assert re.search(r"^waiting for another command that builds functions \(\d+ s\)$", said, re.MULTILINE)


def test_terraform_inherits_what_it_works_on(tmp_path: Path) -> None:
    """Its environment, and what it is asked to keep; nothing else that others wait for."""
    assert locking.inherited() == ()
    with locking.environment(tmp_path, "qa", "x"):
        held = locking.inherited()
        with locking.shared(tmp_path, "functions", "y"):
            assert locking.inherited() == held
        with locking.shared(tmp_path, "providers", "z", inherit=True):
            assert len(locking.inherited()) == 2
        assert len(held) == 1
    assert locking.inherited() == ()


ORPHAN = """
import subprocess, sys
from pathlib import Path
from terraform import locking
provider = "[sys.executable, '-c', 'import time; time.sleep(60)']"
terraform = f"import subprocess, sys; subprocess.run({provider}, close_fds=False)"
with locking.environment(Path('.'), 'qa', 'make deploy ENV=qa'):
    child = subprocess.Popen(
        [sys.executable, '-c', terraform], start_new_session=True, pass_fds=locking.inherited()
    )
    locking.note_child(child.pid, 'terraform plan of compute')
    print(child.pid, flush=True)
    sys.stdin.read()
"""


def test_a_provider_that_outlives_everything_is_ended(tmp_path: Path) -> None:
    """The command and Terraform are killed; what Terraform started would keep the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", ORPHAN],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as command:
        assert command.stdout
        terraform = int(command.stdout.readline())
        wait_until(lambda: len(group(terraform)) == 2)
        (provider,) = group(terraform) - {terraform}
        os.kill(terraform, signal.SIGKILL)
        command.kill()
        command.wait()
        wait_until(lambda: not runs(terraform))
        assert runs(provider)
        with locking.environment(tmp_path, "qa", "make deploy ENV=qa"):
            wait_until(lambda: not runs(provider))


def group(leader: int) -> set[int]:
    """Return the processes of a process group."""
    found = subprocess.run(["pgrep", "-g", str(leader)], capture_output=True, text=True, check=False)  # noqa: S607
    return {int(line) for line in found.stdout.split()}


def runs(pid: int) -> bool:
    """Return whether a process runs: not one that has ended and that nobody waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("name", ["functions", "providers", "shared-functions", "local-aws"])
def test_an_environment_may_have_the_name_of_something_shared(tmp_path: Path, name: str) -> None:
    """They are two locks: one process holds both."""
    with locking.environment(tmp_path, name, "x"), locking.shared(tmp_path / "locks", name, "y"):
        pass


def test_a_lock_whose_file_was_removed_is_not_taken_for_the_new_one(tmp_path: Path) -> None:
    """Both of two commands that wait for what is shared would hold it."""
    path = tmp_path / "shared-x.lock"
    with locking.shared(tmp_path, "x", "y"):
        path.unlink()
        with locking.shared(tmp_path, "x", "y"):
            assert path.exists()


def test_what_the_lock_says_is_whole_at_any_time(tmp_path: Path) -> None:
    """Two plans at once begin and end, and others read: the record is written at once."""
    path = tmp_path / "locks" / "environment-qa.lock"
    ended = threading.Event()

    def work(pid: int) -> None:
        for _ in range(300):
            locking.note_child(pid, f"terraform plan of {pid}")
            locking.note_child(pid, "")

    def read() -> None:
        while not ended.is_set():
            assert json.loads(path.read_text(encoding="utf-8"))["command"] == "make diff ENV=qa"

    with (
        locking.environment(tmp_path, "qa", "make diff ENV=qa"),
        concurrent.futures.ThreadPoolExecutor(3) as pool,
    ):
        reading = pool.submit(read)
        for working in [pool.submit(work, 1), pool.submit(work, 2)]:
            working.result()
        ended.set()
        reading.result()
        locking.note_child(7, "terraform plan of compute")
        locking.note_child(8, "terraform plan of security")
        locking.note_child(7, "")
        assert json.loads(path.read_text(encoding="utf-8"))["children"] == {"8": "terraform plan of security"}


def test_others_that_hold_a_lock_are_seen(tmp_path: Path) -> None:
    """With who they are; one's own may be left out, and what ended does not count."""
    assert locking.holders(tmp_path) == {}
    with holding(tmp_path) as other, locking.environment(tmp_path, "local", "x"):
        assert set(locking.holders(tmp_path)) == {"local", "qa"}
        ((name, holder),) = locking.holders(tmp_path, but="local").items()
        assert name == "qa"
        assert str(holder).startswith(f"`make deploy ENV=qa` (process {other.pid}) has run since ")
        assert other.stdin
        other.stdin.close()
        other.wait()
        assert locking.holders(tmp_path, but="local") == {}


RECORD = {"pid": 1, "command": "c", "since_s": 1.0}


@pytest.mark.slow
@each(
    "record",
    [
        "",
        "{",
        "[]",
        "null",
        *(json.dumps({**RECORD, name: [1]}) for name in (*RECORD, "children")),
        json.dumps({**RECORD, "pid": "x"}),
        json.dumps({"pid": 1}),
    ],
)
def test_a_record_that_is_damaged_names_nobody(record: str, tmp_path: Path) -> None:
    """The lock counts, and not what stands in its file."""
    with holding(tmp_path) as other:
        (tmp_path / "locks" / "environment-qa.lock").write_text(record, encoding="utf-8")
        assert locking.holders(tmp_path) == {"qa": None}
        with pytest.raises(CommandError, match="another command has just begun"):
            locking.environment(tmp_path, "qa", "make diff ENV=qa").__enter__()
        other.communicate()


def test_looking_at_locks_refuses_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks holds a lock for an instant, in which another may want it."""
    locked, tried = locking._locked, []  # noqa: SLF001 - the instant cannot be met otherwise

    def looked_at(path: Path, stack: ExitStack) -> int | None:
        tried.append(path)
        return None if len(tried) < 3 else locked(path, stack)

    monkeypatch.setattr(locking, "_locked", looked_at)
    with locking.environment(tmp_path, "qa", "make deploy ENV=qa"):
        assert len(tried) == 3
