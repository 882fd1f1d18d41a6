"""Sitemaps from bytes to entries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ParseError
from core.types import DateClaim, Entry, Parsed
from crawler.inspect import describe
from crawler.parse.sitemap import MAX_KEPT, MAX_READ, parse_sitemap

BEIJING = ZoneInfo("Asia/Shanghai")
URL = "https://harbour.example/sitemap.xml"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NEWS = f"""{HEAD}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
 <url>
  <loc> https://harbour.example/a/1 </loc>
  <news:news>
   <news:publication><news:name>港湾日报</news:name><news:language>zh-cn</news:language></news:publication>
   <news:publication_date>2026-11-24T09:30:00+08:00</news:publication_date>
   <news:title>灯塔展览在北京开幕 &amp; 专利开放</news:title>
  </news:news>
  <image:image><image:loc>https://harbour.example/1.jpg</image:loc><image:title>图</image:title></image:image>
  <lastmod>2026-11-24T10:00:00+08:00</lastmod>
 </url>
</urlset>"""


def read(body: str | bytes, url: str = URL, **changes: Any) -> Parsed:
    raw = body.encode() if isinstance(body, str) else body
    return parse_sitemap(raw, url=url, **{"content_type": None, "encoding": None, "zone": BEIJING, **changes})


def refusal(body: str | bytes, url: str = URL) -> tuple[str, str]:
    with pytest.raises(ParseError) as caught:
        read(body, url)
    return caught.value.error_class, caught.value.outcome


def urlset(*items: str) -> str:
    rows = "".join(f"<url>{item}</url>" for item in items)
    return f'{HEAD}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'


def index(*items: tuple[str, str]) -> str:
    rows = "".join(
        f"<sitemap><loc>{loc}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</sitemap>"
        for loc, day in items
    )
    return f'{HEAD}<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</sitemapindex>'


def test_a_news_sitemap_tells_headline_day_language_and_outlet() -> None:
    published = datetime.fromisoformat("2026-11-24T09:30:00+08:00")

    assert read(NEWS) == Parsed(
        kind="sitemap",
        format="news",
        title="",
        entries=(
            Entry(
                url="https://harbour.example/a/1",
                title="灯塔展览在北京开幕 & 专利开放",
                published=DateClaim(published, "minute", "sitemap"),
                updated=datetime.fromisoformat("2026-11-24T10:00:00+08:00"),
                lang="zh-Hans",
                site_name="港湾日报",
            ),
        ),
    )


def test_the_last_change_is_no_day_of_publication_but_a_day_in_the_address_is() -> None:
    changed, dated = read(
        urlset(
            "<loc>/about</loc><lastmod>2026-11-20</lastmod>",
            "<loc>/2026/11/23/lamp.html</loc><lastmod>2026-11-24</lastmod>",
        )
    ).entries

    assert (changed.url, changed.title, changed.published) == ("https://harbour.example/about", "", None)
    assert changed.updated == datetime(2026, 11, 20, tzinfo=timedelta_zone(8))
    assert dated.published == DateClaim(datetime(2026, 11, 23, tzinfo=timedelta_zone(8)), "day", "url")


def timedelta_zone(hours: int) -> Any:
    from datetime import timezone

    return timezone(timedelta(hours=hours))


def test_of_many_entries_the_newest_are_kept_in_document_order() -> None:
    first = datetime(2020, 1, 1, tzinfo=UTC)
    days = [first + timedelta(days=count * 7 % (MAX_KEPT + 20)) for count in range(MAX_KEPT + 20)]
    body = urlset(*(f"<loc>/p/{n}</loc><lastmod>{day:%Y-%m-%d}</lastmod>" for n, day in enumerate(days)))

    kept = [entry.url for entry in read(body).entries]

    oldest = set(sorted(days)[:20])
    assert kept == [f"https://harbour.example/p/{n}" for n, day in enumerate(days) if day not in oldest]


def test_no_more_than_the_documented_number_is_read() -> None:
    body = urlset(*(f"<loc>/p/{n}</loc>" for n in range(MAX_READ + 5)))

    parsed = read(body)

    assert parsed.warnings == (f"too-many-entries: only the first {MAX_READ} were read",)
    assert (len(parsed.entries), parsed.entries[-1].url) == (
        MAX_KEPT,
        f"https://harbour.example/p/{MAX_READ - 1}",
    )


def test_an_index_names_its_sitemaps_news_first_then_the_newest() -> None:
    parsed = read(
        index(
            ("/2024.xml", "2024-12-31"),
            ("/2026-10.xml", "2026-10-31"),
            ("/undated-1.xml", ""),
            ("/sitemap-news.xml", "2026-01-01"),
            ("/2026-11.xml", "2026-11-24T08:00:00Z"),
            ("/undated-2.xml", ""),
        )
    )

    assert (parsed.format, parsed.entries) == ("index", ())
    assert [address.removeprefix("https://harbour.example/") for address in parsed.further] == [
        "sitemap-news.xml",
        "2026-11.xml",
        "2026-10.xml",
        "2024.xml",
        "undated-2.xml",
        "undated-1.xml",
    ]


def test_a_robots_file_names_sitemaps() -> None:
    text = (
        "User-agent: *\nDisallow: /private\n\nSitemap: https://harbour.example/all.xml\nSITEMAP: /news.xml\n"
    )

    parsed = read(text, "https://harbour.example/robots.txt")

    assert (parsed.format, parsed.further) == (
        "robots",
        ("https://harbour.example/news.xml", "https://harbour.example/all.xml"),
    )


def test_a_robots_file_without_a_sitemap_says_so() -> None:
    assert refusal("User-agent: *\nDisallow:\n", "https://harbour.example/robots.txt") == (
        "no-sitemap",
        "transient",
    )


def test_a_list_of_plain_addresses_is_a_sitemap() -> None:
    parsed = read(
        "https://harbour.example/a\n\nhttps://harbour.example/b\n", "https://harbour.example/map.txt"
    )

    assert (parsed.format, [entry.url for entry in parsed.entries]) == (
        "text",
        ["https://harbour.example/a", "https://harbour.example/b"],
    )


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE urlset [<!ENTITY secret SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE urlset [<!ENTITY % more SYSTEM "http://evil.example/x.dtd"> %more;]>',
    ],
)
def test_entities_are_refused_before_any_parser_sees_them(doctype: str) -> None:
    body = f"{HEAD}{doctype}<urlset><url><loc>https://harbour.example/&b;</loc></url></urlset>"

    assert refusal(body) == ("unsafe-xml", "rejected")


def test_a_sitemap_that_breaks_off_keeps_what_it_has() -> None:
    whole = urlset("<loc>/a</loc>", "<loc>/b</loc>")

    parsed = read(whole[: whole.index("/b</loc>")])

    assert [entry.url for entry in parsed.entries] == ["https://harbour.example/a"]
    assert parsed.warnings == ("truncated: the sitemap has no end",)


def test_an_address_that_leads_elsewhere_than_the_web_is_no_entry() -> None:
    body = urlset("<loc>javascript:alert(1)</loc>", "<loc></loc>", "<loc>/a</loc>", "<loc>/a#place</loc>")

    assert [entry.url for entry in read(body).entries] == ["https://harbour.example/a"]


@pytest.mark.parametrize(
    ("body", "error_class"),
    [
        ("  ", "empty"),
        ("<rss version='2.0'><channel/></rss>", "not-a-sitemap"),
        ("<!doctype html><title>404</title><p>Page not found", "not-a-sitemap"),
        ("<html><head><title>x</title></head><body>请完成验证</body></html>", "blocked"),
    ],
)
def test_what_is_no_sitemap_is_told(body: str, error_class: str) -> None:
    assert refusal(body)[0] == error_class


@given(st.binary(max_size=300), st.integers(0, 600))
def test_bytes_of_any_kind_are_read_or_told(noise: bytes, at: int) -> None:
    try:
        parsed = read(NEWS.encode()[:at] + noise + NEWS.encode()[at:])
    except ParseError:
        return
    assert len(parsed.entries) <= MAX_KEPT


def test_a_sitemap_is_described_with_its_kind() -> None:
    shown = describe(NEWS.encode(), url=URL, zone=BEIJING, now=datetime(2026, 11, 24, tzinfo=UTC))

    assert (shown["kind"], shown["format"]) == ("sitemap", "news")
    assert shown["entries"] == [
        {
            "id": None,
            "url": "https://harbour.example/a/1",
            "title": "灯塔展览在北京开幕 & 专利开放",
            "summary": "",
            "author": None,
            "published": "2026-11-24T09:30:00+08:00",
            "updated": "2026-11-24T10:00:00+08:00",
            "lang": "zh-Hans",
        }
    ]
