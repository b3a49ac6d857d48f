"""Protection of dashboards that another environment or project owns.

Dashboards are global, not regional, and PutDashboard replaces a dashboard of the same name (CloudWatch API
Reference, PutDashboard). The same environment in a second region, or another project with the same names,
would replace the first dashboard without a warning: Terraform does not check before it creates.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from aws.clients import client
from config.errors import CommandError
from config.models import Environment
from ops import state, synthesis
from stacks.contracts import Dashboard

_TYPE = "aws_cloudwatch_dashboard"
_UNKNOWN = {"ResourceNotFound", "DashboardNotFoundError"}
"""Error codes of a dashboard that does not exist: that of the API's model, and its exception's name."""


def refuse_to_overwrite(env: Environment) -> None:
    """Refuse to replace a dashboard of the same name that is not in the environment's state.

    Raises:
        CommandError: such a dashboard exists; the message has its region, and what to do.
    """
    synthesized = list(_synthesized(env))
    own_names = {
        resource["dashboard_name"]
        for address, resource in state.resources(env, Dashboard.STACK).items()
        if address.startswith(f"{_TYPE}.")
    }
    existing = [
        (key, name, body)
        for key, name in synthesized
        if name not in own_names and (body := _body(env, name)) is not None
    ]
    if existing:
        lines = [f"dashboard {name} already exists: {_described(env, body)}." for _, name, body in existing]
        key, name, _ = existing[0]
        advice = (
            "Dashboards are global: a deployment would replace it. Choose another `environment` or `project` "
            f"in config/{env.environment}.yaml. If the dashboard belongs to this environment and is missing "
            f"from its state, delete it or run `terraform import {_TYPE}.{key} {name}`. "
            "Nothing was changed in this stack."
        )
        raise CommandError("\n".join([*lines, advice]))


def _synthesized(env: Environment) -> Iterator[tuple[str, str]]:
    """Yield the key and the name of each synthesized dashboard."""
    for key, resource in synthesis.configuration(env, Dashboard.STACK).resources.get(_TYPE, {}).items():
        yield key, resource["dashboard_name"]


def _body(env: Environment, name: str) -> str | None:
    """Return the body of the account's dashboard of this name, or None."""
    try:
        return str(client(env, "cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"])
    except ClientError as error:
        if error.response["Error"]["Code"] in _UNKNOWN:
            return None
        raise


def _described(env: Environment, body: str) -> str:
    """Describe the owner of a dashboard by the regions of its widgets."""
    regions = sorted(_regions(json.loads(body)))
    if not regions:
        return "its widgets name no region, so its owner is unknown"
    listed = " and ".join(regions)
    if regions == [env.region]:
        return f"its widgets are in {listed}, the region of this environment"
    return f"its widgets are in {listed}; this environment is in {env.region}"


def _regions(body: Any) -> set[str]:  # noqa: ANN401  # JSON of unknown origin
    widgets = body.get("widgets", []) if isinstance(body, dict) else []
    properties = [widget.get("properties") for widget in widgets if isinstance(widget, dict)]
    return {str(values["region"]) for values in properties if isinstance(values, dict) and "region" in values}
