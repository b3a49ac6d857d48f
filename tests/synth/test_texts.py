"""Text that a user writes arrives in AWS as it was written, whatever Terraform would read in it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import catalog
from config.models import Environment
from terraform import templates
from terraform.binary import environment as terraform_environment
from terraform.binary import executable
from terraform.expressions import UnknownValueError, resolved
from tests.synth.synthesized import Synthesized, read_back, texts
from tests.unit.catalog.catalogs import EVERY, plain

TEMPLATES = '${file("/etc/passwd")} %{ if true }x%{ endif } $${y} %%{z} $$${w} ${'
LINES = 'two\nlines\twith "quotes" \'more\' \\ {"json": [1]} é😀\u2028 $(id) `id` ; # <&>'

CANDIDATES = (
    f"{TEMPLATES} {LINES} %{{",
    f"{TEMPLATES} é😀 \"q\" 'p' \\ {{}} $(id) `id` <&>",
    f'{TEMPLATES} £ "q" \\ {{}} $(id) <&>',
    "https://example.com/${file(1)}/%{x}/$${y}",
    "${file}%x'{y}+$@example.com",
    "arn:aws:s3:::shop/${aws:username}/%{x}/$${y}/*",
)
"""Hostile texts, from the freest on: each field is given the first that it accepts."""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder for Terraform."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def evaluated(folder: Path, written: list[str]) -> list[str]:
    """Return what the real Terraform makes of templates in its JSON."""
    outputs = {f"o{number}": {"value": {"v": text}} for number, text in enumerate(written)}
    (folder / "main.tf.json").write_text(json.dumps({"output": outputs}), encoding="utf-8")
    (folder / "terraform.tfstate").unlink(missing_ok=True)

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [executable(), f"-chdir={folder}", *arguments],
            env={**os.environ, **terraform_environment()},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("apply", "-auto-approve", "-input=false", "-no-color")
    found = json.loads(run("output", "-json"))
    return [found[f"o{number}"]["value"]["v"] for number in range(len(written))]


SIGNS = st.text(st.sampled_from('$%{}"\\~ a\n'), max_size=12)


@seed(1)
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(written=st.lists(SIGNS, min_size=300, max_size=500))
def test_an_escaped_text_is_the_text_to_terraform(folder: Path, written: list[str]) -> None:
    """Over random runs of what templates are made of, and the hostile texts; our own reader agrees."""
    written = [*written, *CANDIDATES]
    escaped = [templates.escape(text) for text in written]
    assert evaluated(folder, escaped) == written
    assert [templates.unescape(text) for text in escaped] == written
    assert [resolved(text, _unknown) for text in escaped] == written


def _unknown(path: tuple[str, ...]) -> Any:
    raise UnknownValueError(".".join(path))


def test_references_stay_references_beside_text() -> None:
    """Also behind a dollar sign, which would escape them."""
    reference = "${TfToken[TOKEN.7]}"
    assert templates.escaped({"a": [f"${{x}} {reference} %{{y}}", reference]}) == {
        "a": [f"$${{x}} {reference} %%{{y}}", reference]
    }
    assert templates.escaped(f"$${reference}") == f'${{"$$"}}{reference}'
    assert templates.escaped({"${k}": 1, "n": None, "t": True}) == {"$${k}": 1, "n": None, "t": True}


Place = tuple[str | int, ...]


def leaves(value: Any, at: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield the place and the value of each text."""
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*at, key))
    elif isinstance(value, list | tuple):
        for position, inner in enumerate(value):
            yield from leaves(inner, (*at, position))


def put(data: Any, at: Place, value: str) -> Any:
    """Return a copy of data with another value at a place."""
    if not at:
        return value
    key, *rest = at
    if isinstance(data, dict):
        return {**data, key: put(data[key], tuple(rest), value)}
    return [put(inner, tuple(rest), value) if number == key else inner for number, inner in enumerate(data)]


def accepts(data: dict[str, Any]) -> bool:
    """Return whether configuration takes it."""
    try:
        Environment.model_validate(data)
    except ValidationError:
        return False
    return True


def hostile(data: dict[str, Any]) -> tuple[dict[str, Any], dict[Place, str]]:
    """Return an environment with a hostile text in every place that takes one, and those by place."""
    found: dict[Place, str] = {}
    for at, _ in list(leaves(data)):
        for number, text in enumerate(CANDIDATES):
            # Each differs, so that it is known where it arrives.
            other = text.replace("${", f"${{n{len(found)}.", 1)
            changed = put(data, at, other)
            if accepts(changed):
                data, found[at] = changed, other
                break
            assert number < len(CANDIDATES)
    return data, found


NOT_IN_AWS = {"reason"}
"""Keys of texts that no resource has: why an alarm is switched off stands in the documents."""


@pytest.fixture(scope="module")
def made() -> tuple[Synthesized, dict[Place, str]]:
    """The environment in which everything is switched on, with hostile texts."""
    data = json.loads(json.dumps(plain(EVERY["everything"][0])))
    service = next(entry for entry in data["services"].values() if entry["kind"] == "ecs")
    service["command"] = ["sh", "-c", "x"]
    for entry in data["services"].values():
        entry.setdefault("environment", {})["MORE"] = "x"
        entry["grants"] = [{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::shop/*"]}]
    data, found = hostile(data)
    env = Environment.model_validate(data)
    with tempfile.TemporaryDirectory() as folder:
        return read_back(env, catalog.build(env), Path(folder)), found


def test_texts_of_every_kind_are_hostile(made: tuple[Synthesized, dict[Place, str]]) -> None:
    """Descriptions, variables, commands, reasons, addresses, webhooks, runbooks, grants."""
    keys = {next(part for part in reversed(at) if isinstance(part, str)) for at in made[1]}
    assert keys >= {
        "description",
        "MORE",
        "command",
        "reason",
        "emails",
        "webhooks",
        "runbooks_url",
        "resources",
    }


def test_every_text_arrives(made: tuple[Synthesized, dict[Place, str]]) -> None:
    """In the value that Terraform gives to AWS, as itself or within a JSON document."""
    result, found = made
    values = [
        value
        for content in result.stacks.values()
        for text in texts(content)
        if isinstance(value := resolved(text, _unknown), str)
    ]
    everything = "\n".join([*values, *(inner for value in values for inner in _inside(value))])
    for at, text in found.items():
        if at[-1] not in NOT_IN_AWS or at[0] == "maintenance":
            assert text in everything, f"{at}: {text}"


def _inside(value: str) -> Iterator[str]:
    """Yield the texts within a JSON document, and within documents in it."""
    if value[:1] not in {"{", "["}:
        return
    try:
        content = json.loads(value)
    except ValueError:
        return
    for text in texts(content):
        yield text
        yield from _inside(text)


REFERENCE = re.compile(
    r"\$\{(aws_\w+\.|data\.(aws_\w+|terraform_remote_state)\.|jsonencode\(|filebase64sha256\(|element\(|lookup\()"
)
"""How the interpolations begin that the stacks make."""


def test_terraform_evaluates_nothing_else(made: tuple[Synthesized, dict[Place, str]]) -> None:
    """No interpolation but those of the stacks, and no directive, in keys and in values."""
    for content in made[0].stacks.values():
        for text in [*texts(content), *_keys(content)]:
            live = re.sub(r"\$\$\{|%%\{", "", text)
            assert "%{" not in live, text
            assert len(re.findall(r"\$\{", live)) == len(REFERENCE.findall(live)), text


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)
