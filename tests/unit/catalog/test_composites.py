"""Rules over every composite: what notifies for which alarm, what suppresses what, owners, the limits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

import catalog
from catalog import Catalog
from catalog.naming import Names
from catalog.specs import AllOf, AnyOf, Composite, InAlarm, NotInAlarm, Rule
from catalog.suppression.trees import (
    Share,
    Shared,
    any_of,
    fitted,
)
from cloudwatch.quotas import PARENTS, RULE_ALARMS, RULE_CHARACTERS, RULE_ELEMENTS
from config.models import Environment
from config.services import LoggingService
from functions.shared.description import read_description
from tests.support.tables import each
from tests.unit.catalog.catalogs import ALL, EVERY, LONGEST, Graph, Made, changed, many, rendered

SPEAKERS = {"impact", "degraded", "saturation", "unstable"}
"""The three things that are said about a service; each alarm is part of one."""

ALSO_PART_OF = {"critical", "resource-exhaustion", "system-critical", "system-outage"}
"""The rules that the platform promises, over alarms that are part of something already."""


def test_the_limits_are_clouwatchs() -> None:
    """PutCompositeAlarm, AlarmRule."""
    assert (RULE_ALARMS, RULE_ELEMENTS, RULE_CHARACTERS, PARENTS) == (
        100,
        500,
        10_240,
        150,
    )


def deploying(env: Environment, *services: str) -> set[str]:
    """Return the alarms about deployments of these services, or of all; nothing counts those of some."""
    counted = {name for name, service in env.services.items() if isinstance(service, LoggingService)}
    counted &= set(services or counted)
    return {f"{text}_deploying" for text in counted} if env.deployments.suppression_s else set()


def suppressing(made: Made) -> set[str]:
    """Return the metric alarms that only suppress others."""
    return {*deploying(made[0]), *(window.alarm for window in made[1].windows)}


@each("name", EVERY)
def test_every_alarm_reaches_a_topic_or_suppresses_others(name: str) -> None:
    """By itself or through composites; and what suppresses others tells nobody that it does."""
    made = EVERY[name][1]
    graph = Graph(made)
    suppresses = suppressing(EVERY[name])
    for alarm in made.alarms:
        reaches = bool(alarm.topic or graph.speakers(alarm.key))
        assert reaches != (alarm.key in suppresses), alarm.key
    for composite in made.composites:
        heard = bool(composite.topic or graph.speakers(composite.key))
        assert heard != (composite.key in graph.suppressing and not heard), composite.key


@each("name", EVERY)
def test_what_a_composite_says_its_parts_do_not_repeat(name: str) -> None:
    """A child of a composite that notifies, at whatever depth, does not notify itself."""
    made = EVERY[name][1]
    graph = Graph(made)
    topics = {alarm.key: alarm.topic for alarm in made.all_alarms}
    for composite in (composite for composite in made.composites if composite.topic):
        for part in graph.within(composite.key) - {composite.key}:
            assert topics[part] is None, f"{part} repeats {composite.key}"


@each("name", EVERY)
def test_one_composite_speaks_for_each_alarm(name: str) -> None:
    """Exactly one of what is said about a service, beside the promised rules; for a burn rate its tier."""
    made = EVERY[name][1]
    graph = Graph(made)
    for alarm in made.alarms:
        if alarm.topic or alarm.key in suppressing(EVERY[name]):
            continue
        parents = [parent for parent in graph.parents[alarm.key] if parent.kind_key not in ALSO_PART_OF]
        if "_slo-" in alarm.key:
            assert [parent.key for parent in parents] == [re.sub(r"-(long|short)$", "", alarm.key)]
        elif alarm.service:
            assert [parent.kind_key in SPEAKERS for parent in parents] == [True], alarm.key
            assert parents[0].service == alarm.service
        else:
            assert [parent.service for parent in parents] == [None]


@each("name", EVERY)
def test_impact_wakes_somebody_and_the_rest_of_a_service_does_not(name: str) -> None:
    """Besides objectives: one critical composite of a service that notifies, and two or three warnings."""
    env, made = EVERY[name]
    for service in env.services:
        own = [
            composite
            for composite in made.composites
            if composite.service == service and composite.topic and "_slo-" not in composite.key
        ]
        assert {composite.kind_key: composite.topic for composite in own} == {
            "saturation": "warning",
            # On EC2, it has no log, no balancer and no Container Insights.
            **({} if service == "backoffice" else {"impact": "critical", "degraded": "warning"}),
            **({"unstable": "warning"} if env.services[service].kind == "ecs" else {}),
        }  # fmt: skip


OF_THE_PLATFORM = {
    "notifications-broken",
    "notifications-gone",
    "account-limits",
    "archive-incomplete",
    "events-incomplete",
}
TIERS = ("fast-burn", "medium-burn", "slow-burn")
TICKETS = {"degraded", "saturation", "unstable", "slow-burn"}


@each("name", EVERY)
def test_deployments_and_windows_suppresses_what_it_should(name: str) -> None:
    """A deployment what is said of its service, and no other; a window everything that can be suppressed."""
    env, made = EVERY[name]
    graph = Graph(made)
    windows = {window.alarm for window in made.windows}
    assert {alarm.key for alarm in made.alarms if alarm.key.endswith("_deploying")} == deploying(env)
    assert len(windows) == len(env.maintenance)
    for item in (composite for composite in made.composites if composite.topic):
        leaves = graph.suppressors(item) & suppressing(EVERY[name])
        if item.kind_key in SPEAKERS:
            assert leaves == windows | deploying(env, str(item.service)), item.key
        elif item.kind_key in TIERS:
            # It asks whether the impact is heard, and so whether its own service is being deployed.
            assert leaves - windows <= deploying(env, str(item.service)), item.key
            assert leaves >= windows
        else:
            assert item.kind_key in {*OF_THE_PLATFORM, "system-critical"}
            assert graph.suppressors(item) & graph.alarms.keys() == windows, item.key


@each("name", EVERY)
def test_a_page_suppresses_what_it_explains(name: str) -> None:
    """The system alarm tickets, impact the rest of its service, a faster burn the slower ones and tickets."""
    made = EVERY[name][1]
    graph = Graph(made)
    whole = {"system-critical"} & graph.composites.keys()
    for item in (composite for composite in made.composites if composite.topic):
        suppressors = graph.suppressors(item)
        if item.kind_key in TICKETS:
            assert suppressors >= whole
            impact = f"{item.key.partition('_')[0]}_impact"
            assert impact in suppressors or impact not in graph.composites
            burning = {key for slo in made.slos if slo.service == item.service for key in slo.burn_rates}
            assert suppressors & burning == {
                key for key in burning if graph.composites[key].topic == "critical"
            }
        else:
            assert not suppressors & whole, "two small problems that coincide suppress no page"
        if item.kind_key in TIERS:
            slo = item.key.removesuffix(f"-{item.kind_key}")
            faster = TIERS[: TIERS.index(item.kind_key)]
            assert suppressors & {f"{slo}-{tier}" for tier in TIERS} == {f"{slo}-{tier}" for tier in faster}
            assert f"{item.service}_impact" in suppressors
        if item.kind_key in {"impact", "fast-burn"}:
            assert not suppressors & {f"{item.service}_degraded", f"{item.service}_saturation"}
        assert item.key not in suppressors, "nothing suppresses itself"


@each("name", EVERY)
def test_nobody_is_suppressed_by_somebody_else_s_trouble(name: str) -> None:
    """What suppresses a service is its own, about the whole system, or a window of everybody's."""
    env, made = EVERY[name]
    graph = Graph(made)
    owner = {alarm.key: alarm.service for alarm in made.all_alarms}
    of_others = {key for key in owner if key.partition("_")[0] in env.services}
    whole = graph.within("system-critical") if "system-critical" in graph.composites else set()
    for item in (composite for composite in made.composites if composite.suppressor):
        others = {key for key in graph.suppressors(item) - whole if owner[key] not in {None, item.service}}
        assert others == set(), item.key
        mine = {key for key in of_others if key.partition("_")[0] == item.service}
        assert not (graph.suppressors(item) - whole) & (of_others - mine), item.key


