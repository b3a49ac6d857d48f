"""Constrained types of the models, which reject values that AWS would reject."""

from __future__ import annotations

import difflib
import functools
import ipaddress
import re
import struct
import typing
import unicodedata
import zoneinfo
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError, PydanticKnownError

from config import webhooks
from config.limits import EXPRESSION_CHARACTERS, REGIONS, RETENTION_DAYS


class Model(BaseModel):
    """Base of every model: frozen, unknown keys refused, and attribute docstrings are the documentation."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )

    @model_validator(mode="before")
    @classmethod
    def _booleans_are_not_numbers(cls, data: Any) -> Any:
        # pydantic converts true to 1, but `timeout_s: yes` is a mistake.
        for name, value in data.items() if isinstance(data, dict) else ():
            if isinstance(value, bool) and name in cls._numbers():
                raise refuse("must be a number", at=(name,))
        return data

    @classmethod
    @functools.cache
    def _numbers(cls) -> frozenset[str]:
        """Return the names of the fields that hold numbers."""
        return frozenset(
            name
            for name, field in cls.model_fields.items()
            if {int, float} & {field.annotation, *typing.get_args(field.annotation)}
        )


def refuse(
    text: str, /, *, at: tuple[str | int, ...] = (), because: tuple[str, ...] = (), **context: Any
) -> PydanticCustomError:
    """Return the error of a validator: one sentence that states what is allowed.

    Args:
        text: the sentence; `{name}` is filled in from `context`.
        at: location of the invalid value in the model; by default the model itself.
        because: keys beside it that cause the problem.
        context: values for the sentence.
    """
    return PydanticCustomError("refused", text, {**context, "at": at, "because": because})


PATTERNS: dict[str, str] = {}
"""Pattern -> its description for error messages."""


def _looks_like(pattern: str, words: str, **bounds: int) -> StringConstraints:
    """Return the constraint that text matches `pattern`, and note its `words` for error messages."""
    if PATTERNS.setdefault(pattern, words) != words:
        message = f"{pattern}: {words}, and {PATTERNS[pattern]}: write one of the two in another way"
        raise ValueError(message)
    return StringConstraints(pattern=pattern, **bounds)  # type: ignore[arg-type]  # max_length is an int


# What no text in AWS may hold. XML 1.0, in which SNS, IAM and CloudWatch were written first, has no control
# characters but tab and line breaks, and neither it nor JSON has surrogates or noncharacters.
_PLANES = "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
_NOWHERE = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_PLANES}]")
_BREAKS = re.compile("[\n\r\u2028\u2029]")

MARKERS = ("${TfToken[", "#{TfToken[", "&{TfToken[")
"""How CDKTF marks a reference within a text (cdktf, lib/tokens/private/encoding.ts)."""

_LARGE = re.compile(r"-[0-9.]{1,30}e\+?[0-9]{3}(?![0-9])")
_MARKED = b"\xfd\xff"
"""First bytes of the number by which CDKTF marks a reference to a number, -8.1e298 and around."""


def _text(value: str) -> str:
    """Refuse what AWS or CDKTF would refuse or change; line breaks and tabs are text."""
    if bad := _NOWHERE.search(value):
        number = ord(bad[0])
        kind = "the control character" if number < 0xA0 else "the noncharacter"  # noqa: PLR2004
        if 0xD800 <= number <= 0xDFFF:  # noqa: PLR2004
            kind = "half of a surrogate pair,"
        raise refuse("must not hold {kind} {code}: AWS takes no such text", kind=kind, code=f"U+{number:04X}")
    normal = unicodedata.normalize("NFC", value)
    if normal != value:
        changed = next((at for at, sign in enumerate(normal) if value[at] != sign), len(normal))
        raise refuse(
            "must be in Unicode normalization form C, because Terraform normalizes it: it differs from "
            "character {number} on, which is {code}",
            number=changed + 1,
            code=f"U+{ord(value[changed]):04X}",
        )
    for marker in MARKERS:
        if marker in value:
            text = "must not hold {marker}: CDKTF reserves it as the marker of a reference"
            raise refuse(text, marker=marker)
    for number in _LARGE.findall(value):
        if number.count(".") <= 1 and struct.pack(">d", float(number))[:2] == _MARKED:
            text = "must not hold {number}: CDKTF reserves it as the marker of a reference"
            raise refuse(text, number=number)
    return value


def _line(value: str) -> str:
    """Refuse what is no text, or more than a line of it."""
    if bad := _BREAKS.search(value):
        raise refuse("must be one line: it holds the line break {code}", code=f"U+{ord(bad[0]):04X}")
    return _text(value)


def at_most(most: int) -> BeforeValidator:
    """Return the validator of a list's or mapping's length, which comes before all work on its entries."""

    def check(value: Any) -> Any:
        if isinstance(value, list | tuple | dict) and len(value) > most:
            raise refuse("must have at most {most} entries, not {number}", most=most, number=len(value))
        return value

    return BeforeValidator(check)


def _email(value: Any, validate: Callable[[Any], str]) -> str:
    if isinstance(value, str):
        _line(value)
    address = validate(value)
    if address.casefold() != value.casefold():
        raise refuse("must be only the address: {address}", address=address)
    return str(value)


_SHARE = r"^([0-9]{1,6}(?:\.[0-9]{1,6})?) ?% of ([a-z]+(?:_[a-z]+)*)$"
PATTERNS[_SHARE] = "a number, or a share of a limit, such as 80 % of timeout"


class Share(typing.NamedTuple):
    """A percentage of a limit, such as `80 % of timeout`."""

    percent: float
    of: str
    """Name of the limit."""

    @classmethod
    def read(cls, text: str) -> Share | None:
        """Return the share that `text` states; None if it is not one."""
        match = re.fullmatch(_SHARE, text)
        return cls(float(match[1]), match[2]) if match else None


_FINITE: TypeAdapter[float] = TypeAdapter(Annotated[float, Field(allow_inf_nan=False)])


def _threshold(value: Any) -> float | str | None:
    if value is None:
        return None
    if isinstance(value, str) and "%" in _line(value):
        if not Share.read(value):
            raise refuse("must be {words}", words=PATTERNS[_SHARE])
        return value
    try:
        return _FINITE.validate_python(value)
    except ValidationError as errors:
        (error,) = errors.errors()
        # The error of the model's own validation: `config.explain` has its words.
        raise PydanticKnownError(error["type"], error.get("ctx")) from errors  # type: ignore[arg-type]


def _phrase(value: str) -> str:
    if value != value.strip() or re.search(r"[.!?](\s|$)", value):
        raise refuse("must be part of a sentence: no period, and no space at its beginning or end")
    return value


def _runbook(value: str) -> str:
    if not _HTTPS_LINK.fullmatch(value) and not _RUNBOOK_FILE.fullmatch(value):
        raise refuse("must be docs/runbooks/<file>.md#<heading>, or an https:// URL")
    return value


def _one_of_retention_days(value: int) -> int:
    if value not in RETENTION_DAYS:
        allowed = ", ".join(map(str, RETENTION_DAYS))
        raise refuse(
            "must be one of the retention periods of CloudWatch Logs: {allowed} days", allowed=allowed
        )
    return value


def _known_region(value: str) -> str:
    if value not in REGIONS:
        raise refuse("must be a region of the partition aws: {known}", known=", ".join(REGIONS))
    return value


_HTTPS = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[^\s#]*)?")
_MOST_PORT = 65_535


def _port_exists(value: str) -> str:
    """Refuse a URL whose port no program can listen on."""
    port = re.match(r"https?://[^/]*:([0-9]+)(?:/|$)", value)
    if port and not 1 <= int(port[1]) <= _MOST_PORT:
        raise refuse("must have a port from 1 to {most}", most=_MOST_PORT)
    return value


_HTTPS_LINK = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?")
_RUNBOOK_FILE = re.compile(r"docs/runbooks/[A-Za-z0-9][A-Za-z0-9_.-]*\.md(#[\w-]+)?")


def _https_url(value: str) -> str:
    if not _HTTPS.fullmatch(value):
        raise refuse("must be an https:// URL")
    return value


def _webhook_url(value: str) -> str:
    if entry := webhooks.refused(value):
        raise refuse("{reason}: {instead}", reason=entry.reason, instead=entry.instead)
    if "?" in value:
        raise refuse("must not have a query string: it usually contains a secret")
    # Whether the environment is a local AWS is not known here; `rules.webhooks_are_encrypted` looks at that.
    if not _HTTPS.fullmatch(value) and not re.fullmatch(r"http://127\.0\.0\.1:[0-9]{1,5}(/[^\s#]*)?", value):
        raise refuse("must be an https:// URL (SNS sends notifications to other URLs unencrypted)")
    return value


# EventBridge Scheduler User Guide, "Cron-based schedules": what each field may hold, and its names.
_CRON_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minutes", 0, 59, ()),
    ("hours", 0, 23, ()),
    ("day-of-month", 1, 31, ()),
    ("month", 1, 12, ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")),
    ("day-of-week", 1, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")),
    ("year", 1970, 2199, ()),
)


def _cron(value: str) -> str:
    for field, (name, least, most, words) in zip(value.split(), _CRON_FIELDS, strict=True):
        steps = re.sub(r"/[0-9]+", "", field)
        for number in re.findall(r"[0-9]+", steps):
            if not least <= int(number) <= most:
                text = "{name} must be {least} to {most}, not {number}"
                raise refuse(text, name=name, least=least, most=most, number=number)
        for word in re.findall(r"[A-Z]{2,}", field):
            if word not in {*words, "LW"}:
                allowed = ", ".join(words) or "numbers"
                raise refuse("{name} must be {allowed}, not {word}", name=name, allowed=allowed, word=word)
    day_of_month, day_of_week = value.split()[2], value.split()[4]
    if (day_of_month == "?") == (day_of_week == "?"):
        raise refuse("exactly one of day-of-month and day-of-week must be ?")
    return value


_ZONES = functools.cache(zoneinfo.available_timezones)
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")
_ZONE_LENGTH = 50
"""Characters of a time zone at most (EventBridge Scheduler API Reference, ScheduleExpressionTimezone)."""


def _time_zone(value: str) -> str:
    known = _ZONES()
    # A machine may have no list of time zones; AWS has one and refuses what is not in it.
    unlisted = value not in known if known else not _ZONE.fullmatch(value)
    if unlisted or len(value) > _ZONE_LENGTH:
        near = difflib.get_close_matches(value, known, n=1) if len(value) <= _ZONE_LENGTH else []
        hint = f"   did you mean {near[0]}?" if near else ""
        raise refuse("must be a time zone of the IANA list, such as Europe/Zurich or UTC{hint}", hint=hint)
    return value


def _bucket_name(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", value):
        raise refuse(
            "must be an S3 bucket name: 3 to 63 lower-case letters, digits and hyphens, "
            "beginning and ending with a letter or digit"
        )
    if value.startswith(_RESERVED_PREFIXES) or value.endswith(_RESERVED_SUFFIXES):
        reserved = ", ".join((*_RESERVED_PREFIXES, *_RESERVED_SUFFIXES))
        raise refuse(
            "must be an S3 bucket name without the prefixes and suffixes that AWS reserves: {reserved}",
            reserved=reserved,
        )
    return value


def _not_reserved(value: str) -> str:
    if value.lower().startswith("aws:"):
        raise refuse("must not begin with aws:, which AWS reserves")
    if value.lower() in {tag.lower() for tag in OWN_TAGS}:
        raise refuse("must not be a tag that the platform sets: {own}", own=", ".join(OWN_TAGS))
    return value


def _address_block(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        raise refuse("is not an address block: {why}", why=str(error)) from error
    return value


def _private_block(value: str) -> str:
    if not ipaddress.ip_network(_address_block(value)).is_private:
        raise refuse("must be a private address range, such as 10.20.0.0/16")
    return value


def _not_the_platforms(value: str) -> str:
    if value.upper().startswith(("AWS_", "LAMBDA_", "_")):
        raise refuse("must not begin with AWS_, LAMBDA_ or _, which Lambda reserves")
    if value.upper() in OWN_VARIABLES:
        raise refuse("must not be a variable that the platform sets: {own}", own=", ".join(OWN_VARIABLES))
    return value


def _not_everything(value: str) -> str:
    if value.split(":", 5)[5] in {"*", "*/*"}:
        raise refuse("must name a resource: a grant on all resources of a service is not allowed")
    return value


def _pinned(value: str) -> str:
    if value.endswith(":latest"):
        raise refuse("must have a version tag or a digest: the image of latest changes without a deployment")
    return value


OWN_VARIABLES = ("POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "OTEL_SERVICE_NAME", "DRILLS")
"""Variables that the platform sets: the service's name in logs, metrics and traces, and whether it may fail
on request (`drills.allowed`)."""

OWN_TAGS = ("Project", "Environment", "ManagedBy", "Service", "Owner", "Severity", "Name")
"""Tags that the platform sets itself, on everything or on what they apply to."""

# Amazon S3 User Guide, "General purpose bucket naming rules".
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", "--x-s3", "--table-s3")

MetricUnit = Literal[
    "Seconds", "Microseconds", "Milliseconds",
    "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes",
    "Bits", "Kilobits", "Megabits", "Gigabits", "Terabits",
    "Percent", "Count",
    "Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second",
    "Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second",
    "Count/Second", "None",
]  # fmt: skip
"""A unit of CloudWatch (CloudWatch API Reference, MetricDatum, `Unit`)."""

RetentionDays = Annotated[
    int, AfterValidator(_one_of_retention_days), Field(json_schema_extra={"enum": list(RETENTION_DAYS)})
]
"""Days, from CloudWatch Logs' fixed list."""

