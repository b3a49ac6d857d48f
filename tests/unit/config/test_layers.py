"""How base.yaml, the environment's file and variables become one: what merges, what replaces, who wins."""

# ruff: noqa: E501  # a message is compared whole, and reads best on one line

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.kinds import KINDS
from config import source
from config.loader import FOLDER, environments, load
from config.paths import ROOT
from config.source import Document
from tests.support.tables import each
from tests.unit.config.configs import Folder

KEYS = st.text("abc-", min_size=1, max_size=2)
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=3)
TREES = st.dictionaries(
    KEYS,
    st.recursive(LEAVES, lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=8),
    max_size=4,
)


@settings(deadline=None)
@given(TREES, TREES)
def test_mappings_merge_key_by_key_and_everything_else_is_replaced(
    base: dict[str, Any], over: dict[str, Any]
) -> None:
    """For any two nested mappings, at every depth."""

    def holds(merged: Any, entry: Any, other: Any) -> None:
        if not (isinstance(entry, dict) and isinstance(other, dict)):
            assert merged == other
            return
        assert merged.keys() == entry.keys() | other.keys()
        for key, value in merged.items():
            if key not in other:
                assert value == entry[key]
            elif key not in entry:
                assert value == other[key]
            else:
                holds(value, entry[key], other[key])

    before = json.dumps([base, over])
    holds(source.merge(Document(base), Document(over)).data, base, over)
    assert json.dumps([base, over]) == before, "merging changes neither of its inputs"


@settings(deadline=None)
@given(TREES, TREES)
def test_every_value_comes_with_the_file_that_it_is_from(base: dict[str, Any], over: dict[str, Any]) -> None:
    """After merging, a place points to the file that has this very value, and none to what is gone."""

    def places(value: Any, name: str, at: tuple[str | int, ...] = ()) -> dict[tuple[str | int, ...], str]:
        items = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        found = {at: name}
        for key, item in items:
            found |= places(item, name, (*at, key))
        return found

    merged = source.merge(Document(base, places(base, "base")), Document(over, places(over, "over")))
    for location, name in merged.places.items():
        value, origin = merged.data, {"base": base, "over": over}[name]
        for key in location:
            value, origin = value[key], origin[key]  # type: ignore[index]  # a way into nested data
        assert isinstance(value, dict) or value == origin
    assert merged.places.keys() == places(merged.data, "").keys()


@settings(deadline=None)
@given(TREES)
def test_a_document_is_what_yaml_says(tmp_path_factory: pytest.TempPathFactory, tree: dict[str, Any]) -> None:
    """The reader that knows lines gives the same data as PyYAML's own."""
    path = tmp_path_factory.mktemp("yaml") / "x.yaml"
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
    assert source.read(path).data == tree


