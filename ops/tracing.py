"""X-Ray's encryption key after the environment's key is gone."""

from __future__ import annotations

from botocore.exceptions import ClientError

from aws.clients import client
from config.models import Environment

_NOT_OURS = {"AccessDeniedException", "InvalidArnException", "NotFoundException"}
"""What KMS answers about a key that another account or team owns."""


def leave_deleted_key(env: Environment) -> None:
    """Let X-Ray use its own key again if it uses the environment's, which is scheduled for deletion.

    Terraform forgets X-Ray's encryption setting without changing it, and with the key gone the account
    could not store traces any more (X-Ray Developer Guide, "Data protection"). Called after the key was
    destroyed, and again at each later `make destroy`: whether there is something to do is read from X-Ray
    and KMS alone.
    """
    xray = client(env, "xray")
    current = xray.get_encryption_config()["EncryptionConfig"]
    if current["Type"] == "KMS" and _is_ours_and_deleted(env, str(current.get("KeyId", ""))):
        xray.put_encryption_config(Type="NONE")


def _is_ours_and_deleted(env: Environment, key_id: str) -> bool:
    """Return whether a key was created by this environment and is scheduled for deletion."""
    kms = client(env, "kms")
    try:
        key = kms.describe_key(KeyId=key_id)["KeyMetadata"]
        listed = kms.list_resource_tags(KeyId=key["Arn"])["Tags"]
    except ClientError as error:
        if error.response["Error"]["Code"] in _NOT_OURS:
            return False
        raise
    tags = {tag["TagKey"]: tag["TagValue"] for tag in listed}
    ours = tags.get("Project") == env.project and tags.get("Environment") == env.environment
    return bool(ours and key["KeyState"] == "PendingDeletion")
