"""`python -m drill`: rehearse alarms, explain them, replay recordings, and try the engine line by line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

REFUSED = 2
"""Exit status of what is refused: a scenario, an alarm, a file."""
_INTERRUPTED = 130

_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  # has no other name


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    options = _parser().parse_args(arguments)
    if options.command in {"match", "evaluate", "rule"}:
        return _answer_lines(options.command)
    from cloudwatch.errors import InputError  # noqa: PLC0415  # beside the others
    from config import failures  # noqa: PLC0415  # beside the others
    from config.errors import CommandError, ConfigError  # noqa: PLC0415  # beside the others
    from drill import commands  # noqa: PLC0415  # numpy, rich and the catalog, as above

    failures.escape_output()
    try:
        return int(getattr(commands, options.command)(options))
    except ConfigError as error:
        said = str(error)
    except (InputError, CommandError) as error:
        said = f"{options.command}: {error}"
    except BrokenPipeError:
        _drop_output()
        return 0
    except OSError as error:
        # Of files, whoever opens them tells; this is the output itself, such as one to a disk that is full.
        _drop_output()
        said = f"{options.command}: {error.strerror or error}"
    except KeyboardInterrupt:
        print(f"\n{options.command}: interrupted.", file=sys.stderr)
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a traceback is no message
        said = f"{options.command}: {failures.sentence(error)}"
    print(said, file=sys.stderr)
    return REFUSED


def _drop_output() -> None:
    """Let go what Python still holds of the output, which nobody takes: leaving would try again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _answer_lines(command: str) -> int:
    """Answer each line of standard input; a line that cannot be answered gets an error for an answer."""
    from drill import answers, jsonlines  # noqa: PLC0415  # other commands do not need them

    jsonlines.run(getattr(answers, command), sys.stdin.buffer, sys.stdout)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m drill",
        description="Rehearse CloudWatch alarms: would it fire, when, and whom would it reach?",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    run = _command(commands, "run", "rehearse scenarios; all of drills/ unless some are named")
    run.add_argument("scenarios", nargs="*", type=Path, metavar="SCENARIO", help="a scenario's file, YAML")
    _add_origin(run)
    run.add_argument("--all", action="store_true", help="for every environment, one line each")
    run.add_argument("--out", type=Path, metavar="FOLDER", help="where pictures go (default: build/drill)")
    run.add_argument("--junit", type=Path, metavar="FILE", help="JUnit XML (default: junit.xml in --out)")
    run.add_argument("--no-pictures", action="store_true", help="write no timelines")
    run.add_argument("-v", "--verbose", action="store_true", help="show every expectation and notification")
    explain = _command(commands, "explain", "say in words when an alarm would fire, and whom it would tell")
    explain.add_argument(
        "alarms",
        nargs="*",
        metavar="ALARM",
        help="such as payment-handler-errors; without one, all are listed",
    )
    _add_origin(explain)
    replay = _command(commands, "replay", "play a recorded series to any alarm")
    replay.add_argument("alarm", type=Path, help="JSON, as `aws cloudwatch describe-alarms` prints it")
    replay.add_argument("series", type=Path, help="CSV or JSON: timestamps and values")
    replay.add_argument("--out", type=Path, metavar="FOLDER", help="write a timeline there")
    for name, text in (
        ("match", "try log filter patterns: JSON lines in, JSON lines out"),
        ("evaluate", "try an alarm's datapoints: JSON lines in, JSON lines out"),
        ("rule", "try rules of composites: JSON lines in, JSON lines out"),
    ):
        _command(commands, name, text)
    return parser


def _command(commands: _Commands, name: str, text: str) -> argparse.ArgumentParser:
    return commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")


def _add_origin(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--env", metavar="NAME", help="the environment (default: ENV, or local)")
    parser.add_argument(
        "--from",
        dest="where",
        default="catalog",
        metavar="ORIGIN",
        help="catalog (default), aws, or a folder with Terraform's JSON, such as cdktf.out",
    )
    parser.add_argument("--region", metavar="NAME", help="with --from aws: the region")
    parser.add_argument("--prefix", default="", metavar="TEXT", help="with --from aws: only such alarms")
    parser.add_argument("--endpoint", metavar="URL", help="with --from aws: another AWS, such as a local one")


if __name__ == "__main__":
    sys.exit(main())
