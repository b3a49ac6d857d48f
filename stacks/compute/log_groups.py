"""Log groups, encrypted and with retention, created before the resources that write to them.

Log groups of existing services are not among them: the other stacks read these by name.
"""

from __future__ import annotations

from typing import Any

from catalog import Catalog
from stacks import aws
from stacks.base import Stack


class LogGroups:
    """The environment's log groups, by their key in the catalog."""

    def __init__(self, stack: Stack, catalog: Catalog, key_arn: str) -> None:
        """Add a log group for each one in `catalog` that does not exist already."""
        env = stack.env
        self._groups: dict[str, Any] = {
            group.key: stack.add(
                aws.CloudwatchLogGroup,
                group.key,
                name=group.name,
                retention_in_days=env.logs.retention_days,
                kms_key_id=key_arn,  # CloudWatch Logs requires an ARN, not an ID or alias
                lifecycle={"prevent_destroy": True} if env.deletion_protection else None,
            )
            for group in catalog.log_groups
            if group.owned
        }

    def __getitem__(self, key: str) -> Any:
        """Return the resource of one group."""
        return self._groups[key]

    def get(self, key: str) -> list[Any]:
        """Return the resource of one group in a list, which is empty without it: for `depends_on`."""
        return [self._groups[key]] if key in self._groups else []

    @property
    def names(self) -> dict[str, str]:
        """Key of each group -> its name."""
        return {key: group.name for key, group in self._groups.items()}
