"""What happens in a scenario, as samples of metrics."""

from drill.traffic.values import Recording
from drill.traffic.whole import Traffic

__all__ = ["Recording", "Traffic"]
