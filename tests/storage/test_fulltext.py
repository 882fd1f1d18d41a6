from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

import pytest
from databases import Maker
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import Connection, create_engine, text

from core.candidates import AllOf, AnyOf, Anything, HasToken
from core.text import MATCHED_CHARACTERS, index_tokens
from storage import fulltext, fulltext_postgres
from storage.db import Database
from storage.terms import ANALYSIS, LONGEST, encode, encode_all, terms_of

ANY_TEXT = st.text(st.characters(exclude_categories=()), min_size=1, max_size=80)
LETTERS = st.text("ab_-A税 \x00\ud800", min_size=1, max_size=4)


@pytest.fixture(scope="module")
def index(maker: Maker) -> Iterator[Connection]:
    """The index alone, of the form that the migration makes, in a transaction that each example undoes."""
    url = maker.ready()
    engine = create_engine(url)
    with engine.connect() as conn:
        yield conn
    engine.dispose()
    maker.drop(url)


def ids(conn: Connection, asked: AllOf | AnyOf | HasToken) -> list[int]:
    return sorted(conn.execute(fulltext.matching(conn, fulltext.anywhere(conn, asked))).scalars())


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT | LETTERS, ANY_TEXT | LETTERS)
def test_any_token_is_found_again_and_only_it(index: Connection, token: str, other: str) -> None:
    with index.begin_nested() as undone:
        fulltext.add(
            index,
            [(1, frozenset(encode_all([token]))), (2, frozenset(encode_all([other])))],
        )
        found = ids(index, HasToken(token))
        undone.rollback()

    same = token[:LONGEST] == other[:LONGEST]
    assert found == ([1, 2] if same else [1])


@settings(max_examples=200, deadline=None)
@given(ANY_TEXT | LETTERS, st.integers(1, 80))
def test_any_beginning_of_a_token_finds_it(index: Connection, token: str, length: int) -> None:
    with index.begin_nested() as undone:
        fulltext.add(index, [(1, frozenset(encode_all([token])))])
        found = ids(index, HasToken(token[:length], prefix=True))
        undone.rollback()

    assert found == [1]


@given(ANY_TEXT | LETTERS, ANY_TEXT | LETTERS)
def test_different_tokens_stay_different(one: str, other: str) -> None:
    same = one[:LONGEST] == other[:LONGEST]

    assert (encode(one) == encode(other)) == same


def test_an_article_is_the_set_of_its_tokens_and_those_of_its_title_are_marked() -> None:
    terms = terms_of(("知识产权 WIPO", "", "wipo 2026 in 北京"))

    assert terms == {
        *("知", "识", "产", "权", "知识", "识产", "产权", "wipo"),
        *("_知", "_识", "_产", "_权", "_知识", "_识产", "_产权", "_wipo"),
        *("2026", "in", "北", "京", "北京"),
    }


def test_the_number_of_the_analysis_goes_with_what_it_gives() -> None:
    """When this fails the index of every user is wrong: raise the number in ``terms.ANALYSIS``, then mend the sum."""
    sample = "世界知識產權組織（WIPO）GII2025 Genève, U.S. l’OMPI “一带一路”知识产权 co-op ½ 100,000 한국어 カタカナ"
    told = "\n".join(sorted(terms_of((sample, sample[::-1], ""))))

    number = ANALYSIS.partition("/")[0]
    assert (number, hashlib.sha256(told.encode()).hexdigest()[:16]) == ("1", SUM)


SUM = "f46111793d032567"


def test_texts_of_any_kind_can_be_indexed(db: Database) -> None:
    fields = ("\x00\ud800\U000e0001", "x" * 100_000, " ".join(chr(n) for n in range(0x20, 0x3000)))

    db.write(lambda conn: fulltext.add(conn, [(1, terms_of(fields))]))

    with db.read() as conn:
        assert not fulltext.lacking(conn, 1, terms_of(fields))
        assert all(ids(conn, HasToken(token)) == [1] for token in list(index_tokens(fields[2]))[::50])


