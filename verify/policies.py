"""Whether a policy allows a request: what is documented is decided, everything else is not proved.

A policy is JSON as AWS takes it. Of conditions, the operators below are read, and the keys that a `Request`
gives; an operator or key beyond that neither allows nor fails to deny. Source: IAM User Guide, "Policy
evaluation logic", "IAM JSON policy elements reference" and "Condition operators".
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from terraform.expressions import UnknownValueError, is_known
from verify.arns import arn_like, like


class Request(NamedTuple):
    """What somebody asks of AWS."""

    principals: Mapping[str, frozenset[str]]
    """Kind of principal (`Service`, `AWS`) -> the names by which a policy may mean who asks."""
    action: str
    resource: str
    """ARN of the resource."""
    context: Mapping[str, str]
    """Condition key in lower case -> its value in the request."""
    by: str
    """Who asks, for messages."""


class Miss(NamedTuple):
    """Why a statement does not apply."""

    depth: int
    """How far it fits: principal, action, resource, condition."""
    certain: bool
    """Whether it surely does not apply; otherwise it is not known."""
    why: str


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
"""Operator -> its comparison, and whether it asks for a value that compares, or excludes it."""


def why_refused(request: Request, *policies: str) -> str | None:
    """Return why a resource's policies do not surely allow a request, in one clause, or None when they do."""
    return _decided(policies, request, of_a_resource=True)


def why_not_granted(policies: Iterable[str], request: Request) -> str | None:
    """Return why a role's policies, which name no principal, do not surely allow a request, or None."""
    return _decided(policies, request, of_a_resource=False)


def why_denied(policy: str, request: Request) -> str | None:
    """Return why a resource's policy may deny what is allowed elsewhere, or None when it surely does not."""
    try:
        return _denial(statements(policy), request, of_a_resource=True)
    except ValueError:
        return "its policy is not JSON with statements"


@functools.lru_cache(maxsize=1024)
def statements(policy: str) -> tuple[Statement, ...]:
    """Return a policy's statements.

    Raises:
        ValueError: it is not JSON, or has none.
    """
    parsed = json.loads(policy)
    found = parsed.get("Statement") if isinstance(parsed, dict) else None
    listed = found if isinstance(found, list) else [found]
    if not listed or not all(isinstance(entry, dict) for entry in listed):
        message = "no statements"
        raise ValueError(message)
    return tuple(listed)


def _decided(policies: Iterable[str], request: Request, *, of_a_resource: bool) -> str | None:
    try:
        parsed = [statement for policy in policies for statement in statements(policy)]
    except ValueError:
        return "its policy is not JSON with statements"
    if (denied := _denial(parsed, request, of_a_resource=of_a_resource)) is not None:
        return denied
    nearest = Miss(0, certain=True, why="")
    for statement in parsed:
        if statement.get("Effect") != "Allow":
            continue
        misses = list(_misses(statement, request, of_a_resource=of_a_resource))
        if not misses:
            return None
        if misses[0].depth > nearest.depth:
            nearest = misses[0]._replace(why=f" ({_called(statement)}: {misses[0].why})")
    return f"no statement allows {request.by} {request.action}{nearest.why}"


def _denial(parsed: Iterable[Statement], request: Request, *, of_a_resource: bool) -> str | None:
    for statement in parsed:
        if statement.get("Effect") != "Deny":
            continue
        misses = list(_misses(statement, request, of_a_resource=of_a_resource))
        if not misses:
            return f"{_called(statement)} denies {request.by} {request.action}"
        if not any(miss.certain for miss in misses):
            return f"{_called(statement)} may deny {request.by} {request.action} ({misses[0].why})"
    return None


def _called(statement: Statement) -> str:
    return f"statement {statement['Sid']}" if statement.get("Sid") else "a statement without a Sid"


