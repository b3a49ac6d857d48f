"""What is said about any bad file: one clear line for each problem, with its place, all at once."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import StringConstraints, ValidationError, create_model

from config import explain, source, types
from config.models import Environment
from config.paths import ROOT
from config.types import PATTERNS
from tests.support.tables import each
from tests.unit.config.configs import BASE, NEXT_LINE, PROD, Folder, all_fields

HERE = f"config/prod.yaml:{NEXT_LINE}"
EMPTY = "config/prod.yaml: environment: is missing\nconfig/prod.yaml: account_id: is missing\n"

FILES = {
    "empty": (b"", [*EMPTY.splitlines(), "config/prod.yaml: state: is missing"]),
    "only a comment": (b"# later\n", [*EMPTY.splitlines(), "config/prod.yaml: state: is missing"]),
    "a list": (b"- a\n", ["config/prod.yaml:1: must be a mapping of keys to values"]),
    "a word": (b"# x\nhello\n", ["config/prod.yaml:2: must be a mapping of keys to values"]),
    "not UTF-8": (b"a: \xff\n", ["config/prod.yaml: is not UTF-8 text"]),
    "a tab": (b"state:\n\tbucket: x\n", ["config/prod.yaml:2: is not YAML: a tab; indent with spaces"]),
    "an open bracket": (
        b"state: {bucket: x\n",
        ["config/prod.yaml:2: is not YAML: expected ',' or '}', but got '<stream end>'"],
    ),
    "two documents": (
        b"a: 1\n---\nb: 2\n",
        ["config/prod.yaml:2: is not YAML: a second document begins here (---); a file must have one"],
    ),
    "a control character": (
        b"a: \x00\n",
        ["config/prod.yaml:1: is not YAML: it holds the control character U+0000"],
    ),
    "an unknown alias": (b"a: *b\n", ["config/prod.yaml:1: is not YAML: found undefined alias 'b'"]),
    "an alias within itself": (
        b"state: &a\n  bucket: *a\n",
        ["config/prod.yaml:2: state.bucket: contains itself: an alias (*) is inside its own anchor"],
    ),
    "a merge key": (
        b"logs:\n  <<: {retention_days: 7}\n",
        ["config/prod.yaml:2: logs: has the key <<, which is not supported: only files are merged"],
    ),
    "a key that is a number": (
        b"tags:\n  1: x\n",
        ["config/prod.yaml:2: tags: has the key 1, which is not text in YAML: write it in quotes"],
    ),
    "a key that is a truth": (
        b"on: x\n",
        ["config/prod.yaml:1: has the key on, which is not text in YAML: write it in quotes"],
    ),
    "a key that is a list": (b"[a]: x\n", ["config/prod.yaml:1: has a key that is not a single word"]),
    "a tag": (
        b"project: !secret x\n",
        ["config/prod.yaml:1: project: has the tag !secret, which is not supported"],
    ),
    "no date": (
        b"project: 2020-99-99\n",
        [
            (
                "config/prod.yaml:1: project: looks like a time in YAML but is not valid: "
                "write it in quotes (found: 2020-99-99)"
            )
        ],
    ),
    "a key twice": (
        b"project: a\nregion: eu-west-1\nproject: b\n",
        [
            (
                "config/prod.yaml:3: project: is defined twice (first in config/prod.yaml:1): "
                "YAML would keep the last value"
            )
        ],
    ),
    "a service twice": (
        b"services:\n  api: {timeout_s: 1}\n  api: {timeout_s: 2}\n",
        [
            (
                "config/prod.yaml:3: services.api: is defined twice (first in config/prod.yaml:2): "
                "YAML would keep the last value"
            )
        ],
    ),
}


@each(("content", "said"), FILES.values(), ids=FILES)
def test_a_file_that_cannot_be_read_is_refused_in_one_line(
    folder: Folder, content: bytes, said: list[str]
) -> None:
    """Whatever is in the file: no traceback, and the line where it happens."""
    folder.write("prod", content)
    assert folder.refusal() == said


def test_a_file_that_is_missing_or_closed_is_said(folder: Folder) -> None:
    """The operating system's reason is passed on."""
    (folder.path / "base.yaml").unlink()
    assert folder.refusal() == ["config/base.yaml: cannot be read: No such file or directory"]
    (folder.path / "base.yaml").mkdir()
    assert folder.refusal() == ["config/base.yaml: cannot be read: Is a directory"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("prd", "   did you mean prod?"),
        ("PROD", "   did you mean prod?"),
        ("base", ""),
        ("../config/prod", ""),
    ],
)
def test_an_unknown_environment_is_refused_with_the_known_ones(folder: Folder, name: str, hint: str) -> None:
    """`base` is no environment, and neither is a path."""
    folder.write("eu", "")
    said = f"ENV: {name}: is not defined; known: eu, prod{hint}"
    if name == "../config/prod":
        assert folder.refusal(name)[0].startswith("ENV: ../config/prod: is not defined; known: eu, prod")
    else:
        assert folder.refusal(name) == [said]