Threshold = Annotated[
    float | str | None,
    WrapValidator(lambda value, _: _threshold(value)),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number"},
                {"type": "string", "pattern": _SHARE},
                {"type": "null"},
            ]
        }
    ),
]
"""A number, the text of a `Share`, or nothing."""

Region = Annotated[str, AfterValidator(_known_region), Field(json_schema_extra={"enum": list(REGIONS)})]
"""An AWS region of the partition aws."""

Text = Annotated[str, AfterValidator(_text)]
"""Text of any number of lines, with carriage returns: it reaches Lambda and ECS as JSON, which keeps them."""

Line = Annotated[str, AfterValidator(_line)]
"""Text of one line."""

Reason = Annotated[str, StringConstraints(min_length=10), AfterValidator(_line)]
"""Why something is as it is, in one line."""

WindowReason = Annotated[str, StringConstraints(min_length=10, max_length=200), AfterValidator(_line)]
"""A reason that becomes part of descriptions of alarms, of 1,024 characters, and of a schedule, of 512."""

_METRIC_TEXT = r"^[!-9;-~]([ -~]*[!-~])?$"
_ASCII_WORDS = "printable ASCII characters, not beginning with a colon or a space"

MetricKey = Annotated[
    str,
    _looks_like(
        r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$",
        "a name of lower-case letters and digits, in words joined by _, beginning with a letter",
        max_length=40,
    ),
]
"""Key of an own metric: an id of metric math (CloudWatch API Reference, MetricDataQuery, Id)."""

