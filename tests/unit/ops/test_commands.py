"""The command line: arguments, exit statuses, output for people and machines, and what a command refuses."""

from __future__ import annotations

import ast
import functools
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from botocore.exceptions import ClientError
from rich.console import Console

import catalog
from aws import clients
from aws import errors as aws_errors
from catalog import environment
from config import explain, loader
from config.errors import CommandError, ConfigError, Problem
from config.models import Environment
from config.paths import ROOT
from local_aws import process
from ops import (
    adoption,
    cli,
    deployments,
    doctor,
    documents,
    functions,
    invoke,
    local,
    logs,
    order,
    output,
    preflight,
    setup,
    stacks,
    state,
    state_lock,
    synthesis,
    verification,
)
from ops.commands import adopt, common
from ops.package import PackageError
from terraform import binary, locking
from terraform.binary import TerraformError
from tests.support.shop import CONFIG, SHOP
from tests.support.tables import each
from tests.unit.catalog.catalogs import EVERY


def _names(group: cli.Lazy, before: str = "") -> Iterator[str]:
    for name, entry in group.lazy.items():
        yield from _names(entry, f"{name} ") if isinstance(entry, cli.Lazy) else [f"{before}{name}"]


def _listed(name: str) -> tuple[cli.Lazy, str]:
    *groups, last = name.split()
    return (getattr(cli, groups[0]) if groups else cli.reveille), last


def _command(name: str) -> click.Command:
    group, last = _listed(name)
    command = group.get_command(click.Context(group), last)
    assert command is not None
    return command


NAMES = list(_names(cli.reveille))
OF_OPS = [name for name in NAMES if not name.startswith("drill ")]
LOCAL, _ = environment.read("local", variables={})
OUTPUTS: dict[str, dict[str, Any]] = {
    "security": {"kms_key_id": "1234", "kms_key_arn": "arn"},
    "compute": {"lambda_function_names": {"api": "shop-api-prod"}, "ecs_cluster_name": "", "queue_urls": {}},
}

NOT_JSON = (
    "event {event} is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)."
)


RECORDED = "services whose deployments are recorded: none"
FUNCTIONS = "functions: payment-handler, order-processor"


def test_there_are_commands() -> None:
    """The list that the tests below go through."""
    assert len(NAMES) >= 10


