from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.candidates import AllOf, AnyOf, Anything, Candidates, HasToken
from storage.narrowing import DEEPEST, NOTHING, narrow

TREES = st.recursive(
    st.just(Anything()) | st.builds(HasToken, st.sampled_from("abcd")),
    lambda inner: (
        st.builds(AllOf, st.lists(inner, max_size=3).map(tuple))
        | st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple))
    ),
    max_leaves=30,
)


def holds(asked: Candidates, tokens: frozenset[str]) -> bool:
    match asked:
        case Anything():
            return True
        case HasToken(token):
            return token in tokens
        case AllOf(parts):
            return all(holds(part, tokens) for part in parts)
        case AnyOf(parts):
            return any(holds(part, tokens) for part in parts)


def depth(asked: Candidates) -> int:
    return 1 + max(map(depth, asked.parts), default=0) if isinstance(asked, AllOf | AnyOf) else 0


def inner(asked: Candidates) -> list[Candidates]:
    parts = asked.parts if isinstance(asked, AllOf | AnyOf) else ()
    return [*parts, *(below for part in parts for below in inner(part))]


@given(TREES, st.frozensets(st.sampled_from("abcd")))
def test_a_tree_that_is_not_too_deep_means_the_same(asked: Candidates, tokens: frozenset[str]) -> None:
    if depth(asked) <= DEEPEST:
        assert holds(narrow(asked), tokens) == holds(asked, tokens)


@given(TREES)
def test_what_says_nothing_is_gone(asked: Candidates) -> None:
    assert not any(isinstance(part, Anything) or part == NOTHING for part in inner(narrow(asked)))


@given(
    st.lists(st.tuples(st.booleans(), TREES), min_size=15, max_size=30),
    st.frozensets(st.sampled_from("abcd")),
)
def test_a_deep_tree_becomes_shallow_and_finds_no_less(
    levels: list[tuple[bool, Candidates]], tokens: frozenset[str]
) -> None:
    asked: Candidates = HasToken("a")
    for is_and, beside in levels:
        asked = AllOf((asked, beside)) if is_and else AnyOf((asked, beside))

    narrowed = narrow(asked)

    assert depth(narrowed) <= DEEPEST + 2
    assert holds(narrowed, tokens) or not holds(asked, tokens)


def test_groups_in_groups_become_one() -> None:
    a, b, c = (HasToken(token) for token in "abc")

    assert narrow(AllOf((a, AllOf((b, Anything(), AllOf((c, a))))))) == AllOf((a, b, c))
    assert narrow(AnyOf((a, AnyOf((b, AnyOf(()), AllOf((c,))))))) == AnyOf((a, b, c))
    assert narrow(AnyOf((a, AllOf(())))) == Anything()
    assert narrow(AllOf((a, AnyOf(())))) == NOTHING
