"""Preflight: what would stop a deployment in the middle, found before its first change.

A deployment creates the resources of the synthesized stacks that are in no state of the environment. Each
check asks AWS only if it concerns one of them: a deployment that creates none makes no call. A check that AWS
does not permit, or does not answer, is reported and does not stop the deployment.

Existing services of the file are compared with the account (`ops.existing.comparison`).
"""

from __future__ import annotations

import contextlib
import json
import os.path
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from aws import errors as aws_errors
from aws.clients import ServiceName, client
from catalog import Catalog
from catalog.naming import Names
from cloudwatch import quotas
from config import loader
from config.errors import CommandError
from config.explain import counted
from config.limits import LAMBDA_UNRESERVED_CONCURRENCY
from config.models import Environment
from ops import functions, state, synthesis
from ops.existing import comparison
from ops.existing.account import Account
from ops.plans import StackRun
from stacks.contracts import Monitoring
from terraform.configuration import Stack

_GROUP, _FUNCTION, _ADDRESS, _POLICY = (
    "aws_cloudwatch_log_group",
    "aws_lambda_function",
    "aws_eip",
    "aws_cloudwatch_log_resource_policy",
)
_STATE_KEY = re.compile(r"(?P<project>[^/]+)/(?P<environment>[^/]+)/[^/]+\.tfstate")

Resources = Mapping[str, Mapping[str, Any]]
"""Address -> attributes."""

Check = Callable[[], Sequence[str]]
"""Asks AWS, and returns a line for each problem."""


class Report(NamedTuple):
    """The result of the preflight."""

    problems: tuple[str, ...]
    """A line for each problem that stops a deployment, with the next step."""
    notes: tuple[str, ...]
    """A line for each check that was not possible, and for what should be known before a deployment."""
    differences: tuple[str, ...] = ()
    """A line for each fact of an existing service that is another in the account."""


def require(env: Environment, names: Sequence[str], console: Console) -> str:
    """Stop before a deployment of the stacks `names`, as synthesized, that AWS would stop in the middle.

    Returns:
        What is printed now and again after the deployment: differences between the file and the account.

    Raises:
        CommandError: there are problems; the message has a line for each.
    """
    stacks = {name: synthesis.configuration(env, name) for name in names}
    report = examine(env, stacks, console)
    differences = comparison.block(env, report.differences)
    warning = f"Warning: {differences}" if differences else ""
    for line in (*(f"Note: {note}" for note in report.notes), *filter(None, [warning])):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if report.problems:
        raise CommandError(_message(env, report))
    return warning


def check(env: Environment, catalog: Catalog, console: Console) -> str:
    """Return the result of the preflight for all stacks of `env`, which are synthesized for it.

    Raises:
        CommandError: there are problems or differences; the message has a line for each.
    """
    report = examine(env, synthesis.stacks_of(env, catalog), console)
    failures = [_message(env, report)] if report.problems else []
    failures += filter(None, [comparison.block(env, report.differences)])
    if failures:
        raise CommandError("\n".join([*failures, *report.notes]))
    return "\n".join(["a deployment can create its resources", *report.notes])


def _message(env: Environment, report: Report) -> str:
    head = f"{counted(len(report.problems), 'problem')} would stop a deployment of {env.environment}."
    return "\n".join([f"{head} Nothing was changed.", *report.problems])