@each("name", EVERY)
def test_a_deployment_of_one_service_suppresses_that_one_only(name: str) -> None:
    """While everything fails and one is deployed, each other one says what it would have said anyway."""
    env, made = EVERY[name]
    graph = Graph(made)
    # One at a time: what is silent since its impact speaks, or the whole system does, is not the question.
    speaking = {
        composite.key: graph.needed_for(composite.key) for composite in made.composites if composite.topic
    }
    if not env.deployments.suppression_s:
        assert not [alarm for alarm in made.all_alarms if alarm.key.endswith(("_deploying", "deployments"))]
        return
    assert len(env.services) > 1
    for service in (*env.functions, *env.containers):
        for composite in (graph.composites[key] for key in speaking):
            failing = speaking[composite.key]
            assert composite.key in graph.heard(failing), composite.key
            suppressed = composite.service == service and composite.kind_key in {"impact", *TICKETS}
            while_deploying = graph.heard(failing | deploying(env, service))
            assert (composite.key not in while_deploying) == suppressed, (service, composite.key)


@each("name", EVERY)
def test_in_a_window_no_composite_says_anything(name: str) -> None:
    """Whatever fails, deployed or not: any window is for all of the environment."""
    env, made = EVERY[name]
    graph = Graph(made)
    everything = graph.alarms.keys() - suppressing(EVERY[name])
    assert graph.heard(everything)
    for window in made.windows:
        assert graph.heard({*everything, window.alarm}) == set()
        assert graph.heard({*everything, window.alarm, *deploying(env)}) == set()


