"""Contracts between stacks: whatever is read is published, with the same type, by an earlier stack."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, get_type_hints

import pytest

from stacks.contracts import PUBLISHED, READS
from tests.synth.synthesized import ENVIRONMENTS, STACKS, Synthesized, synthesized, texts

READ = re.compile(r"data\.terraform_remote_state\.(\w+)\.outputs\.(\w+)(?:\[\"([^\"]+)\"\]|\.(\w+))?")
"""Terraform writes a key of a map in brackets, or after a dot when it is one word."""


def reads(item: Synthesized, stack: str) -> set[tuple[str, str, str]]:
    """Return (stack read, output, key of the map or nothing) for everything `stack` reads."""
    content = item.stacks[stack]
    found = (match for text in texts(content) for match in READ.findall(text))
    return {(source, output, quoted or word) for source, output, quoted, word in found}


@pytest.mark.parametrize("name", ENVIRONMENTS)
@pytest.mark.parametrize("stack", STACKS)
def test_what_is_read_is_published_with_the_same_type(name: str, stack: str) -> None:
    """A map is read by a key that it has; a text is read whole."""
    one = synthesized(name)
    for source, output, key in reads(one, stack):
        value = one.stacks[source]["output"][output]["value"]
        if key:
            assert key in value, f"{stack} reads {source}.{output}[{key}]"
        else:
            assert isinstance(value, str), f"{stack} reads the map {source}.{output} whole"


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_stacks_read_what_they_declare_and_depend_on_it(name: str) -> None:
    """contracts.READS, the states that are read and the order of deployment are one thing."""
    one = synthesized(name)
    for stack in STACKS:
        declared = {outputs.STACK for outputs in READS[stack]}
        assert set(one.stacks[stack].get("data", {}).get("terraform_remote_state", {})) == declared
        assert set(one.manifest["stacks"][stack]["dependencies"]) == declared
        assert {source for source, _, _ in reads(one, stack)} == declared


@pytest.mark.parametrize("name", ENVIRONMENTS)
@pytest.mark.parametrize("outputs", PUBLISHED, ids=lambda outputs: str(outputs.STACK))
def test_every_promise_is_published(name: str, outputs: type[Any]) -> None:
    """Each field of a contract is an output of its stack, of its type, and there are no others."""
    published = synthesized(name).stacks[outputs.STACK]["output"]
    hints = get_type_hints(outputs)
    names = {field.name for field in dataclasses.fields(outputs)}
    assert set(published) == names
    for field in names:
        wanted = Mapping if hints[field] == Mapping[str, str] else str
        assert isinstance(published[field]["value"], wanted), field


def test_output_names_that_users_rely_on_stay() -> None:
    """Scripts read these."""
    names = {field.name for outputs in PUBLISHED for field in dataclasses.fields(outputs)}
    assert names >= {
        "kms_key_id", "alarm_topic_arn", "ecs_cluster_name", "lambda_function_names", "dashboard_url",
    }  # fmt: skip


def test_output_names_are_unique_across_stacks() -> None:
    """`make output JSON=1` is one flat object."""
    names = [field.name for outputs in PUBLISHED for field in dataclasses.fields(outputs)]
    assert len(names) == len(set(names))


def test_a_stack_reads_only_stacks_before_it() -> None:
    """The order of deployment has no cycle."""
    order = [outputs.STACK for outputs in PUBLISHED]
    for stack, sources in READS.items():
        assert all(order.index(source.STACK) < order.index(stack) for source in sources)
