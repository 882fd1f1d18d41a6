"""The matcher gives what a slow, literal reading of the language's definition gives.

The reading below knows nothing of the matcher's tables, automaton and shortcuts: characters one by one, every start of
every term, every path of a chain.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.errors import QueryError
from core.types import Document, Span
from matching.ast import Alias, And, AtLeast, Near, Node, Not, Or, Scoped, Term, terms_of
from matching.matcher import compile_queries
from matching.parser import parse

NOW = datetime(2026, 3, 27, 4, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
FIELDS = ("title", "summary", "body")
T2S = dict(
    line.split("\t")
    for line in (Path(__file__).parents[2] / "core" / "t2s.tsv").read_text(encoding="utf-8").splitlines()
)
CJK = [
    tuple(int(end, 16) for end in span.split("-"))
    for span in [
        "1100-11FF",
        "2E80-2FDF",
        "3005-3007",
        "3021-3029",
        "3031-3035",
        "3038-303C",
        "3041-3096",
        "309D-309F",
        "30A1-30FA",
        "30FC-30FF",
        "3105-312F",
        "3131-318E",
        "31A0-31BF",
        "31F0-31FF",
        "3400-4DBF",
        "4E00-9FFF",
        "A960-A97C",
        "AC00-D7FB",
        "F900-FAFF",
        "1AFF0-1B16F",
        "20000-3FFFF",
    ]
]
BREAKS = "\n\r\v\f\x85\u2028\u2029"
UNIFIED = {
    **dict.fromkeys("\"'‘’‚‛“”„‟′ʼʻ«»‹›「」『』《》〈〉〝〞〟`", "'"),
    **dict.fromkeys("-‐‑‒–−", "-"),
    **dict.fromkeys("·・‧", "·"),
}
ABBREVIATIONS = "mr mrs ms dr prof st no vs inc ltd co corp dept fig vol art sec jan feb mar apr jun jul aug sep sept oct nov dec"


def removed(char: str) -> bool:
    return (
        unicodedata.category(char) == "Cf"
        or "\ufe00" <= char <= "\ufe0f"
        or "\U000e0100" <= char <= "\U000e01ef"
    )


def clinging(char: str) -> bool:
    first = unicodedata.normalize("NFKD", char)[0]
    return unicodedata.category(first).startswith("M") or 0x1160 <= ord(first) <= 0x11FF


def exact_form(cluster: str) -> str:
    return unicodedata.normalize("NFKC", "".join(" " if char in "™℠®" else char for char in cluster))


def folded_form(cluster: str) -> str:
    simple = "".join(T2S.get(char, char) for char in exact_form(cluster).casefold())
    bare = "".join(c for c in unicodedata.normalize("NFD", simple) if not 0x300 <= ord(c) <= 0x36F)
    return "".join(UNIFIED.get(char, char) for char in unicodedata.normalize("NFC", bare))


def kind(char: str) -> str:
    category = unicodedata.category(char)
    if category[0] == "M":
        return "M"
    if any(first <= ord(char) <= last for first, last in CJK):
        return "C"
    return "L" if category[0] == "L" else "D" if category == "Nd" else "."


class Text:
    """Tokens of one text: folded form, exact form, place among the folded characters."""

    def __init__(self, text: str) -> None:
        kept = [(at, char) for at, char in enumerate(text) if not removed(char)]
        clusters: list[list[tuple[int, str]]] = []
        for at, char in kept:
            if clusters and clinging(char):
                clusters[-1].append((at, char))
            else:
                clusters.append([(at, char)])
        self.folded, self.owner, self.exact, self.extent = (
            "",
            list[int](),
            list[str](),
            list[tuple[int, int]](),
        )
        for number, cluster in enumerate(clusters):
            chars = "".join(char for _, char in cluster)
            self.exact.append(exact_form(chars))
            self.extent.append((cluster[0][0], cluster[-1][0] + 1))
            self.folded += folded_form(chars)
            self.owner += [number] * len(folded_form(chars))
        self.kinds = "".join(map(kind, self.folded))
        self.tokens = list(self.find_tokens())

    def find_tokens(self):
        at = 0
        while at < len(self.folded):
            end = self.abbreviation(at) or self.plain_token(at)
            if end:
                yield at, end
            at = end or at + 1

    def plain_token(self, at: int) -> int | None:
        follows = {"C": "M", "L": "LM", "D": "DM"}.get(self.kinds[at])
        if follows is None:
            return None
        end = at + 1
        while end < len(self.kinds) and self.kinds[end] in follows:
            end += 1
        return end

    def abbreviation(self, at: int) -> int | None:
        if self.kinds[at] != "L" or (at and self.kinds[at - 1] in "LMD"):
            return None
        ends = []
        end = at + 1
        while self.folded[end : end + 1] == "." and self.kinds[end + 1 : end + 2] == "L":
            end += 2
            if self.kinds[end : end + 1] not in ("L", "M", "D"):
                ends.append(end)
        if not ends:
            return None
        return ends[-1] + (self.folded[ends[-1] : ends[-1] + 1] == ".")

    def form(self, index: int) -> str:
        start, end = self.tokens[index]
        return self.folded[start:end].replace(".", "")

    def exact_token(self, index: int) -> str:
        start, end = self.tokens[index]
        letters = [at for at in range(start, end) if self.folded[at] != "."]
        if len(letters) < end - start:
            return ".".join(self.exact[number] for number in dict.fromkeys(self.owner[at] for at in letters))
        return "".join(self.exact[number] for number in dict.fromkeys(self.owner[start:end]))

    def gap(self, index: int) -> str:
        return self.folded[self.tokens[index][1] : self.tokens[index + 1][0]]

    def span(self, first: int, end: int) -> tuple[int, int]:
        start, stop = self.owner[self.tokens[first][0]], self.owner[self.tokens[end - 1][1] - 1]
        return self.extent[start][0], self.extent[stop][1]

    def is_cjk(self, index: int) -> bool:
        return self.kinds[self.tokens[index][0]] == "C"


def line_breaks(gap: str) -> int:
    return sum(char in BREAKS for char in gap.replace("\r\n", "\n"))


def hard(gap: str) -> str:
    return "".join(char for char in gap if not char.isspace() and char not in "'-·_")


def occurrences(term: Term, text: Text) -> set[tuple[int, int]]:
    count = len(term.tokens)
    return {(at, at + count) for at in range(len(text.tokens) - count + 1) if occurs(term, text, at)}


def occurs(term: Term, text: Text, at: int) -> bool:
    for index, token in enumerate(term.tokens):
        pattern = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in token)
        if not re.fullmatch(pattern, text.form(at + index), re.DOTALL):
            return False
        if term.exact is not None and text.exact_token(at + index) != term.exact[index]:
            return False
        if index and line_breaks(text.gap(at + index - 1)) > 1:
            return False
        if index and not closes(term, index - 1, text.gap(at + index - 1)):
            return False
    return True


def closes(term: Term, index: int, gap: str) -> bool:
    if term.exact is not None:
        return "".join(char for char in gap if not char.isspace()) == term.gaps[index]
    return hard(gap) in ("", term.gaps[index])


def sentence_ends(text: Text, index: int) -> bool:
    gap, before = text.gap(index), text.form(index)
    if line_breaks(gap) or any(char in "。!?;" for char in gap):
        return True
    single = len(before) == 1 and kind(before) == "L"
    for at, char in enumerate(gap):
        if char != "." or (at == 0 and (single or before in ABBREVIATIONS.split())):
            continue
        after = gap[at + 1 :].lstrip("')]}】〕")
        if after[:1].isspace() or (not after and text.is_cjk(index + 1)):
            return True
    return False


def linked(x: tuple[int, int], y: tuple[int, int], link, text: Text) -> bool:
    """x ends before y begins."""
    if y[0] < x[1]:
        return False
    if link.reach == "s":
        return not any(sentence_ends(text, index) for index in range(x[0], y[1] - 1))
    if link.reach == "p":
        return not any(line_breaks(text.gap(index)) > 1 for index in range(x[0], y[1] - 1))
    between = sum(1 if text.is_cjk(index) else 2 for index in range(x[1], y[0]))
    return between <= 2 * link.reach


Draw = Callable[[st.SearchStrategy[Any]], Any]
Hits = set[tuple[str, int, int]] | None


def evaluate(node: Node, texts: dict[str, Text], scope: tuple[str, ...]) -> Hits:
    """None = no match."""
    match node:
        case Term():
            return {(field, *run) for field in scope for run in occurrences(node, texts[field])} or None
        case And(parts):
            found = [evaluate(part, texts, scope) for part in parts]
            return None if None in found else set().union(*found)
        case Or(parts):
            found = [hits for part in parts if (hits := evaluate(part, texts, scope)) is not None]
            return set().union(*found) if found else None
        case Not(part):
            return set() if evaluate(part, texts, scope) is None else None
        case Scoped(name, part):
            return evaluate(part, texts, FIELDS if name == "text" else (name,))
        case Alias(part=part):
            return evaluate(part, texts, scope)
        case AtLeast(count, part):
            return at_least(count, part, texts, scope)
        case Near():
            return near(node, texts, scope)
    raise AssertionError(node)


def runs(node: Node, text: Text) -> list[tuple[int, int]]:
    return sorted(set().union(*(occurrences(term, text) for term in terms_of(node))))


def at_least(count: int, part: Node, texts: dict[str, Text], scope: tuple[str, ...]) -> Hits:
    taken = 0
    for field in scope:
        done = 0
        for start, end in sorted(runs(part, texts[field]), key=lambda run: (run[0], -run[1])):
            if start >= done:
                taken, done = taken + 1, end
    return {(field, *run) for field in scope for run in runs(part, texts[field])} if taken >= count else None


def near(node: Near, texts: dict[str, Text], scope: tuple[str, ...]) -> Hits:
    hits = set()
    for field in scope:
        text = texts[field]
        for path in itertools.product(*(runs(part, text) for part in node.parts)):
            pairs = zip(path, path[1:], node.links, strict=False)
            if all(
                linked(x, y, link, text) or (not link.ordered and linked(y, x, link, text))
                for x, y, link in pairs
            ):
                hits |= {(field, *run) for run in path}
    return hits or None


def expected(query: str, document: Document, aliases: dict[str, str]) -> tuple[Span, ...] | None:
    texts = {field: Text(getattr(document, field)) for field in FIELDS}
    hits = evaluate(parse(query, aliases=aliases).node, texts, FIELDS)
    if hits is None:
        return None
    spans: list[Span] = []
    for field in FIELDS:
        extents = sorted(texts[field].span(first, end) for name, first, end in hits if name == field)
        merged: list[tuple[int, int]] = []
        for start, end in extents:
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        spans += [Span(field, start, end) for start, end in merged]
    return tuple(spans)


PIECES = [
    *"北京市知识产权識產權局국한 가각かガﾄﾞ𠀀。，、；：！？（）「」“”‘’'\"-–—·・_.,;:!?()/*#&",
    *(" ", " ", " ", "\n", "\r\n", "\n\n", "\u3000", "\u2028", "\x85", "\t", "\r", "…", "……", ". ", "? "),
    *(
        "WIPO",
        "wipo",
        "Wipo",
        "ＷＩＰＯ",
        "W.I.P.O.",
        "U.S.",
        "u.s",
        "us",
        "U",
        "S",
        "x",
        "GREEN",
        "green",
        "G20",
        "20",
        "2025",
    ),
    *(
        "visit",
        "visited",
        "Visits",
        "visité",
        "office",
        "oﬃce",
        "Dr",
        "No",
        "½",
        "㈱",
        "㎏",
        "①",
        "①",
        "™",
        "®",
        "２０",
        "٣",
    ),
    *(
        "\u200b",
        "\u00ad",
        "\ufe0f",
        "\u202a",
        "\u0301",
        "\u0308",
        "\u3099",
        "\u0e31",
        "\u0e01",
        "\u05b0",
        "\u1161",
        "\u11a8",
    ),
    *(
        "é",
        "e\u0301",
        "İ",
        "ß",
        "ſ",
        "ŉ",
        "😀",
        "👩‍👩‍👧",
        "𝐖",
        "𐌰",
        "፩",
        "〇",
        "々",
        "゛",
        "\ue000",
        "\ufeff",
    ),
]
WILD = ["visit*", "visit?", "vis?t*", "off*", "WIPO*", "gree?"]
LINKS = ["NEAR", "NEAR/0", "NEAR/1", "NEAR/3", "NEAR/s", "NEAR/p", "ONEAR/2", "ONEAR/s", "ONEAR/p", "ONEAR"]


@st.composite
def situations(draw: Draw, write: Callable[[Draw, list[str]], str]) -> tuple[str, Document]:
    """Texts and query are made of the same few pieces, so that hits are frequent."""
    palette = [*draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5)), "WIPO", " "]
    texts = st.lists(st.sampled_from(palette), min_size=3, max_size=24).map("".join)
    query = write(draw, palette)
    assume(is_readable(query))
    return query, Document(title=draw(texts), summary=draw(texts), body=draw(texts))


def term(draw: Draw, palette: list[str]) -> str:
    quotable = [piece for piece in palette if not set(piece) & set('"*?')]
    phrase = "".join(draw(st.lists(st.sampled_from(quotable), min_size=1, max_size=draw(st.integers(1, 3)))))
    return draw(
        st.sampled_from(
            [f'"{phrase}"', f'"{phrase}"', f'="{phrase}"', *WILD[:1], draw(st.sampled_from(WILD)), "@ip"]
        )
    )


def term_list(draw: Draw, palette: list[str]) -> str:
    items = [term(draw, palette) for _ in range(draw(st.integers(1, 3)))]
    return items[0] if len(items) == 1 else f"({' OR '.join(items)})"


def chain(draw: Draw, palette: list[str]) -> str:
    parts = [term_list(draw, palette)]
    for _ in range(draw(st.integers(1, 2))):
        parts += [draw(st.sampled_from(LINKS)), term_list(draw, palette)]
    return " ".join(parts)


def leaf(draw: Draw, palette: list[str]) -> str:
    inner = [term_list, chain, lambda *given: f"ATLEAST/{draw(st.integers(1, 4))} {term_list(*given)}"]
    text = draw(st.sampled_from(inner))(draw, palette)
    scope = draw(st.sampled_from(["", "", "title", "summary", "body", "text"]))
    return f"{scope}:({text})" if scope else text


def combination(draw: Draw, palette: list[str], depth: int = 2) -> str:
    join = draw(st.sampled_from(["", " AND ", " OR ", " AND NOT ", " "])) if depth else ""
    if not join:
        return leaf(draw, palette)
    return join.join(f"({combination(draw, palette, depth - 1)})" for _ in range(draw(st.integers(2, 3))))


ALIASES = {"ip": "知识产权 OR WIPO OR =us"}
MANY = 120
many = settings(
    max_examples=MANY,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def found(query: str, document: Document) -> tuple[Span, ...] | None:
    parsed = parse(query, aliases=ALIASES)
    match = compile_queries({"q": parsed}, zone=ZONE).match(document, NOW).get("q")
    return match.spans if match else None


def is_readable(query: str) -> bool:
    try:
        parse(query, aliases=ALIASES)
    except QueryError:
        return False
    return True


@many
@given(situations(term))
def test_terms_are_found_as_defined(situation: tuple[str, Document]) -> None:
    query, document = situation
    assert found(query, document) == expected(query, document, ALIASES)


@many
@given(situations(chain))
def test_chains_are_linked_as_defined(situation: tuple[str, Document]) -> None:
    query, document = situation
    assert found(query, document) == expected(query, document, ALIASES)


@many
@given(situations(combination))
def test_queries_are_judged_as_defined(situation: tuple[str, Document]) -> None:
    query, document = situation
    assert found(query, document) == expected(query, document, ALIASES)
