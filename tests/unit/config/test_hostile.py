"""Whatever a configuration folder holds: problems of one printable line each, soon, and never a traceback."""

# ruff: noqa: E501  # contents of files and lists of them read best on one line

from __future__ import annotations

import difflib
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config import errors, source
from config.errors import MOST, ConfigError, Problem
from config.loader import load
from config.paths import ROOT
from drill.scenarios import reading
from tests.support.tables import each
from tests.unit.config.configs import BASE, NEXT_LINE, PROD, Folder

MB = source.MOST_BYTES
FEW = settings(
    deadline=None,
    derandomize=True,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
LAMBDA = "kind: lambda, description: x, source: functions/x"


def printable(said: list[str]) -> bool:
    """Return whether each of the lines shows as itself, and is not too long to be read."""
    return all(line.isprintable() and 0 < len(line) < 950 for line in said)


NASTY = (
    "\x00",
    "\x07",
    "\x1b[31m",
    "\x7f",
    "\x9b",
    "\n",
    "\r",
    "\t",
    "\u202e",
    "\u2066",
    "\u2028",
    "\ud800",
    "\U000e0001",
)
SEEN = (
    "\\x00", "\\x07", "\\x1b[31m", "\\x7f", "\\x9b", "\\n", "\\r", "\\t", "\\u202e", "\\u2066", "\\u2028", "\\ud800", "\\U000e0001",
)  # fmt: skip


@each(("nasty", "seen"), list(zip(NASTY, SEEN, strict=True)), ids=SEEN)
def test_a_problem_is_one_line_in_which_everything_is_visible(nasty: str, seen: str) -> None:
    """In its place, its key and its text; and any stream takes it."""
    said = str(ConfigError([Problem(f"a{nasty}b:1", f"c{nasty}d", f"e{nasty}f")]))
    assert said == f"a{seen}b:1: c{seen}d: e{seen}f"
    assert said.encode("ascii")


@each("text", NASTY, ids=SEEN)
def test_nothing_that_is_echoed_escapes(folder: Folder, text: str) -> None:
    """Values, keys, tags, what YAML's parser says, names of variables and of environments."""
    written = "".join(f"\\U{ord(name):08x}" for name in text)
    for line in (f'project: "{written}"', f'"{written}": 1', f'tags: {{"{written}": x}}', f'x: "{written}'):
        folder.write("prod", f"{PROD}{line}\n")
        assert printable(folder.refusal())
    folder.write("prod", PROD)
    for variable in (f"REVEILLE_{text}", f"REVEILLE_LOGS__{text}", f"REVEILLE_REGION__{text}"):
        said = folder.refusal(variables={variable: text})
        assert len(said) == 1
        assert printable(said)
    said = folder.refusal(f"pro{text}d")
    assert len(said) == 1
    assert printable(said)


def test_standard_output_in_ascii_takes_every_problem() -> None:
    """What its encoding cannot hold is escaped too."""
    code = "from config.errors import Problem; print(Problem('ü', '→', '\\ud800 … 😀'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii:strict"},
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"\\xfc: \\u2192: \\ud800 \\u2026 \\U0001f600\n"


def test_a_file_name_is_echoed_visibly(folder: Folder) -> None:
    """Of an environment that is listed, and of a file."""
    (folder.path / "a\x1b[31m\n.yaml").write_text("a: *b\n", encoding="utf-8")
    assert folder.refusal("nope")[0].startswith("ENV: nope: is not defined; known: a\\x1b[31m\\n, prod")
    assert folder.refusal("a\x1b[31m\n") == [
        "config/a\\x1b[31m\\n.yaml:1: is not YAML: found undefined alias 'b'"
    ]


