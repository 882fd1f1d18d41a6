from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest

from core.errors import ParseError
from core.types import DateClaim, Entry, Parsed
from crawler.readers.feed import parse_feed

BEIJING = ZoneInfo("Asia/Shanghai")
URL = "https://gazette.example/rss.xml"


def parse(body: bytes | str, content_type: str | None = None, url: str = URL) -> Parsed:
    raw = body.encode() if isinstance(body, str) else body
    return parse_feed(raw, url=url, content_type=content_type, encoding=None, zone=BEIJING)


def rss(items: str, before: str = '<?xml version="1.0" encoding="utf-8"?>') -> str:
    return f'{before}<rss version="2.0"><channel><title>Gazette</title><link>https://gazette.example/</link>{items}</channel></rss>'


def item(number: int, title: str = "Title") -> str:
    return f"<item><title>{title} {number}</title><link>https://gazette.example/{number}</link><guid>g{number}</guid></item>"


def minute(*parts: int, hours: int = 0) -> DateClaim:
    return DateClaim(datetime(*parts, tzinfo=timezone(timedelta(hours=hours))), "minute", "feed")


def test_rss_is_read_as_plain_text_in_document_order(feed_bytes: Callable[[str], bytes]) -> None:
    parsed = parse(feed_bytes("rss-en.xml"))

    assert parsed == Parsed(
        kind="feed",
        format="rss20",
        title="Harbour Patent Gazette",
        ttl=timedelta(minutes=45),
        entries=(
            Entry(
                url="https://gazette.example/news/2026/03/27/lighthouse-makers",
                title="Lighthouse makers & sail lofts file jointly",
                guid="gazette-1207",
                summary="Two trades file one application.\n\nIt is the first of its kind.\nA hearing follows.",
                text="Two trades file one application.\n\nLamps\n\nSails",
                author="Ida Brandvold",
                published=minute(2026, 3, 27, 10, 21, hours=1),
                lang="en-GB",
            ),
            Entry(
                url="https://gazette.example/news/2026/03/26/untitled",
                title="A notice without a headline, which begins with the words that matter most and…",
                summary="A notice without a headline, which begins with the words that matter most and then goes on for quite a while longer.",
                published=DateClaim(datetime(2026, 3, 26, tzinfo=BEIJING), "day", "feed"),
                lang="en-GB",
            ),
            Entry(url=None, title="Where the link leads nowhere", guid="gazette-1205", lang="en-GB"),
        ),
    )


def test_atom_resolves_links_and_keeps_literal_titles(feed_bytes: Callable[[str], bytes]) -> None:
    parsed = parse(feed_bytes("atom-zh.xml"))

    first, second = parsed.entries
    assert (parsed.format, parsed.title, parsed.warnings) == ("atom10", "柳堤知产报", ())
    assert first == Entry(
        url="https://zhibao.example.cn/2026/0327/88.html",
        title="柳堤市发布知识产权年度白皮书",
        guid="urn:zhibao:88",
        summary="白皮书共八章。\n\n柳堤市专利授权量同比增长。",
        author="林晚舟",
        published=minute(2026, 3, 27, 7, 30, hours=8),
        updated=datetime(2026, 3, 27, 9, 10, tzinfo=timezone(timedelta(hours=8))),
        lang="zh-Hans",
    )
    assert (second.title, second.text) == ("标题里的 <b> 是原文", "第一段。\n\n第二段。")
    assert second.published == minute(2026, 3, 26, 12, 0)


def test_rdf_gives_dublin_core_dates_and_its_period(feed_bytes: Callable[[str], bytes]) -> None:
    parsed = parse(feed_bytes("rdf.xml"))

    assert (parsed.format, parsed.ttl) == ("rdf", timedelta(hours=6))
    assert [(e.url, e.published) for e in parsed.entries] == [
        ("https://courant.example/a/1", minute(2026, 3, 25, 18, 0, hours=1))
    ]


