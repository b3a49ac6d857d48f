"""Suggestions for misspelled words."""

from __future__ import annotations

import difflib
import heapq
from collections.abc import Iterable

WORD = 64
"""Maximum characters of a word for which similar words are searched, and that a message shows."""

_COMPARED = 200
"""Maximum number of words that a word is compared with."""
_LONGER = 4
"""Maximum difference of the lengths of a word and of one of very many known ones."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "   did you mean x?" for the known word that is nearest to `word`, or nothing."""
    word = word.casefold()
    if len(word) > WORD:
        return ""
    by_case = {text.casefold(): text for text in known}
    if len(by_case) > _COMPARED:
        # Of very many, those that begin alike, such as the alarms of the same service.
        alike = (
            text for text in sorted(by_case) if text[:1] == word[:1] and abs(len(text) - len(word)) <= _LONGER
        )
        nearest = heapq.nlargest(_COMPARED, alike, key=lambda text: _begins_alike(text, word))
        by_case = {text: by_case[text] for text in nearest}
    near = difflib.get_close_matches(word, by_case, n=1, cutoff=0.6)
    return f"   did you mean {by_case[near[0]]}?" if near else ""


def _begins_alike(text: str, word: str) -> int:
    """Return the number of characters with which both begin."""
    pairs = enumerate(zip(text, word, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(text), len(word)))