def _misses(statement: Statement, request: Request, *, of_a_resource: bool) -> Iterator[Miss]:
    """Yield what does not fit, or is not known to fit, in the order of depth."""
    unread = sorted(set(statement) - _ELEMENTS)
    if unread:
        yield Miss(0, certain=False, why=f"{unread[0]} is not read here")
    if of_a_resource and not _means(statement.get("Principal"), request.principals):
        yield Miss(0, certain="NotPrincipal" not in statement, why=f"its principal is not {request.by}")
    yield from _of_element(statement, "Action", request.action, depth=1)
    yield from _of_element(statement, "Resource", request.resource, depth=2)
    for operator, tests in statement.get("Condition", {}).items():
        for key, wanted in tests.items():
            yield from _of_condition(operator, key, _listed(wanted), request)


def _means(principal: object, asking: Mapping[str, frozenset[str]]) -> bool:
    """Tell whether a principal is who asks; `*` is everybody, AWS's services included."""
    if principal == "*":
        return True
    if not isinstance(principal, dict):
        return False
    return any(
        name in asking.get(kind, ()) or (kind == "AWS" and name == "*")
        for kind, names in principal.items()
        for name in _listed(names)
    )


def _of_element(statement: Statement, element: str, value: str, *, depth: int) -> Iterator[Miss]:
    """Yield a miss unless `Action` or `Resource` covers a value, or its `Not...` leaves it alone."""
    negated = f"Not{element}" in statement
    patterns = _listed(statement.get(f"Not{element}" if negated else element, []))
    if not patterns:
        yield Miss(depth, certain=False, why=f"it has no {element}")
        return
    compare = _action_like if element == "Action" else _resource_like
    known = [pattern for pattern in patterns if is_known(pattern)]
    try:
        covers = any(compare(value, pattern) for pattern in known)
    except UnknownValueError as error:
        yield Miss(depth, certain=False, why=f"what the {element} {error} covers is not read here")
        return
    # A pattern that is not known may cover the value, or not.
    all_known = len(known) == len(patterns)
    if covers == negated:
        yield Miss(depth, certain=negated or all_known, why=f"its {element} does not cover {value}")
    elif negated and not all_known:
        yield Miss(depth, certain=False, why=f"what its Not{element} leaves out is not known")


def _action_like(action: str, pattern: str) -> bool:
    return like(action.lower(), str(pattern).lower())


def _resource_like(arn: str, pattern: str) -> bool:
    # In a key's policy `*` is the key itself, elsewhere it is everything: both cover the resource asked for.
    return pattern == "*" or arn_like(arn, str(pattern))


def _of_condition(operator: str, key: str, wanted: list[Any], request: Request) -> Iterator[Miss]:
    value = request.context.get(key.lower())
    if value is None:
        yield Miss(3, certain=False, why=f"{request.by} is not documented to send {key} here")
        return
    if operator == "Null":
        # The key is there, which is what "false" asks for.
        if not all(_same_truth(str(entry), "false") for entry in wanted):
            yield Miss(3, certain=True, why=f"{key} is there")
        return
    if operator not in _OPERATORS:
        yield Miss(3, certain=False, why=f"the operator {operator} is not read here")
        return
    compare, asked = _OPERATORS[operator]
    known = [str(entry) for entry in wanted if is_known(str(entry))]
    try:
        found = any(compare(value, text) for text in known)
    except UnknownValueError as error:
        yield Miss(3, certain=False, why=f"{key} is compared with {error}, which is not an ARN of six parts")
        return
    all_known = len(known) == len(wanted)
    if found != asked:
        which = " or ".join(str(entry) for entry in wanted)
        why = f"{key} has to be {'' if asked else 'other than '}{which}"
        yield Miss(3, certain=found or all_known, why=why)
    elif not found and not all_known:
        yield Miss(3, certain=False, why=f"{key} is compared with what is not known: {wanted}")


def _listed(value: Any) -> list[Any]:  # noqa: ANN401  # JSON's one-or-many
    return value if isinstance(value, list) else [value]
