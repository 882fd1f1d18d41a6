"""What the full-text index keeps of an article: the set of its tokens, with those of its title once more behind a ``_``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from core.text import index_tokens

Fields = tuple[str, str, str]
"""Title, summary and text of an article."""
Terms = frozenset[str]

ANALYSIS = f"1/{unicodedata.unidata_version}"
"""Raise the number when ``core.text.index_tokens`` or ``encode`` give other tokens: the index is then built anew."""

LONGEST = 64
"""Code points of a token; longer ones are cut, in the index and in what is asked alike."""
TITLE = "_"

# FTS5's tokenizer keeps ASCII letters, digits, '_', '-' and everything beyond ASCII, and lowers ASCII capitals; PostgreSQL
# takes neither NUL nor lone surrogates, and a term without quotes and backslashes needs no care in a query.
_FOREIGN = re.compile("[\x00-/:-`{-\x7f\ud800-\udfff]")


def terms_of(fields: Fields) -> Terms:
    """Takes about a millisecond for a page of text; do it ahead of a transaction where there is much."""
    in_title = encode_all(index_tokens(fields[0]))
    elsewhere = encode_all(token for part in fields[1:] for token in index_tokens(part))
    return frozenset(in_title | elsewhere | {TITLE + term for term in in_title})


def encode_all(tokens: Iterable[str]) -> set[str]:
    distinct = set(tokens)
    joined = "".join(distinct)
    # Nearly always nothing needs care: one look at all of them together is enough.
    if _FOREIGN.search(joined) is None and len(max(distinct, key=len, default="")) <= LONGEST:
        return distinct - {""}
    return {encode(token) for token in distinct if token}


def encode(token: str) -> str:
    """In characters that no index splits or folds. A beginning stays a beginning."""
    return _FOREIGN.sub(lambda found: f"-{ord(found.group()):x}-", token[:LONGEST])