@each(
    ("variable", "value", "way", "found"),
    [
        ("REVEILLE_LOGS__RETENTION_DAYS", "7", ("logs", "retention_days"), 7),
        ("reveille_logs__retention_days", "7", ("logs", "retention_days"), 7),
        ("REVEILLE_LOGS", '{"retention_days": 7}', ("logs", "retention_days"), 7),
        ("REVEILLE_DELETION_PROTECTION", "true", ("deletion_protection",), True),
        ("REVEILLE_ACCOUNT_ID", "022222222222", ("account_id",), "022222222222"),
        ("REVEILLE_TRACING__SAMPLING_RATE", "0.5", ("tracing", "sampling_rate"), 0.5),
        ("REVEILLE_SERVICES__API__TIMEOUT_S", "20", ("services", "api", "timeout_s"), 20),
        ("REVEILLE_SERVICES__WEB_SITE__DESIRED_COUNT", "3", ("services", "web-site", "desired_count"), 3),
        ("REVEILLE_SERVICES__API__ALARMS__ERRORS__THRESHOLD", "9", ("services", "api", "alarms", "errors", "threshold"), 9),
        ("REVEILLE_ALARMS__LAMBDA__ERRORS__THRESHOLD", "9", ("alarms", "lambda", "errors", "threshold"), 9),
        ("REVEILLE_NOTIFICATIONS__CRITICAL__EMAILS", '["b@example.com"]', ("notifications", "critical", "emails"), ["b@example.com"]),
        ("REVEILLE_SERVICES__WEB_SITE__COMMAND", '["sleep", "1"]', ("services", "web-site", "command"), ["sleep", "1"]),
        ("REVEILLE_SERVICES__API__ENVIRONMENT__STAGE", "2", ("services", "api", "environment"), {"Mode": "a", "STAGE": "2"}),
        ("REVEILLE_SERVICES__API__ENVIRONMENT__MODE", "b", ("services", "api", "environment"), {"Mode": "b"}),
        ("REVEILLE_TAGS__COSTCENTER", "web", ("tags",), {"CostCenter": "web"}),
        ("REVEILLE_TAGS__Team", "web", ("tags",), {"CostCenter": "shop", "Team": "web"}),
        ("REVEILLE_MAINTENANCE__DATABASE_PATCHING", '{"cron": "0 3 ? * SUN *", "duration_min": 60, "reason": "It is patched"}', ("maintenance", "database-patching", "duration_min"), 60),
        ("REVEILLE_MAINTENANCE__NIGHTLY_BACKUP__TIMEZONE", "Europe/Zurich", ("maintenance", "nightly-backup", "timezone"), "Europe/Zurich"),
        ("REVEILLE_MAINTENANCE__NIGHTLY_BACKUP__CRON", "0 2 * * ? *", ("maintenance", "nightly-backup", "cron"), "0 2 * * ? *"),
        ("REVEILLE_SERVICES__API__SLOS", '{"availability": {"objective_percent": 99}}', ("services", "api", "slos", "availability", "objective_percent"), 99),
        ("REVEILLE_SERVICES__API__SLOS__FAST_ENOUGH__SLOWER_THAN_MS", "250.5", ("services", "api", "slos", "fast-enough", "slower_than_ms"), 250.5),
        ("REVEILLE_SERVICES__API__ALARMS__ERROR_RATE__MIN_SAMPLES", "9", ("services", "api", "alarms", "error-rate", "min_samples"), 9),
        ("REVEILLE_ALARMS__PLATFORM__ACCOUNT_CONCURRENCY__THRESHOLD", "80", ("alarms", "platform", "account-concurrency", "threshold"), 80),
        ("REVEILLE_NOTIFICATIONS__CRITICAL__SLACK", '["ssm:/shop/slack"]', ("notifications", "critical", "slack"), ["ssm:/shop/slack"]),
        ("REVEILLE_NOTIFICATIONS__WARNING__OK_NOTIFICATIONS", "false", ("notifications", "warning", "ok_notifications"), False),
        ("REVEILLE_DEPLOYMENTS__SUPPRESSION_S", "0", ("deployments", "suppression_s"), 0),
        ("REVEILLE_SERVICES__API__GRANTS", '[{"actions": ["s3:Get*"], "resources": ["arn:aws:s3:::x"]}]', ("services", "api", "grants", 0, "actions"), ["s3:Get*"]),
    ],
)  # fmt: skip
def test_a_variable_overrides_one_value(
    folder: Folder, variable: str, value: str, way: tuple[str | int, ...], found: object
) -> None:
    """Scalars as they are, lists and mappings as JSON, `_` for `-`, and case only where it has a meaning."""
    folder.append("base", "tags: {CostCenter: shop}\n")
    slo = "slos: {fast-enough: {objective_percent: 99, slower_than_ms: 100}}"
    folder.append("prod", f"services: {{api: {{environment: {{Mode: a}}, {slo}}}}}\n")
    window = "{cron: 0 1 * * ? *, duration_min: 5, reason: The backup runs}"
    folder.append("prod", f"maintenance: {{nightly-backup: {window}}}\n")

    def there(variables: dict[str, str]) -> Any:
        value: Any = folder.load(variables=variables).model_dump(mode="json", by_alias=True)
        for key in way:
            value = value.get(key) if isinstance(value, dict) else value[key] if value else None
        return value

    assert there({}) != found
    assert there({variable: value}) == found


