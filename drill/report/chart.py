"""A metric's line as SVG: its threshold or band, what breached, and gaps as gaps.

The picture is stretched to whatever width there is (`preserveAspectRatio="none"`), strokes are not
(`vector-effect`, in the style sheet); so texts stand beside it, in HTML.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drill.report.compared import Compared
from drill.report.markup import Html, tag
from drill.report.moments import Moments
from drill.report.reduced import reduced
from drill.report.shapes import HEIGHT, WIDTH, Shapes
from drill.report.texts import count, number, quantity


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """One metric alarm's line, ready to be drawn."""

    line: Compared
    shapes: Shapes

    @classmethod
    def of(cls, line: Compared, moments: Moments, columns: int) -> Chart:
        """Return it with at most so many columns."""
        few = reduced(line, columns)
        return cls(line, Shapes.of(few, line.alarm.comparison, moments, has_band=line.has_band))

    def percent(self, value: float) -> float:
        """Return how far a value is from the top, 0 to 100."""
        return round(float(self.shapes.y(np.array([value]))[0]) / HEIGHT * 100, 2)

    def svg(self, name: str) -> Html:
        """Return the picture; `name` is unique on the page."""
        beyond = {"clip_path": f"url(#{name}-beyond)"}
        area, breaching = self.shapes.breaching()
        clip = tag("clipPath", tag("path", d=self.shapes.beyond()), id=f"{name}-beyond")
        return tag(
            "svg",
            *_path("gap", self.shapes.gaps()),
            *_path("band", self.shapes.band()),
            *_path("values", self.shapes.values()),
            *_path("threshold", self.shapes.threshold()),
            *((clip,) if area else ()),
            *_path("area", area, **beyond),
            *_path("values breaching", breaching, **beyond),
            *_path("dots", self.shapes.dots(breaching=False)),
            *_path("dots breaching", self.shapes.dots(breaching=True)),
            class_="line",
            viewBox=f"0 0 {WIDTH} {HEIGHT}",
            preserveAspectRatio="none",
            role="img",
            aria_label=self.label(),
        )

    @property
    def is_flat(self) -> bool:
        """Whether there is nothing to see but that it was the same all along."""
        values = self.line.values[self.line.breaching >= 0]
        return not len(values) or (not (self.line.breaching > 0).any() and values.min() == values.max())

    def label(self) -> str:
        """Say what the picture shows, for those who do not see it."""
        breached = count(int((self.line.breaching == 1).sum()), "datapoint")
        return f"{self.range()}; {breached} breached ({self.line.bound})"

    def range(self) -> str:
        """Say between which values it was."""
        if not self.line.has_data:
            return "had no data"
        values, unit = self.line.values, self.line.unit
        least, greatest = float(np.nanmin(values)), float(np.nanmax(values))
        if least == greatest:
            return f"was {quantity(least, unit)} all along"
        return f"was {number(least)} to {quantity(greatest, unit)}"


def _path(kind: str, drawn: str, **attributes: str) -> tuple[Html, ...]:
    return (tag("path", class_=kind, d=drawn, **attributes),) if drawn else ()