@each("name", ["", "drill", "state", "local", *NAMES])
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 0, a sentence, and every option with its meaning."""
    assert cli.main([*name.split(), "--help"]) == 0
    text = capsys.readouterr().out
    assert f"Usage: reveille {name}".rstrip() in text
    assert all(command.split()[0] in text for command in NAMES) or name
    for option in re.findall(r"^  (--?[a-z-]+(?: [A-Z]+)?)(.*)$", text, re.MULTILINE):
        assert len(option[1].strip()) > 5 or f"{option[0]}\n" in text


@each("name", NAMES)
def test_a_command_is_listed_with_what_it_says_of_itself(name: str) -> None:
    """The list imports no command, so it holds the first sentence of each."""
    group, last = _listed(name)
    entry = group.lazy[last]
    assert isinstance(entry, tuple)
    assert (_command(name).help or "").partition("\n")[0] == entry[1]


def test_the_list_of_commands_imports_none() -> None:
    """It is there at once: neither pydantic nor boto3 nor rich is loaded."""
    code = "import sys; from ops import cli; cli.main(['--help']); print([*sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert "Usage: reveille" in done.stdout
    for module in ("pydantic", "boto3", "rich", "yaml", "numpy", "ops.commands"):
        assert f"'{module}'" not in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_commands_are_completed(shell: str) -> None:
    """As click does it, by the name of the script."""
    done = subprocess.run(
        [sys.executable, "-c", "from ops import cli; cli.run()"],
        env={**os.environ, "_REVEILLE_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert "_reveille_completion" in done.stdout, done.stderr


@pytest.mark.parametrize(
    "arguments", [["deplyo"], ["deploy", "--satck", "x"], ["invoke"], ["drill", "rnu"], ["state", "unlock"]]
)
def test_a_misspelt_command_ends_with_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """As click does it: usage, and what is wrong, on standard error."""
    assert cli.main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("Usage: reveille")
    assert "Error: " in said


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (ConfigError([Problem("a:1", "b", "c"), Problem("a:2", "", "d")]), 2, "a:1: b: c\na:2: d\n"),
        (CommandError("x."), 1, "deploy: x.\n"),
        (PackageError("y."), 1, "deploy: y.\n"),
        (TerraformError("z."), 1, "deploy: z.\n"),
        (KeyboardInterrupt(), 130, "\ndeploy: interrupted.\n"),
    ],
)
def test_an_error_ends_a_command_with_its_status_and_one_message(
    error: BaseException,
    status: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On standard error; standard output stays clean for machines."""

    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setenv("ENV", "local")
    monkeypatch.setattr(stacks, "deploy", fail)
    assert cli.main(["deploy"]) == status
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize(
    ("changed", "option", "status"), [(True, True, 2), (True, False, 0), (False, True, 0), (False, False, 0)]
)
def test_diff_has_a_status_for_pipelines(
    changed: bool,  # noqa: FBT001
    option: bool,  # noqa: FBT001
    status: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """2 for changes, as Terraform's own `-detailed-exitcode`, and only when asked for."""
    monkeypatch.setenv("ENV", "local")
    monkeypatch.setattr(stacks, "diff", lambda *_: changed)
    assert cli.main(["diff", *(["--exit-code"] if option else [])]) == status


def test_options_reach_what_they_are_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack's name, and leaving the local AWS running."""
    seen: list[Any] = []
    monkeypatch.setenv("ENV", "local")
    monkeypatch.setattr(
        stacks, "destroy", lambda env, _c, stack, _s, keep: seen.append((env.environment, stack, keep))
    )
    cli.main(["destroy", "--stack", "dashboard", "--keep-local-aws"])
    cli.main(["destroy"])
    assert seen == [("local", "dashboard", True), ("local", None, False)]


@pytest.mark.parametrize(("value", "name"), [(None, "local"), ("prod", "prod")])
def test_env_names_the_environment(value: str | None, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it, the local one."""
    monkeypatch.delenv("ENV", raising=False)
    if value is not None:
        monkeypatch.setenv("ENV", value)
    assert environment.current() == name


@pytest.mark.parametrize("command", ["deploy", "synth", "doctor"])
@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_env_is_refused(
    command: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pipeline whose variable has no value does not mean the local environment."""
    monkeypatch.setenv("ENV", value)
    assert cli.main([command]) == cli.INVALID
    assert capsys.readouterr().err == (
        "environment variable ENV: is empty: set it to an environment, such as ENV=prod, or unset it\n"
    )


def test_output_for_machines_is_one_flat_json_object() -> None:
    """Name -> value, with the names that are promised."""
    assert json.loads(output.as_json(OUTPUTS)) == {
        "kms_key_id": "1234",
        "kms_key_arn": "arn",
        "lambda_function_names": {"api": "shop-api-prod"},
        "ecs_cluster_name": "",
        "queue_urls": {},
    }


def test_output_for_people_is_a_table_by_stack() -> None:
    """A map's entries below its name, a dash for nothing, and a long map summed up."""
    screen = io.StringIO()
    many = {f"k{number}": "v" for number in range(9)}
    output.show({**OUTPUTS, "monitoring": {"alarm_arns": many}}, Console(file=screen, width=120))
    lines = [re.sub(r" {2,}", "  ", line.rstrip()) for line in screen.getvalue().splitlines()]
    assert lines == [
        "security",
        "  kms_key_arn  arn",
        "  kms_key_id  1234",
        "compute",
        "  ecs_cluster_name  -",
        "  lambda_function_names",
        "  api  shop-api-prod",
        "  queue_urls  -",
        "monitoring",
        "  alarm_arns  (9 entries: JSON=1 lists them)",
    ]


def test_output_of_nothing_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing deployed, that stack not deployed, or not even a bucket."""
    monkeypatch.setattr(state, "outputs", lambda *_: None)
    for bucket in (True, False):
        monkeypatch.setattr(state, "bucket_exists", lambda _, bucket=bucket: bucket)
        with pytest.raises(CommandError, match=r"^nothing is deployed in local: `make deploy ENV=local`\.$"):
            output.collect(LOCAL, None)
        with pytest.raises(CommandError, match=r"^compute is not deployed in local"):
            output.collect(LOCAL, "compute")


def test_output_of_one_stack_is_only_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """And of all stacks, those that are deployed."""
    monkeypatch.setattr(state, "bucket_exists", lambda _: True)
    monkeypatch.setattr(state, "outputs", lambda _, name: OUTPUTS.get(name))
    assert output.collect(LOCAL, "compute") == {"compute": OUTPUTS["compute"]}
    assert output.collect(LOCAL, None) == OUTPUTS


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("deployment", ["ordes"], f"service 'ordes' does not exist in local; {RECORDED}"),
        (
            "deployment",
            ["payment-handlr"],
            f"service 'payment-handlr' does not exist in local; {RECORDED}   did you mean payment-handler?",
        ),
        (
            "invoke",
            ["payment-handlr", "no.json"],
            f"function 'payment-handlr' does not exist; {FUNCTIONS}   did you mean payment-handler?",
        ),
        (
            "invoke",
            ["checkout-api", "no.json"],
            f"function 'checkout-api' is a service of the kind ecs; {FUNCTIONS}",
        ),
        (
            "invoke",
            ["payment-handler", "no.json"],
            "event no.json cannot be read: No such file or directory.",
        ),
        ("invoke", ["payment-handler", "{event}"], NOT_JSON),
    ],
)
def test_names_and_files_are_checked_before_the_aws(
    command: str, arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong name is not hidden by expired credentials; nothing is asked of AWS."""
    event = tmp_path / "event.json"
    event.write_text("{", encoding="utf-8")
    monkeypatch.setattr(common, "read", lambda _: (LOCAL, catalog.build(LOCAL)))
    monkeypatch.setattr(common, "require_aws", lambda _: pytest.fail("AWS was asked"))
    with pytest.raises(CommandError) as refused:
        _command(command).main(
            [argument.replace("{event}", str(event)) for argument in arguments], standalone_mode=False
        )
    assert str(refused.value) == said.replace("{event}", str(event))


def test_every_command_for_a_service_is_among_them() -> None:
    """Those that ask AWS; `logs` does not."""
    named = {
        name
        for name in OF_OPS
        for parameter in _command(name).params
        if parameter.name in {"service", "function"}
    }
    assert named == {"deployment", "invoke", "logs"}


def test_invoke_refuses_what_is_not_deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither without the stack, nor without the function."""
    monkeypatch.setattr(state, "bucket_exists", lambda _: True)
    for outputs, what in ((None, "compute"), (OUTPUTS["compute"], "function 'payment-handler'")):
        monkeypatch.setattr(state, "outputs", lambda *_, outputs=outputs: outputs)
        with pytest.raises(CommandError) as refused:
            invoke.invoke(LOCAL, "payment-handler", b"{}", Console(file=io.StringIO()))
        assert str(refused.value) == f"{what} is not deployed in local: `make deploy ENV=local`."


def test_invoke_refuses_an_existing_function(tmp_path: Path) -> None:
    """With the command that invokes it; nothing is asked of AWS."""
    env, _ = EVERY["existing services"]
    with pytest.raises(CommandError) as refused:
        invoke.require_created(env, "orders", tmp_path / "event.json")
    assert str(refused.value) == (
        "orders is an existing function, which this project does not invoke. To invoke it: `aws lambda "
        "invoke --region eu-west-1 --function-name shop-orders:live --payload "
        f"fileb://{tmp_path}/event.json out`"
    )


def test_docs_check_says_which_document_is_out_of_date_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And `docs` writes exactly those."""
    fresh, old, new = (tmp_path / name for name in ("fresh.md", "old.md", "a/new.md"))
    fresh.write_text("x", encoding="utf-8")
    old.write_text("x", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(documents, "generate", lambda: {fresh: "x", old: "y", new: "z"})
    assert cli.main(["docs", "--check"]) == 1
    assert capsys.readouterr().err == (
        "old.md is out of date: run `make docs`\na/new.md is out of date: run `make docs`\n"
    )
    assert old.read_text(encoding="utf-8") == "x"
    assert cli.main(["docs"]) == 0
    assert capsys.readouterr().out == "old.md\na/new.md\n"
    assert cli.main(["docs", "--check"]) == 0


def test_the_generated_documents_are_up_to_date() -> None:
    """Schema, configuration reference and lists of alarms, whatever variables are set."""
    generated = documents.generate()
    assert {path.name for path in generated} >= {"schema.json", "config.md", "prod.md"}
    assert [str(path) for path in documents.stale(generated) if SHOP not in path.parents] == []


def test_the_doctor_says_everything_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line for each check, and false when one of them is bad."""
    screen = io.StringIO()

    def no_terraform() -> str:
        message = "Terraform is needed."
        raise TerraformError(message)

    def no_aws(_: Any) -> None:
        message = "no local AWS answers."
        raise CommandError(message)

    monkeypatch.setattr(binary, "executable", no_terraform)
    monkeypatch.setattr(local, "require", no_aws)
    assert doctor.examine("local", Console(file=screen, width=200)) is False
    lines = screen.getvalue().splitlines()
    assert next(line for line in lines if "Terraform" in line.split()).split()[0] == "failed"
    assert next(line for line in lines if " config" in line).startswith("ok")
    assert "no local AWS answers." in lines[-1]


class Limits:
    """Lambda's client: the account's quota, or a refusal."""

    def __init__(self, most: int | Exception) -> None:
        self._most = most

    def get_account_settings(self) -> dict[str, Any]:
        """Return what AWS does."""
        if isinstance(self._most, Exception):
            raise self._most
        return {"AccountLimit": {"ConcurrentExecutions": self._most, "UnreservedConcurrentExecutions": 7}}


WRONG_QUOTA = (
    "the account's Lambda concurrency limit is %d and quotas.lambda_concurrency is 1000: "
    "the alarm on concurrency would have a wrong threshold"
)
DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetAccountSettings")


def examined(
    monkeypatch: pytest.MonkeyPatch, env: Environment, most: int | Exception
) -> tuple[bool, dict[str, tuple[str, str]]]:
    """Return whether all is fine with an environment, and mark and text by what was checked."""
    asked: list[str] = []

    def client(_: Environment, service: str) -> Limits:
        asked.append(service)
        return Limits(most)

    screen = io.StringIO()
    monkeypatch.setattr(environment, "read", lambda _: (env, catalog.build(env)))
    monkeypatch.setattr(clients, "check_account", lambda _: None)
    monkeypatch.setattr(local, "require", lambda _: None)
    monkeypatch.setattr(clients, "client", client)
    monkeypatch.setattr(state, "require", lambda _: None)
    monkeypatch.setattr(state, "outputs", lambda *_: None)
    monkeypatch.setattr(state_lock, "refuse_locked", lambda *_, **__: None)
    monkeypatch.setattr(binary, "executable", lambda: "terraform")
    monkeypatch.setattr(binary, "version", lambda _: "1.11.0")
    monkeypatch.setattr(binary, "find_mirror", lambda: None)
    monkeypatch.setattr(doctor, "prepare_node", lambda: "node")
    monkeypatch.setattr(preflight, "check", lambda *_: "fine")
    fine = doctor.examine(env.environment, Console(file=screen, width=400))
    shown = [line.split(None, 2) for line in screen.getvalue().splitlines()]
    lines = {what: (mark, text) for mark, what, text in shown}
    assert set(asked) <= {"lambda"}
    assert ("quotas" in lines) == bool(asked)
    return fine, lines


def with_quota(name: str = "prod", quota: int = 1000, *, only: str = "") -> Environment:
    """Return an environment with a quota, and services of one kind only where that is asked for."""
    data = environment.read(name, variables={})[0].model_dump(by_alias=True, exclude_unset=True)
    data["quotas"] = {"lambda_concurrency": quota}
    data["services"] = {
        key: service for key, service in data["services"].items() if only in {"", service["kind"]}
    }
    return Environment.model_validate(data)


@pytest.mark.parametrize(
    ("quota", "most", "mark", "said"),
    [
        (1000, 1000, "ok", "Lambda concurrency 1000"),
        (250, 250, "ok", "Lambda concurrency 250"),
        (1000, 10, "failed", WRONG_QUOTA % 10),
        (1000, 3000, "failed", WRONG_QUOTA % 3000),
        (1000, DENIED, "failed", aws_errors.explain(DENIED)),
    ],
)  # fmt: skip
def test_the_doctor_compares_the_quota_with_the_account_s(
    monkeypatch: pytest.MonkeyPatch, quota: int, most: int | Exception, mark: str, said: str
) -> None:
    """Lower or higher, the alarm before it would be wrong; and whatever comes of it, the rest is checked."""
    fine, lines = examined(monkeypatch, with_quota(quota=quota), most)
    assert lines["quotas"] == (mark, said)
    assert fine == (mark == "ok")
    assert lines["state"][0] == lines["stacks"][0] == "ok"


@pytest.mark.parametrize(
    ("env", "asks"),
    [
        (with_quota(), True),
        (with_quota(only="lambda"), True),
        (with_quota(only="ecs"), False),
        (with_quota("local"), False),
    ],
    ids=["both", "functions", "containers", "local"],
)
def test_the_doctor_asks_for_the_quota_where_there_are_functions_in_an_account(
    monkeypatch: pytest.MonkeyPatch,
    env: Environment,
    asks: bool,  # noqa: FBT001
) -> None:
    """Without functions there is no alarm about it; a local AWS has no quotas."""
    fine, lines = examined(monkeypatch, env, 1000)
    assert ("quotas" in lines) == asks
    assert fine


def test_the_doctor_shows_every_problem_of_a_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """And stops there: what needs the configuration cannot be checked."""
    screen = io.StringIO()
    monkeypatch.setenv("REVEILLE_REGOIN", "x")
    assert doctor.examine("prod", Console(file=screen, width=400)) is False
    assert "environment variable REVEILLE_REGOIN: key 'regoin' is not valid" in screen.getvalue()
    assert "AWS  " not in screen.getvalue()


def test_every_function_has_one_zip_per_target() -> None:
    """What runs on this machine and what runs in Lambda must not overwrite each other."""
    prod, _ = environment.read("prod", variables={})
    paths = [
        functions.zip_path(env, function) for env in (LOCAL, prod) for function in env.functions.values()
    ]
    assert len(set(paths)) == len(paths) > 3


def test_a_python_that_is_too_old_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what was found, what is needed and how to choose another."""
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    assert setup.main() == 1
    assert capsys.readouterr().err == (
        "setup: Python 3.9.18 is too old: 3.10 or newer is required. Install it from python.org or your "
        "system's packages and run `make setup PYTHON=python3.10`.\n"
    )


@pytest.mark.parametrize("name", ["ops/__init__.py", "ops/setup.py", "ops/interpreter.py", "app.py"])
def test_what_runs_before_setup_is_understood_by_an_old_python(name: str) -> None:
    """Else the refusal would be a SyntaxError."""
    ast.parse((ROOT / name).read_text(encoding="utf-8"), feature_version=(3, 7))


def test_setup_needs_nothing_that_it_installs() -> None:
    """Isolated from every installed package."""
    subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import runpy; runpy.run_path({str(ROOT / 'ops' / 'setup.py')!r})",
        ],
        check=True,
    )


def test_a_failed_step_of_setup_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own output is above it."""
    monkeypatch.setattr(setup, "ROOT", Path("/"))
    with pytest.raises(setup.SetupError, match=r"^pip failed with exit status 3; its message is above\.$"):
        setup.run("pip", sys.executable, "-c", "raise SystemExit(3)")


def test_a_virtual_environment_of_another_python_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compiled packages would not load."""
    monkeypatch.setattr(setup, "VENV", tmp_path)
    made: Callable[[], bool] = setup.made_by_this_python
    assert not made()
    (tmp_path / "pyvenv.cfg").write_text("version = 3.1.0\n", encoding="utf-8")
    assert not made()
    version = ".".join(map(str, sys.version_info[:3]))
    (tmp_path / "pyvenv.cfg").write_text(f"home = /x\nversion = {version}\n", encoding="utf-8")
    assert made()


def test_every_command_is_a_target_of_make_and_every_target_is_phony() -> None:
    """`make` is the one list of commands."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    called = set(re.findall(r"\$\(CLI\) ((?:(?:drill|state|local) )?[a-z-]+)", makefile))
    alone = {"drill explain", "drill replay", "drill match", "drill evaluate", "drill rule"}
    assert set(NAMES) - called == alone
    assert called <= set(NAMES)
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", makefile, re.MULTILINE))
    phony = set(re.findall(r"[a-z][a-z0-9-]*", makefile.partition(".PHONY:")[2].partition("\n\n")[0]))
    assert targets == phony
    assert order.ORDER[0] == "security"


ALONE = {
    "deploy": [],
    "diff": [],
    "destroy": [],
    "synth": [],
    "bootstrap": [],
    "state unlock": ["--stack", "compute"],
    "state restore": ["--stack", "compute", "--version", "x"],
}
"""Commands that synthesize or change, with what they need to be told."""
NEEDED = {
    "state history": ["--stack", "compute"],
    "invoke": ["x", "y"],
    "logs": ["Makefile"],
    "import": ["--functions", "x"],
    "deployment": ["x"],
    "adopt": ["acme"],
    **ALONE,
}
"""The arguments that commands require."""


@pytest.mark.slow
@each("name", OF_OPS)
def test_what_synthesizes_or_changes_is_alone(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every other command does not wait for the lock of its environment, nor is it refused."""
    reached = CommandError("went on")

    def go_on(*_: Any, **__: Any) -> None:
        raise reached

    monkeypatch.setenv("ENV", "local")
    monkeypatch.setattr(common, "LOCKS", tmp_path)
    monkeypatch.setattr(adopt, "PROJECT", ROOT)
    for module, function in (
        (stacks, "deploy"), (stacks, "diff"), (stacks, "destroy"), (invoke, "invoke"),
        (common, "require_aws"), (synthesis, "synthesize"), (local, "ensure"), (functions, "build"),
        (documents, "generate"), (local, "stop_unused"), (verification, "of_environment"),
        (doctor, "examine"), (adoption, "plan"), (logs, "report"), (deployments, "recorded"),
        (invoke, "require_created"),
    ):  # fmt: skip
        monkeypatch.setattr(module, function, go_on)
    arguments = NEEDED.get(name, [])
    assert cli.main([*name.split(), *arguments]) == 1
    assert "went on" in capsys.readouterr().err
    with locking.environment(tmp_path, "local", "make deploy ENV=local"):
        assert cli.main([*name.split(), *arguments]) == 1
    said = capsys.readouterr().err
    assert ("went on" not in said) == (name in ALONE)
    assert ("local is locked: `make deploy ENV=local` (process " in said) == (name in ALONE)


def test_synthesis_by_hand_has_a_lock_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The cdktf CLI names one folder for whichever environment; `make deploy` does not keep it waiting."""
    written: list[Any] = []
    monkeypatch.setenv("ENV", "local")
    monkeypatch.setattr(common, "LOCKS", tmp_path)
    monkeypatch.setattr(synthesis, "synthesize", lambda *arguments: written.append(arguments[-1]))
    with locking.environment(tmp_path, "local", "make deploy ENV=local"):
        assert cli.main(["synth", "--out", "cdktf.out"]) == 0
    assert written == [Path("cdktf.out")]
    with locking.environment(tmp_path, "folder-cdktf.out", "ENV=dev cdktf synth"):
        assert cli.main(["synth", "--out", "cdktf.out"]) == 1
    assert "`ENV=dev cdktf synth` (process " in capsys.readouterr().err


CLOSED = """
import json, os, sys
from ops import adoption, cli, documents, doctor, local
from ops.commands import adopt, common
def broken(*_, **__): raise BrokenPipeError
common.read = common.console = documents.generate = doctor.examine = local.stop_unused = broken
adoption.plan = broken
for arguments in json.loads(sys.argv[1]):
    reader, writer = os.pipe()
    if not (child := os.fork()):
        os.dup2(writer, 2)
        os._exit(cli.main(arguments))
    os.close(writer)
    with os.fdopen(reader) as error:
        text = error.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(json.dumps([status, "the output was closed" in text]), flush=True)
"""
"""Runs each command in a process of its own, all of which have imported once."""


@pytest.mark.slow
def test_a_command_that_changes_something_does_not_succeed_when_its_output_is_closed(tmp_path: Path) -> None:
    """Its work is incomplete. Others have shown what was read, or recorded a deployment before the output."""
    commands = [[*name.split(), *NEEDED.get(name, [])] for name in OF_OPS]
    done = subprocess.run(
        [sys.executable, "-c", CLOSED, json.dumps(commands)],
        cwd=ROOT,
        env={**os.environ, "BUILD_DIR": str(tmp_path), "PROJECT_DIR": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    results = dict(zip(OF_OPS, map(json.loads, done.stdout.splitlines()), strict=True))
    shown = {"docs", "doctor", "import", "invoke", "logs", "output", "verify", "state history"}
    complete = {"deployment", *shown}
    assert results == {name: [0, False] if name in complete else [1, True] for name in OF_OPS}


def test_what_fails_while_the_process_ends_prints_nothing() -> None:
    """Jsii stops Node then, which may have been killed: a traceback after "Deployed" would be a riddle."""
    program = """
import atexit
from ops import cli
def stop(): raise BrokenPipeError
atexit.register(stop)
cli.leave(3)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")


USERS = {
    "local": (True, "`make deploy ENV=local` (process "),
    "broken": (True, "`make deploy ENV=broken` (process "),
    local.LIVE_DRILL: (True, "`make deploy ENV=the live drill` (process "),
    "prod": (False, ""),
    "folder-cdktf.out": (False, ""),
}
"""Who holds a lock -> whether the local AWS stays, and what is said."""


@pytest.mark.parametrize("name", USERS)
def test_the_local_aws_is_not_stopped_under_a_command(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever deploys to it, or rehearses in it; an environment in an account does not use it."""
    stopped: list[bool] = []

    def stop() -> bool:
        stopped.append(True)
        return True

    config = tmp_path / "config"
    shutil.copytree(CONFIG, config)
    (config / "broken.yaml").write_text("environment: [", encoding="utf-8")
    monkeypatch.setattr(environment, "load", functools.partial(loader.load, folder=config))
    monkeypatch.setattr(local, "environments", functools.partial(loader.environments, config))
    monkeypatch.setattr(common, "LOCKS", tmp_path)
    monkeypatch.setattr(process, "stop", stop)
    stays, said = USERS[name]
    with locking.environment(tmp_path, name, f"make deploy ENV={name}"):
        assert cli.main(["local", "stop"]) == int(stays)
        assert (stopped == []) == stays
        assert said in capsys.readouterr().err
    stopped.clear()
    assert cli.main(["local", "stop"]) == 0
    assert stopped
    assert capsys.readouterr().out == "The local AWS is stopped and its data is deleted.\n"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "status"), [("doctor", 0), ("output", 0), ("package", 1)])
@pytest.mark.parametrize("lines", [0, 1])
def test_an_output_that_nobody_reads_on(name: str, status: int, lines: int, tmp_path: Path) -> None:
    """`make doctor | head -1`: it has done all that it does; whatever prints, print or rich."""
    program = f"""
import sys
from ops import cli, doctor, functions, output
from ops.commands import adopt, common
def show(*_):
    console = common.console()
    for number in range(20_000): console.print(number)
    return True
doctor.examine = show
common.require_aws = lambda _: None
output.collect = lambda *_: {{}}
output.show = lambda *_: show()
functions.build = lambda _: show()
sys.exit(cli.main([{name!r}]))
"""
    command = shlex.join([sys.executable, "-c", program])
    done = subprocess.run(
        ["/bin/bash", "-c", f"{command} | head -{lines}; exit ${{PIPESTATUS[0]}}"],
        cwd=ROOT,
        env={**os.environ, "BUILD_DIR": str(tmp_path), "ENV": "local"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == status, done.stderr


@pytest.mark.parametrize("running", [True, False])
def test_the_doctor_does_not_call_the_lock_of_a_deployment_that_runs_bad(
    running: bool,  # noqa: FBT001
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Terraform's lock of a state is there while it works; one that is left is bad."""
    locked = CommandError("security: its state is locked by ci@runner-7")

    def refuse(*_: Any, **__: Any) -> None:
        raise locked

    env = loader.load("prod", variables={})
    examined(monkeypatch, env, 1000)  # sets the stage
    monkeypatch.setattr(state_lock, "refuse_locked", refuse)
    monkeypatch.setattr(doctor, "BUILD", tmp_path)
    screen = io.StringIO()
    with locking.environment(tmp_path, "prod" if running else "dev", "make deploy ENV=prod"):
        assert doctor.examine("prod", Console(file=screen, width=400)) == running
    said = (
        "deployed: none; `make deploy ENV=prod` (process "
        if running
        else "its state is locked by ci@runner-7"
    )
    assert said in screen.getvalue()


@pytest.mark.parametrize("count", [0, 1, 2])
def test_things_are_counted_in_english(count: int) -> None:
    """One service, two services."""
    assert explain.counted(count, "service") == f"{count} {'service' if count == 1 else 'services'}"


@each("speed", ["abc", "0", "-1", "nan", "inf"])
@each("runs", [True, False])
def test_a_speed_that_is_none_is_refused_whether_the_local_aws_runs_or_not(
    runs: bool,  # noqa: FBT001
    speed: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is not ignored because there is nothing to start."""
    monkeypatch.setenv("ENV", "local")
    monkeypatch.setenv("LOCAL_AWS_SPEED", speed)
    monkeypatch.setattr(local, "answers", lambda _: runs)
    monkeypatch.setattr(process, "start", lambda _: pytest.fail("it starts"))
    assert cli.main(["local", "start"]) == 1
    said = f"LOCAL_AWS_SPEED must be a positive number, such as 20 (found: {speed})."
    assert capsys.readouterr().err == f"local start: environment variable {said}\n"


def test_a_speed_counts_when_the_local_aws_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that runs goes on as it does, and says so."""
    monkeypatch.setenv("ENV", "local")
    monkeypatch.setenv("LOCAL_AWS_SPEED", "20")
    monkeypatch.setattr(local, "answers", lambda _: True)
    monkeypatch.setattr(state, "create_bucket", lambda _: False)
    assert cli.main(["local", "start"]) == 0
    assert "LOCAL_AWS_SPEED is read only when it starts" in capsys.readouterr().out