@each(
    ("variable", "value", "said"),
    [
        ("REVEILLE_LOG__RETENTION_DAYS", "7", "key 'log' is not valid; known: {top}   did you mean logs?"),
        ("REVEILLE_", "7", "key '' is not valid; known: {top}"),
        ("REVEILLE_LOGS__RETENTION_DAY", "7", "logs.retention_day: is not a valid key; known: archive, awslogs, ecs, lambda, retention_days   did you mean retention_days?"),
        ("REVEILLE_LOGS", "x", "must be JSON here: this key is a list or a mapping"),
        ("REVEILLE_LOGS", "7", "logs: must be a mapping of keys to values (found: 7)"),
        ("REVEILLE_REGION__X", "7", "region has no key 'x': it is a single value"),
        ("REVEILLE_NOTIFICATIONS__CRITICAL__EMAILS", "b@example.com", "must be JSON here: this key is a list or a mapping"),
        ("REVEILLE_NOTIFICATIONS__CRITICAL__EMAILS", '["b"]', "notifications.critical.emails.0: must be an e-mail address: An email address must have an @-sign (found: b)"),
        ("REVEILLE_SERVICES__WEB_SIET__DESIRED_COUNT", "3", "services.web-siet.kind: is missing; allowed: lambda, ecs, state-machine; only an entry that overrides a service of base.yaml has no kind   did you mean web-site?"),
        ("REVEILLE_SERVICES__NEW", '{"kind": "lambda", "source": "functions/x"}', "services.new.description: is missing"),
        ("REVEILLE_ALARMS__LAMBDA__EROR__THRESHOLD", "7", 'alarms.lambda.eror: is not an alarm of kind "lambda"; known: {lambda}   did you mean errors?'),
    ],
)  # fmt: skip
def test_a_wrong_variable_is_refused_by_its_name(
    folder: Folder, variable: str, value: str, said: str
) -> None:
    """The place is the variable, even where base.yaml has the mapping around it."""
    top = (
        "account_id, alarms, dashboard, deletion_protection, deployments, drills, endpoint, environment, "
        "insights, kms, logs, maintenance, metrics, network, notifications, owner, project, quotas, region, "
        "services, state, tags, tracing"
    )
    functions = ", ".join(sorted(alarm.key for alarm in KINDS["lambda"].alarms))
    assert folder.refusal(variables={variable: value}) == [
        f"environment variable {variable}: {said.replace('{top}', top).replace('{lambda}', functions)}"
    ]


def test_what_a_variable_replaces_is_not_shown_as_it_was_typed_before(folder: Folder) -> None:
    """The value that is shown is the one that is wrong."""
    folder.append("prod", "logs: {retention_days: 0o36}\n")
    (said,) = folder.refusal(variables={"REVEILLE_LOGS__RETENTION_DAYS": "8"})
    assert said.endswith("(found: 8)")


def test_variables_of_others_are_left_alone(folder: Folder) -> None:
    """Only the prefix makes a variable ours."""
    assert folder.refusal(variables={"LOGS__RETENTION_DAYS": "8", "REVEIL_LOGS": "x"}) == []


@each(
    ("typed", "base"),
    [
        ("0222222222222", 8),
        ("010", 8),
        ("-017", 8),
        ("0_17", 8),
        ("1:30", 60),
        ("1:30.5", 60),
        ("12:00:00", 60),
    ],
)
@each("key", ["tags: {a: %s}", "logs: {retention_days: %s}", "quotas: {lambda_concurrency: %s}"])
def test_a_number_that_yaml_reads_in_another_base_is_refused(
    folder: Folder, key: str, typed: str, base: int
) -> None:
    """010 is 8 to YAML 1.1, and 1:30 is 90: nobody means that."""
    folder.append("prod", key % typed + "\n")
    said = folder.refusal()[-1]
    assert said.endswith(
        f"is a number of base {base} in YAML: write it in quotes, or as a decimal number (found: {typed})"
    )


@each("typed", ["0", "00", "0.5", "0.10", "1e3", "0x10", "1_000", "-0"])
def test_other_numbers_are_read(folder: Folder, typed: str) -> None:
    """A zero in front of nothing, a fraction, an exponent."""
    folder.append("prod", f"quotas: {{lambda_concurrency: {typed}}}\n")
    assert not any("number of base" in line for line in folder.refusal())


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.name)
def test_every_file_names_the_schema_for_editors(path: Path) -> None:
    """In its first line, relative to itself."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / named).resolve() == ROOT / "config" / "schema.json"


@pytest.mark.parametrize("name", environments())
def test_every_environment_says_only_what_differs_from_base(name: str) -> None:
    """A value that is the same in base is a line that somebody will forget to change."""

    def same(base: Any, over: Any, at: str = "") -> list[str]:
        if isinstance(base, dict) and isinstance(over, dict):
            return [
                text
                for key in over.keys() & base.keys()
                for text in same(base[key], over[key], f"{at}.{key}")
            ]
        return [at] if base == over else []

    base, over = (source.read(FOLDER / f"{stem}.yaml").data for stem in ("base", name))
    assert same(base, over) == []
    assert load(name, variables={}).environment == name