def test_a_file_over_a_megabyte_is_refused_before_it_is_read(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its size; one of exactly a megabyte is read."""
    folder.write("prod", PROD + "#" * (MB - len(PROD)))
    assert folder.refusal() == []
    folder.append("prod", "#")
    monkeypatch.setattr(source, "_compose", lambda *_: pytest.fail("it is parsed"))
    (folder.path / "base.yaml").unlink()
    assert folder.refusal()[1:] == [f"config/prod.yaml: has {MB + 1} bytes; a file may have {MB} (1 MB)"]


def a_pipe(path: Path) -> None:
    """Put a named pipe there."""
    os.mkfifo(path)


def a_device(path: Path) -> None:
    """Put a link to a device without an end there."""
    path.symlink_to("/dev/zero")


def a_dangling_link(path: Path) -> None:
    """Put a link to nothing there."""
    path.symlink_to("nowhere.yaml")


def a_folder(path: Path) -> None:
    """Put a folder there."""
    path.mkdir()


def itself(path: Path) -> None:
    """Put a link to itself there."""
    path.symlink_to(path.name)


@pytest.mark.parametrize(
    ("put", "said"),
    [
        (a_pipe, "it is a pipe, and not a file"),
        (a_device, "it is a device, and not a file"),
        (a_dangling_link, "it is a link to a file that does not exist"),
        (a_folder, "Is a directory"),
        (itself, "Too many levels of symbolic links"),
    ],
)
def test_what_is_no_file_is_refused_and_not_waited_for(
    folder: Folder, put: Callable[[Path], None], said: str
) -> None:
    """A pipe, a device, a link to nothing, a folder; for scenarios as well."""
    (folder.path / "prod.yaml").unlink()
    put(folder.path / "prod.yaml")
    assert folder.refusal() == [f"config/prod.yaml: cannot be read: {said}"]
    with pytest.raises(ConfigError, match=said):
        reading.read(folder.path / "prod.yaml")


def many(count: int, line: str) -> str:
    """Return `count` lines, each with its number."""
    return "".join(line.replace("N", str(number)) for number in range(count))


SLOW = {
    "a list in place of text": f"tags: [{'a,' * 150_000}]",
    "e-mail addresses": "notifications: {warning: {emails: [" + many(20_000, "aN@b.c, ") + "]}}",
    "unknown keys": many(20_000, "keyN: 1\n"),
    "unknown keys of a service": "services:\n  api:\n" + many(15_000, "    keyN: 1\n"),
    "a long key": f"? {'a' * 900_000}\n: 1",
    "a long value": f"project: {'a' * 900_000}",
    "deep lists": f"tags: {'[' * 900_000}",
    "deep mappings": f"tags: {'{a: ' * 60_000}",
    "deep blocks": "tags:\n  " + "- " * 450_000,
    "aliases of aliases": "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    + many(1, "a1: &a1 [*a0, *a0, *a0, *a0, *a0, *a0, *a0, *a0, *a0, *a0]\n")
    + "".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]\n" for n in range(1, 8)),
    "services, each wrong": "services:\n" + many(1_500, f"  sN: {{{LAMBDA}, timeout_s: 901}}\n"),
    "services, each with an unknown alarm": "services:\n"
    + many(1_500, f"  sN: {{{LAMBDA}, alarms: {{erors: {{threshold: 1}}}}}}\n"),
    "services, each too small": "tracing: {collector_cpu: 256}\nservices:\n"
    + many(1_500, "  sN: {kind: ecs, description: x, image: 'x:1'}\n"),
    "services without a kind": "services:\n" + many(1_500, "  aplN: {timeout_s: 3}\n"),
    "more services than roles": "services:\n" + many(20_000, "  sN: 1\n"),
    "keys given twice": many(20_000, "region: x\n"),
    "a long key, given twice as an alias": f"x: &k {'a' * 100_000}\ny:\n" + many(15_000, "  ? *k\n  : 1\n"),
    "tags of no kind": "tags:\n" + many(12_000, "  aN: !x y\n"),
    "a whole number": f"quotas: {{lambda_concurrency: {'9' * 900_000}}}",
    "a hexadecimal number": f"quotas: {{lambda_concurrency: 0x{'f' * 900_000}}}",
    "a number in base sixty": f"quotas: {{lambda_concurrency: 1{':59' * 300_000}}}",
    "a float": f"tracing: {{sampling_rate: {'9' * 900_000}.0}}",
    "an e-mail address": f"notifications: {{warning: {{emails: ['a@{'b.' * 450_000}c']}}}}",
    "a webhook": f"notifications: {{warning: {{webhooks: ['https://{'a' * 900_000} ']}}}}",
    "a schedule": f"maintenance: {{n: {{cron: '{'1,' * 450_000} 1 1 * ? *', duration_min: 5, reason: ten letters}}}}",
    "time zones": "maintenance:\n"
    + many(
        2_500, "  wN: {cron: 0 3 * * ? *, timezone: Mars/Olympus, duration_min: 60, reason: ten letters}\n"
    ),
    "digits": f"services: {{api: {{environment: {{AB: '{'1' * 900_000}'}}}}}}",
    "empty grants": f"services: {{api: {{grants: [{'{},' * 60_000}]}}}}",
    "a mistake at the end": many(20_000, "kN: [1]\n") + "x: [",
    "alarms that nobody knows": "alarms:\n  lambda:\n" + many(8_000, "    errorsN: {threshold: 1}\n"),
}
"""Content of hundreds of kilobytes that is wrong: what is quadratic in it takes minutes."""

CHILD = """
import sys
from pathlib import Path
import catalog
from config.errors import ConfigError
from config.loader import load
from drill.scenarios import reading
for folder in sorted(Path(sys.argv[1]).iterdir()):
    try:
        load("prod", folder=folder, variables={}, rules=[catalog.check])
    except ConfigError as error:
        lines = str(error).splitlines()
        assert len(lines) <= 101 and all(line.isprintable() and len(line) < 950 for line in lines), lines
        print(folder.name, len(lines), flush=True)
    try:
        reading.read(folder / "prod.yaml")
    except ConfigError as error:
        assert len(str(error).splitlines()) <= 101
"""


@pytest.mark.slow
def test_no_file_that_is_refused_hangs(tmp_path: Path) -> None:
    """The limit is for all of them, on a slow and busy machine; they take seconds. Scenarios have the same."""
    for number, content in enumerate(SLOW.values()):
        folder = tmp_path / f"{number:02}"
        folder.mkdir()
        (folder / "base.yaml").write_text(BASE, encoding="utf-8")
        (folder / "prod.yaml").write_text(f"{PROD}{content}\n", encoding="utf-8")
        assert (folder / "prod.yaml").stat().st_size <= MB
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == [f"{n:02}" for n in range(len(SLOW))]


def test_the_first_hundred_problems_are_reported_and_the_others_counted(folder: Folder) -> None:
    """In the order of files and lines: the models', the reader's, and the catalog's."""
    for line, other in (
        ("zN: 1\n", 250),
        ("region: x\n", 249),
    ):
        folder.write("prod", PROD + many(250, line))
        said = folder.refusal()
        assert said[-1] == f"and {other - MOST} more"
        lines = [int(text.split(":")[1]) for text in said[:-1]]
        first = NEXT_LINE + 250 - other
        assert lines == list(range(first, first + MOST))
    folder.write(
        "prod", f"{PROD}services:\n" + many(150, f"  sN: {{{LAMBDA}, alarms: {{eror: {{threshold: 1}}}}}}\n")
    )
    said = folder.refusal()
    assert said[-1] == "and 50 more"
    assert [int(text.split(":")[1]) for text in said[:-1]] == list(range(NEXT_LINE + 1, NEXT_LINE + 101))


def test_what_two_files_only_count_is_added_up(folder: Folder) -> None:
    """Each is wrong a hundred and fifty times."""
    for name in ("base", "prod"):
        folder.write(name, "x: 1\n" + many(150, "x: 1\n"))
    assert folder.refusal()[-1] == "and 200 more"


def test_only_what_is_reported_is_compared_with_other_words(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To look for similar words is the slowest part."""
    calls: list[str] = []
    found = difflib.get_close_matches

    def counted(word: str, *others: Any, **how: Any) -> list[str]:
        calls.append(word)
        return found(word, *others, **how)

    monkeypatch.setattr(difflib, "get_close_matches", counted)
    folder.write("prod", PROD + many(3000, "keyN: 1\n") + f"? {'a' * 1000}\n: 1\n")
    assert len(folder.refusal()) == MOST + 1
    folder.write("prod", f"{PROD}alarms:\n  lambda:\n" + many(3000, "    erorsN: {threshold: 1}\n"))
    assert len(folder.refusal()) == MOST + 1
    assert len(calls) == 2 * MOST


TOKENS = st.sampled_from(
    ["- ", ": ", "? ", "[", "]", "{", "}", ", ", "&a ", "*a", "!!int ", "!!float ", "!!bool ", "!!null ", "!x ", "!!set ",
     "!!timestamp ", "!!binary ", "|\n", ">\n", "'", '"', "\n", "\n  ", "a", "1", "0x", "1_", "1:2", "~", "true", "<<",
     "2020-01-01", "2020-01-01 00:00:00 +99:99", ".inf", "1.0e+400", "=", "#", "%YAML 1.1\n", "---\n", '"\\ud800"', "-.",
     '"\\0"', '"\\UFFFFFFFF"', "\t", "\r", "\x85", "\u2028", "\ufeff", "\x00", "\x1b", "\u202e", "é", "😀", "services",
     "tags", "api", "alarms", "9" * 5000, "@", "%YAML " + "9" * 5000 + ".1\n"]
)  # fmt: skip
CONTENT = (
    st.lists(TOKENS, max_size=14).map(lambda tokens: "".join(tokens).encode())
    | st.binary(max_size=40)
    | st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.tuples(
        st.sampled_from(["tags", "services", "project", "alarms", "state"]), st.lists(TOKENS, max_size=8)
    ).map(lambda pair: f"{PROD}{pair[0]}: {''.join(pair[1])}\n".encode())
)


@FEW
@given(CONTENT)
def test_no_content_of_a_file_makes_a_traceback(folder: Folder, content: bytes) -> None:
    """The environment is loaded or refused in printable lines; and so is a scenario."""
    folder.write("prod", content)
    assert printable(folder.refusal())
    problems = reading.reading(folder.path / "prod.yaml").problems
    assert printable(str(ConfigError(problems)).splitlines())


@pytest.mark.slow
@FEW
@given(
    st.lists(st.sampled_from(["services", "API", "tags", "ENVIRONMENT", "logs", "", "É", "\u0131", "\udcff", "x", "slos"]), max_size=5),
    st.sampled_from(["", "1", "{", "[1]", '{"a": "\\ud800"}', "\udcff", "9" * 5000, "null", '{"kind": ["a"]}', "NaN"]) | st.text(max_size=9),
)  # fmt: skip
def test_no_variable_makes_a_traceback(folder: Folder, keys: list[str], value: str) -> None:
    """Whatever its name and its value."""
    assert printable(folder.refusal(variables={f"REVEILLE_{'__'.join(keys)}": value}))


@FEW
@given(
    st.text(st.characters(), max_size=900),
    st.text(st.characters(), max_size=900),
    st.text(st.characters(), max_size=900),
)
def test_every_problem_is_one_line(place: str, key: str, text: str) -> None:
    """Which UTF-8 holds, of any texts."""
    said = str(Problem(place, key, f"wrong: {text}"))
    assert said.isprintable()
    assert said.encode("utf-8")
    assert len(said) < 950


def test_scenarios_have_the_same_limits(tmp_path: Path) -> None:
    """A megabyte; a name of a file that no file can have is said at its line."""
    path = tmp_path / "s.yaml"
    path.write_text("#" * (MB + 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"has 1000001 bytes; a file may have 1000000 \(1 MB\)$"):
        reading.read(path)
    path.write_text(
        f"description: It rains.\nduration: 1h\nbaseline: [{'x' * 5000}]\nexpect:\n  - {{pages: 0}}\n",
        encoding="utf-8",
    )
    with pytest.raises(
        ConfigError, match=r":3: baseline: file does not exist beside the scenario\. .*\(found: x{60}\)$"
    ):
        reading.read(path)


def test_any_number_of_variables_is_put_in_one_copy(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The document is looked through once, whatever the number of variables."""
    calls: list[int] = []
    without = source.Document.without

    def counted(self: source.Document, at: Iterable[errors.Location]) -> source.Document:
        calls.append(1)
        return without(self, at)

    monkeypatch.setattr(source.Document, "without", counted)
    folder.load(variables={f"REVEILLE_SERVICES__API__ENVIRONMENT__A{n}": "x" for n in range(300)})
    assert len(calls) == 2, "one for base and prod, one for all variables"
    assert errors.order("environment variable X") > errors.order("config/prod.yaml:9")
    assert load("prod", folder=folder.path, variables={}).environment == "prod"


@pytest.mark.parametrize("put", ["nothing", "a file"])
def test_a_folder_that_is_none_is_named_with_its_variable(put: str, tmp_path: Path) -> None:
    """And not taken for one without environments."""
    path = tmp_path / "config"
    if put == "a file":
        path.touch()
    with pytest.raises(ConfigError) as refused:
        load("prod", folder=path, variables={})
    assert str(refused.value) == (
        f"environment variable PROJECT_DIR: does not exist (found: {path}); it must contain base.yaml and a file per "
        "environment"
    )