def test_a_problem_is_said_where_the_value_was_written(folder: Folder) -> None:
    """In base, in the environment's file, in a list, at a missing key, and in a variable."""
    base_line = BASE.count("\n") + 1
    folder.append("base", "    port: 70000\n")
    folder.append(
        "prod",
        "services:\n  api:\n    timeout_s: 901\n    grants:\n      - actions:\n          - s3:GetObject\n"
        "          - all\n        resources: ['arn:aws:s3:::x']\n  new:\n    kind: lambda\n",
    )
    variable = "REVEILLE_LOGS__RETENTION_DAYS"
    said = {line.split(": ")[1]: line.split(": ")[0] for line in folder.refusal(variables={variable: "8"})}
    assert said == {
        "services.web-site.port": f"config/base.yaml:{base_line}",
        "services.api.timeout_s": f"config/prod.yaml:{NEXT_LINE + 2}",
        "services.api.grants.0.actions.1": f"config/prod.yaml:{NEXT_LINE + 6}",
        "services.new.description": f"config/prod.yaml:{NEXT_LINE + 8}",
        "services.new.source": f"config/prod.yaml:{NEXT_LINE + 8}",
        "logs.retention_days": f"environment variable {variable}",
    }


def test_a_list_of_base_that_the_environment_replaces_is_no_longer_to_blame(folder: Folder) -> None:
    """The places of what was replaced are forgotten with it."""
    folder.append("base", "notifications:\n  critical:\n    emails:\n      - a@example.com\n      - nobody\n")
    folder.write("prod", PROD.replace("oncall@example.com", "wrong"))
    assert [line.partition(": ")[0] for line in folder.refusal()] == ["config/prod.yaml:4"]


def test_problems_of_all_files_and_variables_are_said_at_once(folder: Folder) -> None:
    """In the order of files and lines; nobody has to run a command five times to learn of five mistakes."""
    folder.append("base", "network: {nat_gateways: 9}\n")
    folder.append("prod", "tracing: {sampling_rate: 7}\nlogs: {retention_days: 8}\n")
    variables = {"REVEILLE_REGOIN": "x", "REVEILLE_KMS__DELETION_WINDOW_DAYS": "1"}
    said = folder.refusal(variables=variables)
    assert [line.partition(": ")[0] for line in said] == [
        f"config/base.yaml:{BASE.count(chr(10)) + 1}",
        f"config/prod.yaml:{NEXT_LINE}",
        f"config/prod.yaml:{NEXT_LINE + 1}",
        "environment variable REVEILLE_KMS__DELETION_WINDOW_DAYS",
        "environment variable REVEILLE_REGOIN",
    ]


def test_two_files_that_are_no_yaml_are_both_said(folder: Folder) -> None:
    """A mistake in base must not hide one in the environment's file."""
    folder.append("base", "\tx: 1\n")
    folder.append("prod", "\tx: 1\n")
    assert [line.partition(":")[0] for line in folder.refusal()] == ["config/base.yaml", "config/prod.yaml"]


def test_rules_between_sections_say_every_breach(folder: Folder) -> None:
    """The first of them does not hide the others."""
    folder.write("prod", PROD.replace("emails: [oncall@example.com]", "emails: []"))
    folder.append("prod", "tracing: {collector_cpu: 256, collector_memory_mib: 300}\n")
    assert [line.split(": ")[1] for line in folder.refusal()] == [
        "services.web-site.memory_mib",
        "services.web-site.cpu",
        "notifications.critical",
    ]


def mappings() -> list[Any]:
    """Return (keys of a mapping, a key in it, the legal keys) for every model of the configuration."""
    legal: dict[tuple[str, ...], list[str]] = {}
    for keys, *_ in all_fields():
        legal.setdefault(keys[:-1], []).append(keys[-1])
    return [pytest.param(at, known, id=".".join(at) or "top") for at, known in legal.items()]


