"""Text that AWS cannot hold is refused in every field; every other text is accepted as it was written."""

# ruff: noqa: E501  # a message is compared whole, and reads best on one line

from __future__ import annotations

import json
import typing
from collections.abc import Iterator
from types import UnionType
from typing import Any

import pytest
from pydantic import EmailStr, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from tests.support.tables import each
from tests.unit.config.configs import NEXT_LINE, Folder, all_fields

HERE = f"config/prod.yaml:{NEXT_LINE}"

NEVER = (
    "\x00", "\x01", "\x08", "\x0b", "\x0c", "\x0e", "\x1b", "\x1b[31m", "\x7f", "\x80", "\x85", "\x9f",
    "\ud800", "\udcff", "\udfff", "\ufdd0", "\ufffe", "\uffff", "\U0001ffff", "\U0010fffe",
    "${TfToken[TOKEN.0]}", "#{TfToken[TOKEN.0]}", "&{TfToken[TOKEN.0]}",
    "e\u0301", "\u212b", "\u1100\u1161",
)  # fmt: skip
"""What no text may hold."""
BREAKS = ("\n", "\r", "\r\n", "\u2028", "\u2029")
"""What text of one line may not hold either."""
MANY_LINES = {"environment", "command"}

SAMPLES = (
    "a", "aaaaaaaaaaaa", "prod", "111122223333", "10.20.0.0/16", "eu-west-1", "vpc-0123456789abcdef0",
    "subnet-0123456789abcdef0", "sg-0123456789abcdef0", "arn:aws:s3:::bucket/key", "ssm:/a/b", "s3:GetObject",
    "secretsmanager:a/b", "arn:aws:lambda:eu-west-1:111122223333:layer:name:7", "0 3 ? * SUN *", "Europe/Zurich",
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/shop/0123456789abcdef",
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0123456789abcdef", "-PT8H",
    "host:5000/web:1.0", "functions/api", "handler.handle", "http://127.0.0.1:4566", "a@example.com",
    "https://example.com/path", "json", "lambda", "ecs", "arm64", "python3.12", "enhanced", "blocking", "us",
    "GreaterThanThreshold", "notBreaching", "Seconds", "docs/runbooks/a.md#b",
)  # fmt: skip
"""Each type of text accepts one of these."""


