"""Search for filter patterns and events that break the engine, or tell it apart from its plain reading.

    python -m tests.fuzz.patterns --minutes 10

Two ways take turns: patterns made by the strategies of the tests, with ever new seeds; and patterns of AWS's
documentation and of the tests' refusals, changed at random. Whatever is read has to be the same when printed
and read again, has to match what its plain reading matches, and everything has to happen in time.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck

from cloudwatch import patterns
from cloudwatch.errors import PatternError
from tests.unit.cloudwatch import pattern_oracle as oracle
from tests.unit.cloudwatch import test_pattern_properties as properties
from tests.unit.cloudwatch.test_pattern_refusals import REFUSED

VECTORS = Path(properties.__file__).parent / "vectors" / "filter_patterns.json"
SLOW_S = 2.0
"""More of the processor than this for one pattern and its events is a find."""

TOKENS = [
    *(
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        '"',
        "%",
        "$.",
        "$",
        "=",
        "!=",
        "<",
        ">=",
        "&&",
        "||",
        "*",
        "...",
        ",",
        " ",
    ),
    *(
        "IS NULL",
        "IS TRUE",
        "NOT EXISTS",
        "[*]",
        ".*",
        "['a.b']",
        "[0]",
        "-",
        "?",
        "\\",
        "\\x41",
        "{2,}",
        "+",
        "^",
    ),
    *("1e3", "+1", "a", "\n", "\t", "é", "\ud800", "\x00", "|", "[^a]", "a{1000}", ".*.*.*.*", "\ufeff"),
]

PROPERTIES = [var for name, var in vars(properties).items() if name.startswith("test_")]


@dataclass
class Finds:
    """What was tried, and what broke.

    Attributes:
        tried: inputs by kind.
        broken: one line for each find.
    """

    tried: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def add(self, what: str) -> None:
        """Keep a find, and show it at once."""
        self.broken.append(what)
        print(what, flush=True)  # noqa: T201  # a command-line program prints


def changed(text: str, chance: random.Random) -> str:
    """Return a text with one to four random changes."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(text))
        to = chance.randint(at, min(len(text), at + 6))
        text = chance.choice(
            [
                text[:at] + chance.choice(TOKENS) + text[at:],
                text[:at] + text[to:],
                text[:to] + text[at:],
                text[:at] + chance.choice(TOKENS) + text[to:],
                text[:at] + text[at:to] * chance.randint(2, 200) + text[to:],
            ]
        )
    return text


def try_changed(seeds: Sequence[str], events: Sequence[str], chance: random.Random, finds: Finds) -> None:
    """Try one changed pattern on some changed events."""
    text = changed(chance.choice(seeds), chance)
    own = [chance.choice(events), changed(chance.choice(events), chance), changed(text, chance)]
    started = time.process_time()
    try:
        pattern = patterns.parse(text)
    except PatternError as error:
        finds.tried["patterns refused"] += 1
        if not 0 <= error.position <= len(text):
            finds.add(f"position {error.position} outside of {text!r}")
        return
    except Exception as error:  # noqa: BLE001  # that is what is looked for
        finds.add(f"{type(error).__name__} while reading {text!r}")
        return
    finds.tried["patterns read"] += 1
    try:
        if patterns.parse(patterns.text_of(pattern)) != pattern:
            finds.add(f"printed and read is another pattern: {text!r}")
        matcher = patterns.compile(pattern)
        answers = [(event, matcher.matches(event), matcher.match(event) is not None) for event in own]
        finds.tried["events"] += len(own)
    except Exception as error:  # noqa: BLE001  # that is what is looked for
        finds.add(f"{type(error).__name__}: {error}: {text!r} on {own!r:.2000}")
        return
    if (took_s := time.process_time() - started) > SLOW_S:
        finds.add(f"{took_s:.1f} s for {text!r} on {own!r:.2000}")
    for event, matches, match in answers:
        if matches is not match:
            finds.add(f"matches and match disagree: {text!r} on {event!r:.2000}")
        if modest(text) and matches is not oracle.meets(pattern, event):
            finds.add(f"the plain reading differs: {text!r} on {event!r:.2000}")


def modest(text: str) -> bool:
    """Return whether the plain reading, which backtracks, can be waited for."""
    return text.count("%") == 0 or sum(map(text.count, "*+?{")) <= 2  # beyond, it is cubic


def try_made(seed: int, examples: int, finds: Finds) -> None:
    """Try every property of the tests with `examples` inputs of a new seed."""
    longer = hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
    )
    for entry in PROPERTIES:
        # A property keeps its settings in itself: others are put in their place.
        entry._hypothesis_internal_use_settings = longer  # noqa: SLF001
        try:
            hypothesis.seed(seed)(entry)()
        except Exception as error:  # noqa: BLE001  # that is what is looked for
            finds.add(f"{entry.__name__}, seed {seed}: {error}")
        finds.tried["inputs made for properties"] += examples


def main(arguments: Sequence[str] | None = None) -> int:
    """Search, print what was tried, return 1 if something broke."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz.patterns", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--minutes", type=float, default=10, metavar="N", help="how long (default 10)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the first round (default 1)")
    options = parser.parse_args(arguments)
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
    seeds = [*(vector["pattern"] for vector in vectors), *REFUSED]
    events = [
        *(vector["event"] for vector in vectors if "event" in vector),
        '{"a":' * 50,
        '{"a": ' + "9" * 5000 + "}",
        "[ " * 500,
        "a" * 20_000,
    ]
    finds, round_number, end = Finds(), options.seed, time.monotonic() + 60 * options.minutes
    while time.monotonic() < end:
        chance = random.Random(round_number)  # noqa: S311  # repeatable is what it has to be
        for _ in range(2_000):
            try_changed(seeds, events, chance, finds)
        try_made(round_number, 100, finds)
        round_number += 1
    for what, count in sorted(finds.tried.items()):
        print(f"{count:>10,} {what}")  # noqa: T201  # a command-line program prints
    print(f"{len(finds.broken):>10,} broken; seeds {options.seed} to {round_number - 1}")  # noqa: T201  # as above
    return 1 if finds.broken else 0


if __name__ == "__main__":
    sys.exit(main())
