"""Measure a rehearsal of many services: every alarm, every minute of a day.

    python -m benchmarks.drill --services 1000 --hours 24

Half of the services are functions, half are containers, with all alarms of production. Every service has its
own samples, so that no result can be reused, and one in a hundred fails for an hour. The measurement includes
configuration, catalog, alarms, scenario and rehearsal. With `--alike` all services have the same samples.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import catalog
from benchmarks.table import aligned
from catalog import environment
from config.models import Environment
from drill import simulation
from drill.scenarios.model import Head, Lines, NeverExpected, PagesExpected, Samples
from drill.scenarios.reading import Expected, Placed, Scenario
from drill.sources import catalog as source

HERE = Path(__file__)
HOUR_S = 3600

FUNCTION: tuple[dict[str, Any], ...] = (
    {"metric": "AWS/Lambda Invocations", "value": "80 + 20 * noise(t, {seed})"},
    {"metric": "AWS/Lambda Errors", "value": "when(noise(t, {seed}) > 0.999, 1, 0)"},
    {"metric": "AWS/Lambda Throttles", "value": "0 * noise(t, {seed})"},
    {"metric": "AWS/Lambda Duration", "value": "100 + 50 * noise(t, {seed})", "samples": 80},
    {"metric": "AWS/Lambda ConcurrentExecutions", "value": "5 * noise(t, {seed})"},
    {"metric": "LambdaInsights memory_utilization", "value": "40 + 10 * noise(t, {seed})"},
)
CONTAINER: tuple[dict[str, Any], ...] = (
    {"metric": "AWS/ECS CPUUtilization", "value": "35 + 10 * noise(t, {seed})"},
    {"metric": "AWS/ECS MemoryUtilization", "value": "50 + 10 * noise(t, {seed})"},
    {"metric": "ECS/ContainerInsights DesiredTaskCount", "value": "10 + 0 * noise(t, {seed})"},
    {"metric": "ECS/ContainerInsights RunningTaskCount", "value": "10 + 0 * noise(t, {seed})"},
    {"metric": "ECS/ContainerInsights PendingTaskCount", "value": "0 * noise(t, {seed})"},
    {"metric": "ECS/ContainerInsights EphemeralStorageUtilized", "value": "3 + noise(t, {seed})"},
    {"metric": "ECS/ContainerInsights EphemeralStorageReserved", "value": "20 + 0 * noise(t, {seed})"},
)
LINE = {"level": "INFO", "message": "request handled", "duration_ms": 120}


def services(count: int) -> Environment:
    """Return the production environment with `count` services instead of its own."""
    env, _ = environment.read("prod", variables={})
    data = env.model_dump(mode="json", by_alias=True)
    data.pop("maintenance", None)
    templates = ("payment-handler", "checkout-api")
    data["services"] = {
        f"service-{number:04d}": dict(data["services"][templates[number % 2]]) for number in range(count)
    }
    return Environment.model_validate(data)


def scenario(env: Environment, hours: int, *, alike: bool) -> Scenario:
    """Return the scenario: noise for every service, and every hundredth service fails for an hour."""
    head = Head.model_validate(
        {
            "description": "Many services on an ordinary day",
            "start": datetime.fromisoformat("2026-03-02T00:00:00+00:00"),
            "duration": f"{hours}h",
            "warm_up": "1h",
        }
    )
    placed = tuple(Placed("benchmark", HERE.parent, happening) for happening in _happens(env, alike=alike))
    expect = (
        Expected("benchmark", NeverExpected.model_validate({"never": "service-0001-*"})),
        Expected("benchmark", PagesExpected(pages=0)),
    )
    return Scenario("many-services", HERE, head, (), placed, expect)


def _happens(env: Environment, *, alike: bool) -> Iterator[Samples | Lines]:
    for number, (name, service) in enumerate(env.services.items()):
        seed = 0 if alike else number + 1
        for template in FUNCTION if service.kind == "lambda" else CONTAINER:
            value = str(template["value"]).format(seed=seed)
            yield Samples.model_validate({**template, "value": value, "service": name})
        yield Lines.model_validate({"log": LINE, "service": name, "per_min": 60})
        if number % 100 == 0 and not alike:
            yield Samples.model_validate(
                {"metric": "AWS/Lambda Errors", "service": name, "value": 60, "from": "2h", "to": "3h"}
            )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure once and print the duration of each step."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drill", description=__doc__.splitlines()[0])
    parser.add_argument("--services", type=int, default=1000)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--alike", action="store_true", help="use the same samples for all services")
    options = parser.parse_args(arguments)
    steps = [("", time.perf_counter())]
    env = services(options.services)
    watched = catalog.build(env)
    steps.append(("configuration and catalog", time.perf_counter()))
    system = source.system(env, watched)
    steps.append(("alarms of the catalog", time.perf_counter()))
    many_services = scenario(env, options.hours, alike=options.alike)
    steps.append(("scenario", time.perf_counter()))
    rehearsal = simulation.run(system, many_services, lambda *_: ())
    steps.append(("rehearsal", time.perf_counter()))
    rows = [(name, f"{at - steps[position][1]:.1f}") for position, (name, at) in enumerate(steps[1:])]
    rows.append(("total", f"{steps[-1][1] - steps[0][1]:.1f}"))
    print(aligned(("", "seconds"), rows))
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pages = sum(1 for notification in rehearsal.notifications if notification.state == "ALARM")
    print(
        f"\n{len(system.alarms)} metric alarms and {len(system.composites)} composites, {options.hours} h; "
        f"{sum(map(len, rehearsal.changes.values()))} changes, {pages} notifications; "
        f"peak memory {peak_mib:.0f} MiB."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
