"""Expressions of scenarios: a value over time, such as `120 + 40 * sin(2 * pi * t / 86400)`.

Python's arithmetic over a short list of names, computed for all steps at once. Nothing else of Python is in
them: no attribute, no call but of the functions below.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cloudwatch.distribution import Floats
from cloudwatch.words import visible

_LONGEST = 1000
"""Characters; more parentheses in one another than fit would exhaust Python's own parser."""
_DEEPEST = 100
"""Operations within one another: more of them would exhaust the stack of whoever is deep in it already."""
_EXACT = 2.0**53
"""Up to here floating point holds every whole number."""

NAMES = {
    "t": "seconds since the start; negative in the warm-up",
    "before": "what the value would have been",
    "pi": "3.14159…",
}

FUNCTIONS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "abs": (("x",), "x without its sign"),
    "ceil": (("x",), "the next whole number"),
    "cos": (("x",), "cosine, of radians"),
    "exp": (("x",), "e to the power of x"),
    "floor": (("x",), "the whole number before x"),
    "log": (("x",), "natural logarithm"),
    "max": (("x", "y"), "the larger one"),
    "min": (("x", "y"), "the smaller one"),
    "noise": (("t", "seed = 0"), "from 0 up to 1, the same for the same time and seed on every machine"),
    "round": (("x",), "the nearest whole number"),
    "sin": (("x",), "sine, of radians"),
    "sqrt": (("x",), "square root"),
    "when": (("condition", "x", "y"), "x where the condition is true, else y"),
}
"""Name -> its arguments, those with a default behind, and what it is."""