SeriesName = Annotated[
    str,
    _looks_like(
        r"^([a-z][a-z0-9-]*\.)?[a-z][a-z0-9_]*$",
        "the key of a metric, or <service>.<metric>",
        max_length=80,
    ),
]
"""A metric in a widget."""

# CloudWatch API Reference, MetricDatum (`MetricName`), PutMetricData (`Namespace`), Dimension.
MetricText = Annotated[str, _looks_like(_METRIC_TEXT, _ASCII_WORDS, max_length=255), AfterValidator(_line)]
"""Name or namespace of a metric, or the name of a dimension."""
DimensionValue = Annotated[
    str,
    _looks_like(
        r"^[!-~]([ -~]*[!-~])?$", "printable ASCII characters, not beginning with a space", max_length=1024
    ),
    AfterValidator(_line),
]

FilterPattern = Annotated[str, StringConstraints(min_length=1, max_length=1024), AfterValidator(_line)]
"""A filter pattern (CloudWatch Logs API Reference, PutMetricFilter). The catalog parses it."""


_WHOLE_BITS = 64


def _number_as_text(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    # Python does not format numbers of thousands of digits.
    return str(value) if isinstance(value, float) or value.bit_length() <= _WHOLE_BITS else value


FilterValue = Annotated[
    str,
    BeforeValidator(_number_as_text),
    StringConstraints(min_length=1, max_length=100),
    AfterValidator(_line),
    WithJsonSchema({"anyOf": [{"type": "string", "maxLength": 100}, {"type": "number"}]}),
]
"""Value of a metric filter (CloudWatch Logs API Reference, MetricTransformation)."""

Statistic = Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(_line)]
"""A statistic of CloudWatch, such as `p99`. The catalog parses it."""