def examine(env: Environment, stacks: Mapping[str, Stack], console: Console) -> Report:
    """Return what would stop a deployment of `stacks`.

    Args:
        env: the environment.
        stacks: the synthesized stacks that are to be deployed, by name.
        console: for Terraform's messages.

    Raises:
        CommandError: a state is damaged or belongs to another stack.
    """
    deployed = {
        name: {**state.resources(env, name), **StackRun(env, name, console).unsaved_resources()}
        for name in stacks
    }
    planned = _Planned(stacks, deployed)
    checks = {
        "log groups that exist": _log_groups(env, planned),
        "states of other projects": _former_projects(env, planned),
    }
    if not env.is_local:  # a local AWS has no quotas
        checks |= {
            "the Lambda concurrency": _concurrency(env, planned),
            "the Elastic IP addresses": _addresses(env, planned),
            "the resource policies of CloudWatch Logs": _policies(env, planned),
        }
    problems, notes = list(functions.missing_sources(env, stacks)), []
    asked = {title: ask for title, ask in checks.items() if ask}
    with ThreadPoolExecutor(max_workers=max(1, len(asked))) as pool:
        for title, outcome in zip(asked, pool.map(_outcome, asked.values()), strict=True):
            if isinstance(outcome, str):
                notes.append(f"{title} could not be checked. {outcome}")
            elif title == "states of other projects":
                notes += outcome
            else:
                problems += outcome
    compared = _compared(env, stacks)
    return Report((*problems, *compared.missing), (*notes, *compared.unread), compared.differences)


def _compared(env: Environment, stacks: Collection[str]) -> comparison.Comparison:
    """Return the comparison of the existing services with the account, if `stacks` have alarms on them."""
    if Monitoring.STACK not in stacks or not comparison.existing(env):
        return comparison.Comparison()
    document, _ = loader.document_of(env.environment)
    return comparison.compare(Account(env), document)


def _outcome(ask: Check) -> Sequence[str] | str:
    """Return the lines of a check, or why it was not possible."""
    try:
        return tuple(ask())
    except (BotoCoreError, ClientError) as error:
        return aws_errors.explain(error)


class _Planned:
    """What a deployment creates and changes."""

    def __init__(self, stacks: Mapping[str, Stack], deployed: Mapping[str, Resources]) -> None:
        self.stacks = stacks
        self.deployed = deployed

    def configured(self, kind: str) -> dict[str, Mapping[str, Any]]:
        """Return address -> arguments of the resources of a type in the stacks to be deployed."""
        return {
            f"{kind}.{key}": arguments
            for stack in self.stacks.values()
            for key, arguments in stack.resources.get(kind, {}).items()
        }

    def existing(self, kind: str) -> dict[str, Mapping[str, Any]]:
        """Return address -> attributes of the resources of a type in the states of these stacks."""
        return {
            address: attributes
            for resources in self.deployed.values()
            for address, attributes in resources.items()
            if address.startswith(f"{kind}.")
        }

    def new_names(self, kind: str, argument: str) -> list[str]:
        """Return the names of the resources of a type that are in no state."""
        known = {str(attributes.get(argument)) for attributes in self.existing(kind).values()}
        named = (str(arguments[argument]) for arguments in self.configured(kind).values())
        return sorted(name for name in named if name not in known)


def _client(env: Environment, service: ServiceName) -> Any:  # noqa: ANN401  # boto3's clients have no type
    """Return a client that gives up early: what cannot be checked does not delay a deployment for minutes."""
    return client(env, service, answers_in_s=10, attempts=2)


def _log_groups(env: Environment, planned: _Planned) -> Check | None:
    """Check the log groups to be created: CreateLogGroup fails for one that exists."""
    names = planned.new_names(_GROUP, "name")
    if not names:
        return None
    logs, s3 = _client(env, "logs"), _client(env, "s3")

    def ask() -> Iterator[str]:
        found = _existing_groups(logs, names)
        existing = [name for name in names if name in found]
        owners, unknown = {}, f"is in no state in s3://{env.state.bucket}"
        try:
            owners = _owners(env, s3, existing) if existing else {}
        except (BotoCoreError, ClientError) as error:
            reason = aws_errors.explain(error)
            unknown = f"the other states in s3://{env.state.bucket} cannot be read ({reason})"
        for name in existing:
            yield _conflict(env, name, owners.get(name), unknown)

    return lambda: list(ask())