def test_json_feed_is_read_and_wrong_types_count_as_absent(feed_bytes: Callable[[str], bytes]) -> None:
    parsed = parse(feed_bytes("feed.json"))

    ebb, note, odd = parsed.entries
    assert (parsed.format, parsed.title) == ("json", "Tidewater")
    assert ebb == Entry(
        url="https://tide.example/log/1",
        title="Ebb",
        guid="t-1",
        summary="Low water",
        text="Low water.\n\nHigh sands.",
        author="Per Aas, Li Mo",
        published=minute(2026, 3, 27, 10, 21),
        lang="en",
    )
    assert (note.guid, note.url, note.title) == ("7", "https://other.example/7", "First line")
    assert note.text == "First line\nsecond line\n\nNew block"
    assert odd == Entry(url=None, title="", lang="en")


@pytest.mark.parametrize("codec", ["gb18030", "utf-8", "utf-16", "utf-8-sig"])
def test_a_chinese_feed_is_read_in_any_of_its_encodings(codec: str) -> None:
    label = "gb2312" if codec == "gb18030" else codec.removesuffix("-sig")
    text = rss(item(1, "柳堤市知识产权局发布创新指数"), f'<?xml version="1.0" encoding="{label}"?>')

    parsed = parse(text.encode(codec))

    assert (parsed.entries[0].title, parsed.warnings) == ("柳堤市知识产权局发布创新指数 1", ())


def test_a_feed_labelled_as_html_is_read_by_its_content() -> None:
    assert len(parse(rss(item(1)), "text/html; charset=utf-8").entries) == 1


def test_an_empty_valid_feed_is_a_success() -> None:
    parsed = parse(rss(""))

    assert (parsed.entries, parsed.warnings) == ((), ())


