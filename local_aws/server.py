"""The server process: the front over MiniStack, on 127.0.0.1, until it is told to end."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import os
import signal

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

from local_aws.clock import Clock, initial_speed
from local_aws.front import Front
from local_aws.identity import HOST

_KEEP_ALIVE_S = 75.0
_GRACE_S = 0.5
_PARENT_POLL_S = 0.5

_KEPT = frozenset({"AWS_CA_BUNDLE"})
"""What is not an account's but the machine's: which certificates it trusts."""


def main() -> None:
    """Serve with the options given on the command line; `process.start` runs this in a session of its own."""
    parser = argparse.ArgumentParser(prog="local_aws.server", description=main.__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--token", required=True, help="what the health endpoint says")
    options = parser.parse_args()
    serve(options.port, options.token)


def serve(port: int, token: str, *, with_parent: bool = False) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        port: the TCP port to listen on.
        token: what the health endpoint says, besides the process id.
        with_parent: end when the process that started this one ends, too.
    """
    asyncio.run(_serve(port, token, with_parent=with_parent))


def prepare_environment(port: int) -> None:
    """Set what MiniStack reads when it is imported.

    Its own port is the front's, so that functions it runs call AWS through the front. Listeners of services
    that are not used here stay off: they would bind further ports, on every address.
    """
    os.environ["GATEWAY_PORT"] = str(port)
    os.environ["BIND_HOST"] = HOST
    # The name in URLs that MiniStack makes; requests for any other name are refused (`local_aws.admission`).
    os.environ["MINISTACK_HOST"] = "localhost"
    os.environ["SFTP_ENABLED"] = "0"
    os.environ["IOT_MTLS_ENABLED"] = "0"
    os.environ["PERSIST_STATE"] = "0"
    os.environ["S3_PERSIST"] = "0"
    os.environ["AUTH"] = "false"
    os.environ["USE_SSL"] = "0"
    # Functions inherit the server's environment: none of them may call an account of whoever started it, nor
    # be sent elsewhere by settings of theirs (a profile, an endpoint of one service, a proxy).
    for name in [name for name in os.environ if name.startswith("AWS_") and name not in _KEPT]:
        del os.environ[name]
    os.environ.pop("SERVICES", None)
    os.environ["AWS_ENDPOINT_URL"] = f"http://{HOST}:{port}"
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    # Python's `urllib` reads the lower-case name first, others the upper-case one.
    around = {*filter(None, os.environ.get("no_proxy", os.environ.get("NO_PROXY", "")).split(",")), HOST}
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(sorted(around))


async def _serve(port: int, token: str, *, with_parent: bool) -> None:
    speed = initial_speed()
    prepare_environment(port)
    ministack = importlib.import_module("ministack.app")
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    front = Front(ministack.app, port=port, token=token, clock=Clock(speed))
    beside = [asyncio.create_task(front.run())]
    if with_parent:
        beside.append(asyncio.create_task(_watch_parent(ended)))
    config = Config()
    config.bind = [f"{HOST}:{port}"]
    config.keep_alive_timeout = _KEEP_ALIVE_S
    config.graceful_timeout = _GRACE_S
    try:
        await hypercorn_serve(front, config, shutdown_trigger=ended.wait)  # type: ignore[arg-type]
    finally:
        for task in beside:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _watch_parent(ended: asyncio.Event) -> None:
    """End the server once its parent is gone: an orphan's parent id changes."""
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110 - nothing tells of a parent's end, it has to be looked for
        await asyncio.sleep(_PARENT_POLL_S)
    ended.set()


if __name__ == "__main__":
    main()
