"""A run of probes: every outcome, and that nothing is left behind, whatever happens."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from catalog import environment
from config.errors import CommandError
from config.models import Environment
from drill.live.clock import Clock
from ops import cli, local
from ops.commands import common
from probe import bench as benches
from probe import run
from probe.assumptions import ASSUMPTIONS, Assumption
from probe.bench import LIMIT_S, Bench
from probe.verdicts import DoesNotHoldError, NotCheckedError, Verdict

ENV, _ = environment.read("local", variables={})
DEV, _ = environment.read("dev", variables={})


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let time pass quickly, without a local AWS."""

    @contextmanager
    def fast(_: Environment, speed: float) -> Iterator[Clock]:
        yield Clock(speed)

    monkeypatch.setattr(run, "sped_up", fast)
    monkeypatch.setattr(benches, "_SHORTEST_S", 0.001)


def assumption(name: str, probe: Callable[[Bench], str] | None) -> Assumption:
    """Return an assumption with this probe."""
    return Assumption(
        name, "It is so.", "A page.", ("probe/run.py",), "All.", probe, "" if probe else "Dear."
    )


def of(probe: Callable[[Bench], str] | None) -> Verdict:
    """Return the verdict of one probe."""
    (verdict,) = run.run(ENV, [assumption("one", probe)], Console(file=io.StringIO()), speed=600)
    return verdict


def refusing(code: str) -> Callable[[], Any]:
    """Return a call that AWS rejects with this code."""

    def call() -> None:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "Delete")

    return call


def raising(error: Exception) -> Callable[[Bench], str]:
    """Return a probe that raises."""

    def probe(_: Bench) -> str:
        raise error

    return probe


