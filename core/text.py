"""The one tokeniser: words, numbers and single CJK characters of a folded text (rules T1 to T5 of the query language).

Whoever compares texts, indexes them, matches them or cuts them at a border between tokens asks here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from core.characters import ASTRAL, classes
from core.folding import Folded, folded

MATCHED_CHARACTERS = 200_000
"""Of each field so many code points are matched and indexed: a book. What is longer is marked on the article."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """``starts`` and ``ends`` are places in ``folded.text``; ``forms`` are the folded forms."""

    folded: Folded
    forms: list[str]
    starts: list[int]
    ends: list[int]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """The extent in the original of the tokens ``first`` to ``last``, both included."""
        return self.folded.span(self.starts[first], self.ends[last])

    def gap(self, index: int) -> str:
        """The folded characters between the token and the next one; behind the last one, the rest."""
        stop = self.starts[index + 1] if index + 1 < len(self.starts) else len(self.folded.text)
        return self.folded.text[self.ends[index] : stop]

    def exact(self, index: int) -> str:
        """The exact form: case, script and diacritics kept, an abbreviation with its inner dots."""
        start, end = self.starts[index], self.ends[index]
        return self.folded.exact(start, end).rstrip(".")


@dataclass(frozen=True, slots=True)
class Patterns:
    token: re.Pattern[str]
    """Finds the tokens one after the other."""
    piece: re.Pattern[str]
    """The same, but a run of CJK characters without a gap is one piece."""
    cjk: re.Pattern[str]
    """One CJK character."""
    word: re.Pattern[str]
    """Matches at the first letter of a word, up to its end; knows no abbreviations."""
    number: re.Pattern[str]
    letter: re.Pattern[str]
    mark: re.Pattern[str]
    character: re.Pattern[str]
    """One character of any token."""
    abbreviation: re.Pattern[str]
    """Finds abbreviations by their first dot; a match begins there, one place behind the first letter."""


@cache
def patterns() -> Patterns:
    letter, digit, mark = (_one(kind) for kind in "LDM")
    cjk = _any("K")
    # A dot is rare, so it is looked for first; then that no token stands directly before the first letter.
    dots = rf"(?=\.)(?<!{_any('LDM')}{_any('L')})(?:\.{letter})+(?!{_any('LDM')})\.?"
    word = f"{letter}{_run('LM')}"
    number = f"{digit}{_run('DM')}"
    marks = f"(?:{mark})*+"
    return Patterns(
        token=re.compile(f"{cjk}{marks}|{letter}(?:{dots}|{_run('LM')})|{number}"),
        piece=re.compile(f"(?:{cjk}{marks})++|{letter}(?:{dots}|{_run('LM')})|{number}"),
        cjk=re.compile(cjk),
        word=re.compile(f"(?<!{_any('L')}){word}"),
        number=re.compile(f"(?<!{_any('D')}){number}"),
        letter=re.compile(letter),
        mark=re.compile(mark),
        character=re.compile(_any("KLDM")),
        abbreviation=re.compile(
            rf"\.(?<={_any('L')}\.)(?<!{_any('LDM')}.\.){letter}(?:\.{letter})*(?!{_any('LDM')})\.?"
        ),
    )


def tokenise(text: str) -> Tokens:
    return tokens_of(folded(text))


def tokens_of(form: Folded) -> Tokens:
    spans = [match.span() for match in patterns().token.finditer(form.text)]
    forms = [form.text[start:end] for start, end in spans]
    if "." in form.text:
        forms = [token.replace(".", "") for token in forms]
    return Tokens(form, forms, [start for start, _ in spans], [end for _, end in spans])


def is_cjk(form: str) -> bool:
    return form >= "\u1100" and patterns().cjk.match(form) is not None


def fold(text: str) -> str:
    return folded(text).text


def title_key(title: str) -> str:
    """Letters and digits of the folded title, for identity: spacing, punctuation and script make no difference."""
    return "".join(patterns().piece.findall(fold(title))).replace(".", "")


def index_tokens(text: str) -> Iterator[str]:
    """What an article is found by: words, numbers, single CJK characters, and the pairs of neighbouring ones.

    Pairs reach across any gap, so a phrase is always covered by its pairs.
    """
    last = ""
    for piece in patterns().piece.findall(fold(text[:MATCHED_CHARACTERS])):
        if not is_cjk(piece):
            yield piece.replace(".", "")
            last = ""
            continue
        run = list(piece) if patterns().mark.search(piece) is None else patterns().token.findall(piece)
        yield from run
        if last:
            yield last + run[0]
        for one, two in pairwise(run):
            yield one + two
        last = run[-1]


def _any(kinds: str) -> str:
    return "[" + "".join("".join(classes()[kind]) for kind in kinds) + "]"


def _one(kind: str) -> str:
    """The same class, but the many ranges beyond the plane are only tried where a character stands beyond it."""
    near, far = classes()[kind]
    return f"(?:[{near}]|(?=[{ASTRAL}])[{far}])"


def _run(kinds: str) -> str:
    near, far = ("".join(part) for part in zip(*(classes()[kind] for kind in kinds), strict=True))
    return f"(?:[{near}]++|(?=[{ASTRAL}])[{far}])*+"
