"""What happens in a scenario, as samples of metrics."""

from drill.traffic.naming import problems
from drill.traffic.values import Recording
from drill.traffic.whole import Traffic

__all__ = ["Recording", "Traffic", "problems"]
