"""Expressions of scenarios: a value over time, such as `120 + 40 * sin(2 * pi * t / 86400)`.

Python arithmetic over a fixed list of names, computed for all steps at once. Attributes, and calls of other
functions than those below, are not allowed.
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
"""Maximum length, which limits the nesting of parentheses for Python's parser."""
_DEEPEST = 100
"""Maximum nesting of operations, which limits the recursion depth."""
_EXACT = 2.0**53
"""Up to here floating point represents every whole number."""

NAMES = {
    "t": "seconds since the start; negative in the warm-up",
    "before": "the value without this entry",
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
"""Name -> its arguments, those with a default last, and its description."""


def _noise(t: npt.ArrayLike, seed: npt.ArrayLike = 0) -> Floats:
    """Return a number from 0 up to 1 for each time: the same for the same time and seed, on every machine.

    Only the whole parts of both are used. The result is NaN if the time or the seed is not finite.
    """
    time, seeds = np.asarray(t, np.float64), np.asarray(seed, np.float64)
    # SplitMix64 (Steele et al., "Fast Splittable Pseudorandom Number Generators", 2014) of time and seed.
    mixed = _bits(time) + _bits(np.mod(np.trunc(seeds), 2.0**32)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    # 53 bits, so that the result is exact and below 1.
    numbers = (mixed >> np.uint64(11)).astype(np.float64) / _EXACT
    return np.where(np.isfinite(time) & np.isfinite(seeds), numbers, np.nan)


def _bits(numbers: Floats) -> npt.NDArray[np.uint64]:
    """Return numbers as 64-bit integers. Larger ones are reduced, as conversion is not portable."""
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
        """Parse an expression.

        Raises:
            ValueError: it is not valid. The message has the reason, the position and what is allowed.
        """
        if len(text) > _LONGEST:
            raise ValueError(f"is longer than {_LONGEST} characters")
        try:
            # Python warns about code such as `1if t else 2`, which is checked below.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            where = f" at character {offset}" if (offset := getattr(error, "offset", None)) else ""
            reason = getattr(error, "msg", None) or error
            raise ValueError(f"is not a valid expression{where}: {visible(str(reason))}") from error
        _check_depth(tree)
        _check(tree)
        return cls(text, tree)

    def values(
        self, t: Floats, before: Floats | float | None = None, *, during: npt.NDArray[np.bool_] | None = None
    ) -> Floats:
        """Return the value for each time.

        Args:
            t: seconds since the start.
            before: the value without this entry, for each time: NaN where it is not known, so that the result
                may be NaN too; None where there is no such value.
            during: the times to compute, default all. Others are NaN.

        Raises:
            ValueError: a value is not finite, or `before` is used where there is none.
        """
        if before is None and self.uses("before"):
            raise ValueError("before is not available here: no entry above has a value")
        earlier = np.broadcast_to(np.asarray(np.nan if before is None else before, np.float64), t.shape)
        names = {"t": t.astype(np.float64), "before": earlier, "pi": np.pi}
        with np.errstate(all="ignore"):
            values = np.broadcast_to(np.asarray(_value(self._tree, names), np.float64), t.shape)
        computed = np.ones(t.shape, np.bool_) if during is None else during
        known = computed & ~np.isnan(earlier) if self.uses("before") else computed
        not_finite = np.flatnonzero(~np.isfinite(values) & known)
        if not_finite.size:
            raise ValueError(
                f"is not a finite number at t = {t[not_finite[0]]:g} (found: {values[not_finite[0]]:g})"
            )
        return np.where(computed, values, np.nan)

    def uses(self, name: str) -> bool:
        """Return whether the expression uses a name."""
        return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(self._tree))


def _check_depth(tree: ast.expr) -> None:
    """Reject too deeply nested operations, without recursion.

    Raises:
        ValueError: as for `Expression.parse`.
    """
    level: list[ast.AST] = [tree]
    for _ in range(_DEEPEST):
        level = [inner for node in level for inner in ast.iter_child_nodes(node)]
    if level:
        raise ValueError(f"is not a valid expression: more than {_DEEPEST} nested operations")


def _check(node: ast.expr) -> None:
    """Reject anything that is not arithmetic.

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
            raise _refused(node, f"{node.id} is not defined; known: {known}, and {', '.join(FUNCTIONS)}")
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
        raise _refused(node, f"function {name} is not defined; known: {', '.join(FUNCTIONS)}")
    arguments = FUNCTIONS[name][0]
    fewest = sum("=" not in argument for argument in arguments)
    if not fewest <= len(node.args) <= len(arguments):
        raise _refused(node, f"usage is {name}({', '.join(arguments)})")
    for argument in node.args:
        _check(argument)


def _refused(node: ast.expr, reason: str) -> ValueError:
    return ValueError(f"is not a valid expression at character {node.col_offset + 1}: {reason}")


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
        result = _COMPARE[type(node.ops[0])](_value(node.left, names), _value(node.comparators[0], names))
        return np.asarray(result, np.float64)  # numbers, as the sum of two booleans is a boolean in numpy
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _COMPUTES[node.func.id](*(_value(argument, names) for argument in node.args))
    raise AssertionError(ast.dump(node))