def _existing_groups(logs: Any, names: Sequence[str]) -> set[str]:  # noqa: ANN401  # boto3's clients have no type
    """Return the log groups that exist and begin as some of `names` do; a call for each folder of names."""
    groups = logs.get_paginator("describe_log_groups")
    return {
        group["logGroupName"]
        for _, folder in groupby(names, key=lambda name: name.rpartition("/")[0])
        for page in groups.paginate(logGroupNamePrefix=_prefix(list(folder)))
        for group in page["logGroups"]
    }


def _prefix(names: list[str]) -> str:
    return os.path.commonprefix(names)  # noqa: RUF071 - characters are compared, not folders


def _owners(env: Environment, s3: Any, names: Sequence[str]) -> dict[str, str]:  # noqa: ANN401  # as above
    """Return log group -> key of the state in the state bucket that contains it."""
    arn = f"arn:aws:logs:{env.region}:{env.account_id}:log-group:"
    owners: dict[str, str] = {}
    for key in _other_states(env, s3):
        body = s3.get_object(Bucket=env.state.bucket, Key=key)["Body"].read()
        # The state of another deployment may be damaged, which is for that deployment to report.
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            for address, attributes in state.managed(json.loads(body)).items():
                name = str(attributes.get("name"))
                is_here = str(attributes.get("arn", arn)).startswith(arn)
                if address.startswith(f"{_GROUP}.") and name in names and is_here:
                    owners.setdefault(name, key)
    return owners


def _other_states(env: Environment, s3: Any) -> list[str]:  # noqa: ANN401  # as above
    """Return the keys of the states in the state bucket that are not of `env`."""
    own = Names.of(env).state_folder
    try:
        return [
            entry["Key"]
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=env.state.bucket)
            for entry in page.get("Contents", [])
            if entry["Key"].endswith(".tfstate") and not entry["Key"].startswith(own)
        ]
    except ClientError as error:
        if error.response["Error"]["Code"] in state.NOT_FOUND:
            return []
        raise


def _conflict(env: Environment, name: str, key: str | None, unknown: str) -> str:
    """Return the line about a log group that exists.

    Args:
        env: the environment.
        name: the log group.
        key: the state that has it; None if no state has it.
        unknown: what is known about it then.
    """
    file, bucket = f"config/{env.environment}.yaml", env.state.bucket
    owner = _STATE_KEY.fullmatch(key or "")
    is_insights = name == Names.of(env).lambda_insights_log_group
    give_up = f"set insights.manage_log_group: false in {file} (an account has this group once per region)"
    if owner and owner["environment"] == env.environment:
        where = (
            f"exists, and is in s3://{bucket}/{key}: {env.environment} is deployed under the project name "
            f"{owner['project']}"
        )
        step = (
            f"set project: {owner['project']} again; to rename the project, first destroy that deployment "
            f"under its old name (`make destroy ENV={env.environment}`)"
        )
        if is_insights:
            step += f"; to keep both, {give_up}"
    elif key:
        of = f"{owner['environment']} of project {owner['project']}" if owner else "another deployment"
        where = f"exists, and is in s3://{bucket}/{key}, the state of {of}"
        step = give_up if is_insights else f"choose other names in {file}, or destroy {of}"
    else:
        where = f"exists, and {unknown}"
        delete = f"aws logs delete-log-group --region {env.region} --log-group-name {name}"
        step = (
            give_up if is_insights else f"if its logs are not needed, run `{delete}`; else choose other names"
        )
    return f"log group {name} {where}: {step}"


def _former_projects(env: Environment, planned: _Planned) -> Check | None:
    """Look for deployments of `env` under another project name, before its first deployment."""
    if any(planned.deployed.values()):
        return None
    s3 = _client(env, "s3")

    def ask() -> list[str]:
        projects: dict[str, list[str]] = {}
        for key in _other_states(env, s3):
            match = _STATE_KEY.fullmatch(key)
            if match and match["environment"] == env.environment:
                projects.setdefault(match["project"], []).append(key)
        return [
            f"s3://{env.state.bucket}/{keys[0]} is a state of {env.environment} under the project name "
            f"{project}. If this project was renamed, its old resources stay: set project: {project} again, "
            f"or first run `make destroy ENV={env.environment}` under the old name"
            for project, keys in projects.items()
        ]

    return ask