def test_an_expression_of_the_deepest_nesting_and_the_most_tokens_can_be_asked(index: Connection) -> None:
    wide = AnyOf(tuple(AllOf(tuple(HasToken(f"t{n}x{m}") for m in range(8))) for n in range(500)))
    deep: AllOf | AnyOf | HasToken = HasToken("end")
    for level in range(10):
        group = AllOf if level % 2 else AnyOf
        deep = group((HasToken(f"left{level}"), deep, HasToken(f"right{level}")))

    assert ids(index, wide) == []
    assert ids(index, AllOf(tuple(HasToken(f"t{n}") for n in range(4_000)))) == []
    assert ids(index, deep) == []


def test_what_says_nothing_cannot_be_asked(index: Connection) -> None:
    with pytest.raises(ValueError, match="cannot be asked"):
        fulltext.anywhere(index, Anything())


def test_an_article_of_more_words_than_a_row_holds_is_found_by_each_of_them(index: Connection) -> None:
    chance = random.Random(1)
    han = "".join(chr(chance.randrange(0x4E00, 0x9FA6)) for _ in range(MATCHED_CHARACTERS))
    few, many = frozenset({"harbour"}), terms_of(("Harbour", "", han))
    assert len("".join(many).encode()) > fulltext_postgres.MOST_BYTES

    with index.begin_nested() as undone:
        fulltext.add(index, [(1, few), (2, many)])
        found = [ids(index, HasToken(word)) for word in ("harbour", *list(index_tokens(han))[-2:])]
        in_title, outside = (
            [*index.execute(fulltext.matching(index, expression(index, HasToken("harbour")))).scalars()]
            for expression in (fulltext.in_title, fulltext.outside_title)
        )
        lacks = fulltext.lacking(index, 2, many)
        undone.rollback()

    assert found == [[1, 2], [2], [2]]
    assert (in_title, outside, lacks) == ([2], [1], False)


def test_taking_out_what_was_never_in_changes_nothing(db: Database) -> None:
    def work(conn: Connection) -> None:
        fulltext.remove(conn, 9, frozenset({"nowhere"}))
        fulltext.change(conn, 9, frozenset({"old"}), frozenset({"new"}))

    db.write(work)

    with db.read() as conn:
        assert (ids(conn, HasToken("old")), ids(conn, HasToken("new"))) == ([], [9])
        assert fulltext.held(conn, [8, 9]) == {9}


WORDS = ("alpha", "beta", "gamma", "税", "北京", "x", "7")
TERMS = st.frozensets(st.sampled_from(WORDS))


class IndexAgainstDictionary(RuleBasedStateMachine):
    """Whatever is added, changed and removed, in whatever order and however it is merged, the index knows what it must."""

    def __init__(self, conn: Connection) -> None:
        super().__init__()
        self.conn = conn
        self.known: dict[int, frozenset[str]] = {}

    @rule(article_id=st.integers(1, 12), terms=TERMS)
    def write(self, article_id: int, terms: frozenset[str]) -> None:
        if article_id in self.known:
            fulltext.change(self.conn, article_id, self.known[article_id], terms)
        else:
            fulltext.add(self.conn, [(article_id, terms)])
        self.known[article_id] = terms

    @rule(article_id=st.integers(1, 12))
    def remove(self, article_id: int) -> None:
        fulltext.remove(self.conn, article_id, self.known.pop(article_id, frozenset()))

    @rule()
    def commit(self) -> None:
        self.conn.commit()

    @rule()
    def merge(self) -> None:
        fulltext.optimize(self.conn)

    @invariant()
    def finds_what_is_known(self) -> None:
        assert fulltext.held(self.conn, range(1, 13)) == set(self.known)
        for word in WORDS:
            expected = sorted(key for key, terms in self.known.items() if word in terms)
            assert ids(self.conn, HasToken(word)) == expected

    def teardown(self) -> None:
        assert fulltext.damage(self.conn) is None
        fulltext.clear(self.conn)
        self.conn.commit()


def test_index_against_dictionary(maker: Maker) -> None:
    url = maker.ready()
    engine = create_engine(url)
    with engine.connect() as conn:
        if conn.dialect.name == "sqlite":
            conn.execute(text("PRAGMA synchronous=OFF"))
            # Tiny pages and early merges: a few articles meet what otherwise happens with a hundred thousand.
            conn.execute(text("INSERT INTO article_index (article_index, rank) VALUES ('pgsz', 64)"))
        run_state_machine_as_test(
            lambda: IndexAgainstDictionary(conn),
            settings=settings(max_examples=25, stateful_step_count=25, deadline=None),
        )
    engine.dispose()
    maker.drop(url)