@pytest.mark.parametrize(
    ("probe", "outcome", "observed"),
    [
        (lambda _: "as stated", "holds", "as stated"),
        (raising(DoesNotHoldError("3, not 5")), "does not hold", "3, not 5"),
        (raising(NotCheckedError("not deployed")), "not checked", "not deployed"),
        (raising(CommandError("no clock")), "not checked", "no clock"),
        (
            raising(ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutRule")),
            "not checked",
            "The credentials do not allow this",
        ),
        (None, "no probe", "Dear."),
    ],
    ids=["holds", "does not hold", "not checked", "a failing command", "a rejected call", "without a probe"],
)
def test_an_assumption_has_one_of_four_outcomes(
    probe: Callable[[Bench], str] | None, outcome: str, observed: str
) -> None:
    """A call that AWS rejects says nothing about the assumption; without a probe it has the reason."""
    verdict = of(probe)
    assert verdict.outcome == outcome
    assert verdict.observed.startswith(observed)


def test_probes_run_at_the_same_time() -> None:
    """Each waits until the other has begun."""
    barrier = threading.Barrier(2, timeout=10)

    def probe(_: Bench) -> str:
        barrier.wait()
        return "both"

    pair = [assumption("one", probe), assumption("two", probe)]
    assert [verdict.outcome for verdict in run.run(ENV, pair, Console(file=io.StringIO()), speed=1)] == [
        "holds",
        "holds",
    ]


def test_a_probe_ends_when_the_time_is_over() -> None:
    """It has no result then."""

    def probe(bench: Bench) -> str:
        while True:
            bench.sleep(LIMIT_S / 10)

    bench = Bench(ENV, Clock(1e9), "abc123")
    with pytest.raises(NotCheckedError, match="no result within 20 minutes"):
        probe(bench)


@pytest.mark.parametrize(
    "error", [DoesNotHoldError("no"), NotCheckedError("no"), RuntimeError("a mistake")], ids=repr
)
def test_everything_is_removed_the_newest_first(error: Exception) -> None:
    """Whatever the outcome, also after an unexpected error: a composite before its children."""
    removed: list[str] = []

    def probe(bench: Bench) -> str:
        for name in ("child", "composite"):
            with bench.creating("alarm", name, lambda name=name: removed.append(name)):  # type: ignore[misc]
                pass
        raise error

    if isinstance(error, RuntimeError):
        with pytest.raises(RuntimeError, match="a mistake"):
            of(probe)
    else:
        of(probe)
    assert removed == ["composite", "child"]


def test_what_could_not_be_removed_is_listed_with_its_name_and_the_reason() -> None:
    """The others are removed; one that does not exist any more is removed."""
    removed: list[str] = []

    def probe(bench: Bench) -> str:
        with bench.creating("queue", "shop-probe-1-dev", lambda: removed.append("queue")):
            pass
        with bench.creating("topic", "arn:aws:sns:eu-west-1:1:shop-probe-1-dev", refusing("AccessDenied")):
            pass
        for code in ("AWS.SimpleQueueService.NonExistentQueue", "ResourceNotFoundException", "NoSuchEntity"):
            with bench.creating("log group", code, refusing(code)):
                pass
        return "held"

    console = Console(file=io.StringIO())
    with pytest.raises(CommandError) as raised:
        run.run(ENV, [assumption("one", probe)], console, speed=600)
    assert isinstance(console.file, io.StringIO)
    assert "1 hold, 0 do not hold" in console.file.getvalue()
    first, second = str(raised.value).splitlines()
    assert first == "1 resource could not be removed. Remove them by hand:"
    assert second.startswith("  topic arn:aws:sns:eu-west-1:1:shop-probe-1-dev: The credentials do not allow")
    assert removed == ["queue"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_removes_everything(number: signal.Signals) -> None:
    """Ctrl-C, a cancelled pipeline, a closed terminal; a second signal during the removal is ignored."""
    removed: list[str] = []
    created = threading.Event()

    def remove() -> None:
        os.kill(os.getpid(), number)
        time.sleep(0.05)
        removed.append("queue")

    def probe(bench: Bench) -> str:
        with bench.creating("queue", "name", remove):
            pass
        created.set()
        while True:
            bench.sleep(0)

    def interrupt() -> None:
        created.wait(10)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        of(probe)
    thread.join()
    assert removed == ["queue"]


@pytest.mark.parametrize(
    ("code", "is_left"),
    [("AccessDenied", False), ("AuthorizationError", False), ("Throttling", True)],
)
def test_what_could_not_be_created_without_permission_is_not_left(code: str, *, is_left: bool) -> None:
    """After another error, such as a lost answer, it may exist."""
    bench = Bench(ENV, Clock(), "abc123")
    with (
        pytest.raises(ClientError),
        bench.creating("topic", "name", refusing("AccessDenied")),
    ):
        refusing(code)()
    assert bool(bench.remove_all()) == is_left


def test_nothing_is_created_after_the_end() -> None:
    """A probe that is between two calls when the run ends would leave what it creates next."""
    bench = Bench(ENV, Clock(), "abc123")
    bench.stop.set()
    with pytest.raises(NotCheckedError, match="stopped"):
        bench.alarm("late")
    assert bench.remove_all() == []


def test_names_match_the_policies_of_the_environment_and_have_their_own_prefix() -> None:
    """The key policy allows alarms and topics `<project>-*-<environment>` only."""
    bench = Bench(DEV, Clock(), "abc123")
    name = bench.name("key-policy")
    assert name.startswith(bench.prefix)
    assert name.startswith(f"{DEV.project}-probe-")
    assert name.endswith(f"-{DEV.environment}")
    assert len(name) <= 80  # the name of a queue


def test_the_table_has_every_verdict_and_their_number() -> None:
    """In words, so that it can be read without colours."""
    console = Console(file=io.StringIO(), width=120)
    verdicts = [
        Verdict("fill", "holds", "2 datapoints"),
        Verdict("event-key", "does not hold", "no message"),
        Verdict("key-policy", "not checked", "no key"),
    ]
    run.show(verdicts, console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert all(
        part in text for verdict in verdicts for part in (verdict.id, verdict.outcome, verdict.observed)
    )
    assert "1 hold, 1 do not hold, 1 not checked, 0 without a probe" in text


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        (["holds", "holds"], 0),
        (["holds", "does not hold"], 1),
        (["holds", "not checked"], 1),
        (["holds", "no probe"], 0),
    ],
    ids=["all hold", "one does not", "one is not checked", "one has no probe"],
)
def test_the_exit_status_says_whether_all_hold(
    monkeypatch: pytest.MonkeyPatch, outcomes: list[Any], status: int
) -> None:
    """And whether one with a probe could not be checked, as in an environment that is not deployed."""
    checked: list[Any] = []

    def found(*arguments: Any, **_: Any) -> list[Verdict]:
        checked.extend(arguments[1])
        return [Verdict("x", outcome, "") for outcome in outcomes]

    monkeypatch.setenv("ENV", "local")
    monkeypatch.setattr(local, "require", lambda _: None)
    monkeypatch.setattr(run, "run", found)
    assert cli.main(["probe"]) == status
    assert checked == list(ASSUMPTIONS)


@pytest.mark.parametrize("name", ["prod", "staging"])
def test_an_environment_that_does_not_allow_drills_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Before anything is asked of AWS, with the key and the file."""
    monkeypatch.setenv("ENV", name)
    monkeypatch.delattr(common, "require_aws")
    assert cli.main(["probe"]) == cli.INVALID
    said = capsys.readouterr().err
    assert said.startswith(f"config/{name}.yaml: drills.allowed: is false: probes are not allowed in {name}")


def test_an_account_is_asked_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a terminal and APPROVE=auto, nothing is created."""
    monkeypatch.setenv("ENV", "dev")
    monkeypatch.setenv("REVEILLE_DRILLS__ALLOWED", "true")
    monkeypatch.delenv("APPROVE", raising=False)
    monkeypatch.setattr(common, "require_aws", lambda _: None)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.delattr(run, "run")
    assert cli.main(["probe"]) == cli.FAILED
    captured = capsys.readouterr()
    assert f"Create throwaway resources in dev (account {DEV.account_id}, {DEV.region})?" in captured.err
    assert "Nothing was changed." in captured.err
