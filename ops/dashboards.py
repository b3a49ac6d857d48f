"""Dashboards that belong to somebody else.

Dashboards are global, not regional, and PutDashboard replaces what has the name (CloudWatch API Reference,
PutDashboard). So the same environment in a second region, or another project that chose the same names, would
take the first one's dashboard away without a word; Terraform does not look before it creates.
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
"""Codes of "no such dashboard": the one of the API's model, and the name of its exception."""


def refuse_to_overwrite(env: Environment) -> None:
    """Refuse to create a dashboard where one of its name exists that the environment's state does not have.

    Raises:
        CommandError: there is one; the message says of which region it is, and what to do.
    """
    wanted = list(_synthesized(env))
    ours = {
        resource["dashboard_name"]
        for address, resource in state.resources(env, Dashboard.STACK).items()
        if address.startswith(f"{_TYPE}.")
    }
    found = [
        (key, name, body)
        for key, name in wanted
        if name not in ours and (body := _body(env, name)) is not None
    ]
    if found:
        lines = [f"dashboard {name} exists already: {_described(env, body)}." for _, name, body in found]
        key, name, _ = found[0]
        advice = (
            f"Dashboards are global: deploying would replace what others look at. Choose another "
            f"`environment` or `project` in config/{env.environment}.yaml; or, if it is this environment's "
            f"own, lost from its state, delete it, or `terraform import {_TYPE}.{key} {name}`. "
            "Nothing was changed in this stack."
        )
        raise CommandError("\n".join([*lines, advice]))


def _synthesized(env: Environment) -> Iterator[tuple[str, str]]:
    """Yield the key and the name of each dashboard that a deployment would have."""
    for key, resource in synthesis.configuration(env, Dashboard.STACK).resources.get(_TYPE, {}).items():
        yield key, resource["dashboard_name"]


def _body(env: Environment, name: str) -> str | None:
    """Return the body of the dashboard that has a name in the account, or None."""
    try:
        return str(client(env, "cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"])
    except ClientError as error:
        if error.response["Error"]["Code"] in _UNKNOWN:
            return None
        raise


def _described(env: Environment, body: str) -> str:
    """Return which region a dashboard is of, as far as its widgets say so."""
    regions = sorted(_regions(json.loads(body)))
    if not regions:
        return "its widgets name no region, so it may be anybody's"
    where = " and ".join(regions)
    same = ", this environment's own" if regions == [env.region] else f"; this environment is in {env.region}"
    return f"its widgets are of {where}{same}"


def _regions(body: Any) -> set[str]:  # noqa: ANN401  # JSON that anybody may have written
    widgets = body.get("widgets", []) if isinstance(body, dict) else []
    properties = [widget.get("properties") for widget in widgets if isinstance(widget, dict)]
    return {str(entry["region"]) for entry in properties if isinstance(entry, dict) and "region" in entry}