@each(("at", "known"), mappings())
def test_an_unknown_key_is_refused_with_the_legal_ones_at_every_depth(
    folder: Folder, at: tuple[str, ...], known: list[str]
) -> None:
    """A misspelt key is compared with the keys that are legal right there."""
    meant = max(known, key=len)
    misspelt = f"{meant[:-1]}{'y' if meant[-1] != 'y' else 'x'}"
    place = folder.set([*at, misspelt], 1)
    assert (
        f"{place}: {'.'.join((*at, misspelt))}: is not a valid key; known: {', '.join(sorted(known))}"
        f"   did you mean {meant}?"
    ) in folder.refusal()


@each(
    ("at", "places"),
    [
        (("logs", "format"), "logs.lambda.format or logs.ecs.format or services.<name>.logs.format"),
        (("services", "web-site", "format"), "services.<name>.logs.format"),
        (("services", "web-site", "logs", "retention_days"), "logs.retention_days"),
        (("glacier_after_days",), "logs.archive.glacier_after_days"),
    ],
)
def test_a_key_in_the_wrong_mapping_is_refused_with_its_places(
    folder: Folder, at: tuple[str, ...], places: str
) -> None:
    """Where the other keys of its location are around it, or some of them."""
    place = folder.set(at, 1)
    (line,) = (line for line in folder.refusal() if line.startswith(f"{place}: {'.'.join(at)}: "))
    assert line.endswith(f"   did you mean {places}?")


def test_every_key_of_the_configuration_is_found_from_the_mapping_around_its_own() -> None:
    """Unless it is a key there as well, or one of many places."""
    places = set(explain.places(Environment))
    found = 0
    for place in places:
        outer = (*place[:-2], place[-1])
        if len(place) > 1 and place[-2] != "<name>" and outer not in places:
            hint = explain.elsewhere(Environment, outer)
            assert f"{'.'.join(place)}" in hint or not hint
            found += bool(hint)
    assert found > len(places) / 4
    assert not explain.elsewhere(Environment, ("alarms", "queue"))


STRANGE: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**12,
    1.5,
    float("nan"),
    "",
    "Ünfug *",
    [],
    [1, None],
    {},
    {"Ünfug *": 1},
)
"""Values that most keys refuse."""

FOR_PROGRAMMERS = re.compile(
    r"\^|\\d|dictionary|tuple|[Ii]nput|instance|valid integer|pars|None|value_error|pydantic|union"
)


@each("keys", [pytest.param(keys, id=".".join(keys)) for keys, *_ in all_fields()])
def test_whatever_is_wrong_is_said_in_words_for_people(folder: Folder, keys: tuple[str, ...]) -> None:
    """Over every key and a dozen strange values: one line each, in its shape, without a word of Python."""
    for value in STRANGE:
        place = folder.set(keys, value)
        for line in folder.refusal():
            assert re.match(r"config/(prod|base)\.yaml:\d+: [^ ]+( \*)?: .*[a-z].*$", line), (value, line)
            assert line.startswith(f"{place}:") or "base.yaml" in line or keys[0] not in line, (value, line)
            words = line.replace("Ünfug", "").replace(", None (found", " (found")  # a unit of CloudWatch
            assert not FOR_PROGRAMMERS.search(words), (value, line)


def test_every_pattern_of_the_models_has_words() -> None:
    """A regular expression is no message; whoever adds one describes it."""

    def patterns(schema: Any) -> Iterator[str]:
        if isinstance(schema, dict):
            yield from ([schema["pattern"]] if isinstance(schema.get("pattern"), str) else [])
            yield from schema.get("patternProperties", {})
        inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
        for entry in inner:
            yield from patterns(entry)

    found = set(patterns(Environment.model_json_schema()))
    assert len(found) > 10
    assert found <= PATTERNS.keys()