@pytest.mark.parametrize(
    ("body", "error_class"),
    [
        ("", "empty"),
        (" \r\n\t ", "empty"),
        ("<!doctype html><title>Not found</title><p>Sorry", "not-a-feed"),
        ("<html>" + rss(item(1)) + "</html>", "not-a-feed"),
        ("<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'></urlset>", "not-a-feed"),
        ("plain words", "not-a-feed"),
        ("{}", "not-a-feed"),
        ('{"items": [', "not-a-feed"),
        ("<rss><channel><title", "not-a-feed"),
    ],
)
def test_what_is_no_feed_is_an_error_and_not_an_empty_success(body: str, error_class: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(body)

    assert (caught.value.error_class, caught.value.outcome) == (error_class, "transient")


def test_a_page_instead_of_a_feed_tells_which_feed_it_offers() -> None:
    page = '<!doctype html><html><head><link rel="alternate" type="application/rss+xml" href="/feed.xml"></head></html>'

    with pytest.raises(ParseError, match=r"it offers https://gazette\.example/feed\.xml"):
        parse(page)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE rss [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE rss [<!ENTITY a "&b;"><!ENTITY b "&a;">]>',
        '<!DOCTYPE rss [<!ENTITY a "' + "A" * 1000 + '">]>',
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss [<!ENTITY % d PUBLIC "x" "https://evil.example/d.dtd">%d;]>',
        "<!DOCTYPE rss [<!ENTITY broken>]>",
    ],
    ids=["expansion", "recursion", "long", "file", "parameter", "broken"],
)
def test_a_document_type_that_could_attack_is_refused(doctype: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(rss(item(1, "&a;"), doctype))

    assert (caught.value.error_class, caught.value.outcome) == ("unsafe-xml", "rejected")


def test_a_harmless_document_type_is_fine() -> None:
    netscape = '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://dtd.example/rss-0.91.dtd">'
    inline = '<!DOCTYPE rss [<!ENTITY office "Amt &#233;">]>'

    assert parse(rss(item(1), netscape)).entries[0].title == "Title 1"
    assert parse(rss(item(1, "&office;"), inline)).entries[0].title == "Amt é 1"


@pytest.mark.parametrize(
    ("body", "titles", "defect"),
    [
        ("\n<br />\n<b>Warning</b>: x in a.php<br />\n" + rss(item(1)), ["Title 1"], "leading-junk"),
        (rss(item(1)) + "<script>x</script>", ["Title 1"], "trailing-junk"),
        (rss(item(1)) + rss(item(2)), ["Title 1"], "trailing-junk"),
        (rss(item(1) + item(2))[:-60], ["Title 1"], "truncated"),
        (rss(item(1, "caf&eacute;&nbsp;&bogus; A&B")), ["café &bogus; A&B 1"], "bad-entities"),
        (rss(item(1, "a&#0;b&#xD800;c&#99999999999;d")), ["a\ufffdb\ufffdc\ufffdd 1"], "bad-entities"),
        (rss(item(1, "a\x01\x00b")), ["ab 1"], "control-characters"),
        (rss(item(1)).replace("</title><link>", "</titel><link>"), ["Title 1"], "malformed"),
    ],
    ids=["leading", "trailing", "two", "cut", "entities", "references", "controls", "mismatched"],
)
def test_defects_are_survived_and_named(body: str, titles: list[str], defect: str) -> None:
    parsed = parse(body)

    assert [entry.title for entry in parsed.entries][: len(titles)] == titles
    assert [warning.partition(":")[0] for warning in parsed.warnings] == [defect]


def test_a_publisher_s_own_element_prefix_is_understood(feed_bytes: Callable[[str], bytes]) -> None:
    parsed = parse(feed_bytes("prefixed.xml"))

    assert [entry.title for entry in parsed.entries] == ["Splicing", "Whipping"]
    assert parsed.warnings


def test_a_feed_inside_a_page_is_found(feed_bytes: Callable[[str], bytes]) -> None:
    parsed = parse(feed_bytes("in-a-page.xml"))

    assert [entry.title for entry in parsed.entries] == ["Marram grass"]
    assert parsed.warnings


def test_only_the_first_5000_entries_are_read() -> None:
    parsed = parse(rss("".join(map(item, range(5001)))))

    assert len(parsed.entries) == 5000
    assert parsed.entries[-1].title == "Title 4999"
    assert parsed.warnings == ("too-many-entries: only the first 5000 were read",)


def test_long_fields_are_cut() -> None:
    long = f"<item><title>{'T' * 5000}</title><description>{'d ' * 150_000}</description><guid>{'g' * 5000}</guid></item>"

    parsed = parse(rss(long))

    entry = parsed.entries[0]
    assert (len(entry.title), entry.title[-1], len(entry.summary)) == (1000, "…", 200_000)
    assert entry.guid is not None
    assert entry.guid.startswith("sha256:")
    assert parsed.warnings == ("long-text: cut to the documented length",)


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("/a b", "https://gazette.example/a%20b"),
        ("//other.example/x", "https://other.example/x"),
        ("https://user:pw@gazette.example/x", "https://gazette.example/x"),
        ("mailto:desk@gazette.example", None),
        ("data:text/html,x", None),
        ("https://[::1", None),
        ("https://gazette.example/" + "a" * 5000, None),
    ],
)
def test_only_web_addresses_become_links(link: str, url: str | None) -> None:
    assert parse(rss(f"<item><title>t</title><link>{link}</link></item>")).entries[0].url == url


def test_pathological_dates_leave_the_entry_without_one() -> None:
    bad = ["9" * 50_000, "Mon, " * 10_000, "Sat, 31 Feb 2026 12:00:00 GMT", "-0500-01-01T00:00:00Z", "inf"]

    began = perf_counter()
    parsed = parse(rss("".join(f"<item><title>t</title><pubDate>{date}</pubDate></item>" for date in bad)))

    assert [entry.published for entry in parsed.entries] == [None] * len(bad)
    assert perf_counter() - began < 2


def test_a_date_without_offset_lies_in_the_zone_of_the_source() -> None:
    parsed = parse(rss("<item><title>t</title><pubDate>2026-03-27 10:21:00</pubDate></item>"))

    claim = parsed.entries[0].published
    assert claim is not None
    assert claim.value.astimezone(UTC) == datetime(2026, 3, 27, 2, 21, tzinfo=UTC)


def test_a_check_against_robots_is_named(page_bytes: Callable[[str], bytes]) -> None:
    with pytest.raises(ParseError) as caught:
        parse(page_bytes("challenge.html"))

    assert (caught.value.error_class, caught.value.outcome) == ("blocked", "permanent")
