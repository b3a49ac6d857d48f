"""References to secrets: which there are, and which are missing, without a secret being read."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from catalog import environment
from catalog.naming import Names
from catalog.routes import routes
from config.errors import CommandError
from config.models import Environment
from ops import secrets

SLACK = "ssm:/shop/slack"
PAGER = "secretsmanager:shop/pagerduty"
NOBODY = "does not exist: recipients would not be notified. Create it:"


def with_references() -> Environment:
    """Return production, told by Slack and PagerDuty too."""
    env = environment.read("prod", variables={})[0].model_dump(by_alias=True)
    env["notifications"]["critical"] |= {"slack": [SLACK], "pagerduty": [PAGER]}
    env["notifications"]["warning"] |= {"slack": [SLACK]}
    return Environment.model_validate(env)


class Aws:
    """Stands for both clients; reading a value is no method of it."""

    def __init__(self, known: set[str]) -> None:
        """Know these names."""
        self.known = known

    def describe_parameters(self, **arguments: Any) -> dict[str, Any]:
        """Answer as Systems Manager does."""
        (wanted,) = arguments["ParameterFilters"]
        assert (wanted["Key"], wanted["Option"]) == ("Name", "Equals")
        return {"Parameters": [{"Name": name} for name in wanted["Values"] if name in self.known]}

    def describe_secret(self, **arguments: str) -> dict[str, str]:
        """Answer as Secrets Manager does."""
        if arguments["SecretId"] not in self.known:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "DescribeSecret")
        return {"Name": arguments["SecretId"]}


def test_each_reference_is_asked_for_once() -> None:
    """Of all severities and channels."""
    env = with_references()
    assert routes(env, Names.of(env)).secrets == (PAGER, SLACK)
    assert environment.read("local", variables={})[1].routes.secrets == ()


def test_secrets_that_are_there_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not read."""
    monkeypatch.setattr(secrets, "client", lambda *_: Aws({"/shop/slack", "shop/pagerduty"}))
    assert secrets.find(with_references(), [PAGER, SLACK]) == "2 found"


@pytest.mark.parametrize(
    ("known", "message"),
    [
        (
            {"shop/pagerduty"},
            f"{SLACK} {NOBODY} `aws ssm put-parameter --type SecureString --name /shop/slack --value …`",
        ),
        (
            {"/shop/slack"},
            f"{PAGER} {NOBODY} `aws secretsmanager create-secret --name shop/pagerduty --secret-string …`",
        ),
    ],
)
def test_a_missing_secret_is_named_with_the_command_that_makes_it(
    monkeypatch: pytest.MonkeyPatch, known: set[str], message: str
) -> None:
    """Before the first alarm finds out."""
    monkeypatch.setattr(secrets, "client", lambda *_: Aws(known))
    with pytest.raises(CommandError) as missing:
        secrets.find(with_references(), [PAGER, SLACK])
    assert str(missing.value) == message


def test_another_error_is_not_taken_for_a_missing_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a missing permission."""

    class Denied(Aws):
        def describe_secret(self, **arguments: str) -> dict[str, str]:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, arguments["SecretId"])

    monkeypatch.setattr(secrets, "client", lambda *_: Denied({"/shop/slack"}))
    with pytest.raises(ClientError):
        secrets.find(with_references(), [PAGER])


def test_without_references_aws_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A local environment needs none."""
    monkeypatch.delattr(secrets, "client")
    assert secrets.find(with_references(), ()) == "0 found"
