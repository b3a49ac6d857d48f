"""Fuzz the reader of composite rules: mutated texts, each of them held against a second reader.

    python -m tests.fuzz.rules --minutes 10 --seed 1

Texts that lead somewhere new are mutated further. It reports how many were tried, how many were rules, the
slowest, and what broke; the exit status is 1 if anything did. A find becomes a regression test in
`tests/unit/cloudwatch/test_rules.py`.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from cloudwatch import rules
from cloudwatch.errors import InputError
from cloudwatch.rules import RuleError
from cloudwatch.states import STATES
from drill.answers import rule as answer
from tests.unit.cloudwatch.rule_trees import NAMES, States
from tests.unit.cloudwatch.slow_rules import NoRuleError, value
from tests.unit.cloudwatch.test_rules import PIECES, READ, REFUSED, VECTORS

_CORPUS = 20_000
_SLOW_S = 1.0
"""A text of ten thousand characters takes some ten milliseconds."""
_COMPARED = 400
"""The second reader is slow: it gets texts up to this length."""
_STRANGE = "\x00\x1f\x7f\u00a0\u2028\ufeff\ud800\U0001f600é\u0661\uff05\uff08\uff02"


@dataclass
class Run:
    """What happened so far."""

    tried: int = 0
    were_rules: int = 0
    compared: int = 0
    slowest_s: float = 0.0
    slowest: str = ""
    said: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


def seeds() -> list[str]:
    """Return the texts to begin with."""
    return [*(vector["rule"] for vector in VECTORS), *READ, *REFUSED]


def mutated(text: str, corpus: list[str], rng: random.Random) -> str:
    """Return a text that is a little different, or very."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        start = rng.randint(0, len(text))
        end = min(len(text), start + rng.choice((0, 1, 1, 2, 5, 20)))
        inserted = rng.choice(
            (
                "",
                rng.choice(PIECES),
                rng.choice(NAMES),
                f" {rng.choice(PIECES)} ",
                text[start:end] * 2,
                rng.choice(_STRANGE),
                chr(rng.randrange(0x80)),
                rng.choice(corpus)[: rng.choice((5, 50, 500))],
                rng.choice(("(", ")", "NOT ", "\\", '"', "AND ", "9", "0")) * rng.choice((2, 30, 600)),
            )
        )
        text = text[:start] + inserted + text[end:]
    return f"({text})" if rng.random() < 0.05 else text


def faults(text: str, run: Run, rng: random.Random) -> Iterator[str]:
    """Yield what is wrong with how a text was read; note in `run` what was found."""
    began_s = time.perf_counter()
    states = {name: rng.choice(STATES) for name in (*NAMES, "a", "b", "c") if rng.randrange(5)}
    try:
        rule = rules.parse(text)
    except RuleError as error:
        holds = None
        run.said[f"refused: {error.message[-30:]}"] += 1
        if not 0 <= error.position <= len(text) or not error.message or "\n" in error.message:
            yield f"says {error.message!r} at {error.position}"
    else:
        holds = rules.holds(rule, states)
        run.were_rules += 1
        run.said["read: " + " ".join(type(step).__name__ for step in rule.steps[:6])] += 1
        if rules.parse(rules.text_of(rule)) != rule:
            yield "is another rule when it is printed and read again"
    if _answered(text, states) not in {None, holds}:
        yield "has another answer in JSON"
    took_s = time.perf_counter() - began_s
    if took_s > run.slowest_s:
        run.slowest_s, run.slowest = took_s, text
    if took_s > _SLOW_S:
        yield f"takes {took_s:.1f} s"
    if len(text) <= _COMPARED:
        run.compared += 1
        if (other := _compared(text, states)) != holds:
            yield f"is {other} for the second reader, and {holds} for the first"


def _answered(text: str, states: States) -> bool | None:
    """Return what the filter answers; None if it refuses, which also rules do that are too large."""
    try:
        found = answer({"rule": text, "states": states})
    except InputError as error:
        json.dumps({"error": str(error)})
        return None
    return bool(found["state"] == "ALARM")


def _compared(text: str, states: States) -> bool | None:
    """Return what the second reader says; None if the text is no rule to it."""
    try:
        return value(text, states)
    except NoRuleError:
        return None


def fuzz(minutes: float, seed: int) -> Run:
    """Try texts for so long."""
    rng, run = random.Random(seed), Run()  # noqa: S311  # no secrets are made of it
    corpus, first = seeds(), seeds()
    until_s = time.monotonic() + minutes * 60
    while time.monotonic() < until_s:
        # Half of them are near to what people write: the others soon are rules of no kind.
        text = mutated(rng.choice(rng.choice((corpus, first))), corpus, rng)
        known = len(run.said)
        run.tried += 1
        try:
            run.broken += [f"{text!r} {fault}" for fault in faults(text, run, rng)]
        except Exception as error:  # noqa: BLE001  # whatever it is, it is a find
            run.broken.append(f"{text!r} raises {error!r}")
        if len(run.said) > known and len(corpus) < _CORPUS:
            corpus.append(text)
    return run


def main() -> int:
    """Run, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    run = fuzz(arguments.minutes, arguments.seed)
    sys.stdout.write(
        f"{run.tried} texts tried, {run.were_rules} of them rules, {run.compared} read twice; "
        f"{len(run.said)} ways of ending; slowest {run.slowest_s * 1000:.0f} ms "
        f"({len(run.slowest)} characters)\n"
    )
    for fault in run.broken[:20]:
        sys.stdout.write(f"  {fault[:2000]}\n")
    sys.stdout.write(f"{len(run.broken)} broken\n")
    return 1 if run.broken else 0


if __name__ == "__main__":
    sys.exit(main())