def _concurrency(env: Environment, planned: _Planned) -> Check | None:
    """Check that enough of the account's concurrency stays unreserved."""
    argument = "reserved_concurrent_executions"

    def total(of: Collection[Mapping[str, Any]]) -> int:
        # -1 is the provider's value of a function without a reservation.
        return sum(max(0, int(values.get(argument) or 0)) for values in of)

    wanted = total(planned.configured(_FUNCTION).values())
    more = wanted - total(planned.existing(_FUNCTION).values())
    if more <= 0:
        return None
    lambda_ = _client(env, "lambda")

    def ask() -> list[str]:
        limits = lambda_.get_account_settings()["AccountLimit"]
        left = limits["UnreservedConcurrentExecutions"] - more
        if left >= LAMBDA_UNRESERVED_CONCURRENCY:
            return []
        line = (
            f"Lambda: the functions reserve {wanted} concurrent executions, {more} more than now; it leaves "
            f"{left} of {limits['ConcurrentExecutions']} unreserved; {LAMBDA_UNRESERVED_CONCURRENCY} must "
            f"be: lower reserved_concurrency of services, or request {_raised(env, 'lambda', 'L-B99A9384')}"
        )
        return [line]

    return ask


def _addresses(env: Environment, planned: _Planned) -> Check | None:
    """Check that the account can allocate the Elastic IP addresses of the NAT gateways."""
    new = planned.configured(_ADDRESS).keys() - planned.existing(_ADDRESS).keys()
    if not new:
        return None
    ec2 = _client(env, "ec2")

    def ask() -> list[str]:
        attribute = "vpc-max-elastic-ips"
        answer = ec2.describe_account_attributes(AttributeNames=[attribute])["AccountAttributes"]
        quota = int(answer[0]["AttributeValues"][0]["AttributeValue"])
        # Addresses that the account has brought itself do not count (EC2 quotas, "Elastic IP addresses").
        used = sum(
            address.get("PublicIpv4Pool", "amazon") == "amazon"
            for address in ec2.describe_addresses()["Addresses"]
        )
        if used + len(new) <= quota:
            return []
        line = (
            f"EC2: the deployment allocates {counted(len(new), 'Elastic IP')} for NAT gateways, and "
            f"{env.region} has {used} of {quota}: release some, lower network.nat_gateways, use an existing "
            f"network (network.vpc_id), or request {_raised(env, 'ec2', 'L-0263D0A3')}"
        )
        return [line]

    return ask


def _policies(env: Environment, planned: _Planned) -> Check | None:
    """Check that CloudWatch Logs takes another resource policy."""
    new = planned.new_names(_POLICY, "policy_name")
    if not new:
        return None
    logs = _client(env, "logs")

    def ask() -> list[str]:
        pages = logs.get_paginator("describe_resource_policies").paginate()
        existing = {policy["policyName"] for page in pages for policy in page["resourcePolicies"]}
        if existing.issuperset(new) or len(existing.union(new)) <= quotas.RESOURCE_POLICIES:
            return []
        show = f"aws logs describe-resource-policies --region {env.region}"
        line = (
            f"CloudWatch Logs: the deployment creates the resource policy {', '.join(new)}, and {env.region} "
            f"has {len(existing)} of {quotas.RESOURCE_POLICIES}: delete one that is not used (`{show}`, `aws "
            "logs delete-resource-policy`)"
        )
        return [line]

    return ask


def _raised(env: Environment, service: str, code: str) -> str:
    """Return the request for a higher quota, as a command."""
    return (
        f"a higher quota: `aws service-quotas request-service-quota-increase --region {env.region} "
        f"--service-code {service} --quota-code {code} --desired-value …`"
    )
