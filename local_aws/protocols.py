"""AWS's protocols: reading inputs and writing outputs of operations, based on botocore's service models.

A value is plain data with the member names of the model; a timestamp is in seconds since 1970. The model
defines the serialization, so one function per direction and protocol serves every operation.

Sources: Smithy specification, "AWS query protocol", "AWS JSON 1.0/1.1" and "AWS restJson1 protocol".
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.parsers import create_parser

from local_aws.errors import AwsError
from local_aws.http import Request, Response, request_id

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = dict[str, Any]


@cache
def service_model(name: str) -> ServiceModel:
    """Return botocore's model of a service, by botocore's name of the service.

    It is loaded without a session, which would fail if `AWS_PROFILE` names a profile that does not exist.
    """
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


def protocol_of(request: Request, model: ServiceModel) -> str:
    """Return the protocol of a request: "query", "json" or "rest-json".

    If a service supports several, a request with `X-Amz-Target` is JSON (Smithy specification).
    """
    if model.metadata["protocol"].startswith("rest"):
        return "rest-json"
    return "json" if request.header("x-amz-target") else "query"


def operation_of(request: Request, model: ServiceModel) -> OperationModel | None:
    """Return the operation of a request, or None if it is not in the model."""
    protocol = protocol_of(request, model)
    if protocol == "rest-json":
        return _rest_operation(request, model)
    name = request.header("x-amz-target").rpartition(".")[2] or request.fields().get("Action", "")
    return model.operation_model(name) if name in model.operation_names else None


def _rest_operation(request: Request, model: ServiceModel) -> OperationModel | None:
    fields = set(request.fields())
    for route in _routes(model.service_name):
        if route.method == request.method and route.fields <= fields and route.path.fullmatch(request.path):
            return model.operation_model(route.operation)
    return None


class _Route(NamedTuple):
    """Method, path and query fields that identify a REST operation."""

    operation: str
    method: str
    path: re.Pattern[str]
    fields: frozenset[str]
    """Fields of the query string that identify the operation, such as S3's `lifecycle`."""


@cache
def _routes(service: str) -> tuple[_Route, ...]:
    """Return the routes of a REST service, the most specific first."""
    model = service_model(service)
    routes = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        path, _, query = operation.http["requestUri"].partition("?")
        pattern = re.sub(r"\\\{(\w+)(\\\+)?\\\}", _label, re.escape(path.rstrip("/")))
        fields = frozenset(name for name, _ in parse_qsl(query, keep_blank_values=True))
        # S3 has two operations with the same route; the older is deprecated.
        if not operation.deprecated:
            routes.append(_Route(name, operation.http["method"], re.compile(pattern + "/?"), fields))
    return tuple(sorted(routes, key=lambda route: (route.path.pattern.count("?P<"), -len(route.fields))))


def _label(match: re.Match[str]) -> str:
    return f"(?P<{match[1]}>.+)" if match[2] else f"(?P<{match[1]}>[^/]+)"


def read_input(request: Request, operation: OperationModel) -> Value:
    """Return the input of a request as a value.

    Raises:
        AwsError: SerializationException, if the body is not valid in the protocol.
    """
    shape = operation.input_shape
    if shape is None:
        return {}
    protocol = protocol_of(request, operation.service_model)
    if protocol == "query":
        parameters: Value = _from_fields(shape, request.fields(), "") or {}
        return parameters
    # Bodies in XML are only read by MiniStack; the gateway needs path and query string.
    xml = operation.service_model.metadata["protocol"] == "rest-xml"
    value = {} if xml else _json_object(request.body)
    if protocol == "rest-json":
        value |= _rest_members(request, operation, shape)
    return value


def _json_object(body: bytes) -> Value:
    try:
        value = json.loads(body or b"{}")
    except ValueError as error:
        code = "SerializationException"
        raise AwsError(code, "The request body is not JSON.") from error
    if not isinstance(value, dict):
        code = "SerializationException"
        raise AwsError(code, "The request body is not a JSON object.")
    return value


def _rest_members(request: Request, operation: OperationModel, shape: StructureShape) -> Value:
    """Return the members in the path and query string of a REST request."""
    pattern = next(
        route.path
        for route in _routes(operation.service_model.service_name)
        if route.operation == operation.name
    )
    match = pattern.fullmatch(request.path)
    labels = match.groupdict() if match else {}
    fields = request.fields()
    members = {}
    for name, member in shape.members.items():
        location, serialized = member.serialization.get("location"), member.serialization.get("name", name)
        if location == "uri" and serialized in labels:
            members[name] = labels[serialized]
        if location == "querystring" and serialized in fields:
            members[name] = _scalar(member, fields[serialized])
    return members


