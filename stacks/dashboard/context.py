"""The data of dashboards: the catalog, and the names that other stacks publish."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catalog import Catalog
from catalog.naming import Names
from catalog.specs import LogGroup, Slo
from config.models import Environment
from stacks.dashboard.severity import AnyAlarm, Severities


@dataclass(frozen=True)
class Published:
    """ARNs and names in AWS: references that Terraform resolves, or the expected values."""

    alarm_arns: Mapping[str, str]
    """Key of an alarm or composite -> its ARN."""
    log_group_names: Mapping[str, str]
    """Key of a log group -> its name."""

    @classmethod
    def expected(cls, env: Environment, catalog: Catalog) -> Published:
        """Return the values that the references will have: names are known, and ARNs contain them."""
        prefix = f"arn:aws:cloudwatch:{env.region}:{env.account_id}:alarm:"
        return cls(
            {alarm.key: prefix + alarm.name for alarm in catalog.all_alarms},
            {group.key: group.name for group in catalog.log_groups},
        )


@dataclass(frozen=True)
class Context:
    """One environment, with indexes for its dashboards."""

    env: Environment
    catalog: Catalog
    published: Published

    @property
    def overview_name(self) -> str:
        """The name of the overview."""
        return Names.of(self.env).whole

    def page_name(self, number: int) -> str:
        """Return the name of a page of services."""
        return f"{self.overview_name}-{number}"

    @functools.cached_property
    def severities(self) -> Severities:
        """The severity of each alarm."""
        return Severities(self.catalog)

    @functools.cached_property
    def log_groups(self) -> dict[str, LogGroup]:
        """The log groups by key."""
        return {group.key: group for group in self.catalog.log_groups}

    @functools.cached_property
    def service_logs(self) -> dict[str, list[str]]:
        """The keys of the log groups that each service itself writes to."""
        keys: dict[str, list[str]] = defaultdict(list)
        for group in self.catalog.log_groups:
            if group.service and group.writer == "service":
                keys[group.service].append(group.key)
        return keys

    @functools.cached_property
    def alarms(self) -> list[AnyAlarm]:
        """All composites, then all metric alarms."""
        return [*self.catalog.composites, *self.catalog.alarms]

    @functools.cached_property
    def alarms_by_service(self) -> dict[str | None, list[AnyAlarm]]:
        """The alarms of each service, and under None those of the platform: composites first."""
        grouped: dict[str | None, list[AnyAlarm]] = defaultdict(list)
        for alarm in self.alarms:
            grouped[alarm.service].append(alarm)
        return grouped

    @functools.cached_property
    def slos(self) -> dict[str, list[Slo]]:
        """The SLOs of each service."""
        grouped: dict[str, list[Slo]] = defaultdict(list)
        for slo in self.catalog.slos:
            grouped[slo.service].append(slo)
        return grouped

    @functools.cached_property
    def burn_rates(self) -> set[str]:
        """Keys of the composites of burn rates."""
        return {key for slo in self.catalog.slos for key in slo.burn_rates}

    def arns(self, alarms: Sequence[AnyAlarm]) -> list[str]:
        """Return the ARNs of alarms."""
        return [self.published.alarm_arns[alarm.key] for alarm in alarms]
