"""Names of alarms for people: what scenarios call them, rather than what AWS does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from drill.model import System
from drill.selection import Selection

_JOINTS: Final = "-_/. "
"""What names are joined of parts with."""


@dataclass(frozen=True, slots=True)
class Names:
    """The short names of a system's alarms."""

    shorts: Mapping[str, str]
    """Name in AWS -> the shortest one that a scenario may use."""
    services: Mapping[str, str]
    """Name in AWS -> the service that it is about, of those that are about one."""

    @classmethod
    def of(cls, system: System) -> Names:
        """Return those of a system; of several short names of an alarm the shortest."""
        services = {one.name: one.service for one in system.alarms if one.service}
        services |= {one.name: one.service for one in system.composites if one.service}
        return cls(Selection(system).shortest, services)

    def short(self, alarm: str) -> str:
        """Return what people call an alarm; its full name if it has no other."""
        return self.shorts.get(alarm, alarm)

    def within(self, alarm: str, service: str | None, above: str | None = None) -> str:
        """Return it without what is known from around it: `errors`.

        Args:
            alarm: its full name.
            service: the service that it stands under, if any; alarms of other services keep theirs.
            above: the full name of the alarm that it stands under, if any.
        """
        short = self.short(alarm)
        known = [] if above is None else [self.short(above)]
        if service and self.services.get(alarm) in {service, None}:
            known.append(service)
        for start in known:
            rest = short.removeprefix(start)
            if rest != short and rest.lstrip(_JOINTS) and rest[0] in _JOINTS:
                return rest.lstrip(_JOINTS)
        return short