@each("name", EVERY)
def test_a_burning_budget_speaks_although_a_deployment_suppresses_the_impact(name: str) -> None:
    """A bad deployment is reported by the budget it burns, unless slowly: that is a ticket, which waits.

    Without a deployment the impact reports it alone.
    """
    env, made = EVERY[name]
    graph = Graph(made)
    for slo in made.slos:
        impact = f"{slo.service}_impact"
        failing = graph.needed_for(impact)
        for at, tier in enumerate(slo.burn_rates):
            faster = set().union(*map(graph.needed_for, slo.burn_rates[:at]))
            burning = graph.needed_for(tier)
            assert {impact, tier} & graph.heard(failing | burning) == {impact}
            assert tier in graph.heard(burning)
            assert not {tier} & graph.heard(burning | faster) or at == 0
            if own := deploying(env, slo.service):
                pages = {tier} & {key for key in slo.burn_rates if graph.composites[key].topic == "critical"}
                assert {impact, tier} & graph.heard(failing | burning | own) == pages
                assert not {tier} & graph.heard(failing | burning | faster | own) or at == 0
                elsewhere = deploying(env) - own
                assert {impact, tier} & graph.heard(failing | burning | elsewhere) == {impact}


@each("name", EVERY)
def test_errors_of_two_kinds_suppress_no_page(name: str) -> None:
    """They may be two small problems: a service that fails for a reason of its own pages; tickets wait."""
    env, made = EVERY[name]
    graph = Graph(made)
    if "system-critical" not in graph.composites:
        return
    whole = graph.needed_for("system-critical")
    for service in env.services:
        for one in (f"{service}_{key}" for key in SPEAKERS):
            if one not in graph.composites:
                continue  # only containers have tasks
            failing = graph.needed_for(one)
            assert one in graph.heard(failing)
            assert (one in graph.heard(failing | whole)) == one.endswith("_impact"), one
    for slo in made.slos:
        for tier in slo.burn_rates:
            assert (tier in graph.heard(graph.needed_for(tier) | whole)) == tier.endswith(
                ("fast-burn", "medium-burn")
            )
    assert "system-critical" in graph.heard(whole | deploying(env)), "deployments do not suppress it"


