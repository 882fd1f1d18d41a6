"""What the outlets print: feeds, list pages and articles, as text. Knows nothing of sockets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape
from zoneinfo import ZoneInfo

from demo.articles import Outlet, Piece

SUMMARY_LIMIT = 90
RELATED_LIMIT = 5


@dataclass(frozen=True, slots=True)
class Printed:
    """An article as it stands on the site now."""

    piece: Piece
    path: str
    title: str
    paragraphs: tuple[str, ...]
    published: datetime
    updated: datetime | None = None

    @property
    def summary(self) -> str:
        first = self.paragraphs[0]
        return first if len(first) <= SUMMARY_LIMIT else first[:SUMMARY_LIMIT].rsplit(" ", 1)[0] + "…"

    @property
    def changed(self) -> datetime:
        return self.updated or self.published


def rss(outlet: Outlet, base: str, printed: Sequence[Printed]) -> str:
    items = "".join(
        f"<item><title>{escape(one.title)}</title><link>{base}{one.path}</link>"
        f'<guid isPermaLink="false">{outlet.id}:{one.piece.id}</guid>'
        f"<pubDate>{format_datetime(local(outlet, one.published))}</pubDate>"
        f"<author>{escape(one.piece.author)}</author><description>{escape(one.summary)}</description></item>"
        for one in printed
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>{escape(own_name(outlet))}</title><link>{base}/</link><language>{outlet.lang}</language>"
        f"<description>{escape(own_name(outlet))}</description>{items}</channel></rss>"
    )


def atom(outlet: Outlet, base: str, printed: Sequence[Printed], now: datetime) -> str:
    entries = "".join(
        f'<entry><title>{escape(one.title)}</title><link rel="alternate" href="{base}{one.path}"/>'
        f"<id>tag:{outlet.id}.example,2026:{one.piece.id}</id><published>{one.published.isoformat()}</published>"
        f"<updated>{one.changed.isoformat()}</updated><author><name>{escape(one.piece.author)}</name></author>"
        f"<summary>{escape(one.summary)}</summary></entry>"
        for one in printed
    )
    latest = max((one.changed for one in printed), default=now)
    return (
        f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.lang}">'
        f"<title>{escape(own_name(outlet))}</title><id>tag:{outlet.id}.example,2026:feed</id>"
        f'<link rel="self" href="{base}/feed.xml"/><updated>{latest.isoformat()}</updated>{entries}</feed>'
    )


def front(outlet: Outlet, printed: Sequence[Printed]) -> str:
    """The list page of an outlet without a feed, and the home page of one that has it."""
    rows = "".join(
        f'<li><a href="{one.path}">{escape(one.title)}</a> '
        f'<span class="day">{local(outlet, one.published):%Y-%m-%d}</span></li>'
        for one in printed
    )
    feed = (
        "" if outlet.style == "list" else '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    )
    return page(outlet, own_name(outlet), f'<main><ul class="news">{rows}</ul></main>', head=feed)


def article(outlet: Outlet, one: Printed, others: Sequence[Printed]) -> str:
    text = "".join(f"<p>{escape(paragraph)}</p>\n" for paragraph in one.paragraphs)
    links = "".join(
        f'<li><a href="{other.path}">{escape(other.title)}</a></li>' for other in others[:RELATED_LIMIT]
    )
    main = (
        f'<main><article><h1>{escape(one.title)}</h1><div class="line">{escape(line_of(outlet, one))}</div>\n'
        f'<div id="text">{text}</div></article></main>'
        f'<aside class="related"><h2>{escape(outlet.related)}</h2><ul>{links}</ul></aside>'
    )
    moment = local(outlet, one.published).isoformat(timespec="seconds")
    return page(outlet, one.title, main, head=f'<meta property="article:published_time" content="{moment}">')


def line_of(outlet: Outlet, one: Printed) -> str:
    """Date, origin and author under the headline, as the press of each language prints them."""
    moment = local(outlet, one.published)
    if not outlet.is_chinese:
        return f"By {one.piece.author} · {moment.day} {moment:%B %Y, %H:%M}"
    origin, author = ("來源", "記者") if outlet.lang == "zh-Hant" else ("来源", "作者")
    return f"{moment:%Y-%m-%d %H:%M}　{origin}：{one.piece.origin or own_name(outlet)}　{author}：{one.piece.author or '—'}"


def page(outlet: Outlet, title: str, main: str, head: str = "") -> str:
    menu = "".join(
        f'<li><a href="/section/{index}">{escape(name)}</a></li>' for index, name in enumerate(outlet.menu)
    )
    return (
        f'<!doctype html>\n<html lang="{outlet.lang}"><head><meta charset="{outlet.declared}"><title>{escape(title)}</title>'
        f'<meta property="og:site_name" content="{escape(own_name(outlet))}">{head}</head>\n'
        f'<body><header><a href="/">{escape(own_name(outlet))}</a><nav><ul>{menu}</ul></nav></header>\n{main}\n'
        f"<footer><p>{escape(outlet.foot)}</p></footer></body></html>"
    )


def own_name(outlet: Outlet) -> str:
    return outlet.name.zh if outlet.is_chinese else outlet.name.en


def local(outlet: Outlet, moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(outlet.zone))