def test_a_refused_configuration_ends_with_status_2_and_nothing_written(tmp_path: Path) -> None:
    """Every command ends so, before anything is synthesized."""
    out = tmp_path / "out"
    result = subprocess.run(
        [Path(sys.executable).with_name("reveille"), "synth", "--out", str(out)],
        cwd=ROOT,
        env={
            **os.environ,
            "ENV": "prod",
            "REVEILLE_SERVICES__PAYMENT_HANDLER__TIMEOUT_S": "901",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == (
        "environment variable REVEILLE_SERVICES__PAYMENT_HANDLER__TIMEOUT_S: "
        "services.payment-handler.timeout_s: must be at most 900 (found: 901)\n"
    )
    assert not out.exists()


def test_an_unknown_env_ends_with_status_2(tmp_path: Path) -> None:
    """The variable is ENV, and so the message says."""
    result = subprocess.run(
        [Path(sys.executable).with_name("reveille"), "synth", "--out", str(tmp_path / "out")],
        cwd=ROOT,
        env={**os.environ, "ENV": "prood"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        "ENV: prood: is not defined; known: dev, local, prod, staging   did you mean prod?\n"
    )
    assert not (tmp_path / "out").exists()


def test_a_long_value_is_cut(folder: Folder) -> None:
    """A message stays one line that a person reads."""
    folder.append("prod", f"project: {json.dumps('x' * 500)}\n")
    assert folder.refusal() == [
        f"{HERE}: project: must have at most 40 characters (found: 500 characters: {'x' * 44}…)"
    ]


ODD: tuple[Any, ...] = (
    "x", "", "9" * 5000, "1_0", "nan", "\udcff", "\ud800", 1, -1, 0, 10**18, 10**400, 1.5, -0.0, float("inf"),
    float("nan"), True, None, [], [1], [[]], {}, {"a": 1}, {"a": {}}, dt.date(2026, 1, 1),
    dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc),
)  # fmt: skip
"""Whatever YAML, or a variable with JSON, can hold."""
PYTHON = re.compile(
    r"\b(codec|parse|parsing|[Ii]nput|instance|tuple|dict|str|pydantic|valid (text|integer|number))\b"
)


@each("keys", [pytest.param(keys, id=".".join(keys)) for keys, *_ in all_fields()])
def test_no_message_is_in_the_words_of_python(keys: tuple[str, ...], folder: Folder) -> None:
    """Over every field and every odd value: the sentence is ours, and one line of a bounded length."""
    base = source.merge(source.read(folder.path / "base.yaml"), source.read(folder.path / "prod.yaml"))
    refused = 0
    for value in ODD:
        odd: Any = value
        for key in reversed(keys):
            odd = [odd] if key == "0" else {key: odd}
        document = source.merge(base, source.Document(odd))
        try:
            Environment.model_validate(document.data)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
            for problem in explain.problems(found, document):
                refused += 1
                said = str(problem)
                assert not PYTHON.search(said), said
                assert len(said) < 1200
                assert said.isprintable()
    assert refused, "every field refuses something"


LIMITED = {
    name: (limited, min(limits))
    for name, limited in vars(types).items()
    if (
        limits := [
            constraint.max_length
            for constraint in getattr(limited, "__metadata__", ())
            if isinstance(constraint, StringConstraints) and constraint.max_length
        ]
    )
}
"""Every type of text with a maximum length."""


@each("name", LIMITED)
def test_a_text_that_is_too_long_is_told_its_limit_and_its_length(name: str) -> None:
    """Of every type: what is allowed, and what was found."""
    limited, most = LIMITED[name]
    model: Any = create_model("One", text=(limited, ...))
    data = {"text": "a" * (most + 1)}
    with pytest.raises(ValidationError) as caught:
        model.model_validate(data)
    document = source.Document(data, {("text",): "a.yaml:1"}, {})
    (problem,) = explain.problems(caught.value.errors(), document, model=model)
    found = re.match(r"must have at most (\d+) characters \(found: (\d+) characters: a", problem.text)
    assert found is not None
    assert int(found[1]) <= most == int(found[2]) - 1  # the name of an owner is limited twice


def test_a_pattern_with_a_limit_states_it() -> None:
    """Names of resources whose pattern has a maximum length."""
    limits = {words: re.findall(r"\{1,(64|255)\}\$", pattern) for pattern, words in PATTERNS.items()}
    assert sum(map(len, limits.values())) > 2
    assert all(f"at most {limit} " in words for words, found in limits.items() for limit in found)


def test_a_limit_of_one_is_in_the_singular(folder: Folder) -> None:
    """An empty text must have at least 1 character."""
    alarm = "{metric: requests, threshold: 1, summary: ''}"
    folder.append("prod", f"services: {{api: {{alarms: {{x: {alarm}}}}}}}\n")
    (line,) = folder.refusal()
    assert line.endswith("alarms.x.summary: must have at least 1 character (found: empty text)")