@each("name", EVERY)
def test_an_outage_is_one_page_for_all_services_that_affect_users(name: str) -> None:
    """Deployed or not, and with their budgets; a budget that burns without an impact is not explained."""
    env, made = EVERY[name]
    graph = Graph(made)
    if "system-outage" not in graph.composites:
        return
    outage = graph.needed_for("system-outage")
    impacts = {key for key, composite in graph.composites.items() if composite.kind_key == "impact"}
    affected = outage.union(*map(graph.needed_for, impacts))
    burning = set().union(*(graph.needed_for(tier) for slo in made.slos for tier in slo.burn_rates))
    for planned in (set(), deploying(env)):
        assert graph.heard(affected | burning | planned) == {"system-critical"}
    for slo in made.slos:
        fastest = slo.burn_rates[0]
        alone = graph.heard(outage | graph.needed_for(fastest))
        hit = f"{slo.service}_impact" in graph.in_alarm(outage)
        assert alone == {"system-critical", *(() if hit else (fastest,))}, fastest


@each("name", EVERY)
def test_what_belongs_to_a_service_depends_on_nothing_else(name: str) -> None:
    """So that a service can have a stack of its own: what spans services names its alarms, never reversed."""
    no_circle(EVERY[name][1])


@pytest.mark.parametrize(("count", "slos"), [(2, 3), (30, 1), (160, 0)])
def test_generated_environments_have_no_circle_between_owners(count: int, slos: int) -> None:
    """With groups and copies, too."""
    no_circle(catalog.build(many(count, slos=slos, lean=True)))


def no_circle(made: Catalog) -> None:
    """Follow every rule and suppressor from owner to owner: a service's alarms lead to no other owner."""
    owner = {alarm.key: alarm.belongs_to for alarm in made.all_alarms}
    named = {
        (composite.belongs_to, owner[key])
        for composite in made.composites
        for key in (*composite.children(), *([composite.suppressor.alarm] if composite.suppressor else []))
    }
    services = {view.name for view in made.services}
    assert services <= set(owner.values())
    assert {(who, whom) for who, whom in named if who is not None} <= {
        (service, service) for service in services
    }
    assert {whom for who, whom in named if who is None} >= services
    for composite in made.composites:
        assert not (composite.belongs_to and (composite.topic or composite.suppressor)), (
            "what notifies spans services"
        )


@each("name", EVERY)
def test_nothing_waits_for_itself(name: str) -> None:
    """CloudWatch stops to evaluate a cycle, and Terraform refuses one: rules and suppressors together."""
    made = EVERY[name][1]
    needs = {
        composite.key: {
            *composite.children(),
            *([composite.suppressor.alarm] if composite.suppressor else []),
        }
        for composite in made.composites
    }
    existing = {alarm.key for alarm in made.all_alarms}
    assert {key for of in needs.values() for key in of} <= existing
    left = dict(needs)
    while left:
        free = {key for key, of in left.items() if not of & left.keys()}
        assert free, f"cycle among {sorted(left)}"
        left = {key: of for key, of in left.items() if key not in free}


@each("name", EVERY)
def test_without_deployments_and_windows_nothing_pretends_that_there_is(name: str) -> None:
    """No alarm that is never in ALARM, no composite of nothing."""
    env, made = EVERY[name]
    keys = {alarm.key for alarm in made.all_alarms}
    whole = "system-critical" in keys
    reasons = [bool(env.deployments.suppression_s), bool(env.maintenance), whole]
    helpers = {f"{name}_page-suppressor" for name in env.services if f"{name}_impact" in keys}
    assert helpers & keys == (helpers if sum(reasons) > 1 else set()), "one reason needs no helper"
    assert ("maintenance" in keys) == (len(env.maintenance) > 1)
    assert ("system-outage" in keys) == whole
    assert not {"planned", "deployments"} & keys, "a deployment suppresses its own service only"


