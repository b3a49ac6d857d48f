"""AWS's wire protocols, read from the service models that botocore ships.

A value is plain data whose members carry the names the model gives them; a timestamp is seconds since 1970.
The model says how each is written, so one function per direction and protocol serves every operation.

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
from local_aws.wire import Request, Response, request_id

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = dict[str, Any]


@cache
def service_model(name: str) -> ServiceModel:
    """Return botocore's model of a service, by botocore's name for it.

    Read without a session: that would want the profile of whoever starts the local AWS, which may not exist.
    """
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


def protocol_of(request: Request, model: ServiceModel) -> str:
    """Return the protocol a request is written in: "query", "json" or "rest-json".

    Services that speak several are told apart as Smithy says: JSON names its operation in `X-Amz-Target`.
    """
    if model.metadata["protocol"].startswith("rest"):
        return "rest-json"
    return "json" if request.header("x-amz-target") else "query"


def operation_of(request: Request, model: ServiceModel) -> OperationModel | None:
    """Return the operation that a request asks for, or None when the model has no such operation."""
    protocol = protocol_of(request, model)
    if protocol == "rest-json":
        return _rest_operation(request, model)
    name = request.header("x-amz-target").rpartition(".")[2] or request.fields().get("Action", "")
    return model.operation_model(name) if name in model.operation_names else None


def _rest_operation(request: Request, model: ServiceModel) -> OperationModel | None:
    given = set(request.fields())
    for route in _routes(model.service_name):
        if route.method == request.method and route.fields <= given and route.path.fullmatch(request.path):
            return model.operation_model(route.operation)
    return None


class _Route(NamedTuple):
    """How a REST operation is asked for."""

    operation: str
    method: str
    path: re.Pattern[str]
    fields: frozenset[str]
    """Fields of the query string that are part of the address, such as S3's `lifecycle`."""


@cache
def _routes(service: str) -> tuple[_Route, ...]:
    """Return the routes of a REST service, the most particular first."""
    model = service_model(service)
    routes = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        path, _, query = operation.http["requestUri"].partition("?")
        pattern = re.sub(r"\\\{(\w+)(\\\+)?\\\}", _label, re.escape(path.rstrip("/")))
        fields = frozenset(name for name, _ in parse_qsl(query, keep_blank_values=True))
        # S3 has two operations of one address, the older of which is deprecated.
        if not operation.deprecated:
            routes.append(_Route(name, operation.http["method"], re.compile(pattern + "/?"), fields))
    return tuple(sorted(routes, key=lambda route: (route.path.pattern.count("?P<"), -len(route.fields))))


def _label(match: re.Match[str]) -> str:
    return f"(?P<{match[1]}>.+)" if match[2] else f"(?P<{match[1]}>[^/]+)"


def read_input(request: Request, operation: OperationModel) -> Value:
    """Return a request's input as a value.

    Raises:
        AwsError: SerializationException, when the body is not what the protocol says.
    """
    shape = operation.input_shape
    if shape is None:
        return {}
    protocol = protocol_of(request, operation.service_model)
    if protocol == "query":
        found: Value = _from_fields(shape, request.fields(), "") or {}
        return found
    # Bodies of REST in XML are MiniStack's to read; what is in the address is enough here.
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
    """Return the members that a REST request carries in its path and query string."""
    pattern = next(
        route.path
        for route in _routes(operation.service_model.service_name)
        if route.operation == operation.name
    )
    match = pattern.fullmatch(request.path)
    labels = match.groupdict() if match else {}
    fields = request.fields()
    found = {}
    for name, member in shape.members.items():
        location, wire_name = member.serialization.get("location"), member.serialization.get("name", name)
        if location == "uri" and wire_name in labels:
            found[name] = labels[wire_name]
        if location == "querystring" and wire_name in fields:
            found[name] = _scalar(member, fields[wire_name])
    return found


def _from_fields(shape: Shape, fields: Mapping[str, str], prefix: str) -> Any:  # noqa: ANN401 - shape decides
    """Return the value that query fields under `prefix` hold, or None when there are none."""
    if isinstance(shape, StructureShape):
        found = {}
        for name, member in shape.members.items():
            value = _from_fields(member, fields, _joined(prefix, member.serialization.get("name", name)))
            if value is not None:
                found[name] = value
        return found or None
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
    """Return the output that a successful Query (XML) answer of MiniStack holds."""
    given = {"status_code": response.status, "headers": dict(response.headers), "body": response.body}
    shape = operation.output_shape
    found: Value = create_parser("query").parse(given, shape) if shape else {}
    found.pop("ResponseMetadata", None)
    return found


def _json_type(protocol: str, model: ServiceModel) -> str:
    if protocol == "rest-json":
        return "application/json"
    return f"application/x-amz-json-{model.metadata.get('jsonVersion', '1.1')}"


def _pruned(shape: Shape, value: Any) -> Any:  # noqa: ANN401 - shape decides
    """Return a value without what the model does not know and without what is not there."""
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