def _noise(t: npt.ArrayLike, seed: npt.ArrayLike = 0) -> Floats:
    """Return a number from 0 up to 1 for each time: the same for the same time and seed, on every machine.

    Of both only the whole part counts. A time that is none has no noise.
    """
    time, sown = np.asarray(t, np.float64), np.asarray(seed, np.float64)
    # SplitMix64 (Steele et al., "Fast Splittable Pseudorandom Number Generators", 2014) of time and seed.
    mixed = _bits(time) + _bits(np.mod(np.trunc(sown), 2.0**32)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    # 53 bits, so that nothing is rounded, least of all up to 1.
    found = (mixed >> np.uint64(11)).astype(np.float64) / _EXACT
    return np.where(np.isfinite(time) & np.isfinite(sown), found, np.nan)


def _bits(numbers: Floats) -> npt.NDArray[np.uint64]:
    """Return numbers as whole ones of 64 bits; what is larger than that, machines convert differently."""
    small = np.fmod(np.where(np.isfinite(numbers), numbers, 0.0), _EXACT)
    return np.asarray(small.astype(np.int64).astype(np.uint64))


_COMPUTES: Mapping[str, Callable[..., Any]] = {
    "abs": np.abs,
    "ceil": np.ceil,
    "cos": np.cos,
    "exp": np.exp,
    "floor": np.floor,
    "log": np.log,
    "max": np.maximum,
    "min": np.minimum,
    "noise": _noise,
    "round": np.round,
    "sin": np.sin,
    "sqrt": np.sqrt,
    "when": np.where,
}

_BINARY: Mapping[type[ast.operator], Callable[..., Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Mod: np.mod,
    ast.Pow: np.power,
}
_COMPARE: Mapping[type[ast.cmpop], Callable[..., Any]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}


@dataclass(frozen=True, slots=True)
class Expression:
    """A value over time."""

    text: str
    _tree: ast.expr

    @classmethod
    def parse(cls, text: str) -> Expression:
        """Return the expression that `text` is.

        Raises:
            ValueError: it is none; the message says what is wrong, where, and what is allowed.
        """
        if len(text) > _LONGEST:
            raise ValueError(f"is longer than {_LONGEST} characters")
        try:
            # Python warns of code that it takes (`1if t else 2`), and what it takes is checked below.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            where = f" at character {offset}" if (offset := getattr(error, "offset", None)) else ""
            why = getattr(error, "msg", None) or error
            raise ValueError(f"is no expression{where}: {visible(str(why))}") from error
        _check_depth(tree)
        _check(tree)
        return cls(text, tree)

    def values(
        self, t: Floats, before: Floats | float | None = None, *, during: npt.NDArray[np.bool_] | None = None
    ) -> Floats:
        """Return the value for each time.

        Args:
            t: seconds since the start.
            before: what the value would have been, for each time: NaN where it is not known, and the value
                may be none either; None where nothing could have been before.
            during: the times that are asked for, all unless given; others get no value, which is NaN.

        Raises:
            ValueError: it is infinite or no number somewhere, or uses `before` where there is none.
        """
        if before is None and self.uses("before"):
            raise ValueError("before has no meaning here: nothing else is said of it")
        earlier = np.broadcast_to(np.asarray(np.nan if before is None else before, np.float64), t.shape)
        names = {"t": t.astype(np.float64), "before": earlier, "pi": np.pi}
        with np.errstate(all="ignore"):
            found = np.broadcast_to(np.asarray(_value(self._tree, names), np.float64), t.shape)
        asked = np.ones(t.shape, np.bool_) if during is None else during
        known = asked & ~np.isnan(earlier) if self.uses("before") else asked
        wrong = np.flatnonzero(~np.isfinite(found) & known)
        if wrong.size:
            raise ValueError(f"is no finite number at t = {t[wrong[0]]:g} (found: {found[wrong[0]]:g})")
        return np.where(asked, found, np.nan)

    def uses(self, name: str) -> bool:
        """Tell whether a name is in the expression."""
        return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(self._tree))


def _check_depth(tree: ast.expr) -> None:
    """Refuse too many operations within one another, without going into them.

    Raises:
        ValueError: as for `Expression.parse`.
    """
    level: list[ast.AST] = [tree]
    for _ in range(_DEEPEST):
        level = [inner for node in level for inner in ast.iter_child_nodes(node)]
    if level:
        raise ValueError(f"is no expression: more than {_DEEPEST} operations within one another")


def _check(node: ast.expr) -> None:
    """Refuse whatever is not arithmetic.

    Raises:
        ValueError: as for `Expression.parse`.
    """
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise _refused(node, "numbers only")
        if abs(node.value) > 2**63:
            raise _refused(node, "numbers up to 2^63")
    elif isinstance(node, ast.Name):
        if node.id not in NAMES:
            known = ", ".join(f"{name} ({meaning})" for name, meaning in NAMES.items())
            raise _refused(node, f"no such name {node.id}; known: {known}, and {', '.join(FUNCTIONS)}")
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        _check(node.operand)
    elif isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        _check(node.left)
        _check(node.right)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARE:
        _check(node.left)
        _check(node.comparators[0])
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        _check_call(node.func.id, node)
    else:
        allowed = "+ - * / % **, < <= > >= == !=, parentheses, numbers, t, before, pi, and "
        raise _refused(node, f"only {allowed}{', '.join(FUNCTIONS)} are allowed")


def _check_call(name: str, node: ast.Call) -> None:
    if name not in FUNCTIONS:
        raise _refused(node, f"no such function {name}; known: {', '.join(FUNCTIONS)}")
    arguments = FUNCTIONS[name][0]
    fewest = sum("=" not in argument for argument in arguments)
    if not fewest <= len(node.args) <= len(arguments):
        raise _refused(node, f"it is {name}({', '.join(arguments)})")
    for item in node.args:
        _check(item)


def _refused(node: ast.expr, why: str) -> ValueError:
    return ValueError(f"is no expression at character {node.col_offset + 1}: {why}")


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:  # noqa: ANN401  # arrays and numbers of numpy
    if isinstance(node, ast.Constant):
        return np.float64(node.value)  # type: ignore[arg-type]  # checked above
    if isinstance(node, ast.Name):
        return names[node.id]
    if isinstance(node, ast.UnaryOp):
        value = _value(node.operand, names)
        return np.negative(value) if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp):
        return _BINARY[type(node.op)](_value(node.left, names), _value(node.right, names))
    if isinstance(node, ast.Compare):
        found = _COMPARE[type(node.ops[0])](_value(node.left, names), _value(node.comparators[0], names))
        return np.asarray(found, np.float64)  # numbers: numpy adds truths up to one truth
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _COMPUTES[node.func.id](*(_value(item, names) for item in node.args))
    raise AssertionError(ast.dump(node))
