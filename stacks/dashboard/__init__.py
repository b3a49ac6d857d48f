"""Stack `dashboard`: the overview of the environment, and pages of services where it cannot hold all."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from constructs import Construct

from catalog import Catalog
from config.models import Environment
from stacks import aws
from stacks.base import Stack
from stacks.contracts import Compute, Dashboard, Monitoring
from stacks.dashboard import index
from stacks.dashboard.context import Published
from stacks.dashboard.layout import compact
from stacks.dashboard.page import MAIN, pages


class DashboardStack(Stack):
    """The dashboard `<project>-<env>`, and `<project>-<env>-<n>` for each page of services."""

    def __init__(self, scope: Construct, env: Environment, catalog: Catalog) -> None:
        """Add the stack for `env` to `scope`.

        Raises:
            CommandError: a service is too large for a page.
        """
        super().__init__(scope, Dashboard.STACK, env)
        published = Published(
            alarm_arns=_Cached(self.read(Monitoring).alarm_arns),
            log_group_names=_Cached(
                self.read(Compute).log_group_names,
                {group.key: group.name for group in catalog.log_groups if not group.owned},
            ),
        )
        dashboards = {
            page.key: self.add(
                aws.CloudwatchDashboard,
                page.key,
                dashboard_name=page.name,
                dashboard_body=compact(page.body),
            )
            for page in pages(env, catalog, published)
        }
        self.publish(Dashboard(dashboard_url=index.dashboard(env, dashboards[MAIN].dashboard_name)))


class _Cached(dict[str, str]):
    """References by key, each made once: an alarm is in several widgets, and each costs a call to Node."""

    def __init__(self, source: Mapping[str, str], known: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(known)
        self._source = source

    def __missing__(self, key: str) -> str:
        self[key] = self._source[key]
        return self[key]
