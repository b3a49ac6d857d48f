"""What a runbook tells to run can be run: AWS's commands, queries, metrics, and the names in them."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from catalog.known_metrics import why_unknown
from catalog.naming import Names
from catalog.queries import queries
from catalog.specs import Topic
from config.paths import ROOT
from stacks.contracts import PUBLISHED
from tests.support.tables import each
from tests.unit.docs import aws_commands, insights
from tests.unit.docs.documents import Document, blocks, code, markdown
from tests.unit.docs.log_fields import contract, fields_of

BOOKS = {path.name: Document(path) for path in sorted((ROOT / "docs" / "runbooks").glob("*.md"))}
SECTIONS = {f"{name}#{section.anchor}": section for name, book in BOOKS.items() for section in book.sections}
QUERY = re.compile(r"\*\*Query\*\* in ((?:[^`:]|`[^`]*`)*):\n\n```logs-insights\n(.*?)```", re.DOTALL)

NAMES = Names("<project>", "<env>", "<region>", "<account>")
"""Every name in AWS, with the placeholders of docs/runbooks/README.md for its parts."""


def known_names() -> set[str]:
    """Return the names that runbooks may use."""
    of_service = "<service>"
    return {
        *(NAMES.whole, NAMES.notifier, NAMES.notifier_dead_letters, NAMES.alarm_queue),
        *(NAMES.event_dead_letters, NAMES.log_archive, NAMES.log_subscription_role),
        *(NAMES.delivery_log_group, NAMES.rule("deployment-failed"), NAMES.rule("task-failed")),
        *(NAMES.alarm_dead_letters, NAMES.key_alias, NAMES.events_log_group),
        *(NAMES.container_insights_log_group, NAMES.function_log_group("notifier")),
        *(NAMES.of_service(of_service), NAMES.dead_letters(of_service), NAMES.execution_role(of_service)),
        *(NAMES.function_log_group(of_service), NAMES.container_log_group(of_service)),
        *(NAMES.topic(topic) for topic in get_args(Topic)),
        *(NAMES.resource(of_service, key) for key in ("<key>", "emf-invalid")),
        *(NAMES.resource(of, "<key>") for of in ("environment", "platform")),
    }


@each("name", sorted({document.name for document in markdown()}))
def test_commands_of_the_aws_cli_exist(name: str) -> None:
    """Service, operation, options, the values AWS has a list of, and what --query takes out of the answer."""
    for command in aws_commands.commands(Document(ROOT / name).text):
        assert [*aws_commands.problems(command)] == [], command


@each(
    ("command", "says"),
    [
        ("aws sqss list-queues", "no such service"),
        ("aws sqs list-queue", "has no list-queue"),
        ("aws sqs list-queues --prefix x", "has no option --prefix"),
        ("aws sqs purge-queue", "needs --queue-url"),
        ("aws sqs purge-queue --queue-url", "needs a value"),
        ("aws sqs purge-queue --queue-url a b", "takes one value"),
        ("aws sqs get-queue-attributes --queue-url a --attribute-names Pollicy", "cannot be Pollicy"),
        ("aws sqs list-queues --query 'QueueUrl[]'", "the answer has no QueueUrl"),
        ("aws sqs list-queues --query 'QueueUrls[", "--query"),
        ("aws lambda update-event-source-mapping --uuid u --enabled yes", "takes no value"),
    ],
)
def test_a_wrong_command_is_noticed(command: str, says: str) -> None:
    """Each sort of mistake, so that the rule above can fail."""
    whole = command + "'" if command.count("'") % 2 else command
    assert says in "; ".join(aws_commands.problems(whole))


@pytest.mark.parametrize("name", BOOKS)
def test_metrics_in_commands_exist(name: str) -> None:
    """By namespace, name and dimensions; CloudWatch would answer with nothing for any other."""
    for command in aws_commands.commands(BOOKS[name].text):
        if "get-metric-statistics" not in command:
            continue
        given = aws_commands.options(command.split()[3:])
        dimensions = [
            re.fullmatch(r"Name=(\w+),Value=\S+", dimension) for dimension in given.get("dimensions", [])
        ]
        named = [match[1] for match in dimensions if match]
        assert len(named) == len(dimensions)
        assert why_unknown(given["namespace"][0], given["metric-name"][0], named) is None, command


@each("key", [key for key, section in SECTIONS.items() if "```logs-insights" in section.text])
def test_queries_are_legal_and_name_fields_of_their_log_group(key: str) -> None:
    """Of each of them, where a query is for several."""
    found = QUERY.findall(SECTIONS[key].text)
    assert len(found) == 1, "**Query** in `<log group>`: and then the query"
    where, query = found[0]
    groups = re.findall(r"`([^`]+)`", where)
    assert groups
    known = set.union(*(fields_of(group) for group in groups))
    assert [*insights.problems(query, known)] == []


def test_saved_queries_are_legal_too() -> None:
    """They run over the log groups of all services."""
    known = fields_of(NAMES.function_log_group("<service>"))
    for query in queries(()):
        lines = [line for line in query.text.splitlines() if not line.startswith("#")]
        assert [*insights.problems("\n".join(lines), known)] == [], query.name


@each(
    ("query", "says"),
    [
        ("field message", "no such command: field"),
        ("fields message | | limit 5", "no such command: (nothing)"),
        ("fields mesage", "no such field: mesage"),
        ("filter levl = 'ERROR'", "no such field: levl"),
        ("filter message like /x/ and lefel = 1", "no such field: lefel"),
        ("filter `detail-tipe` = 'x'", "no such field: detail-tipe"),
        ("fields message as what | sort wat desc", "no such field: wat"),
        ("stats count(*) as n by level | sort duration_ms desc", "no such field: duration_ms"),
        ("stats summ(duration_ms) by level", "no such function: summ"),
        ("stats count(* by level", "brackets"),
        ("fields message | limit many", "limit takes a number"),
    ],
)
def test_a_wrong_query_is_noticed(query: str, says: str) -> None:
    """Each sort of mistake, so that the rule above can fail."""
    assert says in "; ".join(insights.problems(query, contract()))


@pytest.mark.parametrize("name", BOOKS)
def test_names_are_those_that_the_platform_gives(name: str) -> None:
    """With placeholders in place of project, service and environment; what ends in a hyphen begins one."""
    known = known_names()
    saved = {f"{NAMES.whole}/{query.name}" for query in queries(())}
    for text in code(BOOKS[name].text):
        if text in saved | {"<project>"}:
            continue
        for element in re.findall(r"(?:(?<=[ `\"=:,])|^)[\w/<>-]*<project>[\w/<>-]*", text, re.MULTILINE):
            begins = element.endswith("-") and any(full.startswith(element) for full in known)
            assert element in known or begins, element


def test_outputs_are_those_that_stacks_publish() -> None:
    """A placeholder that `make output` explains has the name of an output."""
    published = {name for of in PUBLISHED for name in of.__annotations__}
    table = BOOKS["README.md"].text.split("## Placeholders")[1].split("\n## ")[0]
    row = next(line for line in table.splitlines() if "STACK=monitoring" in line)
    named = set(re.findall(r"`<([a-z_]+)>`", row))
    assert len(named) > 3
    assert named <= published
    assert "queue_urls" in published


def test_a_block_is_a_query_or_commands() -> None:
    """Its language decides by which rule it is held, so there is no third."""
    assert {block.language for book in BOOKS.values() for block in blocks(book.text)} == {
        "logs-insights",
        "sh",
    }
