"""Deploy, compare and destroy stacks, and build the inputs of a deployment."""

from __future__ import annotations

from pathlib import Path

import click

from aws import clients
from ops import deployments, functions, local, stacks, state, synthesis
from ops.commands import common
from ops.commands.common import env_option, stack_option
from ops.package import describe
from terraform import locking

CHANGES = 2
"""Exit status of `diff --exit-code` if there are changes, as of `terraform plan -detailed-exitcode`."""


@click.command()
@env_option
@stack_option()
def deploy(name: str | None, stack: str | None) -> None:
    """Deploy all stacks, or one."""
    env, catalog = common.read(name)
    with common.alone(env, "deploy", stack):
        stacks.deploy(env, catalog, stack, common.console())


@click.command()
@env_option
@stack_option()
@click.option("--exit-code", is_flag=True, help="Exit with status 2 if there are changes.")
def diff(name: str | None, stack: str | None, *, exit_code: bool) -> int:
    """Show what a deployment would change."""
    env, catalog = common.read(name)
    with common.alone(env, "diff", stack):
        changed = stacks.diff(env, catalog, stack, common.console())
    return CHANGES if changed and exit_code else 0


@click.command()
@env_option
@stack_option()
@click.option("--keep-local-aws", is_flag=True, help="Leave the local AWS running.")
def destroy(name: str | None, stack: str | None, *, keep_local_aws: bool) -> None:
    """Destroy all stacks, or one."""
    env, catalog = common.read(name)
    with common.alone(env, "destroy", stack):
        stacks.destroy(env, catalog, stack, common.console(), keep=keep_local_aws)


@click.command()
@env_option
def bootstrap(name: str | None) -> None:
    """Create the state bucket, once per environment."""
    env, _ = common.read(name)
    with common.alone(env, "bootstrap"):
        if env.is_local:
            local.ensure(env)
        else:
            clients.check_account(env)
        created = state.create_bucket(env)
    result = "created" if created else "exists; its settings are up to date"
    print(f"State bucket {env.state.bucket} in {env.region}: {result}.")


@click.command()
@env_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Output folder (default: build/synth/<environment>).",
)
def synth(name: str | None, out: Path | None) -> None:
    """Write the Terraform configuration."""
    env, catalog = common.read(name)
    if out:
        # Any environment can write to this folder: two commands must not write at once.
        with locking.environment(common.LOCKS, f"folder-{out.name}", f"ENV={env.environment} cdktf synth"):
            synthesis.synthesize(env, catalog, out)
        return
    with common.alone(env, "synth"):
        synthesis.synthesize(env, catalog)
    print(synthesis.folder(env))


@click.command()
@env_option
@click.argument("service")
def deployment(name: str | None, service: str) -> None:
    """Record a deployment of an existing service, in its own pipeline.

    SERVICE is the service's name in the configuration. Its notifications are suppressed for a while, and
    dashboards mark the deployment. It needs the permission cloudwatch:PutMetricData.
    """
    env, catalog = common.read(name)
    deployed = deployments.recorded(env, catalog, service)
    common.require_aws(env)
    print(deployments.record(env, catalog, deployed))


@click.command()
@env_option
def package(name: str | None) -> None:
    """Build the zip files of the functions."""
    env, _ = common.read(name)
    packages = list(functions.build(env))
    print(describe(packages) if packages else "No functions.")
