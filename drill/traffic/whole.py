"""The samples of every metric in one scenario.

What filters make of log lines is added to what is said of the same metric: a metric to which two write holds
the samples of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from cloudwatch.alarms import Metric
from cloudwatch.distribution import Floats
from cloudwatch.series import Series, constant, together
from config.errors import ConfigError
from drill.grid import Grid
from drill.model import System
from drill.scenarios.model import Band, Lines, Samples, Silence
from drill.scenarios.reading import Scenario
from drill.selection import Selection
from drill.traffic import naming
from drill.traffic.bands import Bands
from drill.traffic.entries import of_kind
from drill.traffic.lines import LogLines
from drill.traffic.values import Recording, Values


@dataclass(frozen=True)
class Traffic:
    """Everything that happens in one scenario."""

    system: System
    scenario: Scenario
    grid: Grid
    recording: Recording

    def check(self) -> None:
        """Refuse what means nothing here, before anything is computed.

        Raises:
            ConfigError: with every problem, each with its file and line.
        """
        problems = list(naming.problems(self.selection, self.scenario.happens))
        if problems:
            raise ConfigError(problems)

    def series(self, metric: Metric) -> Series:
        """Return the samples of a metric; metrics to which the same happens share one object."""
        if metric not in self._made:
            said = self._values.series(metric)
            parts = [
                *([said] if said is not None else []),
                *self._lines.published(metric),
                *(self._lines.counted(metric) if said is None else []),
            ]
            key = tuple(map(id, parts))
            if key not in self._joined:
                self._joined[key] = together(parts) if parts else self._nothing
            self._made[metric] = self._joined[key]
        return self._made[metric]

    def band(self, alarm: str) -> tuple[Floats, Floats] | None:
        """Return the lower and the upper bound for each step, for an alarm's full name; None: no band."""
        return self._bands.of(alarm)

    @cached_property
    def selection(self) -> Selection:
        """The names of the system."""
        return Selection(self.system)

    @cached_property
    def _lines(self) -> LogLines:
        entries, silences = of_kind(self.scenario, Lines), of_kind(self.scenario, Silence)
        return LogLines(self.selection, entries, silences, self.grid)

    @cached_property
    def _values(self) -> Values:
        return Values(self.selection, of_kind(self.scenario, Samples), self.grid, self.recording)

    @cached_property
    def _bands(self) -> Bands:
        return Bands(self.selection, of_kind(self.scenario, Band), self.grid)

    @cached_property
    def _made(self) -> dict[Metric, Series]:
        return {}

    @cached_property
    def _joined(self) -> dict[tuple[int, ...], Series]:
        # Parts are kept by those who made them, so that no other series can have their ids.
        return {}

    @cached_property
    def _nothing(self) -> Series:
        return constant(None, start_s=self.grid.first_s, steps=self.grid.steps, step_s=self.grid.step_s)
