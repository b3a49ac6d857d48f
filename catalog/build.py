"""Environment -> Catalog: every template applied to every service, and to the platform."""

from __future__ import annotations

from catalog.aws_alarms import require_valid
from catalog.kinds import KINDS, resources
from catalog.naming import Names
from catalog.queries import queries
from catalog.routes import event_dead_letters, routes
from catalog.services import Instance, Service
from catalog.specs import Catalog, Query
from catalog.suppression import sources
from catalog.suppression.table import composites
from config.models import Environment


def build(env: Environment) -> Catalog:
    """Return the catalog of `env`, in which `check` has found no breach.

    Raises:
        ConfigError: AWS would reject an alarm or a metric filter of it; with the service and the alarm.
    """
    catalog = assemble(env)
    require_valid(catalog)
    return catalog


def assemble(env: Environment) -> Catalog:
    """Return the catalog of `env` without validation; `check` explains conflicts of names better."""
    names = Names.of(env)
    services = [Service.of(env, names, name, service) for name, service in env.services.items()]
    whole, platform = Instance.environment(env, names), Instance.platform(env, names)
    deployed = [
        sources.CountedDeployments(service.writer, service.deployments, service.counted_by)
        for service in services
        if service.deployments is not None and service.counted_by is not None
    ]
    rules = tuple(resources.event_rules(env, names, KINDS))
    alarms = (
        *(alarm for instance in (*services, whole, platform) for alarm in instance.alarms()),
        *sources.alarms(env, names, deployed),
    )
    return Catalog(
        services=tuple(service.view() for service in services),
        existing=tuple(dict.fromkeys(item for service in services for item in service.existing())),
        log_groups=tuple(resources.log_groups(env, names, KINDS)),
        filters=(
            *(log_filter for service in services for log_filter in service.filters()),
            *(log_filter for kind in resources.used(env, KINDS) for log_filter in kind.shared_filters(names)),
        ),
        alarms=alarms,
        composites=tuple(composites(env, names, services, (whole, platform), alarms)),
        slos=tuple(objective.slo() for service in services for objective in service.slos()),
        rules=rules,
        windows=tuple(sources.windows(env, names)),
        published=(
            *sources.published(env, names, deployed),
            *(metric for of in (*services, whole) for metric in of.subject.defined.published(names)),
        ),
        left_out=tuple(
            left_out for instance in (*services, whole, platform) for left_out in instance.left_out()
        ),
        queries=tuple(
            Query(key=query.key, name=f"{names.whole}/{query.name}", text=query.text)
            for query in queries(service.subject.log for service in services if service.subject.log)
        ),
        whole=whole.whole_view({service.name: service for service in services}),
        deployments=sources.deployments(names),
        routes=routes(env, names),
        event_dead_letters=event_dead_letters(env, names) if rules else None,
    )