MathExpression = Annotated[
    str, StringConstraints(min_length=1, max_length=EXPRESSION_CHARACTERS), AfterValidator(_line)
]
"""Metric math. The catalog subtracts what the platform adds for graphs and for the minimum of samples."""

Label = Annotated[str, StringConstraints(min_length=1, max_length=40), AfterValidator(_line)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(_line)]
Markdown = Annotated[str, StringConstraints(min_length=1, max_length=10_000), AfterValidator(_text)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(_line)]
Phrase = Annotated[
    str,
    StringConstraints(min_length=1, max_length=120),
    AfterValidator(_line),
    AfterValidator(_phrase),
]
"""A part of a sentence in the description of an alarm."""

Runbook = Annotated[str, StringConstraints(max_length=200), AfterValidator(_line), AfterValidator(_runbook)]
"""A section of a file in docs/runbooks, or a URL."""

Email = Annotated[EmailStr, WrapValidator(_email)]
"""An e-mail address, as it was written."""

HttpsUrl = Annotated[
    str,
    Field(max_length=200),
    AfterValidator(_line),
    AfterValidator(_https_url),
    AfterValidator(_port_exists),
]
"""An https:// URL, short enough for a line of text."""

WebhookUrl = Annotated[str, AfterValidator(_line), AfterValidator(_webhook_url), AfterValidator(_port_exists)]
"""An https:// URL; on this machine, for a local AWS, http:// too."""

