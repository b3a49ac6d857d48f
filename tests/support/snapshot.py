"""Snapshots of the outputs for every environment, to check that a refactoring does not change them.

    python -m tests.support.snapshot write FOLDER     # Terraform JSON, documents, proofs, rehearsals
    python -m tests.support.snapshot compare OLD NEW  # exit status 1 if they differ
    python -m tests.support.snapshot figures          # modules, lines, alarms

Two options exclude intended changes from a comparison: `--renames FILE`, a JSON object of old and new words,
which are replaced in OLD, and `--without-texts`, which excludes texts for people.
"""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import json
import statistics
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import verify
from catalog import environment
from config.loader import environments
from config.paths import ROOT
from drill import choosing, origin, recordings, simulation
from drill.choosing import is_for
from drill.origin import Origin
from drill.rehearsal import Rehearsal
from drill.scenarios.reading import Scenario
from ops import documents, synthesis, verification

TEXTS = {"alarm_description", "dashboard_body", "description", "expected", "actual", "found", "says"}
"""Keys whose values are texts for people."""
SHOWN = 20
"""Maximum number of printed lines of a difference."""
PACKAGES: tuple[str, ...] = (
    "config",
    "aws",
    "catalog",
    "stacks",
    "functions",
    "cloudwatch",
    "terraform",
    "verify",
    "pictures",
)
PACKAGES += ("drill", "local_aws", "ops", "benchmarks", "tests")


def write(folder: Path) -> None:
    """Write a snapshot into `folder`: a file per stack, document, proof and rehearsal."""
    for path, text in documents.generate().items():
        _write(folder / "documents" / path.relative_to(ROOT), text)
    scenarios = choosing.scenarios(choosing.read_all(sorted((ROOT / "drills").glob("*.yaml"))))
    for name in environments():
        print(f"snapshot: {name}", file=sys.stderr)
        env, catalog = environment.read(name, variables={})
        out = folder / "synthesized" / name
        synthesis.synthesize(env, catalog, out)
        proof = verification.of_folder(out, catalog)
        content = {**proof._asdict(), "faults": verify.lines(proof.faults)}
        _write(folder / "proofs" / f"{name}.json", _json(content))
        for rehearsal in _rehearsals(name, scenarios):
            _write(folder / "rehearsals" / name / f"{rehearsal.name}.json", _json(_outcome(rehearsal)))


def _rehearsals(name: str, scenarios: Iterable[Scenario]) -> Iterator[Rehearsal]:
    system = origin.system(Origin(name))
    for scenario in scenarios:
        if is_for(scenario, name):
            yield simulation.run(system, scenario, recordings.samples)


def _outcome(rehearsal: Rehearsal) -> dict[str, Any]:
    """Return the outcome of a rehearsal as JSON values."""
    return {
        "passed": rehearsal.passed,
        "changes": _by_alarm(rehearsal.changes),
        "suppressed": _by_alarm(rehearsal.suppressed),
        "notifications": list(map(dataclasses.asdict, rehearsal.notifications)),
        "messages": list(map(dataclasses.asdict, rehearsal.messages)),
        "verdicts": list(map(dataclasses.asdict, rehearsal.verdicts)),
    }


def _by_alarm(values: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    return {alarm: list(map(dataclasses.asdict, of_alarm)) for alarm, of_alarm in values.items()}


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True, default=str)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def compare(old: Path, new: Path, renames: Mapping[str, str], *, texts: bool) -> list[str]:
    """Return the differences between two snapshots, as lines to print; empty if they are the same.

    Args:
        old: the folder of the old snapshot.
        new: the folder of the new snapshot.
        renames: word in `old` -> word in `new`.
        texts: whether texts for people are compared.
    """
    before, after = _read(old, renames, texts=texts), _read(new, {}, texts=texts)
    lines = [f"only in {old}: {name}" for name in sorted(before.keys() - after.keys())]
    lines += [f"only in {new}: {name}" for name in sorted(after.keys() - before.keys())]
    for name in sorted(before.keys() & after.keys()):
        if before[name] != after[name]:
            diff = list(
                difflib.unified_diff(before[name].splitlines(), after[name].splitlines(), lineterm="", n=1)
            )
            lines += [f"different: {name}", *(f"  {line[:160]}" for line in islice(diff, 2, SHOWN))]
    return lines


def _read(folder: Path, renames: Mapping[str, str], *, texts: bool) -> dict[str, str]:
    """Return file name -> content of a snapshot, without files that differ between two runs."""
    files = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if not path.is_file() or path.suffix not in {".json", ".md"} or "assets" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json" and not texts:
            text = _json(_without_texts(json.loads(text)))
        for word, renamed in renames.items():
            name, text = name.replace(word, renamed), text.replace(word, renamed)
        if texts or path.suffix == ".json":
            files[name] = text
    return files


def _without_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_texts(inner) for key, inner in value.items() if key not in TEXTS}
    if isinstance(value, list):
        return [_without_texts(inner) for inner in value]
    return value


def figures() -> Iterator[str]:
    """Yield figures of the code base, one line per package and environment."""
    total: list[int] = []
    for package in PACKAGES:
        modules = (path for path in (ROOT / package).rglob("*.py") if path.name != "__init__.py")
        lines = [_lines(path) for path in modules if package == "tests" or "tests" not in path.parts]
        if not lines:
            continue
        yield _row(package, lines)
        total += lines if package not in {"tests", "benchmarks"} else []
    yield _row("sources", total)
    for name in environments():
        _, catalog = environment.read(name, variables={})
        yield f"{name:<12} {len(catalog.alarms):>5} alarms {len(catalog.composites):>4} composites"


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _row(name: str, lines: Sequence[int]) -> str:
    p90 = sorted(lines)[int(0.9 * (len(lines) - 1))]
    return (
        f"{name:<12} {len(lines):>5} modules {sum(lines):>7} lines   median {statistics.median(lines):>5.0f}"
        f"   p90 {p90:>5}"
    )


def main() -> int:
    """Run a command and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.snapshot", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="write|compare|figures")
    commands.add_parser("write", help="write a snapshot").add_argument("folder", type=Path)
    comparing = commands.add_parser("compare", help="compare two snapshots")
    comparing.add_argument("old", type=Path)
    comparing.add_argument("new", type=Path)
    comparing.add_argument("--renames", type=Path, metavar="FILE", help="JSON: words of OLD -> new ones")
    comparing.add_argument("--without-texts", action="store_true", help="do not compare texts for people")
    commands.add_parser("figures", help="print modules, lines and alarms")
    options = parser.parse_args()
    if options.command == "write":
        write(options.folder)
        return 0
    if options.command == "figures":
        print("\n".join(figures()))
        return 0
    renames = json.loads(options.renames.read_text(encoding="utf-8")) if options.renames else {}
    differences = compare(options.old, options.new, renames, texts=not options.without_texts)
    print("\n".join(differences) or "no differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
