"""Evaluation of whether a policy allows a request, conservative where the result is not documented.

A policy is JSON as AWS accepts it. Conditions support the operators below and the keys in a `Request`; with
another operator or key, an Allow statement does not count and a Deny statement may apply. Source: IAM User
Guide, "Policy evaluation logic", "IAM JSON policy elements reference" and "Condition operators".
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from terraform.expressions import UnknownValueError, is_known
from verify.arns import arn_like, like


class Request(NamedTuple):
    """A request to an AWS API."""

    principals: Mapping[str, frozenset[str]]
    """Kind of principal (`Service`, `AWS`) -> the names with which a policy may refer to the caller."""
    action: str
    resource: str
    """ARN of the resource."""
    context: Mapping[str, str]
    """Condition key in lower case -> its value in the request."""
    caller: str
    """Name of the caller, for messages."""


class Miss(NamedTuple):
    """Why a statement does not apply."""

    depth: int
    """How far it matches: 0 principal, 1 action, 2 resource, 3 condition."""
    certain: bool
    """Whether it certainly does not apply; otherwise this is not known."""
    reason: str


Statement = Mapping[str, Any]

_ELEMENTS: Final = frozenset(
    {"Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)


def _equal(text: str, pattern: str) -> bool:
    return text == pattern


def _same_truth(text: str, pattern: str) -> bool:
    return text.lower() == pattern.lower()


_OPERATORS: Final[Mapping[str, tuple[Callable[[str, str], bool], bool]]] = {
    "StringEquals": (_equal, True),
    "StringNotEquals": (_equal, False),
    "StringLike": (like, True),
    "StringNotLike": (like, False),
    # Both take patterns: "Condition operators", "Amazon Resource Name (ARN) condition operators".
    "ArnEquals": (arn_like, True),
    "ArnLike": (arn_like, True),
    "ArnNotEquals": (arn_like, False),
    "ArnNotLike": (arn_like, False),
    "Bool": (_same_truth, True),
}
"""Operator -> its comparison, and whether the condition requires a match, or excludes it."""


def why_refused(request: Request, *policies: str) -> str | None:
    """Return why a resource's policies do not certainly allow a request, in one clause; None if they do."""
    return _decision(policies, request, of_a_resource=True)


def why_not_granted(policies: Iterable[str], request: Request) -> str | None:
    """Return why a role's policies, which have no principal, do not certainly allow a request, or None."""
    return _decision(policies, request, of_a_resource=False)


def why_denied(policy: str, request: Request) -> str | None:
    """Return why a resource's policy may deny a request; None if it certainly does not."""
    try:
        return _denial(statements(policy), request, of_a_resource=True)
    except ValueError:
        return "policy is not JSON with statements"


@functools.lru_cache(maxsize=1024)
def statements(policy: str) -> tuple[Statement, ...]:
    """Return a policy's statements.

    Raises:
        ValueError: the policy is not JSON, or has no statements.
    """
    parsed = json.loads(policy)
    value = parsed.get("Statement") if isinstance(parsed, dict) else None
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(statement, dict) for statement in listed):
        message = "no statements"
        raise ValueError(message)
    return tuple(listed)


def _decision(policies: Iterable[str], request: Request, *, of_a_resource: bool) -> str | None:
    """Return why policies do not certainly allow a request; None if they do."""
    try:
        parsed = [statement for policy in policies for statement in statements(policy)]
    except ValueError:
        return "policy is not JSON with statements"
    if (denial := _denial(parsed, request, of_a_resource=of_a_resource)) is not None:
        return denial
    nearest = Miss(0, certain=True, reason="")
    for statement in parsed:
        if statement.get("Effect") != "Allow":
            continue
        misses = list(_misses(statement, request, of_a_resource=of_a_resource))
        if not misses:
            return None
        if misses[0].depth > nearest.depth:
            nearest = misses[0]._replace(reason=f" ({_label(statement)}: {misses[0].reason})")
    return f"no statement allows {request.action} for {request.caller}{nearest.reason}"


def _denial(parsed: Iterable[Statement], request: Request, *, of_a_resource: bool) -> str | None:
    """Return why statements deny a request, or may deny it; None if they certainly do not."""
    for statement in parsed:
        if statement.get("Effect") != "Deny":
            continue
        misses = list(_misses(statement, request, of_a_resource=of_a_resource))
        if not misses:
            return f"{_label(statement)} denies {request.action} for {request.caller}"
        if not any(miss.certain for miss in misses):
            denied = f"{request.action} for {request.caller}"
            return f"{_label(statement)} may deny {denied} ({misses[0].reason})"
    return None


