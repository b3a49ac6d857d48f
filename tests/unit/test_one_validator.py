"""Whatever AWS refuses is refused by every entry: the catalog, `make verify`, the drill (and the local AWS).

The same requests are put into the local AWS in `tests/local_aws/test_invalid_alarms.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import catalog
from catalog import aws_alarms
from catalog.kinds import KINDS
from cloudwatch.alarms import CompositeAlarm, MetricAlarm
from cloudwatch.errors import InputError
from config.errors import ConfigError
from drill import checking
from drill.model import System
from drill.sources import alarm_file
from tests.support.invalid_alarms import INVALID, VALID, spec, terraform
from tests.unit.catalog.catalogs import EVERY
from tests.unit.verify.delivery import stacks
from verify import prove

Request = Mapping[str, Any]


def by_the_catalog(request: Request, _: Path) -> str:
    """Return why a catalog with such an alarm is refused, or nothing."""
    watched = EVERY["everything"][1]
    try:
        alarm = spec(watched.alarms[0], request)
        aws_alarms.require_valid(watched.model_copy(update={"alarms": (*watched.alarms, alarm)}))
    except (ValueError, ConfigError) as error:
        return str(error)
    return ""


def by_the_proof(request: Request, _: Path) -> str:
    """Return why stacks with such an alarm are not proved, or nothing."""
    content = stacks()
    content["monitoring"]["resource"]["aws_cloudwatch_metric_alarm"]["x"] = terraform(request)
    found = [
        f"{fault.link}: {fault.message}"
        for fault in prove(content).faults
        if fault.link not in {"action", "metric", "dimension"}
    ]
    return "\n".join(found)


def by_the_drill(request: Request, folder: Path) -> str:
    """Return why a file with such an alarm is not rehearsed, or nothing."""
    path = folder / "alarm.json"
    path.write_text(json.dumps(request), encoding="utf-8")
    try:
        found = alarm_file.read(path).alarms
        checking.check(
            System(
                "x",
                tuple(metric_alarm for metric_alarm in found if isinstance(metric_alarm, MetricAlarm)),
                tuple(metric_alarm for metric_alarm in found if isinstance(metric_alarm, CompositeAlarm)),
            )
        )
    except (InputError, ConfigError) as error:
        return str(error)
    return ""


ENTRIES: Mapping[str, Callable[[Request, Path], str]] = {
    "catalog": by_the_catalog,
    "prove": by_the_proof,
    "drill": by_the_drill,
}


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("name", INVALID)
def test_what_aws_refuses_is_refused_everywhere(name: str, entry: str, tmp_path: Path) -> None:
    """With the same words, as far as it is not refused for what its author's language cannot say."""
    invalid = INVALID[name]
    if entry == "catalog" and not invalid.in_catalog:
        return
    said = ENTRIES[entry](invalid.request, tmp_path)
    assert said
    assert invalid.message in said


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("name", VALID)
def test_what_aws_accepts_is_accepted_everywhere(name: str, entry: str, tmp_path: Path) -> None:
    """So that nothing is refused for what it is not."""
    assert ENTRIES[entry](VALID[name], tmp_path) == ""


def test_a_catalog_with_a_bad_expression_cannot_be_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused at once, with the service and the alarm."""
    kind = KINDS["lambda"]
    broken = [
        alarm.model_copy(
            update={"watches": alarm.watches.model_copy(update={"expression": "100 * errors /"})}
        )
        if alarm.key == "error-rate"
        else alarm
        for alarm in kind.alarms
    ]
    monkeypatch.setattr(type(kind), "alarms", tuple(broken))
    env = EVERY["everything"][0]
    with pytest.raises(ConfigError) as caught:
        catalog.build(env)
    assert "alarm error-rate: expression: result: character 15: unexpected end of the expression" in str(
        caught.value
    )
    assert str(caught.value).startswith("services.")