def texts(annotation: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the path and the type of each text within an annotation, keys of mappings included."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        inner = list(texts(arguments[0], path))
        yield from [(path, annotation)] if [where for where, _ in inner] == [path] else inner
    elif annotation in {str, EmailStr} or (origin is typing.Literal and isinstance(arguments[0], str)):
        yield path, annotation
    elif origin is dict:
        yield from texts(arguments[0], f"{path}[key]")
        yield from texts(arguments[1], f"{path}[value]")
    elif origin is tuple:
        yield from texts(arguments[0], f"{path}[entry]")
    elif origin in {typing.Union, UnionType}:
        for argument in arguments:
            yield from texts(argument, path)


def annotated(field: FieldInfo) -> Any:
    """Return the type of a field with what pydantic took from its annotation."""
    made: Any = field.annotation
    for entry in field.metadata:
        made = typing.Annotated[made, entry]
    return made


TEXTS = {
    path: annotation
    for keys, _, _, field in all_fields()
    for path, annotation in texts(
        annotated(field),
        ".".join(keys),
    )
}


def accepts(adapter: TypeAdapter[Any], text: str) -> bool:
    """Return whether a type accepts a text."""
    try:
        adapter.validate_python(text)
    except ValidationError:
        return False
    return True


@each("path", TEXTS)
def test_no_text_and_no_key_holds_what_aws_cannot(path: str) -> None:
    """Over every text of every model: at its beginning, within it and at its end, whatever the text."""
    adapter: TypeAdapter[Any] = TypeAdapter(TEXTS[path])
    accepted = [sample for sample in SAMPLES if accepts(adapter, sample)]
    assert accepted, "add a sample of this type"
    many_lines = any(f".{name}[{kind}]" in path for name in MANY_LINES for kind in ("value", "entry"))
    many_lines |= path.endswith("widgets.0.text")
    for bad in (*NEVER, *(() if many_lines else BREAKS)):
        for sample in accepted:
            for at in (0, 1, len(sample) // 2, len(sample)):
                text = sample[:at] + bad + sample[at:]
                assert not accepts(adapter, text), ascii(text)


def test_the_texts_of_the_models_are_found() -> None:
    """Keys, values, entries of lists, and what may be left out."""
    assert TEXTS.keys() >= {
        "tags[key]", "tags[value]", "services[key]", "services.api.environment[value]", "region", "endpoint",
        "services.web-site.command[entry]", "maintenance[key]", "services.api.grants.0.resources[entry]",
        "notifications.critical.emails[entry]", "alarms.lambda.errors.reason", "services.api.kind",
    }  # fmt: skip


FREE = (
    "${PORT}", "$${PORT}", "%{if}", "%{ if x }a%{ endif }", '${file("/etc/passwd")}', "$(rm -rf /)", "`id`", "'\"\\",
    '{"a": ["b", null]}', "<a href='x'>&amp;</a>", "é ß 日本語", "👩‍👩‍👧 \U0001f600", "a\tb", "\u202eabc", "TfToken[1]",
    "${TfToken", "\ufeff", "1e5 -1.5e+300 -8.5e298", "#{x} &{x}", "\ue000", "=", "a: b # c", "!x", "- a", "*a", "\\x00",
)  # fmt: skip
"""Text that programs could misread, and AWS holds."""


@each("text", FREE)
def test_every_other_text_is_taken_as_it_was_written(folder: Folder, text: str) -> None:
    """In a variable's value, a command and a reason, from the file as from environment variables."""
    quoted, why = json.dumps(text), json.dumps(f"why not: {text}")
    folder.append(
        "prod",
        f"services: {{api: {{environment: {{AB: {quoted}}}}}, web-site: {{command: [{quoted}]}}}}\n"
        f"maintenance: {{night: {{cron: '0 3 * * ? *', duration_min: 5, reason: {why}}}}}\n",
    )
    variables = {
        "REVEILLE_SERVICES__API__ENVIRONMENT__OTHER": text,
        "REVEILLE_SERVICES__WEB_SITE__ENVIRONMENT__MY__NAME": text,
    }
    env = folder.load(variables=variables)
    assert env.functions["api"].environment == {"AB": text, "OTHER": text}
    assert env.containers["web-site"].environment == {"MY__NAME": text}
    assert env.containers["web-site"].command == (text,)
    assert env.maintenance["night"].reason == f"why not: {text}"


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("notifications: {critical: {webhooks: ['https://a.example/${x}/%{y}/é/🚀']}}", "https://a.example/${x}/%{y}/é/🚀"),
        ("notifications: {critical: {emails: ['${x}+ü@example.com']}}", "${x}+ü@example.com"),
        ("notifications: {critical: {emails: ['Ops@EXAMPLE.com']}}", "Ops@EXAMPLE.com"),
        ("notifications: {critical: {emails: [a@b.ch]}, runbooks_url: 'https://a.example/${x}'}", "https://a.example/${x}"),
        ("services: {api: {grants: [{actions: ['s3:Get*'], resources: ['arn:aws:s3:::b/${aws:username}/*']}]}}", "arn:aws:s3:::b/${aws:username}/*"),
        ("services: {api: {description: \"${PORT} %{if} 'é' \\\"ÿ\\\"\"}}", "${PORT} %{if} 'é' \"ÿ\""),
        ('services: {api: {environment: {AB: "a\\r\\n\\tb\\n"}}}', "a\r\n\tb\n"),
    ],
)  # fmt: skip
def test_a_text_with_a_form_of_its_own_may_look_like_a_template(folder: Folder, line: str, read: str) -> None:
    """URLs, addresses, ARNs and descriptions; and values of variables have any number of lines."""
    content = (folder.path / "prod.yaml").read_text(encoding="utf-8")
    if line.startswith("notifications"):
        folder.write("prod", content.partition("notifications")[0])
    folder.append("prod", f"{line}\n")
    dumped = json.dumps(folder.load().model_dump(mode="json"), ensure_ascii=False)
    assert json.dumps(read, ensure_ascii=False) in dumped


