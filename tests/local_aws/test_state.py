"""State objects in a versioned bucket: rejecting damaged states, showing locks, restoring versions."""

from __future__ import annotations

import gc
import io
import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from aws.clients import client
from catalog.naming import Names
from config.errors import CommandError
from config.loader import load
from ops import output, questions, state, state_history, state_lock, tracing
from terraform import binary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from config.models import Environment

STACK = "security"
PROVIDER = 'provider["registry.terraform.io/hashicorp/aws"]'


@pytest.fixture
def env(endpoint: str) -> Iterator[Environment]:
    """Return a local environment with its own state bucket."""
    bucket = f"state-{uuid.uuid4()}"
    environment = load("local", variables={"REVEILLE_ENDPOINT": endpoint, "REVEILLE_STATE__BUCKET": bucket})
    state.create_bucket(environment)
    yield environment
    if state.bucket_exists(environment):
        s3 = client(environment, "s3")
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
        s3.delete_bucket(Bucket=bucket)


@pytest.fixture(autouse=True)
def approve(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Answer every question with yes, and write nothing to the checkout."""
    monkeypatch.setenv("APPROVE", "auto")
    monkeypatch.setattr(state_lock, "BUILD", tmp_path)


def good(serial: int = 1, **changes: Any) -> dict[str, Any]:
    """Return a state of the security stack, in Terraform's format."""
    tags = {"Project": "reveille", "Environment": "local"}
    key = {"type": "aws_kms_key", "name": "main", "mode": "managed", "provider": PROVIDER}
    return {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": serial,
        "lineage": "27cbbc0f-6d2a-4b43-9a0c-000000000000",
        "outputs": {"kms_key_id": {"value": f"key-{serial}", "type": "string"}},
        "resources": [{**key, "instances": [{"attributes": {"id": "key", "tags_all": tags}}]}],
        **changes,
    }


def tagged(project: str, environment: str) -> list[dict[str, Any]]:
    """Return resources with the tags of an environment."""
    attributes = {"tags_all": {"Project": project, "Environment": environment}}
    return [{**RESOURCE, "instances": [{"attributes": attributes}]}]


def put(env: Environment, body: object, stack: str = STACK) -> str:
    """Store a state object; return its version."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    stored = client(env, "s3").put_object(
        Bucket=env.state.bucket, Key=Names.of(env).state_key(stack), Body=data
    )
    return str(stored["VersionId"])


def shown(run: Any, *arguments: Any) -> str:
    """Return the output of a command."""
    screen = io.StringIO()
    run(*arguments, Console(file=screen, width=300))
    return screen.getvalue()


def test_a_state_is_read(env: Environment) -> None:
    """Its outputs; a missing state has none."""
    assert state.outputs(env, STACK) is None
    put(env, good())
    assert state.outputs(env, STACK) == {"kms_key_id": "key-1"}


def test_a_version_of_a_state_is_downloaded_once(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once per command, for all readers; a new version is downloaded."""
    put(env, good())
    s3 = client(env, "s3")
    statuses: list[int] = []
    s3.meta.events.register(
        "after-call.s3.GetObject", lambda http_response, **_: statuses.append(http_response.status_code)
    )
    monkeypatch.setattr(state, "client", lambda *_: s3)
    for read in (state.read, state.outputs, state.resources):
        read(env, STACK)
    state.require_usable(env, STACK, "1.11.4")
    assert statuses == [200, 304, 304, 304]
    put(env, good(2))
    assert state.outputs(env, STACK) == {"kms_key_id": "key-2"}
    assert statuses[-1] == 200


def damaged(where: str) -> str:
    """Return the error of a damaged state."""
    return f"is not a Terraform state: {where} is missing or damaged"


def changed(**changes: object) -> dict[str, Any]:
    """Return a state whose one resource is changed."""
    (resource,) = good()["resources"]
    return good(resources=[{**resource, **changes}])


RESOURCE = {"type": "t", "name": "n", "mode": "managed", "provider": PROVIDER}
WHOLE = json.dumps(good())

BAD: dict[str, tuple[object, str]] = {
    "empty": (b"", "is empty"),
    "blank": (b" \n", "is empty"),
    "truncated": (WHOLE.encode()[:200], "is not JSON: it is truncated"),
    "truncated at the end": (WHOLE.encode()[:-1], "is not JSON: it is truncated"),
    "twice": ((WHOLE * 2).encode(), f"is not JSON: more text follows its end, at character {len(WHOLE) + 1}"),
    "a syntax error": (WHOLE.replace(":", "=", 1).encode(), "is not JSON: a syntax error at character 11"),
    "a page": (b"<html>503</html>", "is not JSON: a syntax error at character 1"),
    "not UTF-8": (b"\xff\xfe\x00{", "is not JSON: it is not UTF-8 text"),
    "UTF-16": (WHOLE.encode("utf-16"), "is not JSON: it is not UTF-8 text"),
    "a byte order mark": (WHOLE.encode("utf-8-sig"), "is not JSON: it begins with a byte order mark"),
    "deep": (b"[" * 100_000, "is not JSON: it is nested too deeply"),
    "NaN": (json.dumps(good(more=float("nan"))).encode(), "is not JSON: it contains NaN"),
    "a long number": (
        WHOLE.replace('"key-1"', "1" * 5000).encode(),
        "contains a number of more than 4,300 digits",
    ),
    "a key twice": (f'{WHOLE[:-1]}, "resources": []}}'.encode(), "has the key resources twice"),
    "a key in another case": (good(Resources=[]), "is not a Terraform state: Resources is misspelt"),
    "instances in another case": (changed(Instances=[]), "is not a Terraform state: Instances is misspelt"),
    "resource and not resources": (
        {("resource" if key == "resources" else key): value for key, value in good().items()},
        damaged("resources"),
    ),
    "a list": ([], "is not a Terraform state"),
    "an empty object": ({}, "is not a Terraform state"),
    "a number": (4, "is not a Terraform state"),
    "another program's": ({"version": "4", "items": []}, "is not a Terraform state"),
    "a version that is none": (good(version=True), "is not a Terraform state"),
    "newer": (good(version=5), "has format 5; Terraform 1.10 and newer write format 4"),
    "older": (good(version=3), "has format 3"),
    "far newer": (good(version=10**1000), "has format 1000000000"),
    "broken outputs": (good(outputs={"kms_key_id": 1}), damaged("outputs.kms_key_id")),
    "an output with a name that is none": (
        good(outputs={"a\x1b[31m\n": 1}),
        damaged("outputs.a\\x1b[31m\\n"),
    ),
    "a list of outputs": (good(outputs=[]), damaged("outputs")),
    "no resources": (good(resources=None), damaged("resources")),
    "an empty resource": (good(resources=[{}]), damaged("resources.0.mode")),
    "a type that is a number": (changed(type=5), damaged("resources.0.type")),
    "no name": (changed(name=""), damaged("resources.0.name")),
    "an unknown mode": (changed(mode="x"), damaged("resources.0.mode")),
    "no provider": (changed(provider=None), damaged("resources.0.provider")),
    "a provider that Terraform forgets": (changed(provider="x"), damaged("resources.0.provider")),
    "no instances": (changed(instances={}), damaged("resources.0.instances")),
    "a broken instance": (changed(instances=[5]), damaged("resources.0.instances.0")),
    "broken attributes": (
        changed(instances=[{"attributes": [5]}]),
        damaged("resources.0.instances.0.attributes"),
    ),
    "without lineage": (good(lineage=None), damaged("lineage")),
    "an empty lineage": (good(lineage=""), damaged("lineage")),
    "a negative serial": (good(serial=-1), damaged("serial")),
    "a large serial": (good(serial=2**64), damaged("serial")),
    "a serial that is text": ({**good(), "serial": "1"}, damaged("serial")),
    "a serial with a fraction": ({**good(), "serial": 1.5}, damaged("serial")),
    "a version alone": ({"version": 4}, damaged("terraform_version")),
    "an odd version of Terraform": (good(terraform_version="abc"), damaged("terraform_version")),
    "another stack's": (good(outputs={"dashboard_url": {"value": "x"}}), "is the state of dashboard"),
    "another environment's": (good(resources=tagged("reveille", "prod")), "is the state of reveille prod"),
    "another project's": (good(resources=tagged("acme", "local")), "is the state of acme local"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_damaged_or_foreign_state_is_refused_and_not_overwritten(env: Environment, name: str) -> None:
    """In one sentence with the next step, by every reader."""
    put(env, good())
    body, why = BAD[name]
    put(env, body)
    gc.collect()  # what other tests left open is not reported in the middle of a deep recursion
    for read in (state.read, state.outputs, state.resources, output.collect):
        with pytest.raises(CommandError) as refused:
            read(env, STACK)
        message = str(refused.value)
        assert "\n" not in message
        assert f"its state, s3://{env.state.bucket}/reveille/local/security.tfstate, {why}" in message
        assert "`make state-history ENV=local STACK=security`" in message
        assert "`make state-restore ENV=local STACK=security VERSION=`" in message
    assert len(client(env, "s3").list_object_versions(Bucket=env.state.bucket)["Versions"]) == 2


FORGOTTEN = (
    'provider["x/y/z/w"]',
    'provider["registry.terraform.io/hash corp/aws"]',
    f"{PROVIDER}.9a",
    f"module.?!.{PROVIDER}",
)


@pytest.mark.parametrize("provider", FORGOTTEN)
def test_a_resource_that_terraform_would_forget_is_refused(env: Environment, provider: str) -> None:
    """Terraform reads the state without an error and would create the resource again."""
    put(env, changed(provider=provider))
    with pytest.raises(CommandError, match=r"is missing or damaged|which Terraform cannot read"):
        state.require_usable(env, STACK, "1.11.4")


@pytest.mark.parametrize(
    ("ends", "message"), [("sleep 9", "did not read a state within 1 s"), ("kill -9 $$", "signal 9")]
)
def test_a_terraform_that_does_not_answer_is_not_a_state_that_is_refused(
    ends: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message does not ask to restore a version. Other output of Terraform is ignored."""
    monkeypatch.setattr(binary, "_READS_IN_S", 1)
    script = tmp_path / "terraform"
    script.write_text(f"#!/bin/sh\nexec 2>&- >&-; {ends}\n", encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setattr(binary, "executable", lambda: str(script))
    with pytest.raises(binary.TerraformError, match=message):
        binary.require_readable_state(b"{}", {})
    script.write_text(
        "#!/bin/sh\necho 'Warning: x'; echo 't.n[0]'; echo 't.n[1]'; echo 't.nn'\n", encoding="utf-8"
    )
    binary.require_readable_state(b"{}", {"t.n": 2, "t.nn": 1})
    with pytest.raises(ValueError, match=r"contains t\.n, which Terraform cannot read"):
        binary.require_readable_state(b"{}", {"t.n": 1})


TERRAFORM_REFUSES: dict[str, object] = {
    "an output that is not of its type": good(outputs={"kms_key_id": {"value": "x", "type": "number"}}),
    "an output of a type that is none": good(outputs={"kms_key_id": {"value": "x", "type": "foo"}}),
    "a resource twice": good(resources=[*good()["resources"], *good()["resources"]]),
    "a dependency that is no address": changed(instances=[{"attributes": {}, "dependencies": ["a"]}]),
}


@pytest.mark.parametrize("name", TERRAFORM_REFUSES)
def test_what_terraform_refuses_is_refused_before_anything_changes(env: Environment, name: str) -> None:
    """Terraform validates the state; such a version is not restored."""
    version = put(env, TERRAFORM_REFUSES[name])
    with pytest.raises(
        CommandError, match=r"rejected by Terraform \(.*make state-restore ENV=local"
    ) as refused:
        state.require_usable(env, STACK, "1.11.4")
    assert "\n" not in str(refused.value)
    put(env, good())
    with pytest.raises(CommandError, match=r"rejected by Terraform .* Nothing was changed; choose another"):
        state_history.restore(env, STACK, version, Console(file=io.StringIO()))


@pytest.mark.parametrize(
    ("writer", "installed", "refused"),
    [
        ("1.11.4", "1.11.4", False),
        ("1.10.0", "1.11.4", False),
        ("1.11.5", "1.11.4", True),
        ("1.12.0", "1.11.4", True),
        ("2.0.0-beta1", "1.11.4", True),
        ("1.9.8", "1.11.4", False),
    ],
)
def test_a_state_that_a_newer_terraform_wrote_is_not_changed(
    env: Environment,
    writer: str,
    installed: str,
    refused: bool,  # noqa: FBT001
) -> None:
    """It can be read: `make output` shows it."""
    put(env, good(terraform_version=writer))
    assert state.outputs(env, STACK)
    if refused:
        with pytest.raises(
            CommandError, match=f"its state was written by Terraform {writer} and {installed} is installed"
        ):
            state.require_usable(env, STACK, installed)
    else:
        state.require_usable(env, STACK, installed)


GOOD: dict[str, dict[str, Any]] = {
    "destroyed": good(resources=[], outputs={}),
    "outputs of another version": good(outputs={"renamed": {"value": "x", "type": "string"}}),
    "no attributes": good(
        resources=[{**RESOURCE, "instances": [{"attributes": None, "index_key": 0}, {"index_key": 1}]}]
    ),
    "attributes of old versions": good(
        resources=[{**RESOURCE, "instances": [{"attributes_flat": {"id": "x"}}]}]
    ),
    "tags that are none": good(resources=[{**RESOURCE, "instances": [{"attributes": {"tags_all": ["x"]}}]}]),
    "deposed, with a successor": good(
        resources=[
            {**RESOURCE, "instances": [{"attributes": {}}, {"deposed": "0a1b2c3d", "attributes": {}}]},
            {**RESOURCE, "module": 'module.m["a"]', "instances": [{"index_key": 0, "attributes": {}}]},
            {**RESOURCE, "mode": "data", "instances": [{"attributes": {}}]},
            {**RESOURCE, "name": "many", "instances": [{"index_key": "a"}, {"index_key": "b"}]},
        ]
    ),
    "deposed": good(
        resources=[{**RESOURCE, "instances": [{"deposed": "0a1b2c3d", "attributes": {"id": "old"}}]}]
    ),
    "of an enterprise": good(terraform_version="1.11.4+ent"),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_state_that_terraform_accepts_is_accepted(env: Environment, name: str) -> None:
    """By every reader."""
    put(env, GOOD[name])
    state.read(env, STACK)
    state.outputs(env, STACK)
    assert set(state.resources(env, STACK)) <= {"t.n", "t.many", "aws_kms_key.main"}
    state.require_usable(env, STACK, "1.11.4")


def test_a_deletion_whose_earlier_versions_have_expired_is_the_past(env: Environment) -> None:
    """After 90 days there is no version to restore."""
    version = put(env, good())
    s3, key = client(env, "s3"), Names.of(env).state_key(STACK)
    s3.delete_object(Bucket=env.state.bucket, Key=key)
    s3.delete_object(Bucket=env.state.bucket, Key=key, VersionId=version)
    assert state.read(env, STACK) == {}


def test_two_commands_may_create_the_bucket_at_once(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one finds that it owns the bucket."""
    monkeypatch.setattr(state, "bucket_exists", lambda _: False)
    assert state.create_bucket(env) is False


@pytest.mark.parametrize("changed_object", ["lock", "state"])
def test_a_state_that_changes_while_somebody_is_asked_is_not_restored(
    env: Environment, monkeypatch: pytest.MonkeyPatch, changed_object: str
) -> None:
    """Another run has changed it."""
    version = put(env, good(1))
    put(env, good(2))
    change = {"lock": lambda *_: lock(env), "state": lambda *_: put(env, good(3))}[changed_object]
    monkeypatch.setattr(questions, "ask", change)
    with pytest.raises(
        CommandError, match="is locked" if changed_object == "lock" else "has changed in the meantime"
    ):
        state_history.restore(env, STACK, version, Console(file=io.StringIO()))
    assert state.read(env, STACK)["serial"] == (2 if changed_object == "lock" else 3)


def test_x_ray_with_a_key_that_we_may_not_see_is_left_alone(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key belongs to another team; a successful destroy does not fail because of it."""
    xray = client(env, "xray")
    xray.put_encryption_config(Type="KMS", KeyId="alias/theirs")

    class Kms:
        def describe_key(self, **_: str) -> None:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DescribeKey")

    monkeypatch.setattr(tracing, "client", lambda _, service: Kms() if service == "kms" else xray)
    tracing.leave_deleted_key(env)
    assert xray.get_encryption_config()["EncryptionConfig"]["Type"] == "KMS"
    xray.put_encryption_config(Type="NONE")


def test_a_deleted_state_is_not_taken_for_one_that_never_was(env: Environment) -> None:
    """Terraform would create all resources a second time."""
    put(env, good())
    client(env, "s3").delete_object(Bucket=env.state.bucket, Key=Names.of(env).state_key(STACK))
    with pytest.raises(CommandError, match=r"was deleted\. Nothing was changed"):
        state.read(env, STACK)
    assert state.read(env, "compute") == {}


def test_a_bucket_without_versions_is_refused(env: Environment) -> None:
    """With the command that enables versioning."""
    state.require(env)
    client(env, "s3").put_bucket_versioning(
        Bucket=env.state.bucket, VersioningConfiguration={"Status": "Suspended"}
    )
    with pytest.raises(CommandError, match=r"is not versioned.*`make deploy ENV=local` enables versioning"):
        state.require(env)
    state.create_bucket(env)
    state.require(env)


def test_a_missing_bucket_is_refused(env: Environment) -> None:
    """With the command that creates it, and a warning if it existed before."""
    client(env, "s3").delete_bucket(Bucket=env.state.bucket)
    with pytest.raises(
        CommandError, match=r"`make deploy ENV=local` creates it\. If local was deployed before"
    ):
        state.require(env)


def test_history_lists_versions_with_what_they_hold_and_restore_brings_one_back(env: Environment) -> None:
    """Newest first, with damaged and deleted versions; the current version stays in the history."""
    first = put(env, good(1))
    put(env, good(2))
    put(env, b"{")
    lines = shown(state_history.show, env, STACK).splitlines()
    assert [("bytes, is not JSON" in line, "(current)" in line) for line in lines] == [
        (True, True), (False, False), (False, False),
    ]  # fmt: skip
    assert lines[-1].startswith(first)
    assert lines[-1].endswith("serial 1, 1 resource, Terraform 1.11.4, lineage 27cbbc0f")
    output = shown(state_history.restore, env, STACK, first)
    assert "`make diff ENV=local STACK=security`" in output
    assert state.outputs(env, STACK) == {"kms_key_id": "key-1"}
    assert len(shown(state_history.show, env, STACK).splitlines()) == 4


def test_a_deleted_state_can_be_restored(env: Environment) -> None:
    """The deletion is listed, and cannot be restored itself."""
    version = put(env, good())
    key = Names.of(env).state_key(STACK)
    marker = client(env, "s3").delete_object(Bucket=env.state.bucket, Key=key)["VersionId"]
    assert "deletion  (current)" in shown(state_history.show, env, STACK)
    with pytest.raises(
        CommandError, match="does not exist; `make state-history ENV=local STACK=security` lists"
    ):
        state_history.restore(env, STACK, marker, Console(file=io.StringIO()))
    shown(state_history.restore, env, STACK, version)
    assert state.outputs(env, STACK) == {"kms_key_id": "key-1"}


@pytest.mark.parametrize("version", ["nonsense", "", "../../etc", "null"])
def test_a_version_that_is_not_there_is_refused(env: Environment, version: str) -> None:
    """Nothing changes."""
    put(env, good())
    with pytest.raises(CommandError, match="does not exist"):
        state_history.restore(env, STACK, version, Console(file=io.StringIO()))


def test_a_damaged_version_is_not_restored(env: Environment) -> None:
    """The message has the reason."""
    damaged = put(env, b"{")
    put(env, good())
    with pytest.raises(CommandError, match="is not JSON"):
        state_history.restore(env, STACK, damaged, Console(file=io.StringIO()))


LOCK = {
    "ID": "5e3b1c7a-0000-4000-8000-000000000000",
    "Operation": "OperationTypeApply",
    "Info": "",
    "Who": "ci@runner-7",
    "Version": "1.11.4",
    "Created": "2026-11-22T02:43:12.123456789Z",
    "Path": "bucket/key",
}
"""As Terraform 1.11.4 writes it."""

LOCK_DAMAGED = [
    *(
        {**LOCK, name: value}
        for name in ("ID", "Who", "Created", "Operation", "Version")
        for value in (None, 5, " ")
    )
]


def lock(env: Environment, body: object = LOCK) -> None:
    """Lock the state."""
    key = f"{Names.of(env).state_key(STACK)}.tflock"
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    client(env, "s3").put_object(Bucket=env.state.bucket, Key=key, Body=data)


def test_a_locked_state_is_refused_with_who_when_and_what(env: Environment) -> None:
    """With the command that removes the lock."""
    state_lock.refuse_locked(env, [STACK])
    lock(env)
    with pytest.raises(CommandError) as refused:
        state_lock.refuse_locked(env, ["compute", STACK])
    assert str(refused.value) == (
        "security: its state is locked by ci@runner-7 since 2026-11-22 02:43:12 UTC (terraform apply, "
        "1.11.4). Wait if that run is still active; if it was killed, run "
        "`make unlock ENV=local STACK=security`.\n"
        "Nothing was changed."
    )


@pytest.mark.parametrize("body", [b"", b"{", [], {"ID": "x"}, *LOCK_DAMAGED])
def test_a_lock_that_says_nothing_is_one(env: Environment, body: object) -> None:
    """Terraform rejects it, too; it can be removed."""
    lock(env, body)
    with pytest.raises(CommandError, match="by an object that is not a Terraform lock"):
        state_lock.refuse_locked(env, [STACK])
    shown(state_lock.unlock, env, STACK)
    state_lock.refuse_locked(env, [STACK])


def test_what_a_lock_says_is_shown_and_not_obeyed(env: Environment) -> None:
    """Content of the bucket cannot control the terminal."""
    control_characters = "\x1b[2J\n\u202e" + "x" * 5000
    lock(env, {name: f"{value}{control_characters}" for name, value in LOCK.items()})
    found_lock = state_lock.find(env, STACK)
    assert str(found_lock).isprintable()
    assert len(str(found_lock)) < 600


def test_what_a_state_publishes_is_shown_and_not_obeyed(env: Environment) -> None:
    """Strings, and names and values of maps."""
    control_characters = "\x1b[2J\n\u202e"
    published = {
        "kms_key_id": {"value": control_characters},
        "kms_key_arn": {"value": {control_characters: control_characters}},
    }
    put(env, good(outputs=published))
    lines = shown(output.show, output.collect(env, STACK)).splitlines()
    assert len(lines) == 4
    assert all(line.isprintable() for line in lines)


def test_unlock_shows_the_lock_asks_and_removes_it(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal, the lock is not removed."""
    lock(env)
    monkeypatch.delenv("APPROVE")
    screen = io.StringIO()
    with pytest.raises(CommandError, match="Remove the lock of security of local"):
        state_lock.unlock(env, STACK, Console(file=screen, width=300))
    assert "is locked by ci@runner-7 since 2026-11-22 02:43:12 UTC" in screen.getvalue()
    assert state_lock.find(env, STACK)
    monkeypatch.setenv("APPROVE", "auto")
    assert "The lock of security is removed." in shown(state_lock.unlock, env, STACK)
    assert "is not locked" in shown(state_lock.unlock, env, STACK)


def test_a_lock_that_changes_while_somebody_is_asked_stays(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It belongs to another run."""
    lock(env)
    monkeypatch.setattr(questions, "ask", lambda *_: lock(env, {**LOCK, "ID": "another"}))
    with pytest.raises(CommandError, match="has changed in the meantime"):
        state_lock.unlock(env, STACK, Console(file=io.StringIO()))
    assert state_lock.find(env, STACK)


def test_a_lock_that_our_terraform_could_not_release_is_released(env: Environment) -> None:
    """By the id in Terraform's message; other locks are not released."""
    output = f"Error releasing the state lock\n  Lock Info:\n    ID:        {LOCK['ID']}\n    Who: x"
    state_lock.remember(env, STACK, output)
    lock(env, {**LOCK, "ID": "6f3b1c7a-0000-4000-8000-000000000000"})
    assert state_lock.find(env, STACK)
    lock(env)
    assert state_lock.find(env, STACK) is None
    lock(env)
    assert state_lock.find(env, STACK), "an id is believed once"


def test_restoring_waits_for_no_lock(env: Environment) -> None:
    """It is rejected while the state is locked."""
    version = put(env, good(1))
    put(env, good(2))
    lock(env)
    with pytest.raises(CommandError, match="is locked"):
        state_history.restore(env, STACK, version, Console(file=io.StringIO()))


def test_an_environment_deletes_its_own_state_and_the_bucket_when_it_is_empty(env: Environment) -> None:
    """All versions of this environment only."""
    other = "reveille/localtwo/security.tfstate"
    client(env, "s3").put_object(Bucket=env.state.bucket, Key=other, Body=b"{}")
    put(env, good(1))
    put(env, good(2))
    state.delete(env)
    left = client(env, "s3").list_object_versions(Bucket=env.state.bucket)["Versions"]
    assert [version["Key"] for version in left] == [other]
    client(env, "s3").delete_object(Bucket=env.state.bucket, Key=other, VersionId=left[0]["VersionId"])
    state.delete(env)
    assert not state.bucket_exists(env)


@pytest.mark.parametrize(
    ("tags", "deleted", "left"),
    [
        ({"Project": "reveille", "Environment": "local"}, True, True),
        ({"Project": "reveille", "Environment": "local"}, False, False),
        ({"Project": "reveille", "Environment": "other"}, True, False),
        ({}, True, False),
    ],
)
def test_x_ray_leaves_a_key_of_ours_that_is_scheduled_for_deletion(
    env: Environment,
    tags: dict[str, str],
    deleted: bool,  # noqa: FBT001
    left: bool,  # noqa: FBT001
) -> None:
    """Other keys are kept; a second call changes nothing."""
    kms, xray = client(env, "kms"), client(env, "xray")
    listed = [{"TagKey": name, "TagValue": value} for name, value in tags.items()]
    key_id = kms.create_key(Tags=listed)["KeyMetadata"]["KeyId"]
    xray.put_encryption_config(Type="KMS", KeyId=key_id)
    if deleted:
        kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    for _ in range(2):
        tracing.leave_deleted_key(env)
        assert (xray.get_encryption_config()["EncryptionConfig"]["Type"] == "NONE") == left
    xray.put_encryption_config(Type="NONE")


def test_x_ray_with_a_key_that_nobody_knows_is_left_alone(env: Environment) -> None:
    """It may belong to another account."""
    xray = client(env, "xray")
    xray.put_encryption_config(Type="KMS", KeyId="arn:aws:kms:eu-west-1:1:key/gone")
    tracing.leave_deleted_key(env)
    assert xray.get_encryption_config()["EncryptionConfig"]["Type"] == "KMS"
    xray.put_encryption_config(Type="NONE")


@pytest.mark.parametrize(("code", "refused"), [("403", True), ("301", True), ("503", False), ("500", False)])
def test_a_bucket_of_others_is_not_an_s3_that_fails(
    env: Environment,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    refused: bool,  # noqa: FBT001
) -> None:
    """A temporary error of S3 must not suggest another bucket name, which would lose the state."""
    error = ClientError({"Error": {"Code": code, "Message": "m"}}, "HeadBucket")

    class S3:
        def head_bucket(self, **_: str) -> None:
            raise error

    kind, message = (CommandError, "cannot be used") if refused else (ClientError, code)
    with monkeypatch.context() as patch:
        patch.setattr(state, "client", lambda *_: S3())
        with pytest.raises(kind, match=message):
            state.bucket_exists(env)