@each("name", EVERY)
def test_a_service_has_as_few_helpers_as_reasons_differ(name: str) -> None:
    """One for its page, one for all tickets, one for each burn rate that pages; and each joins something."""
    env, made = EVERY[name]
    helpers = [composite for composite in made.composites if composite.key.endswith("-suppressor")]
    suppressors = {composite.suppressor.alarm for composite in made.composites if composite.suppressor}
    for helper in helpers:
        assert helper.key in suppressors
        assert not isinstance(helper.rule, InAlarm)
        assert helper.rule != AnyOf(any_of=(InAlarm(alarm=helper.children()[0]),))
    for service in env.services:
        kinds = {helper.key.partition("_")[2] for helper in helpers if helper.service == service}
        assert kinds <= {f"{key}-suppressor" for key in ("page", "ticket", "fast-burn", "medium-burn")}
        if not any(slo.service == service for slo in made.slos):
            assert kinds <= {"page-suppressor", "ticket-suppressor"}


@pytest.mark.parametrize("suppression_s", [0, 60, 600, 3600])
def test_a_deployment_suppresses_for_as_long_as_config_says(suppression_s: int) -> None:
    """An alarm that looks back that far for one sample, each missing one a zero."""

    def change(data: dict[str, Any]) -> None:
        data["deployments"] = {"suppression_s": suppression_s}

    env, made = changed(change)
    counted = {f"{view.name}_deploying": view.deployments for view in made.services if view.deployments}
    found = [alarm for alarm in made.alarms if alarm.key in counted]
    assert {alarm.key for alarm in found} == deploying(env)
    assert len({tuple(metric.dimensions.values()) for metric in counted.values()}) == len(counted)
    for alarm in found:
        metric = counted[alarm.key]
        assert f" {alarm.service} " in alarm.description
        assert (alarm.window_s, alarm.period_s, alarm.datapoints_to_alarm) == (suppression_s, 60, 1)
        assert (alarm.comparison, alarm.threshold) == ("GreaterThanThreshold", 0)
        assert getattr(alarm.watches, "expression", None) == "FILL(begun, 0)"
        assert alarm.metrics == (metric,)
        assert metric.dimensions.keys() == {"Resource"}
        assert (metric.namespace, metric.name) == (
            made.deployments.namespace, made.deployments.name,
        )  # fmt: skip
        assert made.deployments.dimensions == {}
        assert (alarm.topic, alarm.treat_missing_data) == (None, "notBreaching")


@each("name", EVERY)
def test_a_window_s_alarm_lasts_as_long_as_the_window(name: str) -> None:
    """Its schedule writes the metric that its alarm, and no other window's, looks for."""
    env, made = EVERY[name]
    assert {window.key for window in made.windows} == env.maintenance.keys()
    metrics = [window.metric for window in made.windows]
    assert len({(metric.name, *metric.dimensions.items()) for metric in metrics}) == len(metrics)
    for window in made.windows:
        config, alarm = env.maintenance[window.key], made.alarm(window.alarm)
        assert (window.cron, window.timezone, window.duration_min, window.reason) == (
            config.cron, config.timezone, config.duration_min, config.reason,
        )  # fmt: skip
        assert alarm.metrics == (window.metric,)
        assert (alarm.window_s, alarm.datapoints_to_alarm) == (config.duration_min * 60, 1)
        assert alarm.name == Names.of(env).resource("maintenance", window.key)
        assert window.name == Names.of(env).schedule(window.key)
        assert config.reason in alarm.description


def elements(rule: Rule) -> int:
    """Return what CloudWatch may count of a rule: alarms, operators and parentheses."""
    if isinstance(rule, InAlarm):
        return 1
    if isinstance(rule, NotInAlarm):
        return 2
    parts = rule.any_of if isinstance(rule, AnyOf) else rule.all_of
    return sum(elements(part) for part in parts) + len(parts) - 1 + (2 if len(parts) > 1 else 0)


