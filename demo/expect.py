"""What a correct digest of the newsroom says: each story once, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from demo.pages import Printed
from demo.server import Newsroom

# What a source offers at its first fetch is news for so long; older it is stored and searchable only.
NEWS_FOR = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class ExpectedStory:
    """``titles`` and ``urls`` of its members, first publisher first; ``watches`` that one of them must hit."""

    id: str
    titles: tuple[str, ...]
    urls: tuple[str, ...]
    outlets: tuple[str, ...]
    watches: frozenset[str]


def digest_stories(newsroom: Newsroom) -> tuple[ExpectedStory, ...]:
    """Newest story first, by its first report."""
    members: dict[str, list[Printed]] = defaultdict(list)
    for one in reversed(newsroom.printed):
        if is_news(newsroom, one):
            members[one.piece.story].append(one)
    stories = [story_of(newsroom, story_id, printed) for story_id, printed in members.items()]
    return tuple(reversed(stories))


def story_of(newsroom: Newsroom, story_id: str, printed: list[Printed]) -> ExpectedStory:
    return ExpectedStory(
        id=story_id,
        titles=tuple(one.title for one in printed),
        urls=tuple(newsroom.url(one.piece.id) for one in printed),
        outlets=tuple(one.piece.outlet for one in printed),
        watches=frozenset().union(*(one.piece.watches for one in printed)),
    )


def searchable_only(newsroom: Newsroom) -> tuple[str, ...]:
    """Addresses of articles that a watch hits but no digest may tell: they were old when they were found."""
    return tuple(
        newsroom.url(one.piece.id)
        for one in newsroom.printed
        if one.piece.watches and not is_news(newsroom, one)
    )


def never_told(newsroom: Newsroom) -> tuple[str, ...]:
    """Addresses of articles that no watch may hit: other subjects, some of them dressed up as ours."""
    return tuple(newsroom.url(one.piece.id) for one in newsroom.printed if not one.piece.watches)


def is_news(newsroom: Newsroom, one: Printed) -> bool:
    return bool(one.piece.watches) and one.published > newsroom.opened - NEWS_FOR
