"""Live scenarios: those that are shipped, and what is said about wrong ones."""

# ruff: noqa: E501  # a message is compared whole, and reads best on one line

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
import yaml

from catalog import environment
from config.errors import ConfigError
from config.loader import environments
from drill.durations import seconds
from drill.live import reading
from drill.live.drill import FOLDER
from drill.live.reading import Scenario
from drill.live.scenario import EXPECTATIONS, Fault, Invocations, LogLevel, NeverExpected
from functions.shared import drills

LOCAL, CATALOG = environment.read("local", variables={})
ALLOWED = [name for name in environments() if environment.read(name, variables={})[0].drills.allowed]
SHIPPED = sorted(FOLDER.glob("*.yaml"))

GOOD = """\
says: It fails
invoke:
  - {service: payment-handler, event: {amount_minor: 1}, fault: error, per_min: 20, for: 6m}
expect:
  - {alarm: payment-handler-errors, state: ALARM, by: 8m}
"""
SEND = "  - {service: payment-handler, event: {amount_minor: 1}, fault: error, per_min: 20, for: 6m}"
EXPECT = "  - {alarm: payment-handler-errors, state: ALARM, by: 8m}"


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Return what reads a text as a scenario, standing beside its file."""
    monkeypatch.chdir(tmp_path)
    return Reader(tmp_path)


class Reader:
    """Reads texts as scenarios."""

    def __init__(self, folder: Path) -> None:
        """Write into `folder`."""
        self.folder = folder

    def scenario(self, text: str) -> Scenario:
        """Return the scenario that a text is."""
        (self.folder / "it.yaml").write_text(text, encoding="utf-8")
        return reading.read(Path("it.yaml"), LOCAL, CATALOG)

    def refusal(self, text: str) -> list[str]:
        """Return what is said about it."""
        with pytest.raises(ConfigError) as error:
            self.scenario(text)
        return str(error.value).splitlines()


def test_there_are_scenarios_and_environments_for_them() -> None:
    """What the tests below go through."""
    assert len(SHIPPED) >= 2
    assert ALLOWED == ["dev", "local"]


@pytest.mark.parametrize("name", ALLOWED)
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_scenario_is_one_wherever_drills_are_allowed(path: Path, name: str) -> None:
    """Its services and alarms exist there, it asks for a fault, and it sees the end of what it causes."""
    scenario = reading.read(path, *environment.read(name, variables={}))
    assert any(one.asks.fault for one in scenario.invoke)
    assert any(
        str(one.expects).endswith(" OK by 40m") or " is OK by " in str(one.expects) for one in scenario.expect
    )
    assert any(isinstance(one.expects, NeverExpected) for one in scenario.expect)
    assert scenario.lasts_s <= seconds("1h")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_schema_knows_every_key_that_is_used(path: Path) -> None:
    """Editors that understand it do not complain about what is shipped, and complete all of it."""
    schema = json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert data.keys() == set(schema["properties"]) == set(schema["required"])
    for entries, models in (
        ("invoke", ["Invocations"]),
        ("expect", [one.__name__ for one in EXPECTATIONS.values()]),
    ):
        refs = [one["$ref"].rpartition("/")[2] for one in schema["properties"][entries]["items"]["anyOf"]]
        assert refs == models
        known = [set(schema["$defs"][name]["properties"]) for name in refs]
        for entry in data[entries]:
            assert any(entry.keys() <= keys for keys in known)


def test_what_may_be_asked_for_is_what_functions_understand() -> None:
    """Both lists, which no layer may share."""
    assert set(get_args(Fault)) == drills.FAULTS
    assert set(get_args(LogLevel)) == drills.LOG_LEVELS


@pytest.mark.parametrize(
    "called", ["payment-handler-errors", "payment-handler_errors", "reveille-payment-handler-errors-local"]
)
def test_an_alarm_may_be_called_by_its_key_and_with_or_without_project_and_environment(
    read: Reader, called: str
) -> None:
    """All three are its name in AWS."""
    scenario = read.scenario(GOOD.replace("payment-handler-errors", called))
    assert scenario.alarms == ("reveille-payment-handler-errors-local",)


def test_what_is_never_to_happen_may_be_a_pattern(read: Reader) -> None:
    """Of names as alarms may be called; each alarm counts once."""
    scenario = read.scenario(f"{GOOD}  - {{never: ['payment-handler*errors', order-processor-impact]}}\n")
    assert scenario.expect[1].alarms == (
        "reveille-payment-handler-errors-local",
        "reveille-payment-handler-log-errors-local",
        "reveille-order-processor-impact-local",
    )
    assert read.refusal(f"{GOOD}  - {{never: '*-nobody'}}\n") == [
        "it.yaml:6: expect.1.never: no such alarm in local (found: *-nobody)"
    ]
    with_pattern = GOOD.replace("payment-handler-errors", "'payment-handler-error*'")
    assert "no such alarm in local (found: payment-handler-error*)" in read.refusal(with_pattern)[0]


def test_a_scenario_says_where_everything_was_written(read: Reader) -> None:
    """File and line."""
    scenario = read.scenario(GOOD)
    assert scenario.invoke[0].place == "it.yaml:3"
    assert scenario.expect[0].place == "it.yaml:5"
    assert (scenario.name, scenario.says, scenario.lasts_s) == ("it", "It fails", 480)


def test_an_event_may_be_a_file_beside_the_scenario(
    read: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the command is typed."""
    (read.folder / "event.json").write_text(json.dumps({"a": 1}), encoding="utf-8")
    path = read.folder / "it.yaml"
    path.write_text(GOOD.replace("{amount_minor: 1}", "event.json"), encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert reading.read(path, LOCAL, CATALOG).invoke[0].event == {"a": 1}


NAMES = "local (found: payment-handler-eror)   did you mean payment-handler-errors?"
REFUSED = [
    (GOOD.replace("says: It fails\n", ""), ["it.yaml:1: says: is missing"]),
    (GOOD + "lasts: 5m\n", ["it.yaml:6: lasts: no such key; known: expect, invoke, says"]),
    (GOOD.replace("expect:", "expected:"), ["it.yaml:1: expect: is missing", "it.yaml:4: expected: no such key; known: expect, invoke, says   did you mean expect?"]),
    (GOOD.replace(EXPECT, "  {}"), ["it.yaml:4: expect: must be a list (found: a mapping of nothing)"]),
    ("says: x\ninvoke: []\nexpect: []\n", ["it.yaml:2: invoke: must have at least one entry (found: a list of 0)", "it.yaml:3: expect: must have at least one entry (found: a list of 0)"]),
    (GOOD.replace("service: payment-handler", "service: payment-handlr"), ["it.yaml:3: invoke.0.service: no such Lambda function; known: payment-handler, order-processor   did you mean payment-handler?"]),
    (GOOD.replace("service: payment-handler", "service: checkout-api"), ["it.yaml:3: invoke.0.service: no such Lambda function; known: payment-handler, order-processor"]),
    (GOOD.replace("fault: error", "fault: crash"), ["it.yaml:3: invoke.0.fault: must be one of: error, timeout (found: crash)"]),
    (GOOD.replace("fault: error", "log_level: INFO"), ["it.yaml:3: invoke.0.log_level: must be one of: WARNING, ERROR, CRITICAL (found: INFO)"]),
    (GOOD.replace("fault: error", "slow_ms: 900001"), ["it.yaml:3: invoke.0.slow_ms: must be at most 900000 (found: 900001)"]),
    (GOOD.replace("per_min: 20", "per_min: 0"), ["it.yaml:3: invoke.0.per_min: must be more than 0 (found: 0)"]),
    (GOOD.replace("per_min: 20", "per_min: 601"), ["it.yaml:3: invoke.0.per_min: must be at most 600 (found: 601)"]),
    (GOOD.replace("for: 6m", "for: 0s"), ["it.yaml:3: invoke.0.for: must be longer than 0s (found: 0s)"]),
    (GOOD.replace("for: 6m", "for: 6"), ["it.yaml:3: invoke.0.for: must be a duration such as 90s, 10m, 1h30m or 1d (found: 6)"]),
    (GOOD.replace("for: 6m", "for: 6 min"), ["it.yaml:3: invoke.0.for: must be a duration such as 90s, 10m, 1h30m or 1d (found: 6 min)"]),
    (GOOD.replace(", for: 6m", ""), ["it.yaml:3: invoke.0.for: is missing"]),
    (GOOD.replace("fault:", "falt:"), ["it.yaml:3: invoke.0.falt: no such key; known: event, fault, for, from, log_level, per_min, service, slow_ms   did you mean fault?"]),
    (GOOD.replace("{amount_minor: 1}", "nowhere.json"), ["it.yaml:3: invoke.0.event: cannot be read: No such file or directory (found: nowhere.json)"]),
    (GOOD.replace("{amount_minor: 1}", "it.yaml"), ["it.yaml:3: invoke.0.event: must be a file of JSON (found: it.yaml)"]),
    (GOOD.replace("{amount_minor: 1}", "list.json"), ["it.yaml:3: invoke.0.event: must be a file with a JSON object (found: list.json)"]),
    (GOOD.replace(SEND, "  - payment-handler"), ["it.yaml:3: invoke.0: must be a mapping of keys to values (found: payment-handler)"]),
    (GOOD.replace("alarm: payment-handler-errors", "alarm: payment-handler-eror"), [f"it.yaml:5: expect.0.alarm: no such alarm in {NAMES}"]),
    (GOOD.replace("state: ALARM", "state: alarm"), ["it.yaml:5: expect.0.state: must be one of: OK, ALARM, INSUFFICIENT_DATA (found: alarm)   did you mean ALARM?"]),
    (GOOD.replace(", by: 8m", ""), ["it.yaml:5: expect.0.by: is missing"]),
    (GOOD.replace("by: 8m", "at: 8m"), ["it.yaml:5: expect.0.by: is missing", "it.yaml:5: expect.0.at: no such key; known: alarm, by, state"]),
    (GOOD.replace("alarm: payment-handler-errors, ", ""), ["it.yaml:5: expect.0: must have exactly one of the keys alarm, message, never (found: none)"]),
    (GOOD.replace("alarm: payment", "message: x, alarm: payment"), ["it.yaml:5: expect.0: must have exactly one of the keys alarm, message, never (found: alarm, message)"]),
    (GOOD.replace("alarm: payment-handler-errors, state: ALARM", "message: payment-handler-errors, topic: critcal"), ["it.yaml:5: expect.0.topic: must be one of: critical, warning, fallback (found: critcal)   did you mean critical?"]),
    (GOOD.replace(EXPECT, "  - {never: payment-handler-errors}"), ["it.yaml:4: expect: needs something that is expected by a time: what is never to happen has no end"]),
    (GOOD + "  - {never: [payment-handler-errors, nobody]}\n", ["it.yaml:6: expect.1.never: no such alarm in local (found: nobody)"]),
    (GOOD + "  - {never: []}\n", ["it.yaml:6: expect.1.never: must have at least one entry (found: a list of 0)"]),
    (GOOD.replace("fault: error", "fault: crash").replace("by: 8m", "by: soon"), ["it.yaml:3: invoke.0.fault: must be one of: error, timeout (found: crash)", "it.yaml:5: expect.0.by: must be a duration such as 90s, 10m, 1h30m or 1d (found: soon)"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), REFUSED)
def test_a_wrong_scenario_is_refused_with_every_problem_its_line_and_what_is_allowed(
    read: Reader, text: str, said: list[str]
) -> None:
    """All of it, and nothing else."""
    (read.folder / "list.json").write_text("[]", encoding="utf-8")
    assert read.refusal(text) == said


@pytest.mark.usefixtures("read")
def test_a_scenario_that_is_not_there_is_said_to_be_so() -> None:
    """With its name."""
    with pytest.raises(ConfigError, match=r"^nowhere\.yaml: cannot be read: No such file or directory$"):
        reading.read(Path("nowhere.yaml"), LOCAL, CATALOG)


@pytest.mark.parametrize(
    ("per_min", "lasts", "begins", "count", "first_s", "last_s"),
    [(20, "6m", "0s", 120, 0, 357), (3, "1m", "0s", 3, 0, 40), (0.5, "10m", "1m", 5, 60, 540), (1, "1s", "0s", 1, 0, 0), (0.55, "1h", "0s", 33, 0, 3490.91), (7, "90s", "2m", 11, 120, 205.71)],
)  # fmt: skip
def test_requests_are_spread_evenly_and_none_is_sent_at_the_end(  # noqa: PLR0913, PLR0917  # a table
    per_min: float, lasts: str, begins: str, count: int, first_s: float, last_s: float
) -> None:
    """As many as the rate says, and at least one."""
    asks = Invocations.model_validate(
        {"service": "x", "event": {}, "per_min": per_min, "for": lasts, "from": begins}
    )
    assert len(asks.times_s) == count
    assert asks.times_s[0] == first_s
    assert asks.times_s[-1] == pytest.approx(last_s, abs=0.01)
    assert all(begin < asks.ends_s for begin in asks.times_s)
