"""Stack `compute`: functions, containers, log groups and tracing."""

from __future__ import annotations

from collections.abc import Mapping

from constructs import Construct

from catalog import Catalog
from config.models import Environment
from stacks.base import Stack
from stacks.compute.archive import Archive
from stacks.compute.containers import Containers
from stacks.compute.functions import Functions
from stacks.compute.log_groups import LogGroups
from stacks.compute.network import Network
from stacks.compute.tracing import add_tracing
from stacks.contracts import Compute, Security


class ComputeStack(Stack):
    """Log groups and their archive, functions, containers, tracing."""

    def __init__(
        self, scope: Construct, env: Environment, catalog: Catalog, *, zips: Mapping[str, str]
    ) -> None:
        """Add the stack for `env` to `scope`.

        Args:
            scope: the cdktf app.
            env: the environment.
            catalog: its catalog, with the log groups.
            zips: service -> path of the function's zip, relative to the stack's folder.
        """
        super().__init__(scope, Compute.STACK, env)
        key_arn = self.read(Security).kms_key_arn
        logs = LogGroups(self, catalog, key_arn)
        archive = Archive(self, catalog, logs, key_arn)
        functions = Functions(self, logs, key_arn, zips)
        containers = Containers(self, logs, Network(self)) if env.containers else None
        add_tracing(self, catalog, key_arn)
        self.publish(
            Compute(
                ecs_cluster_name=containers.cluster_name if containers else "",
                ecs_service_names=containers.service_names if containers else {},
                lambda_function_names=functions.names,
                log_group_names=logs.names,
                queue_urls=functions.queue_urls,
                archive_bucket=archive.bucket_name,
            )
        )
