"""The log archive: log groups -> Firehose -> S3 -> Glacier -> deletion, after configured days.

CloudWatch Logs User Guide, "Subscriptions": one filter per group without a pattern sends everything, already
compressed with gzip, so Firehose leaves it as it is.
"""

from __future__ import annotations

from typing import Any

from catalog import Catalog
from catalog.kinds.resources import is_archived
from stacks import aws, policies
from stacks.base import Stack
from stacks.compute.log_groups import LogGroups

_STREAM = "delivery"


class Archive:
    """Bucket, delivery stream, and a subscription of every log group."""

    def __init__(self, stack: Stack, catalog: Catalog, logs: LogGroups, key_arn: str) -> None:
        """Add the archive of `stack`'s environment."""
        self._stack = stack
        self._key_arn = key_arn
        self._name = stack.names.log_archive
        bucket = self._bucket()
        self.bucket_name: str = bucket.bucket
        stream = self._delivery_stream(bucket, logs["log-archive"])
        self._subscribe(catalog, logs, stream)

    def _bucket(self) -> Any:
        stack, days = self._stack, self._stack.env.logs.archive
        bucket = stack.add(
            aws.S3Bucket,
            "log-archive",
            bucket=stack.names.archive_bucket,
            # Unprotected environments are deleted completely; protected ones keep their logs.
            force_destroy=not stack.env.deletion_protection,
            lifecycle={"prevent_destroy": True} if stack.env.deletion_protection else None,
        )
        of_bucket = {"bucket": bucket.id}
        stack.add(
            aws.S3BucketOwnershipControls,
            "log-archive",
            rule=aws.S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
            **of_bucket,
        )
        private = stack.add(
            aws.S3BucketPublicAccessBlock,
            "log-archive",
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            **of_bucket,
        )
        stack.add(
            aws.S3BucketPolicy,
            "log-archive",
            policy=policies.document(policies.tls_only(bucket.arn)),
            depends_on=[private],  # S3 rejects concurrent changes of the access to a bucket
            **of_bucket,
        )
        versioning = stack.add(
            aws.S3BucketVersioningA,
            "log-archive",
            versioning_configuration=aws.S3BucketVersioningVersioningConfiguration(status="Enabled"),
            **of_bucket,
        )
        stack.add(
            aws.S3BucketServerSideEncryptionConfigurationA,
            "log-archive",
            rule=[
                aws.S3BucketServerSideEncryptionConfigurationRuleA(
                    apply_server_side_encryption_by_default=(
                        aws.S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                            sse_algorithm="aws:kms", kms_master_key_id=self._key_arn
                        )
                    ),
                    bucket_key_enabled=True,  # fewer KMS requests: not one per object
                )
            ],
            **of_bucket,
        )
        stack.add(
            aws.S3BucketLifecycleConfiguration,
            "log-archive",
            rule=[
                aws.S3BucketLifecycleConfigurationRule(
                    id="archive",
                    status="Enabled",
                    filter=[aws.S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    transition=[
                        aws.S3BucketLifecycleConfigurationRuleTransition(
                            days=days.glacier_after_days, storage_class="GLACIER"
                        )
                    ],
                    expiration=[
                        aws.S3BucketLifecycleConfigurationRuleExpiration(days=days.expire_after_days)
                    ],
                    noncurrent_version_expiration=[
                        aws.S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(noncurrent_days=1)
                    ],
                    abort_incomplete_multipart_upload=[
                        aws.S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                            days_after_initiation=7
                        )
                    ],
                ),
                # With versioning, expiration leaves a delete marker.
                aws.S3BucketLifecycleConfigurationRule(
                    id="markers",
                    status="Enabled",
                    filter=[aws.S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    expiration=[
                        aws.S3BucketLifecycleConfigurationRuleExpiration(expired_object_delete_marker=True)
                    ],
                ),
            ],
            # By default S3 does not move objects under 128 KB, which are common with low traffic.
            transition_default_minimum_object_size="varies_by_storage_class",
            depends_on=[versioning],
            **of_bucket,
        )
        return bucket

    def _delivery_stream(self, bucket: Any, errors: Any) -> Any:
        stack, days = self._stack, self._stack.env.logs.archive
        stack.add(aws.CloudwatchLogStream, "log-archive", name=_STREAM, log_group_name=errors.name)
        role = stack.add(
            aws.IamRole,
            "log-archive",
            name=self._name,
            description="Firehose writes the log archive",
            assume_role_policy=policies.trust(
                "firehose.amazonaws.com", {"StringEquals": {"aws:SourceAccount": stack.names.account_id}}
            ),
        )
        # Firehose Developer Guide, "Grant Firehose access to an Amazon S3 destination".
        policy = stack.add(
            aws.IamRolePolicy,
            "log-archive",
            name="write-archive",
            role=role.id,
            policy=policies.document(
                policies.allow(
                    "FindBucket",
                    ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
                    [bucket.arn],
                ),
                policies.allow(
                    "WriteObjects",
                    ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
                    [f"{bucket.arn}/*"],
                ),
                policies.allow(
                    "EncryptObjects",
                    ["kms:Decrypt", "kms:GenerateDataKey"],
                    [self._key_arn],
                    conditions={
                        "StringEquals": {"kms:ViaService": f"s3.{stack.env.region}.amazonaws.com"},
                        "StringLike": {"kms:EncryptionContext:aws:s3:arn": [bucket.arn, f"{bucket.arn}/*"]},
                    },
                ),
                policies.allow("SayWhyNot", ["logs:PutLogEvents"], [f"{errors.arn}:log-stream:{_STREAM}"]),
            ),
        )
        return stack.add(
            aws.KinesisFirehoseDeliveryStream,
            "log-archive",
            name=self._name,
            destination="extended_s3",
            server_side_encryption=aws.KinesisFirehoseDeliveryStreamServerSideEncryption(
                enabled=True, key_type="CUSTOMER_MANAGED_CMK", key_arn=self._key_arn
            ),
            extended_s3_configuration=aws.KinesisFirehoseDeliveryStreamExtendedS3Configuration(
                role_arn=role.arn,
                bucket_arn=bucket.arn,
                prefix="logs/!{timestamp:yyyy/MM/dd/HH}/",
                error_output_prefix="undelivered/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/",
                file_extension=".json.gz",
                compression_format="UNCOMPRESSED",  # the data is already compressed
                buffering_interval=days.buffer_s,
                buffering_size=days.buffer_mib,
                kms_key_arn=self._key_arn,
                cloudwatch_logging_options=(
                    aws.KinesisFirehoseDeliveryStreamExtendedS3ConfigurationCloudwatchLoggingOptions(
                        enabled=True, log_group_name=errors.name, log_stream_name=_STREAM
                    )
                ),
            ),
            depends_on=[policy],
        )

    def _subscribe(self, catalog: Catalog, logs: LogGroups, stream: Any) -> None:
        stack = self._stack
        region, account = stack.names.region, stack.names.account_id
        role = stack.add(
            aws.IamRole,
            "log-subscription",
            name=stack.names.log_subscription_role,
            description="CloudWatch Logs sends log groups to the archive",
            assume_role_policy=policies.trust(
                "logs.amazonaws.com",
                {"StringLike": {"aws:SourceArn": f"arn:aws:logs:{region}:{account}:*"}},
            ),
        )
        policy = stack.add(
            aws.IamRolePolicy,
            "log-subscription",
            name="send-to-archive",
            role=role.id,
            policy=policies.document(
                policies.allow("Send", ["firehose:PutRecord", "firehose:PutRecordBatch"], [stream.arn])
            ),
        )
        for group in filter(is_archived, catalog.log_groups):
            stack.add(
                aws.CloudwatchLogSubscriptionFilter,
                group.key,
                name=self._name,
                log_group_name=logs[group.key].name,
                filter_pattern="",
                destination_arn=stream.arn,
                role_arn=role.arn,
                depends_on=[policy],
            )
