"""Starting, finding and stopping the local AWS."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from local_aws import process
from local_aws.__main__ import main
from local_aws.ports import LocalAwsError
from local_aws.process import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def state_dir(tmp_path: Path) -> Iterator[Path]:
    """Yield a state directory; stop its server after the test."""
    yield tmp_path
    process.stop(tmp_path)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _running(state_dir: Path) -> Server:
    server = process.status(state_dir)
    assert server is not None
    return server


def test_started_twice_it_is_the_same_server(
    state_dir: Path, free_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second start reports it and succeeds; stop ends the server."""
    arguments = ["--state-dir", str(state_dir)]
    assert main(["start", "--port", str(free_port), *arguments]) == 0
    server = _running(state_dir)
    assert server.endpoint == f"http://127.0.0.1:{free_port}"
    assert main(["start", "--port", str(free_port), *arguments]) == 0
    assert "already running" in capsys.readouterr().out
    assert _running(state_dir) == server
    assert main(["status", *arguments]) == 0
    assert main(["stop", *arguments]) == 0
    assert main(["stop", *arguments]) == 0
    assert "is not running" in capsys.readouterr().out
    assert main(["status", *arguments]) == 3
    assert not process.is_ours(server)


def test_a_server_of_another_port_is_not_passed_off(
    state_dir: Path, free_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """A start with another port fails with the next step."""
    process.start(free_port, state_dir)
    assert main(["start", "--port", "1", "--state-dir", str(state_dir)]) == 1
    error = capsys.readouterr().err
    assert str(free_port) in error
    assert "Stop it first" in error


def test_it_outlives_the_command_that_starts_it(state_dir: Path, free_port: int) -> None:
    """It runs in its own session, so that Ctrl-C does not stop it."""
    command = [
        sys.executable,
        "-m",
        "local_aws",
        "start",
        "--port",
        str(free_port),
        "--state-dir",
        str(state_dir),
    ]
    subprocess.run(command, cwd=process.ROOT, check=True, capture_output=True)
    server = _running(state_dir)
    assert os.getsid(server.pid) == server.pid
    assert process.stop(state_dir) is True


def test_it_listens_on_the_loopback_address_only(state_dir: Path, free_port: int) -> None:
    """Another address of the machine refuses the connection."""
    process.start(free_port, state_dir)
    with socket.socket() as other:
        assert other.connect_ex(("127.0.0.2", free_port)) != 0


def test_a_taken_port_is_one_sentence(
    state_dir: Path, free_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message has the port and the option; nothing is started."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port))
        taken.listen()
        assert main(["start", "--port", str(free_port), "--state-dir", str(state_dir)]) == 1
    error = capsys.readouterr().err
    expected = f"port {free_port} of 127.0.0.1 is in use by another program. Choose another port with --port."
    assert error == f"local_aws: {expected}\n"
    assert not process.log_path(state_dir).exists()


def test_a_port_that_is_not_valid_is_rejected(state_dir: Path) -> None:
    """A port over 65535 is a message, not a traceback."""
    with pytest.raises(LocalAwsError, match="port 70000"):
        process.start(70000, state_dir)


def test_a_record_of_a_process_that_is_gone_is_stale(state_dir: Path, free_port: int) -> None:
    """After a crash, start starts a new server."""
    process.start(free_port, state_dir)
    server = _running(state_dir)
    os.kill(server.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while process.is_ours(server) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.status(state_dir) is None
    assert process.start(free_port, state_dir) == server.endpoint
    assert _running(state_dir).pid != server.pid


def test_a_process_id_used_again_is_left_alone(state_dir: Path, free_port: int) -> None:
    """A record with the id of another process is stale, and that process is not stopped."""
    other_process = subprocess.Popen(
        ["/bin/sh", "-c", "echo; read _"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other_process.stdout is not None
    other_process.stdout.readline()  # it is running, so it has its own command line
    try:
        process.write_record(Server(other_process.pid, free_port, "0" * 32), state_dir)
        assert process.status(state_dir) is None
        assert process.stop(state_dir) is False
        assert _alive(other_process.pid)
        assert other_process.poll() is None
    finally:
        other_process.communicate(b"\n")


def test_a_server_with_another_token_is_not_ours(state_dir: Path, free_port: int) -> None:
    """State directories do not stop each other's server."""
    process.start(free_port, state_dir)
    server = _running(state_dir)
    other = state_dir / "other"
    process.write_record(replace(server, token="1" * 32), other)
    assert process.stop(other) is False
    assert _running(state_dir) == server
    with pytest.raises(LocalAwsError, match="another local AWS"):
        process.start(free_port, other)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}'])
def test_a_damaged_record_is_no_record(state_dir: Path, content: str) -> None:
    """An incomplete or foreign file is ignored."""
    (state_dir / "server.json").write_text(content, encoding="utf-8")
    assert process.status(state_dir) is None
    assert process.stop(state_dir) is False


def test_a_crash_at_start_shows_the_end_of_the_log(
    state_dir: Path, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error has the reason, not only the log file."""
    monkeypatch.setenv("MINISTACK_DOCKER_TIMEOUT", "many")
    with pytest.raises(LocalAwsError, match="ended while starting") as caught:
        process.start(free_port, state_dir)
    assert "many" in str(caught.value)
    assert process.status(state_dir) is None


def test_run_ends_with_its_parent(state_dir: Path, free_port: int) -> None:
    """A server in the foreground does not keep running."""
    run = [sys.executable, "-m", "local_aws", "run", "--port", str(free_port), "--state-dir", str(state_dir)]
    parent = subprocess.Popen(["/bin/sh", "-c", '"$@" & sleep 60', "sh", *run], cwd=process.ROOT)
    server = _wait_for(state_dir)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while process.is_ours(server) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not process.is_ours(server)
    assert not (state_dir / "server.json").exists()


def test_run_ends_with_ctrl_c(state_dir: Path, free_port: int) -> None:
    """Without a traceback, with exit status 0, without a record."""
    run = [sys.executable, "-m", "local_aws", "run", "--port", str(free_port), "--state-dir", str(state_dir)]
    foreground = subprocess.Popen(
        run, cwd=process.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    _wait_for(state_dir)
    foreground.send_signal(signal.SIGINT)
    _, errors = foreground.communicate(timeout=10)
    assert foreground.returncode == 0
    assert "Traceback" not in errors
    assert not (state_dir / "server.json").exists()


def _wait_for(state_dir: Path) -> Server:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        server = process.status(state_dir)
        if server:
            return server
        time.sleep(0.02)
    pytest.fail("the local AWS is not running")


def test_stop_ends_what_hangs(state_dir: Path, free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not react to SIGTERM gets SIGKILL."""
    process.start(free_port, state_dir)
    server = _running(state_dir)
    monkeypatch.setattr(process, "_STOP_LIMIT_S", 0.3)
    os.kill(server.pid, signal.SIGSTOP)
    assert process.stop(state_dir) is True
    assert not process.is_ours(server)


def test_what_a_server_unpacked_is_gone_with_it(state_dir: Path, free_port: int) -> None:
    """Only the log is kept."""
    process.start(free_port, state_dir)
    assert (state_dir / "tmp").is_dir()
    process.stop(state_dir)
    assert {path.name for path in state_dir.iterdir()} == {"lock", "server.log"}


def test_a_state_directory_that_cannot_be_made_is_one_sentence(tmp_path: Path, free_port: int) -> None:
    """The message has the path."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(LocalAwsError, match="cannot write to"):
        process.start(free_port, tmp_path / "file")


def test_the_record_says_which_server(state_dir: Path, free_port: int) -> None:
    """Process id, port and token."""
    process.start(free_port, state_dir)
    assert set(json.loads((state_dir / "server.json").read_text(encoding="utf-8"))) == {
        "pid",
        "port",
        "token",
    }
