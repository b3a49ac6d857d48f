"""Patterns and events that meet: of few names and few values, so that they often match, and often nearly."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from cloudwatch.patterns.model import (
    And,
    Comparison,
    Condition,
    Delimited,
    Expression,
    Field,
    FieldName,
    Gap,
    Is,
    JsonPath,
    JsonPattern,
    NotExists,
    Number,
    Operand,
    Or,
    Pattern,
    Regex,
    Term,
    Terms,
    Text,
    Wild,
)

KEYS = ["a", "b", "level", "ms", "a.b", "ключ", 'x"y', "t\\n"]
TEXTS = [
    *(
        "",
        "a",
        "b",
        "ab",
        "ERROR",
        "WARN",
        "true",
        "false",
        "null",
        "1",
        "1.0",
        "10",
        "1e3",
        "-1",
        "+1",
        ".5",
    ),
    *("inf", "fine", "a*b", "a b", 'say "a"', "\\", "a\\b", "é", "\n", "\ud800", " ", "[a]", "]", "%", "x,y"),
]
NUMBERS = ["0", "1", "1.0", "-1", "+1", "10", "1e3", "1E-3", ".5", "1000", "007", "9" * 20, "1e400"]
EQUALITY = ["=", "!="]
OPERATORS = [*EQUALITY, "<", "<=", ">", ">="]

text = st.sampled_from(TEXTS) | st.text(alphabet='ab1.*"\\ -é', max_size=4)
wildcarded = st.builds(
    lambda core, before, behind: before + core + behind, text, *[st.sampled_from(["", "*"])] * 2
)

_atoms = st.sampled_from(
    [
        *("a", "b", "1", " ", ".", "\\.", "\\d", "\\D", "\\s", "\\S", "\\w", "\\W", "\\x41", "\\[", "E", "R"),
        *("[ab]", "[^a]", "[a-c1]", "[\\d_]", "[b|$]", "[-a]", "\\t", ":", "/"),
    ]
)
_times = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,3}", "{,2}", "{2,}", "*?", "+?"])
_pieces = st.builds(str.__add__, _atoms, _times) | st.sampled_from(["^", "$"])
regex_text = (
    st.lists(st.lists(_pieces, max_size=4).map("".join), min_size=1, max_size=3).map("|".join).filter(bool)
)


def _joined(kind: type[And | Or], parts: list[Expression]) -> Expression:
    flat: list[Expression] = []
    for comparison in parts:
        flat.extend(comparison.parts if isinstance(comparison, kind) else [comparison])
    return kind(tuple(flat))


def _tree(draw: Callable[[Any], Any], leaves: list[Condition]) -> Expression:
    """Join conditions by drawing two neighbours at a time."""
    parts: list[Expression] = list(leaves)
    while len(parts) > 1:
        at = draw(st.integers(0, len(parts) - 2))
        kind = draw(st.sampled_from([And, Or]))
        parts[at : at + 2] = [_joined(kind, parts[at : at + 2])]
    return parts[0]


def _operand(draw: Callable[[Any], Any], spare: list[str]) -> tuple[str, Operand]:
    if spare and draw(st.booleans()):
        spare.pop()
        return draw(st.sampled_from(EQUALITY)), Regex(draw(regex_text))
    if draw(st.booleans()):
        return draw(st.sampled_from(OPERATORS)), Number(draw(st.sampled_from(NUMBERS)))
    return draw(st.sampled_from(EQUALITY)), Text(draw(wildcarded))


@st.composite
def _paths(draw: Callable[[Any], Any], *, wild: bool) -> JsonPath:
    steps: list[str | int | Wild] = [draw(st.sampled_from(KEYS))]
    steps += draw(st.lists(st.sampled_from([*KEYS, 0, 1]), max_size=2))
    if wild:
        at = draw(st.integers(0, len(steps)))
        steps.insert(at, draw(st.sampled_from(list(Wild))) if at else Wild.FIELD)
    return JsonPath(tuple(steps))


@st.composite
def json_patterns(draw: Callable[[Any], Any]) -> JsonPattern:
    """Conditions on JSON, within the quotas."""
    regexes, wildcards = ["", ""], ["", "", ""]
    leaves: list[Condition] = []
    for _ in range(draw(st.integers(1, 5))):
        wild = bool(wildcards) and draw(st.integers(0, 3)) == 0
        if wild:
            wildcards.pop()
        path = draw(_paths(wild=wild))
        what = draw(st.sampled_from(["compare", "compare", "compare", "NULL", "TRUE", "FALSE", "absent"]))
        if what == "compare":
            leaves.append(Comparison(path, *_operand(draw, regexes)))
        else:
            leaves.append(NotExists(path) if what == "absent" else Is(path, what))
    return JsonPattern(_tree(draw, leaves))


@st.composite
def delimited_patterns(draw: Callable[[Any], Any]) -> Delimited:
    """Fields with conditions, within the quotas."""
    regexes = ["", ""]
    fields: list[Field | Gap] = []
    for name in draw(st.lists(st.sampled_from(["ip", "w1", "size", "a-b", "_x", None]), max_size=5)):
        if name is None or any(isinstance(field, Field) and field.name == name for field in fields):
            fields.append(Field())
        elif draw(st.booleans()):
            fields.append(Field(name))
        else:
            count = draw(st.integers(1, 3))
            leaves: list[Condition] = [
                Comparison(FieldName(name), *_operand(draw, regexes)) for _ in range(count)
            ]
            fields.append(Field(name, _tree(draw, leaves)))
    if draw(st.booleans()):
        fields.insert(draw(st.integers(0, len(fields))), Gap())
    # A single field without a name is written as [], which is none.
    return Delimited(() if fields == [Field()] else tuple(fields))


@st.composite
def term_patterns(draw: Callable[[Any], Any]) -> Terms:
    """Terms, phrases and expressions, within the quotas."""
    signs = draw(st.sampled_from([[""], ["?"], ["-"], ["", "-"], ["", "?", "-"]]))
    what: list[str | Regex] = [*draw(st.lists(text, max_size=3))]
    what += [Regex(entry) for entry in draw(st.lists(regex_text, max_size=2))]
    return Terms(tuple(Term(entry, draw(st.sampled_from(signs))) for entry in draw(st.permutations(what))))


patterns: st.SearchStrategy[Pattern] = json_patterns() | delimited_patterns() | term_patterns()

_scalars = (
    st.none()
    | st.booleans()
    | text
    | st.sampled_from([0, 1, 10, -1, 1000, 0.5, 1.0, 12.34, 1e3, 1e22, 10**20])
)
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(st.sampled_from(KEYS), _values, max_size=4)


@st.composite
def json_texts(draw: Callable[[Any], Any]) -> str:
    """Objects as services write them: escaped in every way that JSON allows, and sometimes spoiled."""
    document = draw(objects)
    written = json.dumps(
        document,
        ensure_ascii=draw(st.booleans()),
        separators=draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t: ")])),
    )
    if draw(st.booleans()):
        for letter in draw(st.sets(st.sampled_from("abElvRm1n"), max_size=3)):
            written = _escaped(written, letter)
    spoiled = [
        *(f"INFO {written}", written[:-1], f"[{written}]", '{"a": NaN}', '{"a": 1, "a": "ERROR"}'),
        '{"a": 1e3, "b": 1.50, "ms": 1E400, "level": -0}',
    ]
    return str(draw(st.sampled_from([written] * len(spoiled) + spoiled)))


def _escaped(written: str, letter: str) -> str:
    r"""Write a letter inside strings as \uXXXX."""
    inside = False
    out = []
    at = 0
    while at < len(written):
        character = written[at]
        if inside and character == "\\":
            length = 6 if written[at + 1] == "u" else 2
            out.append(written[at : at + length])
            at += length
            continue
        if character == '"':
            inside = not inside
        out.append(f"\\u{ord(letter):04x}" if inside and character == letter else character)
        at += 1
    return "".join(out)


_words = text | st.sampled_from(
    ["ip", "-", "[10/Oct/2000:13:25:15 -0700]", '"GET / HTTP/1.0"', "404", '"', "[", "a]"]
)
lines = st.builds(str.join, st.sampled_from([" ", "\t", "  ", ""]), st.lists(_words, max_size=7))
events = json_texts() | lines | lines | st.text(alphabet='aERO1 "[]{}\\.:,\n', max_size=12)
