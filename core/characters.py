"""Characters one by one: which are dropped, which cling to the one before, what they fold to, and their class.

Rules N1 to N6 and T1 of the query language. Everything follows from ``unicodedata`` and ``t2s.tsv`` and is computed once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from unicodedata import category, normalize

PLANE = 0x10000
ASTRAL = "\U00010000-\U0010ffff"
DROPPED_MARKS = frozenset((*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
LONGEST_CLUSTER = 64
"""Normal forms sort marks in quadratic time, so more marks than any script piles up are folded piece by piece."""

_CJK = (
    "1100-11FF 2E80-2FDF 3005-3007 3021-3029 3031-3035 3038-303C 3041-3096 309D-309F 30A1-30FA 30FC-30FF 3105-312F "
    "3131-318E 31A0-31BF 31F0-31FF 3400-4DBF 4E00-9FFF A960-A97C AC00-D7FB F900-FAFF 1AFF0-1B16F 20000-3FFFF"
)
# In these blocks a character only ever folds to itself or to its simplified form: most of the plane needs no look.
_EVEN_BLOCKS = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xAC00, 0xD7A4), range(0xD800, 0xF900))
_BETWEEN = "\ue000"
_TRADEMARKS = str.maketrans("™℠®", "   ")
_DIACRITICS = dict.fromkeys(range(0x300, 0x370))
# A lone surrogate cannot be encoded; it means nothing, so it may look like any other unreadable sign.
_UNIFIED = str.maketrans(
    dict.fromkeys('"‘’‚‛“”„‟′ʼʻ«»‹›「」『』《》〈〉〝〞〟`', "'")
    | dict.fromkeys("‐‑‒–−", "-")
    | dict.fromkeys("・‧", "·")
    | dict.fromkeys(map(chr, range(0xD800, 0xE000)), "\ufffd")
)


def is_dropped(char: str) -> bool:
    return category(char) == "Cf" or ord(char) in DROPPED_MARKS


def is_clinging(char: str) -> bool:
    """It belongs to the cluster of the character before it: combining marks, vowels and finals of Hangul."""
    first = normalize("NFKD", char)[0]
    return category(first)[0] == "M" or "\u1160" <= first <= "\u11ff"


def clusters(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, kept characters) of each cluster; ``end`` stands behind its last kept character."""
    start = end = 0
    kept: list[str] = []
    for position, char in enumerate(text):
        if is_dropped(char):
            continue
        if kept and not is_clinging(char):
            yield start, end, "".join(kept)
            kept.clear()
        if not kept:
            start = position
        kept.append(char)
        end = position + 1
    if kept:
        yield start, end, "".join(kept)


def exact_cluster(cluster: str) -> str:
    return "".join(normalize("NFKC", piece.translate(_TRADEMARKS)) for piece in _pieces(cluster))


def folded_cluster(cluster: str) -> str:
    if len(cluster) <= 4:
        return _folded_short(cluster)
    return "".join(map(_folded, _pieces(cluster)))


def _pieces(cluster: str) -> Iterator[str]:
    return (cluster[at : at + LONGEST_CLUSTER] for at in range(0, len(cluster), LONGEST_CLUSTER))


def _folded(cluster: str) -> str:
    simplified = exact_cluster(cluster).casefold().translate(simplifications())
    return normalize("NFC", normalize("NFD", simplified).translate(_DIACRITICS)).translate(_UNIFIED)


_folded_short = lru_cache(maxsize=4096)(_folded)


@cache
def simplifications() -> dict[int, int]:
    """Traditional to simplified, character by character (``t2s.tsv``, from OpenCC; see ``NOTICE-t2s.txt``)."""
    lines = (Path(__file__).parent / "t2s.tsv").read_text(encoding="utf-8").splitlines()
    return {ord(line[0]): ord(line[2]) for line in lines}


@cache
def fold_table() -> tuple[list[int], str]:
    """For ``str.translate``: what each character of the plane folds to; and the class of those it cannot do.

    These are dropped, cling, or fold to none or several; to them belongs everything beyond the plane.
    """
    table = list(range(PLANE))
    table[0xD800:0xE000] = [0xFFFD] * 0x800
    for code, simple in simplifications().items():
        if code < PLANE:
            table[code] = simple
    special = []
    for code, form, parts in _uneven():
        clinging = "\u1160" <= parts[0] <= "\u11ff" or category(parts[0])[0] == "M"
        dropped = category(chr(code)) == "Cf" or code in DROPPED_MARKS
        if clinging or dropped or len(form) != 1:
            special.append(code)
        else:
            table[code] = ord(form)
    return table, as_class(_spans(special)) + ASTRAL


def _uneven() -> Iterable[tuple[int, str, str]]:
    """(code, folded form, compatibility decomposition) of each character that is not in an even block."""
    starts = (0, *(block.stop for block in _EVEN_BLOCKS))
    stops = (*(block.start for block in _EVEN_BLOCKS), PLANE)
    codes = list(chain.from_iterable(map(range, starts, stops)))
    # All at once, with a neutral sign between them: ten times faster than one by one.
    joined = _BETWEEN.join(map(chr, codes))
    return zip(codes, _folded(joined).split(_BETWEEN), normalize("NFKD", joined).split(_BETWEEN), strict=True)


@cache
def classes() -> dict[str, tuple[str, str]]:
    """Rule T1: by kind the members of a regular expression's class, those of the plane and those beyond.

    K is CJK, L other letters, D digits, M marks.
    """
    kinds = bytearray(_categories().replace("Nd", "Dd")[::2], "ascii")
    all_but_marks = bytes(ord("M") if byte == ord("M") else ord("K") for byte in range(256))
    *spans, beyond = [
        (int(first, 16), int(last, 16) + 1) for first, last in (span.split("-") for span in _CJK.split())
    ]
    for start, stop in spans:
        kinds[start:stop] = kinds[start:stop].translate(all_but_marks)
    members = {kind: [m.span() for m in re.finditer(kind.encode() + b"+", kinds)] for kind in "KLDM"}
    members["K"].append(beyond)
    return {
        kind: (as_class(s for s in runs if s[1] <= PLANE), as_class(s for s in runs if s[0] >= PLANE))
        for kind, runs in members.items()
    }


@cache
def _categories() -> str:
    """Two letters for each character of the first two planes; no letter of the others has a class but K."""
    return "".join(map(category, map(chr, range(2 * PLANE))))


def as_class(spans: Iterable[tuple[int, int]]) -> str:
    """``spans`` are half-open and hold no sign that means something inside a class."""
    return "".join(
        chr(start) if stop == start + 1 else f"{chr(start)}-{chr(stop - 1)}" for start, stop in spans
    )


def _spans(codes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Of ascending codes."""
    start = last = codes[0]
    for code in codes[1:]:
        if code != last + 1:
            yield start, last + 1
            start = code
        last = code
    yield start, last + 1
