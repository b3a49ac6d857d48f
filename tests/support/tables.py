"""One test over a table: each entry is tried, and a failure names every entry that failed.

`pytest.mark.parametrize` makes a test of each entry. Collecting, distributing and reporting it takes longer
than most claims do; it remains for tests that are slow, or whose fixtures are not among `FRESH`.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pytest

Test = Callable[..., None]
ParameterSet = type(pytest.param())
FRESH = ("capsys", "folder", "monkeypatch", "tmp_path")
"""Fixtures of a single test that each entry has afresh; any other has to be good for all entries."""


class EntriesError(AssertionError):
    """What failed, a line per entry; the first one is its cause, with its traceback."""


def each(
    names: str | Sequence[str],
    entries: Iterable[Any] | Callable[[], Iterable[Any]],
    *,
    ids: Iterable[str] | Callable[[Any], str] | None = None,
) -> Callable[[Test], Test]:
    """Call a test with every entry, as `pytest.mark.parametrize` would.

    Args:
        names: of the parameters.
        entries: a value for each name; or a function that returns them, called when the test runs.
        ids: what an entry is called; by default, its values.
    """
    parameters = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def tried(**fixtures: Any) -> None:
            table = list(entries() if callable(entries) else entries)
            called = list(ids) if ids is not None and not callable(ids) else [None] * len(table)
            failures: list[tuple[str, BaseException]] = []
            skipped: list[BaseException] = []
            for number, (entry, name) in enumerate(zip(table, called, strict=True)):
                values = entry.values if isinstance(entry, ParameterSet) else entry
                values = (values,) if len(parameters) == 1 and values is entry else values
                try:
                    with _fresh(fixtures, number) as own:
                        test(**own, **dict(zip(parameters, values, strict=True)))
                except pytest.skip.Exception as skip:
                    skipped.append(skip)
                except (Exception, pytest.fail.Exception) as failure:  # noqa: BLE001  # the next ones count, too
                    failures.append((ids(entry) if callable(ids) else name or _label(entry), failure))
            if failures:
                raise EntriesError(_told(failures, len(table))) from failures[0][1]
            if not table or len(skipped) == len(table):
                pytest.skip(str(skipped[0]) if skipped else "the table is empty")

        signature = inspect.signature(test)
        left = [parameter for name, parameter in signature.parameters.items() if name not in parameters]
        assert len(left) + len(parameters) == len(signature.parameters), f"{test.__name__} lacks parameters"
        tried.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]  # pytest reads it
        return tried

    return decorate


@contextlib.contextmanager
def _fresh(fixtures: Mapping[str, Any], number: int) -> Iterator[dict[str, Any]]:
    """Give an entry its own fixtures, as if it were a test of its own."""
    own = dict(fixtures)
    with contextlib.ExitStack() as stack:
        if "capsys" in own:
            own["capsys"].readouterr()
        if "folder" in own:
            own["folder"].renew()
        elif "tmp_path" in own:
            own["tmp_path"] /= str(number)
            own["tmp_path"].mkdir(exist_ok=True)
        if "monkeypatch" in own:
            own["monkeypatch"] = stack.enter_context(own["monkeypatch"].context())
        yield own


def _label(entry: Any) -> str:
    """Return what an entry is called when nothing else is said."""
    if isinstance(entry, ParameterSet):
        return str(entry.id or entry.values)
    try:
        return entry if isinstance(entry, str) else repr(entry)
    except ValueError:  # a number with more digits than Python writes
        return f"a {type(entry).__name__}"


def _told(failures: Sequence[tuple[str, BaseException]], number: int) -> str:
    """Say which entries failed, and why in a line."""
    lines = [f"{len(failures)} of {number} entries failed"]
    for label, failure in failures:
        text = str(failure) or type(failure).__name__
        nested = isinstance(failure, EntriesError)
        lines.append(f"- {label}: {text if nested else text.splitlines()[0]}")
    return "\n".join(lines)
