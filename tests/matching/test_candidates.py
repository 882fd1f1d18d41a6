"""What the index is asked."""

from __future__ import annotations

import pytest

from core.candidates import AllOf, AnyOf, Anything, Candidates, HasToken
from matching.candidates import candidates
from matching.parser import parse


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("京", HasToken("京")),
        ("北京市", AllOf((HasToken("北京"), HasToken("京市")))),
        ('"U.S. 北京, 市 x"', AllOf((HasToken("us"), HasToken("北京"), HasToken("京市"), HasToken("x")))),
        ("organi?ation*", HasToken("organi", prefix=True)),
        ("=WIPO", HasToken("wipo")),
        ("a NOT b", HasToken("a")),
        ("a lang:zh", HasToken("a")),
        ("a OR lang:zh", Anything()),
        ("lang:zh", Anything()),
        ("(a OR b) OR a", AnyOf((HasToken("a"), HasToken("b")))),
        ("title:(a NEAR/2 b)", AllOf((HasToken("a"), HasToken("b")))),
        ("ATLEAST/2 (a OR @x)", AnyOf((HasToken("a"), HasToken("wipo")))),
    ],
)
def test_candidates(query: str, wanted: Candidates) -> None:
    assert candidates(parse(query, aliases={"x": "WIPO"})) == wanted
