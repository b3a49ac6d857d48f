"""Stack `dashboard`: one page for the whole environment."""

from __future__ import annotations

import json

from constructs import Construct

from catalog import Catalog
from config.models import Environment
from stacks import aws
from stacks.base import Stack
from stacks.contracts import Compute, Dashboard, Monitoring
from stacks.dashboard.body import body


class DashboardStack(Stack):
    """The dashboard `<project>-<env>`."""

    def __init__(self, scope: Construct, env: Environment, catalog: Catalog) -> None:
        """Add the stack for `env` to `scope`.

        Raises:
            DashboardTooLargeError: the services do not fit into one CloudWatch dashboard.
        """
        super().__init__(scope, Dashboard.STACK, env)
        compute, monitoring = self.read(Compute), self.read(Monitoring)
        page = body(
            catalog,
            env,
            alarm_arns=monitoring.alarm_arns,
            log_group_names=compute.log_group_names,
        )
        dashboard = self.add(
            aws.CloudwatchDashboard,
            "main",
            dashboard_name=self.names.whole,
            dashboard_body=json.dumps(page),
        )
        url = (
            f"https://{env.region}.console.aws.amazon.com/cloudwatch/home?region={env.region}"
            f"#dashboards/dashboard/{dashboard.dashboard_name}"
        )
        self.publish(Dashboard(dashboard_url=url))
