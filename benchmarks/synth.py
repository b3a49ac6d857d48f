"""Compare the duration of synthesis with four imports of the AWS bindings.

    python -m benchmarks.synth --runs 5

Every variant synthesizes the same stack in its own process, with the same Python and Node. A first run, which
is not counted, fills the compiled modules and jsii's package cache. The variants alternate, so that other
work on the machine affects all of them equally: compare the ratios, not the seconds. If `app.py` exists, the
project itself (`ENV`, prod by default) is measured in the same way.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import CommandError, Measurement, measure
from benchmarks.table import markdown
from stacks import aws, kernel

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ("-m", "benchmarks.sample")
ORDINARY_APP = """\
import runpy
import stacks.kernel
stacks.kernel.prepare_node()
import cdktf_cdktf_provider_aws
runpy.run_path("app.py", run_name="__main__")
"""


@dataclass(frozen=True)
class Variant:
    """An import of the bindings.

    Attributes:
        name: its row in the table.
        arguments: the arguments of Python; `{out}` stands for the output folder.
        full: use the package's own assembly, even if the slim assembly exists.
        bindings: False if the variant does not use the bindings, so that its JSON differs.
    """

    name: str
    arguments: tuple[str, ...]
    full: bool = False
    bindings: bool = True


ORDINARY = "ordinary import"
SAMPLE_VARIANTS = (
    Variant("cdktf without bindings", (*SAMPLE, "generic", "{out}"), bindings=False),
    Variant(ORDINARY, (*SAMPLE, "ordinary", "{out}")),
    Variant("lazy modules, full assembly", (*SAMPLE, "lazy", "{out}"), full=True),
    Variant("lazy modules, slim assembly", (*SAMPLE, "lazy", "{out}")),
)
PROJECT_VARIANTS = (
    Variant(ORDINARY, ("-c", ORDINARY_APP)),
    Variant("lazy modules, full assembly", ("app.py",), full=True),
    Variant("lazy modules, slim assembly", ("app.py",)),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables and return the exit status."""
    options = parse(arguments)
    if kernel.find(kernel.BUILD, kernel.slim_key(aws.SERVICES)) is None:
        print(
            "benchmark: the slim assembly does not exist. Run `python -m ops.assembly` first.",
            file=sys.stderr,
        )
        return 1
    env_name = os.environ.get("ENV", "prod")
    tables: dict[str, tuple[Variant, ...]] = {"sample stack": SAMPLE_VARIANTS}
    if (ROOT / "app.py").exists() and not options.sample_only:
        tables[f"ENV={env_name} python app.py"] = PROJECT_VARIANTS
    try:
        results = {title: run_table(title, variants, options) for title, variants in tables.items()}
    except CommandError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(results, indent=2))
    else:
        print("\n\n".join(markdown(title, rows) for title, rows in results.items()))
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.synth",
        description="Compare the duration of synthesis with four imports of the AWS bindings.",
        epilog="The ordinary import takes many seconds per run.",
    )
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="runs of each variant (default 5)")
    parser.add_argument(
        "--cold",
        action="store_true",
        help="also measure the first run after an installation: no compiled modules, empty caches",
    )
    parser.add_argument("--sample-only", action="store_true", help="do not measure app.py")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser.parse_args(arguments)


def run_table(title: str, variants: Sequence[Variant], options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure the variants alternately and return one row per variant, as JSON values."""
    cold: dict[str, Measurement] = {}
    results: dict[str, list[Measurement]] = {variant.name: [] for variant in variants}
    outputs: dict[str, dict[str, bytes]] = {}
    for turn in range(options.runs + 1):
        for variant in variants:
            step = f"run {turn} of {options.runs}" if turn else "warm-up"
            print(f"{title}: {step}: {variant.name}", file=sys.stderr)
            measured, outputs[variant.name] = run(variant)
            if turn:
                results[variant.name].append(measured)
    for variant in variants if options.cold else ():
        print(f"{title}: cold: {variant.name}", file=sys.stderr)
        cold[variant.name], _ = run(variant, cold=True)

    seconds = {name: statistics.median(m.seconds for m in runs) for name, runs in results.items()}
    with_bindings = {variant.name for variant in variants if variant.bindings}
    return [
        {
            "variant": name,
            "seconds": round(seconds[name], 3),
            "fastest_s": round(min(m.seconds for m in runs), 3),
            "slowest_s": round(max(m.seconds for m in runs), 3),
            "times_faster_than_ordinary": round(seconds[ORDINARY] / seconds[name], 1),
            "peak_mb": rounded([m.megabytes for m in runs if m.megabytes is not None]),
            "same_bytes_as_ordinary": outputs[name] == outputs[ORDINARY] if name in with_bindings else None,
            "cold_s": round(cold[name].seconds, 1) if name in cold else None,
        }
        for name, runs in results.items()
    ]


def run(variant: Variant, *, cold: bool = False) -> tuple[Measurement, dict[str, bytes]]:
    """Run a variant once. Return its measurements, and path -> content of the synthesized files."""
    with tempfile.TemporaryDirectory(prefix="reveille-benchmark-") as folder:
        out = Path(folder) / "out"
        environ = os.environ | {
            "CDKTF_OUTDIR": str(out),
            "ENV": os.environ.get("ENV", "prod"),
            "CHECKPOINT_DISABLE": "1",
            kernel.FULL_ASSEMBLY_VARIABLE: "1" if variant.full else "0",
        }
        if cold:
            environ["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "pyc")
            environ["JSII_RUNTIME_PACKAGE_CACHE_ROOT"] = str(Path(folder) / "jsii")
        arguments = [argument.replace("{out}", str(out)) for argument in variant.arguments]
        measured = measure([sys.executable, *arguments], environ, cwd=ROOT)
        synthesized = {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("cdk.tf.json")}
    if not synthesized:
        message = f"{variant.name}: no files were synthesized"
        raise CommandError(message)
    if kernel.NOT_BUILT in measured.output:
        message = f"{variant.name}: the full assembly was used, because SERVICES changed during the benchmark"
        raise CommandError(message)
    return measured, synthesized


def rounded(megabytes: Sequence[float]) -> int | None:
    """Return the median in whole MB; None if there are no measurements."""
    return round(statistics.median(megabytes)) if megabytes else None


if __name__ == "__main__":
    sys.exit(main())