BucketName = Annotated[str, AfterValidator(_bucket_name)]
"""A bucket name (Amazon S3 User Guide, "General purpose bucket naming rules"); no dots, which break TLS."""

_NAME_OF_KEY = r"(?:[A-Za-z0-9_-]+|\['[^'\\]+'\])"
JsonKey = Annotated[
    str,
    _looks_like(
        rf"^{_NAME_OF_KEY}(?:\.{_NAME_OF_KEY})*$",
        "a key of JSON, such as severity, log.level (nested), or ['log.level'] (with a dot)",
        max_length=256,
    ),
]
"""A selector of filter patterns without its `$.` (CloudWatch Logs User Guide, "Filter pattern syntax")."""


def _level(value: Any) -> Any:
    """Return a number as text."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


ErrorLevel = Annotated[
    str,
    BeforeValidator(_level),
    _looks_like(
        r"^(?:(?:>=?|<=?|=)? ?[0-9]{1,9}|[A-Za-z][A-Za-z0-9_-]*\*?)$",
        'a word such as error, or a number such as ">= 50"',
        max_length=32,
    ),
    WithJsonSchema({"type": ["string", "integer"]}),
]

AccountId = Annotated[str, _looks_like(r"^[0-9]{12}$", "twelve digits in quotes")]
"""Twelve digits, quoted in YAML: 0222… without quotes is a number in base eight."""

Cidr = Annotated[
    str,
    _looks_like(
        r"^[0-9]{1,3}(\.[0-9]{1,3}){3}/(1[6-9]|2[0-4])$",
        "an IPv4 block from /16 to /24, such as 10.20.0.0/16",
    ),
    AfterValidator(_private_block),
]
"""An IPv4 block from /16 to /24 (a VPC takes /16 to /28; four subnets per block must fit)."""

Slug = Annotated[
    str,
    _looks_like(
        r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        "a name of lower-case letters and digits, in words joined by single hyphens, beginning with a letter",
    ),
]
"""Lower-case letters and digits in words joined by single hyphens, beginning with a letter."""

AlarmKey = Annotated[Slug, Field(max_length=40)]
"""Key of an alarm: a part of its name and its Terraform address."""

ProjectName = Annotated[Slug, Field(max_length=40)]
"""At most 40 characters. Names that AWS would refuse as too long are shortened (`catalog/naming.py`)."""

EnvironmentName = Annotated[
    str,
    _looks_like(r"^[a-z][a-z0-9]*$", "lower-case letters and digits, beginning with a letter", max_length=12),
]
"""At most 12 lower-case letters and digits, so that names stay within AWS's limits; without hyphens, so that
service `x-eu` of `prod` and service `x` of `eu-prod` cannot be one name."""

SERVICE_NAME = 24
"""Maximum characters of the name of a service: every name made from it stays within AWS's limits."""
ServiceName = Annotated[Slug, Field(max_length=SERVICE_NAME)]

