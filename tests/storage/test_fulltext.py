from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import Connection, create_engine, text

from core.candidates import AllOf, AnyOf, Anything, HasToken
from core.text import index_tokens
from storage import fulltext
from storage.db import Database

ANY_TEXT = st.text(st.characters(exclude_categories=()), min_size=1, max_size=80)
LETTERS = st.text("ab_-A税 \x00\ud800", min_size=1, max_size=4)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """The index alone, of the form that the migration makes, in a transaction that each example undoes."""
    from storage import schema

    db = Database.open(f"sqlite:///{tmp_path_factory.mktemp('index')}/presswatch.db")
    schema.upgrade(db)
    db.close()
    engine = create_engine(f"sqlite:///{db.path}")
    with engine.connect() as conn:
        yield conn
    engine.dispose()


def ids(conn: Connection, asked: AllOf | AnyOf | HasToken) -> list[int]:
    return sorted(conn.execute(fulltext.matching(fulltext.anywhere(asked))).scalars())


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT | LETTERS, ANY_TEXT | LETTERS)
def test_any_token_is_found_again_and_only_it(index: Connection, token: str, other: str) -> None:
    with index.begin_nested() as undone:
        fulltext.add(
            index,
            [(1, frozenset(fulltext.encode_all([token]))), (2, frozenset(fulltext.encode_all([other])))],
        )
        found = ids(index, HasToken(token))
        undone.rollback()

    same = token[: fulltext.LONGEST] == other[: fulltext.LONGEST]
    assert found == ([1, 2] if same else [1])


@settings(max_examples=200, deadline=None)
@given(ANY_TEXT | LETTERS, st.integers(1, 80))
def test_any_beginning_of_a_token_finds_it(index: Connection, token: str, length: int) -> None:
    with index.begin_nested() as undone:
        fulltext.add(index, [(1, frozenset(fulltext.encode_all([token])))])
        found = ids(index, HasToken(token[:length], prefix=True))
        undone.rollback()

    assert found == [1]


@given(ANY_TEXT | LETTERS, ANY_TEXT | LETTERS)
def test_different_tokens_stay_different(one: str, other: str) -> None:
    same = one[: fulltext.LONGEST] == other[: fulltext.LONGEST]

    assert (fulltext.encode(one) == fulltext.encode(other)) == same


def test_an_article_is_the_set_of_its_tokens_and_those_of_its_title_are_marked() -> None:
    terms = fulltext.terms_of(("知识产权 WIPO", "", "wipo 2026 in 北京"))

    assert terms == {
        *("知", "识", "产", "权", "知识", "识产", "产权", "wipo"),
        *("_知", "_识", "_产", "_权", "_知识", "_识产", "_产权", "_wipo"),
        *("2026", "in", "北", "京", "北京"),
    }


def test_the_number_of_the_analysis_goes_with_what_it_gives() -> None:
    """When this fails the index of every user is wrong: raise the number in ``fulltext.ANALYSIS``, then mend the sum."""
    sample = "世界知識產權組織（WIPO）GII2025 Genève, U.S. l’OMPI “一带一路”知识产权 co-op ½ 100,000 한국어 カタカナ"
    told = "\n".join(sorted(fulltext.terms_of((sample, sample[::-1], ""))))

    number = fulltext.ANALYSIS.partition("/")[0]
    assert (number, hashlib.sha256(told.encode()).hexdigest()[:16]) == ("1", SUM)


SUM = "f46111793d032567"


def test_texts_of_any_kind_can_be_indexed(db: Database) -> None:
    fields = ("\x00\ud800\U000e0001", "x" * 100_000, " ".join(chr(n) for n in range(0x20, 0x3000)))

    db.write(lambda conn: fulltext.add(conn, [(1, fulltext.terms_of(fields))]))

    with db.read() as conn:
        assert not fulltext.lacking(conn, 1, fulltext.terms_of(fields))
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


def test_what_says_nothing_cannot_be_asked() -> None:
    with pytest.raises(ValueError, match="cannot be asked"):
        fulltext.anywhere(Anything())


def test_taking_out_what_was_never_in_changes_nothing(db: Database) -> None:
    def work(conn: Connection) -> None:
        fulltext.remove(conn, 9, frozenset({"nowhere"}))
        fulltext.change(conn, 9, frozenset({"old"}), frozenset({"new"}))

    db.write(work)

    with db.read() as conn:
        assert (ids(conn, HasToken("old")), ids(conn, HasToken("new"))) == ([], [9])
        assert fulltext.held(conn, [8, 9]) == {9}


WORDS = ("alpha", "beta", "gamma", "税", "北京", "_x", "7")
TERMS = st.frozensets(st.sampled_from(WORDS))


class IndexAgainstDictionary(RuleBasedStateMachine):
    """Whatever is added, changed and removed, in whatever order and however it is merged, the index knows what it must."""

    def __init__(self) -> None:
        super().__init__()
        self.conn = create_engine("sqlite://").connect()
        self.conn.execute(
            text(
                "CREATE VIRTUAL TABLE article_index USING fts5("
                "terms, content='', detail=none, tokenize=\"ascii tokenchars '_-'\")"
            )
        )
        # Tiny pages and early merges: a few articles meet what otherwise happens with a hundred thousand.
        self.conn.execute(text("INSERT INTO article_index (article_index, rank) VALUES ('pgsz', 64)"))
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
            asked = f'"{word}"'
            assert sorted(self.conn.execute(fulltext.matching(asked)).scalars()) == expected

    def teardown(self) -> None:
        assert fulltext.damage(self.conn) is None
        self.conn.close()
        self.conn.engine.dispose()


IndexAgainstDictionary.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
test_index_against_dictionary = IndexAgainstDictionary.TestCase
