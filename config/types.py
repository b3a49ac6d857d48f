"""Constrained types that the models are made of: what AWS would refuse later is refused here."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from config.limits import REGIONS, RETENTION_DAYS


class Model(BaseModel):
    """Base of every model: frozen, unknown keys refused, and attribute docstrings are the documentation."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True
    )


def refuse(text: str, /, **context: Any) -> PydanticCustomError:
    """Return the error that a validator raises: one sentence that says what is allowed."""
    return PydanticCustomError("refused", text, context or None)


def _one_of_retention_days(value: int) -> int:
    if value not in RETENTION_DAYS:
        allowed = ", ".join(map(str, RETENTION_DAYS))
        raise refuse("CloudWatch Logs keeps events for one of: {allowed} days", allowed=allowed)
    return value


def _known_region(value: str) -> str:
    if value not in REGIONS:
        raise refuse("not a region of the partition aws; allowed: {allowed}", allowed=", ".join(REGIONS))
    return value


def _https_url(value: str) -> str:
    if not re.fullmatch(r"https://[A-Za-z0-9.-]+(:\d+)?(/[^\s#]*)?", value):
        raise refuse("must be an https:// URL (SNS would send alarms in clear text to anything else)")
    return value


def _bucket_name(value: str) -> str:
    looks_like_address = re.fullmatch(r"\d+\.\d+\.\d+\.\d+", value)
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", value) or looks_like_address:
        raise refuse(
            "not an S3 bucket name: 3 to 63 lower-case letters, digits and hyphens, "
            "beginning and ending with a letter or digit"
        )
    if value.startswith(("xn--", "sthree-", "amzn-s3-demo-")) or value.endswith(("-s3alias", "--ol-s3")):
        raise refuse("not an S3 bucket name: this prefix or suffix is reserved by AWS")
    return value


def _not_reserved(value: str) -> str:
    if value.lower().startswith("aws:"):
        raise refuse("tag keys that begin with aws: are reserved by AWS")
    return value


RetentionDays = Annotated[
    int, AfterValidator(_one_of_retention_days), Field(json_schema_extra={"enum": list(RETENTION_DAYS)})
]
"""Days, from CloudWatch Logs' fixed list."""

Region = Annotated[str, AfterValidator(_known_region), Field(json_schema_extra={"enum": list(REGIONS)})]
"""An AWS region of the partition aws."""

HttpsUrl = Annotated[str, AfterValidator(_https_url)]
"""An https:// URL."""

BucketName = Annotated[str, AfterValidator(_bucket_name)]
"""A bucket name (Amazon S3 User Guide, "General purpose bucket naming rules"); no dots, which break TLS."""

AccountId = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]
"""Twelve digits, quoted in YAML: 0222… without quotes is a number in base eight."""

Cidr = Annotated[str, StringConstraints(pattern=r"^\d{1,3}(\.\d{1,3}){3}/(1[6-9]|2[0-4])$")]
"""An IPv4 block from /16 to /24 (a VPC takes /16 to /28; four subnets per block must fit)."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
"""Lower-case letters and digits in words joined by single hyphens, beginning with a letter."""

ProjectName = Annotated[Slug, Field(max_length=16)]
"""At most 16 characters, so that every name made from it stays within AWS's limits."""

EnvironmentName = Annotated[Slug, Field(max_length=12)]
"""At most 12 characters, so that every name made from it stays within AWS's limits."""

ServiceName = Annotated[Slug, Field(max_length=24)]
"""At most 24 characters, so that every name made from it stays within AWS's limits."""

VpcId = Annotated[str, StringConstraints(pattern=r"^vpc-[0-9a-f]{8,17}$")]
SubnetId = Annotated[str, StringConstraints(pattern=r"^subnet-[0-9a-f]{8,17}$")]
SecurityGroupId = Annotated[str, StringConstraints(pattern=r"^sg-[0-9a-f]{8,17}$")]

Arn = Annotated[str, StringConstraints(pattern=r"^arn:aws:[a-z0-9-]+:[a-z0-9-]*:(\d{12}|aws)?:\S+$")]
"""An ARN in the partition aws."""

LayerArn = Annotated[
    str, StringConstraints(pattern=r"^arn:aws:lambda:[a-z0-9-]+:\d{12}:layer:[A-Za-z0-9_-]+:\d+$")
]
"""A Lambda layer version's ARN."""

IamAction = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+:[A-Za-z0-9]+\*?$")]
"""An IAM action such as `dynamodb:GetItem`; a bare `*` is refused."""

ImageUri = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][\w.:/-]*(:[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64})$")
]
"""A container image with a tag or digest; `latest` is refused where it is used."""

EnvironmentVariables = dict[Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")], str]
"""Names as AWS Lambda and ECS accept them; values are not secrets (they are readable in the console)."""

TagKey = Annotated[
    str, AfterValidator(_not_reserved), StringConstraints(pattern=r"^[A-Za-z0-9 _.:/=+@-]+$", max_length=128)
]
TagValue = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 _.:/=+@-]*$", max_length=256)]