def _from_fields(shape: Shape, fields: Mapping[str, str], prefix: str) -> Any:  # noqa: ANN401 - shape decides
    """Return the value of the query fields under `prefix`, or None if there are none."""
    if isinstance(shape, StructureShape):
        members = {}
        for name, member in shape.members.items():
            value = _from_fields(member, fields, _joined(prefix, member.serialization.get("name", name)))
            if value is not None:
                members[name] = value
        return members or None
    if isinstance(shape, ListShape):
        values: list[Any] = []
        while (value := _from_fields(shape.member, fields, f"{prefix}.member.{len(values) + 1}")) is not None:
            values.append(value)
        return values or ([] if prefix in fields else None)
    if isinstance(shape, MapShape):
        entries: dict[str, Any] = {}
        while (key := fields.get(f"{prefix}.entry.{len(entries) + 1}.key")) is not None:
            entries[key] = _from_fields(shape.value, fields, f"{prefix}.entry.{len(entries) + 1}.value")
        return entries or None
    return _scalar(shape, fields[prefix]) if prefix in fields else None


def _scalar(shape: Shape, text: str) -> str | int | float | bool:
    kind = shape.type_name
    if kind == "boolean":
        return text == "true"
    if kind in {"integer", "long"}:
        return int(text)
    if kind in {"double", "float"}:
        return float(text)
    if kind == "timestamp":
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    return text


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def write_output(request: Request, operation: OperationModel, value: Value) -> Response:
    """Return an operation's output in the protocol of its request."""
    model = operation.service_model
    protocol = protocol_of(request, model)
    if protocol == "query":
        return _query_response(operation, value)
    shape = operation.output_shape
    body = json.dumps(_pruned(shape, value) if shape else {}).encode() if shape or protocol == "json" else b""
    return Response(200, (("content-type", _json_type(protocol, model)), request_id()), body)


def _query_response(operation: OperationModel, value: Value) -> Response:
    shape = operation.output_shape
    result = ""
    if shape is not None:
        wrapper = shape.serialization.get("resultWrapper", f"{operation.name}Result")
        result = _xml(wrapper, shape, value)
    identity = request_id()
    namespace = operation.service_model.metadata.get("xmlNamespace", "")
    body = (
        f'<{operation.name}Response xmlns="{namespace}">{result}'
        f"<ResponseMetadata><RequestId>{identity[1]}</RequestId></ResponseMetadata></{operation.name}Response>"
    )
    return Response(200, (("content-type", "text/xml"), identity), body.encode())


def read_output(response: Response, operation: OperationModel) -> Value:
    """Return the output in a successful Query (XML) answer of MiniStack."""
    raw = {"status_code": response.status, "headers": dict(response.headers), "body": response.body}
    shape = operation.output_shape
    output: Value = create_parser("query").parse(raw, shape) if shape else {}
    output.pop("ResponseMetadata", None)
    return output


def _json_type(protocol: str, model: ServiceModel) -> str:
    if protocol == "rest-json":
        return "application/json"
    return f"application/x-amz-json-{model.metadata.get('jsonVersion', '1.1')}"


def _pruned(shape: Shape, value: Any) -> Any:  # noqa: ANN401 - shape decides
    """Return a value without members that are None or not in the model."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {
            member.serialization.get("name", name): _pruned(member, value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_pruned(shape.member, item) for item in value]
    return value


def _xml(tag: str, shape: Shape, value: Any) -> str:  # noqa: ANN401 - shape decides
    return f"<{tag}>{_xml_content(shape, value)}</{tag}>"


def _xml_content(shape: Shape, value: Any) -> str:  # noqa: ANN401 - shape decides
    if isinstance(shape, StructureShape):
        return "".join(
            _xml(member.serialization.get("name", name), member, value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None
        )
    if isinstance(shape, ListShape):
        return "".join(_xml("member", shape.member, item) for item in value)
    if isinstance(shape, MapShape):
        return "".join(
            f"<entry>{_xml('key', shape.key, key)}{_xml('value', shape.value, item)}</entry>"
            for key, item in value.items()
        )
    if shape.type_name == "boolean":
        return "true" if value else "false"
    if shape.type_name == "timestamp":
        moment = datetime.fromtimestamp(value, tz=timezone.utc)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return escape(str(value))
