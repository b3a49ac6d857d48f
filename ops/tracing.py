"""X-Ray's encryption key after the environment's key is deleted."""

from __future__ import annotations

from botocore.exceptions import ClientError

from aws.clients import client
from config.models import Environment

_NOT_OURS = {"AccessDeniedException", "InvalidArnException", "NotFoundException"}
"""Error codes of KMS for a key that another account or team owns."""


def leave_deleted_key(env: Environment) -> None:
    """Reset X-Ray to its default key if it uses the environment's key and that is scheduled for deletion.

    Terraform removes X-Ray's encryption setting from its state without changing it. Without the key the
    account cannot store traces (X-Ray Developer Guide, "Data protection"). This is called after the key is
    destroyed and at each later `make destroy`, and depends on X-Ray and KMS alone.
    """
    xray = client(env, "xray")
    current = xray.get_encryption_config()["EncryptionConfig"]
    if current["Type"] == "KMS" and _is_own_and_deleted(env, str(current.get("KeyId", ""))):
        xray.put_encryption_config(Type="NONE")


def _is_own_and_deleted(env: Environment, key_id: str) -> bool:
    """Return whether a key was created by this environment and is scheduled for deletion."""
    kms = client(env, "kms")
    try:
        key = kms.describe_key(KeyId=key_id)["KeyMetadata"]
        key_tags = kms.list_resource_tags(KeyId=key["Arn"])["Tags"]
    except ClientError as error:
        if error.response["Error"]["Code"] in _NOT_OURS:
            return False
        raise
    tags = {tag["TagKey"]: tag["TagValue"] for tag in key_tags}
    is_own = tags.get("Project") == env.project and tags.get("Environment") == env.environment
    return bool(is_own and key["KeyState"] == "PendingDeletion")
