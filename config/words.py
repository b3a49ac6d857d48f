"""The known word that is meant by another one, for messages."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import islice

_WORD = 64
"""Maximum characters of a word for which similar words are searched."""

_COMPARED = 200
"""Maximum number of words that a word is compared with."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "   did you mean x?" for the known word that is nearest to `word`, or nothing."""
    word = word.casefold()
    if len(word) > _WORD:
        return ""
    by_case = {text.casefold(): text for text in known}
    if len(by_case) > _COMPARED:
        alike = (text for text in by_case if text[:1] == word[:1] and abs(len(text) - len(word)) <= 2)  # noqa: PLR2004
        by_case = {text: by_case[text] for text in islice(alike, _COMPARED)}
    near = difflib.get_close_matches(word, by_case, n=1, cutoff=0.6)
    return f"   did you mean {by_case[near[0]]}?" if near else ""
