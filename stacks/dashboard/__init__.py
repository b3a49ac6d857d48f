"""Stack `dashboard`: the overview of the environment, and pages of services where it cannot hold all."""

from __future__ import annotations

from collections.abc import Mapping

from constructs import Construct

from catalog import Catalog
from config.models import Environment
from stacks import aws
from stacks.base import Stack
from stacks.contracts import Compute, Dashboard, Monitoring
from stacks.dashboard import links
from stacks.dashboard.boards import MAIN, boards
from stacks.dashboard.limits import compact
from stacks.dashboard.scene import Published


class DashboardStack(Stack):
    """The dashboard `<project>-<env>`, and `<project>-<env>-<n>` for each page."""

    def __init__(self, scope: Construct, env: Environment, catalog: Catalog) -> None:
        """Add the stack for `env` to `scope`.

        Raises:
            DashboardError: CloudWatch would refuse a dashboard.
        """
        super().__init__(scope, Dashboard.STACK, env)
        published = Published(
            alarm_arns=_Once(self.read(Monitoring).alarm_arns),
            log_group_names=_Once(self.read(Compute).log_group_names),
        )
        made = {
            board.key: self.add(
                aws.CloudwatchDashboard,
                board.key,
                dashboard_name=board.name,
                dashboard_body=compact(board.body),
            )
            for board in boards(env, catalog, published)
        }
        self.publish(Dashboard(dashboard_url=links.dashboard(env, made[MAIN].dashboard_name)))


class _Once(dict[str, str]):
    """References by key, each made once: an alarm is in several widgets, and each costs a call to Node."""

    def __init__(self, source: Mapping[str, str]) -> None:
        super().__init__()
        self._source = source

    def __missing__(self, key: str) -> str:
        self[key] = self._source[key]
        return self[key]
