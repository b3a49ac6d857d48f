"""The doctor: preflight and recipients are checks with a line and a part in the exit status."""

from __future__ import annotations

import io
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from catalog import environment
from config.errors import CommandError
from ops import doctor, preflight, state, subscriptions, unmatched_logs
from terraform import binary

DENIED = ClientError({"Error": {"Code": "AuthorizationError", "Message": "no"}}, "ListSubscriptionsByTopic")


@pytest.fixture(autouse=True)
def healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every other check pass, and monitoring be deployed."""
    for name in ("_provider", "prepare_node", "_bindings"):
        monkeypatch.setattr(doctor, name, lambda: "here")
    for name in ("_aws", "_quotas", "_state", "_deployed"):
        monkeypatch.setattr(doctor, name, lambda _: "here")
    monkeypatch.setattr(binary, "executable", lambda: "terraform")
    monkeypatch.setattr(binary, "version", lambda _: "1.11.4")
    monkeypatch.setattr(state, "outputs", lambda *_: {})
    monkeypatch.setattr(preflight, "check", lambda *_: "a deployment can create its resources")
    monkeypatch.setattr(subscriptions, "check", lambda *_: "5 subscriptions confirmed")
    monkeypatch.setattr(unmatched_logs, "check", lambda *_: "4 logs with lines")


def examined() -> tuple[bool, str]:
    """Return whether all checks pass, and what is printed."""
    screen = io.StringIO()
    return doctor.examine("prod", Console(file=screen, width=300)), screen.getvalue()


def fail(error: Exception) -> Any:
    """Return a check that fails."""

    def check(*_: object) -> str:
        raise error

    return check


def test_a_healthy_environment_passes() -> None:
    """With a line for each check."""
    passed, printed = examined()
    assert passed
    assert "preflight" in printed
    assert "5 subscriptions confirmed" in printed


@pytest.mark.parametrize("module", [preflight, subscriptions, unmatched_logs])
def test_problems_are_printed_and_fail(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each on its line; the other checks run."""
    monkeypatch.setattr(module, "check", fail(CommandError("2 problems\n  one [a]\n  two")))
    passed, printed = examined()
    assert not passed
    assert "2 problems\n  one [a]\n  two\n" in printed
    assert printed.count("failed") == 1


def test_a_missing_permission_fails_its_own_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reported as such, not as a missing recipient."""
    monkeypatch.setattr(subscriptions, "check", fail(DENIED))
    passed, printed = examined()
    assert not passed
    assert "The credentials do not allow this" in printed


def test_recipients_are_counted_before_they_are_deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, which passes: all would be missing."""
    monkeypatch.setattr(state, "outputs", lambda *_: None)
    monkeypatch.delattr(subscriptions, "check")
    passed, printed = examined()
    assert passed
    routes = environment.read("prod")[1].routes
    count = sum(len(topic.subscriptions) for topic in routes.topics)
    assert [line for line in printed.splitlines() if "recipients" in line] == [
        f"ok     recipients  not deployed: {count} subscriptions"
    ]


def test_a_damaged_state_of_the_recipients_fails_their_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its message on the line, as for the other checks."""
    monkeypatch.setattr(state, "outputs", fail(CommandError("the state is damaged")))
    passed, printed = examined()
    assert not passed
    assert "the state is damaged" in printed
