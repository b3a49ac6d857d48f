"""The answers of the front, one module per AWS service.

Adding a service is a module with a `SERVICE` and its line in `SERVICES`.
"""

from __future__ import annotations

from types import MappingProxyType

from local_aws.calls import Service
from local_aws.services import cloudwatch, logs, xray

SERVICES: MappingProxyType[str, Service] = MappingProxyType(
    {module.SERVICE.model.signing_name: module.SERVICE for module in (cloudwatch, logs, xray)}
)
"""By signing name, which is what a signed request carries."""
