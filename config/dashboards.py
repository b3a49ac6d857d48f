"""Configuration of the dashboards, with own widgets."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from config.types import Markdown, Model, SeriesName, Since, Statistic, Title, at_most, refuse

_COLUMNS = 24
_OF_GRAPHS = ("title", "stat")


class Widget(Model):
    """A graph of metrics (`metrics`), or a text (`text`)."""

    title: Title | None = None
    """Title of the graph; required with `metrics`."""

    metrics: Annotated[tuple[SeriesName, ...], at_most(100)] = ()
    """Own metrics, and series of the kind of the service (docs/config.md, series of services). In widgets of
    the environment, those of a service are `<service>.<metric>`."""

    stat: Statistic | None = None
    """Statistic of all lines of the graph; by default that of each metric."""

    text: Markdown | None = None
    """Text in Markdown. A heading begins a section."""

    width: int | None = Field(default=None, ge=1, le=_COLUMNS)
    """Columns, of 24. By default 12 for a graph, 24 for a text."""

    height: int | None = Field(default=None, ge=1, le=100)
    """Rows. By default 6 for a graph, 2 for a text."""

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        width, height = (_COLUMNS, 2) if self.text is not None else (_COLUMNS // 2, 6)
        return self.width or width, self.height or height

    @model_validator(mode="after")
    def _is_of_one_form(self) -> Widget:
        if (self.text is None) == (not self.metrics):
            raise refuse("requires either metrics (a graph) or text")
        if self.metrics and self.title is None:
            raise refuse("requires title", at=("metrics",))
        for key in _OF_GRAPHS if self.text is not None else ():
            if getattr(self, key) is not None:
                raise refuse("is only valid with metrics", at=(key,))
        return self


Widgets = Annotated[tuple[Widget, ...], at_most(50)]


class ServiceDashboard(Model):
    """The section of a service on the dashboard."""

    widgets: Widgets = ()
    """Own widgets, in rows of 24 columns, below the graphs of the service."""


class Dashboard(Model):
    """The CloudWatch dashboard `<project>-<env>`."""

    start: Since = "-PT8H"
    """Start of the graphs as a negative ISO 8601 duration: `-PT8H` is eight hours ago."""

    period_s: int = Field(default=60, ge=60, le=86_400, multiple_of=60)
    """Period of a datapoint in graphs, in seconds."""

    recent_errors: int = Field(default=50, ge=1, le=1000)
    """Number of rows in the tables of recent errors."""

    widgets: Widgets = ()
    """Own widgets of the environment, in rows of 24 columns, in a section of their own."""