def _label(statement: Statement) -> str:
    return f"statement {statement['Sid']}" if statement.get("Sid") else "a statement without a Sid"


def _misses(statement: Statement, request: Request, *, of_a_resource: bool) -> Iterator[Miss]:
    """Yield what does not match, or is not known to match, in the order of depth."""
    unsupported = sorted(set(statement) - _ELEMENTS)
    if unsupported:
        yield Miss(0, certain=False, reason=f"the element {unsupported[0]} is not supported")
    if of_a_resource and not _is_principal(statement.get("Principal"), request.principals):
        reason = f"Principal is not {request.caller}"
        yield Miss(0, certain="NotPrincipal" not in statement, reason=reason)
    yield from _of_element(statement, "Action", request.action, depth=1)
    yield from _of_element(statement, "Resource", request.resource, depth=2)
    for operator, tests in statement.get("Condition", {}).items():
        for key, values in tests.items():
            yield from _of_condition(operator, key, _listed(values), request)


def _is_principal(principal: object, caller: Mapping[str, frozenset[str]]) -> bool:
    """Return whether a principal is the caller; `*` is every principal, including AWS services."""
    if principal == "*":
        return True
    if not isinstance(principal, dict):
        return False
    return any(
        name in caller.get(kind, ()) or (kind == "AWS" and name == "*")
        for kind, names in principal.items()
        for name in _listed(names)
    )


def _of_element(statement: Statement, element: str, value: str, *, depth: int) -> Iterator[Miss]:
    """Yield a miss unless `Action` or `Resource` covers a value, or its `Not...` does not cover it."""
    negated = f"Not{element}" in statement
    patterns = _listed(statement.get(f"Not{element}" if negated else element, []))
    if not patterns:
        yield Miss(depth, certain=False, reason=f"{element} is missing")
        return
    compare = _action_like if element == "Action" else _resource_like
    known = [pattern for pattern in patterns if is_known(pattern)]
    try:
        covers = any(compare(value, pattern) for pattern in known)
    except UnknownValueError as error:
        yield Miss(depth, certain=False, reason=f"the {element} {error} is not supported")
        return
    # A pattern that is not known may cover the value, or not.
    all_known = len(known) == len(patterns)
    if covers == negated:
        yield Miss(depth, certain=negated or all_known, reason=f"{element} does not cover {value}")
    elif negated and not all_known:
        yield Miss(depth, certain=False, reason=f"Not{element} contains a value that is not known")


def _action_like(action: str, pattern: str) -> bool:
    return like(action.lower(), str(pattern).lower())


def _resource_like(arn: str, pattern: str) -> bool:
    # In a key's policy `*` is the key itself, elsewhere it is everything: both cover the requested resource.
    return pattern == "*" or arn_like(arn, str(pattern))


def _of_condition(operator: str, key: str, expected: list[Any], request: Request) -> Iterator[Miss]:
    """Yield a miss unless a request meets one condition."""
    value = request.context.get(key.lower())
    if value is None:
        yield Miss(3, certain=False, reason=f"{request.caller} is not documented to send {key} here")
        return
    if operator == "Null":
        # The key is present: the condition is met if the expected value is "false".
        if not all(_same_truth(str(text), "false") for text in expected):
            yield Miss(3, certain=True, reason=f"{key} is present in the request")
        return
    if operator not in _OPERATORS:
        yield Miss(3, certain=False, reason=f"the operator {operator} is not supported")
        return
    compare, requires_match = _OPERATORS[operator]
    known = [str(text) for text in expected if is_known(str(text))]
    try:
        matches = any(compare(value, pattern) for pattern in known)
    except UnknownValueError as error:
        reason = f"{key} is compared with {error}, which is not an ARN of six parts"
        yield Miss(3, certain=False, reason=reason)
        return
    all_known = len(known) == len(expected)
    if matches != requires_match:
        values = " or ".join(str(text) for text in expected)
        reason = f"{key} must {'' if requires_match else 'not '}be {values}"
        yield Miss(3, certain=matches or all_known, reason=reason)
    elif not matches and not all_known:
        yield Miss(3, certain=False, reason=f"{key} is compared with a value that is not known: {expected}")


def _listed(value: Any) -> list[Any]:  # noqa: ANN401  # JSON's one-or-many
    return value if isinstance(value, list) else [value]
