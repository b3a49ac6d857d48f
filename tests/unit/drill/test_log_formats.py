"""Drills play lines in the format of each service, so that its alarms fire whatever its logger is."""

from __future__ import annotations

from pathlib import Path

import catalog
from drill import simulation
from drill.scenarios.model import Request
from drill.scenarios.reading import Sending
from drill.sources.catalog import system
from tests.support.tables import each
from tests.unit.config.configs import Folder
from tests.unit.drill.rehearsing import no_recording, scenario


@each("name", ["json", "pino", "gelf", "serilog", "ecs", "text", "klog", "nginx-access"])
def test_a_function_that_fails_fires_the_alarm_on_its_log(folder: Folder, name: str) -> None:
    """In the minutes in which requests fail; a healthy one does not."""
    folder.append("prod", f"logs: {{lambda: {{format: {name}}}}}\n")
    env = folder.load()
    request = Request.model_validate(
        {"service": "api", "event": {}, "fault": "error", "per_min": 20, "from": "10m", "to": "20m"}
    )
    played = scenario(invoke=[Sending("s.yaml:1", Path(), request, {})], duration="40m")
    rehearsal = simulation.run(system(env, catalog.build(env)), played, no_recording)
    states = [change.new for change in rehearsal.changes["shop-api-log-errors-prod"]]
    assert states == ["OK", "ALARM", "OK"]
