"""The base of all stacks: provider, state, Terraform addresses, outputs that are published and read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from cdktf import DataTerraformRemoteStateS3, Fn, S3Backend, TerraformElement, TerraformOutput, TerraformStack
from constructs import Construct

from catalog.naming import Names
from config.models import LOCAL_CREDENTIALS, Environment
from stacks import aws
from stacks.contracts import READS, Outputs
from stacks.moves import moved_blocks
from terraform import templates

_O = TypeVar("_O", bound=Outputs)

_SERVICES_IN_USE = (
    "cloudwatch", "eventbridge", "cloudwatchlogs", "ec2", "ecs", "firehose", "iam", "kms", "lambda_", "s3",
    "scheduler", "sns", "sqs", "sts", "xray",
)  # fmt: skip
"""Services whose endpoint is set for a local AWS, so that no request is sent to AWS by mistake."""


_ATTEMPTS = 10
"""Maximum attempts of an API call. The default of the provider is 25, with which a call that AWS
answers with status 503 fails after more than half an hour (measured with hashicorp/aws 5.100.0); with 10,
after about a minute, and after about five when AWS throttles."""


class Stack(TerraformStack):
    """A stack with its state in S3, its provider, and stable addresses."""

    def __init__(self, scope: Construct, name: str, env: Environment) -> None:
        """Set up provider and state.

        Args:
            scope: the cdktf app.
            name: name of the stack, in the key of its state and in `cdktf.out/stacks`.
            env: the environment.
        """
        super().__init__(scope, name)
        self.stack_name = name
        self.env = env
        self.names = Names.of(env)
        self._provider()
        S3Backend(self, key=self.names.state_key(name), encrypt=True, **_s3(env))
        self.add_override("terraform.backend.s3.use_lockfile", value=True)  # no argument of cdktf 0.21
        self.add_override("terraform.required_version", ">= 1.10")
        if moved := moved_blocks(name):
            self.add_override("moved", moved)

    def _provider(self) -> None:
        env = self.env
        local: dict[str, Any] = {}
        if env.endpoint:
            local = {
                "access_key": LOCAL_CREDENTIALS,
                "secret_key": LOCAL_CREDENTIALS,
                "skip_metadata_api_check": "true",
                "s3_use_path_style": True,
                "endpoints": [
                    aws.AwsProviderEndpoints(**dict.fromkeys(_SERVICES_IN_USE, env.endpoint)),
                ],
            }
        aws.AwsProvider(
            self,
            "aws",
            region=env.region,
            allowed_account_ids=[env.account_id],
            max_retries=_ATTEMPTS,
            default_tags=[
                aws.AwsProviderDefaultTags(
                    tags=templates.escaped(
                        {
                            "Project": env.project,
                            "Environment": env.environment,
                            "ManagedBy": "terraform",
                            **env.tags,
                        }
                    )
                )
            ],
            **local,
        )

    def add(self, resource: Any, key: str, **arguments: Any) -> Any:
        """Add a resource whose Terraform address is `<type>.<key>`.

        Args:
            resource: a class of the bindings, such as `aws.KmsKey`.
            key: a stable key, such as that of an alarm; never a threshold, a severity or a position.
            arguments: arguments of the resource.
        """
        element = resource(self, f"{resource.__name__}:{key}", **templates.escaped(arguments))
        element.override_logical_id(key)
        return element

    def publish(self, outputs: Outputs) -> None:
        """Publish `outputs`, each under its own name."""
        if self.stack_name != outputs.STACK:
            message = f"stack {self.stack_name} cannot publish outputs of stack {outputs.STACK}"
            raise ValueError(message)
        for field in dataclasses.fields(outputs):
            value = getattr(outputs, field.name)
            published = dict(value) if isinstance(value, Mapping) else value
            TerraformOutput(self, field.name, value=published)

    def read(self, outputs: type[_O]) -> _O:
        """Return the outputs of another stack, as references that Terraform resolves from its state."""
        if outputs not in READS[self.stack_name]:
            message = f"stack {self.stack_name} reads {outputs.STACK}, which contracts.READS does not list"
            raise ValueError(message)
        state = DataTerraformRemoteStateS3(
            self,
            f"state:{outputs.STACK}",
            key=self.names.state_key(outputs.STACK),
            encrypt=True,
            **_s3(self.env),
        )
        state.override_logical_id(outputs.STACK)
        values = {
            field.name: state.get_string(field.name)
            if field.type in {"str", str}
            else RemoteMap(state, field.name)
            for field in dataclasses.fields(outputs)
        }
        return outputs(**values)


class RemoteMap(Mapping[str, str]):
    """A published map that is read by key. Only the publishing stack knows the keys."""

    def __init__(self, state: TerraformElement, name: str) -> None:
        """Read the output `name` of `state`."""
        self._reference = state.get(name)  # type: ignore[attr-defined]
        self._name = name

    def __getitem__(self, key: str) -> str:
        return str(Fn.lookup_nested(self._reference, [key]))

    def __iter__(self) -> Any:
        message = f"the keys of {self._name} are in another stack's state: look one up instead"
        raise TypeError(message)

    def __len__(self) -> int:
        message = f"the size of {self._name} is in another stack's state"
        raise TypeError(message)


def _s3(env: Environment) -> dict[str, Any]:
    """Return the arguments for the state bucket, for the backend and the state of other stacks."""
    local: dict[str, Any] = {}
    if env.endpoint:
        local = {
            "access_key": LOCAL_CREDENTIALS,
            "secret_key": LOCAL_CREDENTIALS,
            "use_path_style": True,
            "skip_metadata_api_check": True,
            "endpoints": {"s3": env.endpoint, "sts": env.endpoint},
        }
    return {
        "bucket": env.state.bucket,
        "region": env.region,
        "allowed_account_ids": [env.account_id],
        **local,
    }