def breaches(made: Catalog) -> list[str]:
    """Return what CloudWatch would refuse of the composites of a catalog."""
    named: Counter[str] = Counter()
    names = {alarm.key: alarm.name for alarm in made.all_alarms}
    found = []
    for composite in made.composites:
        rule = _rendered(composite.rule, names)
        children = composite.children()
        named.update({*children, *([composite.suppressor.alarm] if composite.suppressor else [])})
        found += (
            [f"{composite.key}: {len(children)} children"] if not 0 < len(children) <= RULE_ALARMS else []
        )
        found += [f"{composite.key}: {len(rule)} characters"] if len(rule) > RULE_CHARACTERS else []
        found += [f"{composite.key}: too many elements"] if elements(composite.rule) > RULE_ELEMENTS else []
        found += (
            [f"{composite.key}: does not begin as a rule does"]
            if not rule.startswith(("(", "ALARM("))
            else []
        )
    return found + [f"{key}: in {count} composites" for key, count in named.items() if count > 150]


def _rendered(rule: Rule, names: dict[str, str]) -> str:
    if isinstance(rule, InAlarm):
        return f'ALARM("{names[rule.alarm]}")'
    if isinstance(rule, NotInAlarm):
        return f'NOT ALARM("{names[rule.not_in_alarm]}")'
    parts, word = (rule.any_of, " OR ") if isinstance(rule, AnyOf) else (rule.all_of, " AND ")
    return f"({word.join(_rendered(part, names) for part in parts)})"


@each("name", EVERY)
def test_every_composite_is_within_cloudwatch_s_limits(name: str) -> None:
    """Children, characters, elements, and how many composites name one alarm."""
    assert breaches(EVERY[name][1]) == []


SIZES = {1: 20, 4: 20, 100: 2, 101: 2, 400: 2, 1000: 0}
"""Services -> objectives of each."""


@pytest.mark.slow
@pytest.mark.parametrize("count", SIZES)
def test_any_number_of_services_stays_within_cloudwatch_s_limits(count: int) -> None:
    """With the longest legal names; and the whole system is still every service, in both its parts."""
    env = many(count, longest=True, slos=SIZES[count], lean=count > 4)
    assert count > 101 or list(catalog.check(env)) == []
    made = catalog.build(env)
    assert breaches(made) == []
    composites = {composite.key: composite for composite in made.composites}
    whole = composites.get("system-critical")

    def fail(rule: Rule) -> Iterator[str]:
        for key in _leaves(rule):
            yield from fail(composites[key].rule) if key.startswith("system-critical_") else (key,)

    if count == 1:
        assert whole is None
        return
    assert whole
    assert isinstance(whole.rule, AllOf)
    kinds = [
        {
            key
            for view in made.services if view.kind == kind
            for key in (f"{view.name}_errors", *composites[f"{view.name}_impact"].children())
        }
        for kind in ("ecs", "lambda")
    ]  # fmt: skip
    parts = [set(fail(part)) for part in whole.rule.all_of]
    assert sorted(parts, key=min) == sorted(kinds, key=min)
    assert all(isinstance(part, AnyOf) for part in whole.rule.all_of)


def _leaves(rule: Rule) -> list[str]:
    if isinstance(rule, InAlarm | NotInAlarm):
        assert isinstance(rule, InAlarm), "the whole system asks for what fails, and for nothing else"
        return [rule.alarm]
    return [
        leaf for part in (rule.any_of if isinstance(rule, AnyOf) else rule.all_of) for leaf in _leaves(part)
    ]


