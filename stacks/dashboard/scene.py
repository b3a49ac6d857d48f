"""What widgets are made from: the catalog, and what other stacks have published."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catalog import Catalog
from catalog.naming import Names
from catalog.specs import Alarm, Composite, LogGroup, Slo
from config.models import Environment
from stacks.dashboard.consequences import Consequences

AnyAlarm = Alarm | Composite


@dataclass(frozen=True)
class Published:
    """What AWS calls things: as Terraform will know it, or as it will turn out."""

    alarm_arns: Mapping[str, str]
    """Key of an alarm or composite -> its ARN."""
    log_group_names: Mapping[str, str]
    """Key of a log group -> its name."""

    @classmethod
    def foreseen(cls, env: Environment, catalog: Catalog) -> Published:
        """Return what will be published: names are ours, and ARNs are made of them."""
        prefix = f"arn:aws:cloudwatch:{env.region}:{env.account_id}:alarm:"
        return cls(
            {one.key: prefix + one.name for one in catalog.all_alarms},
            {one.key: one.name for one in catalog.log_groups},
        )


@dataclass(frozen=True)
class Scene:
    """One environment, ready to be drawn."""

    env: Environment
    catalog: Catalog
    published: Published

    @property
    def overview(self) -> str:
        """The name of the dashboard that is opened first."""
        return Names.of(self.env).whole

    def page(self, number: int) -> str:
        """Return the name of one of the pages that services move to when one dashboard cannot hold all."""
        return f"{self.overview}-{number}"

    @functools.cached_property
    def consequences(self) -> Consequences:
        """What follows from each alarm."""
        return Consequences(self.catalog)

    @functools.cached_property
    def log_groups(self) -> dict[str, LogGroup]:
        """The log groups by key."""
        return {one.key: one for one in self.catalog.log_groups}

    @functools.cached_property
    def everything(self) -> list[AnyAlarm]:
        """All composites, then all metric alarms."""
        return [*self.catalog.composites, *self.catalog.alarms]

    @functools.cached_property
    def alarms(self) -> dict[str | None, list[AnyAlarm]]:
        """The alarms and composites of each service, and of none: composites first."""
        grouped: dict[str | None, list[AnyAlarm]] = defaultdict(list)
        for one in self.everything:
            grouped[one.service].append(one)
        return grouped

    @functools.cached_property
    def objectives(self) -> dict[str, list[Slo]]:
        """The objectives of each service."""
        grouped: dict[str, list[Slo]] = defaultdict(list)
        for one in self.catalog.slos:
            grouped[one.service].append(one)
        return grouped

    @functools.cached_property
    def burning(self) -> set[str]:
        """Keys of the composites about budgets that burn."""
        return {key for one in self.catalog.slos for key in one.burn_rates}

    def arns(self, alarms: Sequence[AnyAlarm]) -> list[str]:
        """Return the ARNs of alarms."""
        return [self.published.alarm_arns[one.key] for one in alarms]


def silences(one: AnyAlarm) -> bool:
    """Tell whether an alarm is there only to hold others back: it notifies nobody, and nobody has to act."""
    return one.topic is None and one.runbook is None


def pages_somebody(one: AnyAlarm) -> bool:
    """Tell whether an alarm wakes somebody itself."""
    return one.topic in {"critical", "fallback"}


def is_ticket(one: AnyAlarm) -> bool:
    """Tell whether an alarm tells somebody who need not wake for it."""
    return one.topic == "warning"
