"""Entries without a title, as sitemaps have them, and entries of outlets that a search names."""

from __future__ import annotations

from desk_house import Desk, entry, reading

from core.types import Entry, Names, Source
from desk.telling import outlet
from storage import articles as articles_store

URL = "https://gazette.example/2026/tisc-opens-in-beijing.html"
FINDER = Source(
    "finder",
    Names("检索", "Finder"),
    "https://finder.example/",
    kind="search",
    type="search",
    fetch="summary",
)


def stored(desk: Desk, article_id: int) -> articles_store.Stored:
    with desk.db.read() as conn:
        found = articles_store.find_article(conn, article_id)
    assert found is not None
    return found


def test_an_entry_without_a_title_is_named_by_its_address_until_its_page_is_read(desk: Desk) -> None:
    desk.opens()

    (article,) = desk.finds("gazette", Entry(URL, "")).pages
    before = stored(desk, article).title
    found_by_address = desk.ids("TISC")
    desk.reads(
        article, reading(1, "北京新增一家TISC。", url=URL, canonical_url=URL, title="北京再添一家TISC")
    )

    assert (before, found_by_address) == ("tisc opens in beijing", [article])
    assert stored(desk, article).title == "北京再添一家TISC"


def test_an_entry_without_a_title_is_the_same_at_the_next_fetch(desk: Desk) -> None:
    desk.opens()
    desk.finds("gazette", Entry(URL, ""))

    again = desk.finds("gazette", Entry(URL, ""))

    assert (again.new, again.pages) == (0, ())


def test_many_entries_without_a_title_are_as_many_articles(desk: Desk) -> None:
    desk.opens()

    brought = desk.finds("gazette", *(Entry(f"https://gazette.example/{n}", "") for n in range(5)))

    assert brought.new == 5


def test_a_result_of_a_search_stands_under_the_outlet_that_it_names(desk: Desk) -> None:
    desk.sourcing.import_sources([FINDER], who="tester")
    desk.opens("finder")

    desk.finds("finder", entry(7, url="https://harbour.example/7", site_name="港湾日报"))

    (article,) = desk.ids("TISC")
    assert outlet(FINDER, stored(desk, article)) == Names("港湾日报", "港湾日报")
    assert desk.ids("source:港湾日报") == [article]
