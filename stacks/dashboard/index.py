"""The way from the overview to the page of each service."""

from __future__ import annotations

from collections.abc import Mapping

from stacks.dashboard import links
from stacks.dashboard.layout import Block, chunks, text
from stacks.dashboard.scene import Scene

_PER_LINE = 6
_LINES_PER_WIDGET = 20


def index(scene: Scene, numbers: Mapping[str, int]) -> Block:
    """Return a link for each service, in alphabetical order.

    Args:
        scene: the environment.
        numbers: service -> the number of its page.
    """
    entries = [
        links.markdown(name, links.dashboard(scene.env, scene.page(numbers[name])))
        for name in sorted(numbers)
    ]
    lines = [f"| {' | '.join(line)} |" for line in chunks(entries, _PER_LINE)]
    width = min(_PER_LINE, len(entries))
    head = [f"|{' |' * width}", f"|{' --- |' * width}"]
    widgets = [
        text("\n".join([*head, *part]), height=1 + len(part)) for part in chunks(lines, _LINES_PER_WIDGET)
    ]
    heading = text("## Services, each on its page", height=1)
    return Block("links to services", tuple((widget,) for widget in (heading, *widgets)))