@each(
    ("line", "said"),
    [
        ('services: {api: {environment: {AB: "a\\x00"}}}', r"services.api.environment.AB: must not hold the control character U+0000: AWS takes no such text (found: a\x00)"),
        ('services: {api: {environment: {AB: "\\ud800"}}}', r"services.api.environment.AB: must not hold half of a surrogate pair, U+D800: AWS takes no such text (found: \ud800)"),
        ('services: {web-site: {command: ["\\uffff"]}}', r"services.web-site.command.0: must not hold the noncharacter U+FFFF: AWS takes no such text (found: \uffff)"),
        ("services: {web-site: {command: ['${TfToken[TOKEN.1]}']}}", "services.web-site.command.0: must not hold ${TfToken[: CDKTF reserves it as the marker of a reference (found: ${TfToken[TOKEN.1]})"),
        ("services: {web-site: {command: ['x -8.149e298']}}", "services.web-site.command.0: must not hold -8.149e298: CDKTF reserves it as the marker of a reference (found: x -8.149e298)"),
        ('alarms: {lambda: {errors: {reason: "ten letters\\n"}}}', r"alarms.lambda.errors.reason: must be one line: it holds the line break U+000A (found: ten letters\n)"),
        ("tags: {Team: a, team: b}", "tags.team: differs only in case from Team, which is the same key for IAM (found: team)"),
        ("services: {web-site: {command: ['%s']}}" % ("é" * 30_000), "services.web-site.command: command and environment have 60004 bytes; a task definition may have 65536, of which 8192 are the platform's"),
        ("notifications: {warning: {emails: ['Bob <b@example.com>']}}", "notifications.warning.emails.0: must be only the address: b@example.com (found: Bob <b@example.com>)"),
        ("project: !!binary c2hvcA==", "project: has the tag !!binary, which is not supported"),
        ("tags: !!omap {a: b}", "tags: has the tag !!omap, which is not supported"),
    ],
)  # fmt: skip
def test_what_aws_cannot_hold_is_refused_with_file_line_and_key(folder: Folder, line: str, said: str) -> None:
    """And shown as an escape sequence."""
    if line.startswith("notifications"):
        prod = (
            (folder.path / "prod.yaml")
            .read_text(encoding="utf-8")
            .replace(
                "emails: [oncall@example.com]}",
                "emails: [oncall@example.com]}, " + line[16:-1].strip("{}") + "}",
            )
        )
        folder.write("prod", prod)
        assert folder.refusal() == [f"config/prod.yaml:4: {said}"]
        return
    folder.append("prod", f"{line}\n")
    assert folder.refusal() == [f"{HERE}: {said}"]


@each(
    ("variable", "value", "said"),
    [
        ("REVEILLE_SERVICES__API__ENVIRONMENT__AB", "\udcff", "is not UTF-8 text"),
        ("REVEILLE_PROJECT", "\udcff", "is not UTF-8 text"),
        ("REVEILLE_TAGS__A\udcff", "x", "is not UTF-8 text"),
        ("REVEILLE_LOGS__RETENTION_DAYS", "7\udcff", "is not UTF-8 text"),
        ("REVEILLE_SERVICES", "null", "must have a value (found: null)"),
        ("REVEILLE_TAGS", '{"a":' * 100_000, "is nested too deeply"),
        ("REVEILLE_SERVICES", '{"a":' * 500 + "1" + "}" * 500, "is nested too deeply"),
        ("REVEILLE_NOTIFICATIONS__CRITICAL__EMAILS", "[" * 100_000, "is nested too deeply"),
    ],
    ids=ascii,
)  # fmt: skip
def test_variables_go_through_the_same_checks(folder: Folder, variable: str, value: str, said: str) -> None:
    """Bytes that are no UTF-8, which Python shows as surrogates, and JSON of any depth, are one problem."""
    place = variable.encode("ascii", "backslashreplace").decode()
    assert folder.refusal(variables={variable: value}) == [f"environment variable {place}: {said}"]


@each("port", ["0", "65536", "99999", "00000"])
@each(
    ("path", "url"),
    [
        ("endpoint", "http://127.0.0.1:{port}"),
        ("notifications.critical.webhooks[entry]", "https://example.com:{port}/x"),
        ("notifications.critical.webhooks[entry]", "http://127.0.0.1:{port}"),
        ("notifications.runbooks_url", "https://example.com:{port}"),
    ],
)
def test_a_port_that_no_program_can_have_is_refused(path: str, url: str, port: str) -> None:
    """In each kind of URL; the highest one is accepted."""
    adapter: TypeAdapter[Any] = TypeAdapter(TEXTS[path])
    assert not accepts(adapter, url.format(port=port))
    assert accepts(adapter, url.format(port=65535))
