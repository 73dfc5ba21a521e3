"""Which lessons are nearly the same: Jaccard similarity of word 3-shingles, exact, for every pair.

Each lesson is indexed by half of its shingles. A pair of similarity t shares at least t of the smaller set's
shingles and of the larger one's, so that of any half of either at least (t - 0.5) is found in the other: what
reaches that is compared in full, and nothing else has to be (prefix filtering; Xiao et al. 2011,
doi 10.1145/2000824.2000825).
"""

from __future__ import annotations

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TypeAlias

NEAR = 0.6
"""From here on one lesson is another with the nouns changed."""

_WORD = re.compile(r"\w+")

Shingles: TypeAlias = "array[int]"
"""The hashes of a text's word 3-shingles, each once, in ascending order."""


def shingles(texts: Iterable[str]) -> Shingles:
    """Return the word 3-shingles of texts; none goes across two of them."""
    found: set[int] = set()
    for text in texts:
        words = _WORD.findall(text.lower())
        found.update(map(hash, zip(words, words[1:], words[2:], strict=False)))
    return array("q", sorted(found))


def similarity(one: Shingles, other: Shingles) -> float:
    """Return the Jaccard similarity of two sets, 0 to 1; two empty ones are not similar."""
    return _shared(len(one), len(other), len(set(one).intersection(other)))


def _shared(one: int, other: int, both: int) -> float:
    union = one + other - both
    return both / union if union else 0.0


class Neighbours:
    """The lessons seen so far, and the pairs of them that are near; each can be taken out and put again."""

    def __init__(self) -> None:
        self._sets: dict[str, Shingles] = {}
        self._index: defaultdict[int, list[str]] = defaultdict(list)
        self._near: dict[str, dict[str, float]] = {}

    def put(self, name: str, found: Shingles) -> None:
        """Add a lesson, or replace what was known of it."""
        self.drop(name)
        near, own = {}, set(found)
        for other in self._candidates(own):
            known = self._sets[other]
            degree = _shared(len(own), len(known), len(own.intersection(known)))
            if degree >= NEAR:
                near[other] = self._near[other][name] = degree
        self._sets[name], self._near[name] = found, near
        for each in found[: _half(len(found))]:
            self._index[each].append(name)

    def drop(self, name: str) -> None:
        """Forget a lesson, if it is known."""
        if (known := self._sets.pop(name, None)) is None:
            return
        for each in known[: _half(len(known))]:
            self._index[each].remove(name)
            if not self._index[each]:
                del self._index[each]
        for other in self._near.pop(name):
            del self._near[other][name]

    def nearest(self, name: str) -> tuple[str, float] | None:
        """Return the lesson most like this one and how much, or None where none is near."""
        near = self._near[name]
        other = max(near, key=lambda each: (near[each], each), default=None)
        return None if other is None else (other, near[other])

    def _candidates(self, found: set[int]) -> Iterator[str]:
        index = self._index
        hits = Counter(chain.from_iterable(map(index.__getitem__, found & index.keys())))
        for name, count in hits.items():
            size = len(self._sets[name])
            if count >= _half(size) - (1 - NEAR) * size:
                yield name


def _half(size: int) -> int:
    return (size + 1) // 2