StateMachineName = Annotated[
    str,
    # CloudWatch has no metrics of a state machine with other characters in its name (AWS Step Functions
    # Developer Guide, "Creating state machines").
    _looks_like(r"^[A-Za-z0-9_-]+$", "the name of a state machine: letters, digits, - and _", max_length=80),
]

# AWS Lambda API Reference, CreateFunction, FunctionName, and CreateAlias, Name.
FunctionName = Annotated[
    str,
    _looks_like(
        r"^(arn:aws:lambda:[a-z0-9-]+:[0-9]{12}:function:)?[A-Za-z0-9_-]{1,64}$",
        "the name or the ARN of a function, without a version or an alias: "
        "at most 64 letters, digits, - and _",
    ),
]
"""A function's name, or its ARN without a qualifier."""
AliasName = Annotated[
    str,
    _looks_like(
        r"^[0-9]*[A-Za-z_-][A-Za-z0-9_-]*$",
        "the name of an alias: letters, digits, - and _, not only digits, which are a version",
        max_length=128,
    ),
]

# Amazon ECS API Reference: CreateCluster, clusterName; CreateService, serviceName.
ClusterName = Annotated[
    str,
    _looks_like(
        r"^[A-Za-z0-9_-]{1,255}$", "the name of a cluster, not its ARN: at most 255 letters, digits, - and _"
    ),
]
EcsServiceName = Annotated[
    str,
    _looks_like(
        r"^[0-9A-Za-z_-]{1,255}$",
        "the name of an ECS service, not its ARN: at most 255 letters, digits, - and _",
    ),
]

LogGroupName = Annotated[
    str,
    # CloudWatch Logs API Reference, CreateLogGroup, logGroupName.
    _looks_like(
        r"^[A-Za-z0-9_./#-]+$",
        "the name of a log group, not its ARN: letters, digits, _ - / . and #",
        max_length=512,
    ),
]

QueueName = Annotated[
    str,
    # Amazon SQS API Reference, CreateQueue, QueueName.
    _looks_like(
        r"^[A-Za-z0-9_-]{1,75}(\.fifo|[A-Za-z0-9_-]{0,5})$",
        "the name of a queue, not its ARN or URL: at most 80 letters, digits, - and _, or .fifo at the end",
    ),
]

VpcId = Annotated[str, _looks_like(r"^vpc-[0-9a-f]{8,17}$", "the id of a VPC, such as vpc-0123456789abcdef0")]
SubnetId = Annotated[
    str, _looks_like(r"^subnet-[0-9a-f]{8,17}$", "the id of a subnet, such as subnet-0123456789abcdef0")
]
SecurityGroupId = Annotated[
    str, _looks_like(r"^sg-[0-9a-f]{8,17}$", "the id of a security group, such as sg-0123456789abcdef0")
]

Arn = Annotated[
    str,
    _looks_like(
        r"^arn:aws:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}|aws)?:[!-~\u00a1-\u00ff]+$",
        "an ARN of the partition aws, such as arn:aws:dynamodb:eu-west-1:111122223333:table/orders",
    ),
    AfterValidator(_line),
    AfterValidator(_not_everything),
]
"""An ARN in the partition aws, in the characters of a policy (IAM API Reference, PutRolePolicy)."""

LoadBalancerArn = Annotated[
    str,
    _looks_like(
        r"^arn:aws:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:loadbalancer/app/[A-Za-z0-9-]+/[0-9a-f]+$",
        "the ARN of an Application Load Balancer, such as "
        "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/shop/0123456789abcdef",
    ),
]
"""An Application Load Balancer's ARN."""

TargetGroupArn = Annotated[
    str,
    _looks_like(
        r"^arn:aws:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:targetgroup/[A-Za-z0-9-]+/[0-9a-f]+$",
        "the ARN of a target group, such as "
        "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/checkout/0123456789abcdef",
    ),
]
"""A target group's ARN."""

# Systems Manager API Reference, PutParameter, Name; Secrets Manager API Reference, CreateSecret, Name.
SecretReference = Annotated[
    str,
    _looks_like(
        r"^(ssm:/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*|secretsmanager:[A-Za-z0-9/_+=.@-]{1,512})$",
        "a reference to a secret, ssm:/a/parameter or secretsmanager:a/secret, not the secret itself",
    ),
]
"""A parameter of Systems Manager or a secret of Secrets Manager, by name."""