@pytest.mark.parametrize(("count", "groups"), [(2, 0), (50, 0), (51, 1), (52, 2)])
def test_groups_come_where_one_rule_is_not_enough(count: int, groups: int) -> None:
    """Half of a hundred for each kind, two of each service; what fits directly stays direct."""
    made = catalog.build(many(count, lean=True))
    numbered = [
        composite
        for composite in made.composites
        if re.fullmatch(r"system-critical_(lambda|ecs)-\d+", composite.key)
    ]
    assert len(numbered) == groups
    assert all(composite.topic is None and composite.suppressor is None for composite in numbered)


@pytest.mark.parametrize("kind", ["lambda", "ecs"])
def test_one_kind_alone_has_no_system(kind: str) -> None:
    """Functions AND containers can never be true with nothing on one side."""
    made = EVERY["functions only" if kind == "lambda" else "containers only"][1]
    assert {view.kind for view in made.services} == {kind}
    assert "system-critical" not in {composite.key for composite in made.composites}


def group(number: int, rule: AnyOf) -> Composite:
    """Make a group as the system-wide composite does."""
    return _composite(f"group-{number}", rule)


def _composite(key: str, rule: Rule) -> Composite:
    return Composite(
        key=key, name=f"shop-{key}-prod", kind_key=key, owner="x", rule=rule, severity="warning",
        summary="x", description="x",
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("length", [1, 88, 255])
@pytest.mark.parametrize("count", [1, 2, 50, 99, 100, 101, 199, 500, 1001, 5050])
@pytest.mark.parametrize("parts", [1, 2, 3])
def test_a_tree_of_any_size_loses_nobody_and_fits(count: int, length: int, parts: int) -> None:
    """Whatever the number of alarms and the length of their names, and whatever shares the rule."""
    alarms = [(f"a{number}", str(number).rjust(length, "n")) for number in range(count)]
    level, made = fitted(alarms, Share.of(parts), group)
    rule = any_of(level)
    names = {**dict(alarms), **{composite.key: composite.name for composite in made}}
    by_key = {composite.key: composite.rule for composite in made}
    assert len(by_key) == len(made), "numbers are not given twice"

    def below(rule: Rule) -> list[str]:
        return [leaf for key in _leaves(rule) for leaf in (below(by_key[key]) if key in by_key else [key])]

    assert below(rule) == [key for key, _ in alarms]
    for in_alarm, most in ((rule, parts), *((composite.rule, 1) for composite in made)):
        assert len(_leaves(in_alarm)) * most <= RULE_ALARMS
        assert len(_rendered(in_alarm, names)) * most <= RULE_CHARACTERS
        assert elements(in_alarm) * most <= RULE_ELEMENTS


@pytest.mark.parametrize(("uses", "copies"), [(1, 0), (100, 0), (101, 1), (250, 1), (251, 2), (7_600, 50)])
def test_no_alarm_is_named_more_often_than_cloudwatch_allows(uses: int, copies: int) -> None:
    """A hundred name it directly, and so does each copy; the rest name the copies."""
    shared = Shared("window", lambda number: _composite(f"copy-{number}", InAlarm(alarm="window")))
    named = Counter(shared.use() for _ in range(uses))
    named["window"] += len(shared.copies)
    assert len(shared.copies) == copies
    assert sum(named.values()) == uses + copies
    assert max(named.values()) <= 150
    assert [copy.key for copy in shared.copies] == [f"copy-{number}" for number in range(2, copies + 2)]


@pytest.mark.parametrize("name", ALL)
def test_a_composite_is_told_by_its_rule_and_its_text_lists_its_parts(name: str) -> None:
    """Whoever is woken reads what may be behind it, without opening the rule."""
    made = ALL[name][1]
    keys = {alarm.key: alarm.kind_key for alarm in made.all_alarms}
    for composite in made.composites:
        if composite.kind_key in {*SPEAKERS, "notifications-broken"}:
            listed = read_description(composite.description).causes
            assert listed == tuple(dict.fromkeys(keys[child] for child in composite.children()))
        assert rendered(composite.rule, made).count("ALARM(") >= len(composite.children())
    assert LONGEST["service"] not in rendered(made.composites[0].rule, made)
