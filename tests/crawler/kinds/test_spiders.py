"""Sitemaps and lists of every format through the real Scrapy, and through the real parser children."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from core.types import ListRule, Names, Source, SourceState
from crawler.outcomes import body_hash
from crawler.parse.pool import ParsePool

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


def urlset(*paths: str) -> str:
    return f'<urlset xmlns="{SITEMAP}">{"".join(f"<url><loc>{path}</loc></url>" for path in paths)}</urlset>'


def index(**days: str) -> str:
    rows = "".join(
        f"<sitemap><loc>/{n}.xml</loc><lastmod>{day}</lastmod></sitemap>" for n, day in days.items()
    )
    return f'<sitemapindex xmlns="{SITEMAP}">{rows}</sitemapindex>'


def job(url: str, kind: Any = "sitemap", **changes: Any) -> tuple[Source, SourceState]:
    return Source("harbour", Names("港湾", "Harbour"), url, kind=kind, **changes), SourceState("harbour")


def paths(found: Any, site: Any) -> list[str]:
    return [entry.url.removeprefix(site.url("")) for entry in found.entries]


def test_of_an_index_the_newest_sitemaps_are_read_within_the_budget(site: Any, crawl: Any) -> None:
    days = {f"m{month}": f"2026-{month:02}-20" for month in range(1, 12)}
    site.page("/index.xml", index(**days))
    for name in days:
        site.page(f"/{name}.xml", urlset(f"/a/{name}"))

    (found,) = crawl(job(site.url("/index.xml")))

    assert (found.outcome, found.error) == ("ok", None)
    assert paths(found, site) == ["/a/m11", "/a/m10", "/a/m9", "/a/m8"]
    assert site.paths() == ["/robots.txt", "/index.xml", "/m11.xml", "/m10.xml", "/m9.xml", "/m8.xml"]


def test_a_robots_file_leads_to_the_sitemaps_and_an_index_in_between_is_followed(
    site: Any, crawl: Any
) -> None:
    site.page("/robots.txt", f"User-agent: *\nDisallow: /private\nSitemap: {site.url('/index.xml')}\n")
    site.page("/index.xml", index(all="2026-11-24", private="2026-11-23"))
    site.page("/all.xml", urlset("/a/1", "/a/2"))

    (found,) = crawl(job(site.url("/robots.txt")))

    assert (found.outcome, paths(found, site)) == ("degraded", ["/a/1", "/a/2"])
    assert found.error == f"robots.txt of {site.place} forbids this address"


def test_a_sitemap_that_robots_forbids_is_left_alone(site: Any, crawl: Any) -> None:
    site.page("/robots.txt", "User-agent: *\nDisallow: /m\n")
    site.page("/map.xml", urlset("/a/1"))

    (found,) = crawl(job(site.url("/map.xml")))

    assert (found.outcome, found.error_class, site.paths()) == ("rejected", "robots", ["/robots.txt"])


def test_a_changed_sitemap_is_seen_though_its_index_is_the_same(site: Any, crawl: Any, sink: Any) -> None:
    site.page("/index.xml", index(all="2026-11-24"), ETag='"same"')
    site.page("/all.xml", urlset("/a/1"))
    source, state = job(site.url("/index.xml"))
    first = crawl((source, state))[-1]
    known = replace(state, checked_at=first.fetched_at, body_hash=first.body_hash, etag='"same"')

    same = crawl((source, known))[-1]
    site.page("/all.xml", urlset("/a/1", "/a/2"))
    changed = crawl((source, known))[-1]

    assert (first.outcome, first.etag) == ("ok", None)
    assert (same.outcome, same.entries) == ("not-modified", ())
    assert (changed.outcome, paths(changed, site)) == ("ok", ["/a/1", "/a/2"])
    assert all("if-none-match" not in seen.headers for seen in site.seen)


def test_the_pattern_of_a_source_chooses_among_the_addresses(site: Any, crawl: Any) -> None:
    site.page("/map.xml", urlset("/a/1", "/about"))

    (found,) = crawl(job(site.url("/map.xml"), list=ListRule(pattern="/a/[0-9]+")))

    assert paths(found, site) == ["/a/1"]


def test_an_index_whose_sitemaps_all_fail_is_a_failure(site: Any, crawl: Any) -> None:
    site.page("/index.xml", index(gone="2026-11-24"))

    (found,) = crawl(job(site.url("/index.xml")))

    assert (found.outcome, found.status, found.error_class) == ("permanent", 404, "http-404")


def test_a_page_leads_to_the_json_that_holds_its_list(site: Any, crawl: Any) -> None:
    site.page("/latest.htm", '<html><body><div data="datasource:0a1b2c3d4e"></div></body></html>')
    site.page("/latest/ds_0a1b2c3d4e.json", '{"datasource": [{"publishUrl": "../a/1", "title": "灯塔"}]}')
    rule = ListRule(format="json", item="datasource", link="publishUrl", title="title")
    source, state = job(site.url("/latest.htm"), "listing", list=rule)

    found = crawl((source, replace(state, body_hash=body_hash(b"older"))))[-1]

    assert (found.outcome, paths(found, site), found.entries[0].title) == ("ok", ["/a/1"], "灯塔")


def test_a_json_list_is_read_over_as_many_pages_as_its_rule_says(site: Any, crawl: Any) -> None:
    for page in (1, 2, 3):
        site.page(
            f"/{page}.json", f'{{"rows": [{{"url": "/a/{page}", "title": "A"}}], "next": "/{page + 1}.json"}}'
        )
    rule = ListRule(format="json", item="rows", next="next", pages=2)

    (found,) = crawl(job(site.url("/1.json"), "listing", list=rule))

    assert (found.outcome, paths(found, site)) == ("ok", ["/a/1", "/a/2"])


def test_further_records_come_from_the_data_address(site: Any, crawl: Any) -> None:
    def record(n: int) -> str:
        return (
            f'<record><![CDATA[<li><a href="/art/2026/11/{n}/a.html">柳堤市第{n}号通知</a></li>]]></record>'
        )

    site.page("/col7.html", f"<html><script>columnid=7;unitid=9;webid=1</script>{record(24)}</html>")
    site.page(
        "/module/web/jpage/dataproxy.jsp?page=2&columnid=7&unitid=9&webid=1",
        f"<datastore><totalpage>9</totalpage><recordset>{record(23)}</recordset></datastore>",
    )
    rule = ListRule(format="hanweb", next="dataproxy", pages=2)

    (found,) = crawl(job(site.url("/col7.html"), "listing", list=rule))

    assert (found.outcome, [entry.title for entry in found.entries]) == (
        "ok",
        ["柳堤市第24号通知", "柳堤市第23号通知"],
    )


def test_a_list_and_a_sitemap_of_one_host_are_read_in_one_round(site: Any, crawl: Any) -> None:
    site.page("/map.xml", urlset("/a/1"))
    site.page("/list", "<html><ul><li><a href='/b/1'>One</a></li></ul></html>")
    listed, state = job(site.url("/list"), "listing", list=ListRule(item="li"))

    found = crawl(job(site.url("/map.xml")), (replace(listed, id="list"), replace(state, source_id="list")))

    assert {one.source_id: paths(one, site) for one in found} == {"harbour": ["/a/1"], "list": ["/b/1"]}


def test_a_source_of_unknown_kind_turns_out_to_be_a_sitemap(site: Any, read: Any, crawl: Any) -> None:
    site.page("/map.xml", urlset("/a/1"))
    source, state = job(site.url("/map.xml"), "auto")

    found = read(lambda reader: reader.poll(source, state))

    assert (found.resolved_kind, found.resolved_url, paths(found, site)) == ("sitemap", source.url, ["/a/1"])
    known = replace(state, resolved_kind="sitemap", resolved_url=source.url)
    assert paths(crawl((source, known))[-1], site) == ["/a/1"]


def test_the_children_know_every_kind() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    common: dict[str, Any] = {"content_type": None, "encoding": None, "zone": zone}
    rule = ListRule(format="json", item="rows")

    async def work() -> list[Any]:
        pool = ParsePool(1)
        try:
            return [
                await pool.sitemap(urlset("/a/1").encode(), url="https://harbour.example/map.xml", **common),
                await pool.search(b'{"articles": []}', url="https://finder.example/", **common),
                await pool.listing(
                    b'{"rows": [{"url": "/a"}]}', url="https://harbour.example/", rule=rule, **common
                ),
            ]
        finally:
            await pool.aclose()

    assert [(parsed.kind, parsed.format) for parsed in asyncio.run(work())] == [
        ("sitemap", "urlset"),
        ("search", "gdelt"),
        ("listing", "json"),
    ]