# EventBridge Scheduler User Guide, "Cron-based schedules".
Cron = Annotated[
    str,
    _looks_like(
        r"^[0-9*,/-]+ [0-9*,/-]+ [0-9*,/?LW-]+ [0-9A-Z*,/-]+ [0-9A-Z*,/?L#-]+ [0-9*,/-]+$",
        "six fields: minutes hours day-of-month month day-of-week year, such as 0 2 ? * SUN *",
        max_length=250,  # of an expression's 256, six are cron()
    ),
    AfterValidator(_cron),
]
"""A schedule in AWS's six fields; the day of the month or the day of the week is `?`."""

TimeZone = Annotated[str, AfterValidator(_time_zone)]
"""A time zone by its IANA name."""

LayerArn = Annotated[
    str,
    _looks_like(
        r"^arn:aws:lambda:[a-z0-9-]+:[0-9]{12}:layer:[A-Za-z0-9_-]+:[0-9]+$",
        "the ARN of a layer's version, such as arn:aws:lambda:eu-west-1:111122223333:layer:name:7",
    ),
]
"""A Lambda layer version's ARN."""

IamAction = Annotated[
    str,
    _looks_like(
        r"^[a-z0-9-]+:[A-Za-z0-9]+\*?$",
        "an IAM action with its service, such as dynamodb:GetItem or s3:Get*, not all actions",
    ),
]
"""An IAM action such as `dynamodb:GetItem`; a bare `*` is refused."""

ImageUri = Annotated[
    str,
    _looks_like(
        r"^[a-z0-9][A-Za-z0-9_.:/-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|@sha256:[0-9a-f]{64})$",
        "a container image with a tag or a digest, such as public.ecr.aws/nginx/nginx:1.29.3",
    ),
    AfterValidator(_pinned),
]
"""A container image with a tag, but not `latest`, or a digest."""

EnvironmentVariables = dict[
    Annotated[
        str,
        _looks_like(
            r"^[A-Za-z][A-Za-z0-9_]+$",
            "the name of an environment variable: two or more letters, digits and _, beginning with a letter",
        ),
        AfterValidator(_not_the_platforms),
    ],
    Text,
]
"""Names as AWS Lambda and ECS accept them; values are not secrets (they are readable in the console)."""

_TAG_CHARACTERS = "letters, digits, spaces and _ . : / = + @ -"
TagKey = Annotated[
    str,
    AfterValidator(_not_reserved),
    _looks_like(r"^[A-Za-z0-9 _.:/=+@-]+$", f"a tag's key: {_TAG_CHARACTERS}", max_length=128),
]
TagValue = Annotated[
    str, _looks_like(r"^[A-Za-z0-9 _.:/=+@-]*$", f"a tag's value: {_TAG_CHARACTERS}", max_length=256)
]

OwnerName = Annotated[TagValue, Field(min_length=1, max_length=64)]
"""A team's name; it becomes a tag."""

# AWS Identity and Access Management API Reference, CreateRole, Description: printable Latin-1.
Description = Annotated[
    str,
    _looks_like(r"^[ -~\u00a1-\u00ff]+$", "one line of Latin-1 characters", max_length=256),
    AfterValidator(_line),
]
"""One line that AWS takes as a description of a function or a role."""

SourceFolder = Annotated[
    str,
    _looks_like(r"^functions/[a-z][a-z0-9_]*$", "a folder of functions/, such as functions/payment_handler"),
]
Handler = Annotated[
    str,
    _looks_like(
        r"^[a-z_][a-z0-9_.]*\.[a-z_][a-z0-9_]*$",
        "a module and a function, such as handler.handle",
        max_length=128,
    ),
]
Since = Annotated[
    str,
    _looks_like(
        r"^-P([0-9]+D|T[0-9]+[HM])$", "a negative ISO 8601 duration, such as -PT8H for the last eight hours"
    ),
]
LocalUrl = Annotated[
    str,
    _looks_like(
        r"^http://(127\.0\.0\.1|localhost):[0-9]{1,5}$",
        "the URL of a local AWS, such as http://127.0.0.1:4566; remove the key for AWS itself",
    ),
    AfterValidator(_port_exists),
]


def accepts(constraint: Any, value: object) -> bool:
    """Return whether a value is valid for an annotated type."""
    try:
        TypeAdapter(constraint).validate_python(value)
    except ValidationError:
        return False
    return True
