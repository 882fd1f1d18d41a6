"""What stands under a headline: author, 稿源; and the address that the page calls its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from core.urls import join
from crawler.parse.entries import MAX_AUTHOR
from crawler.parse.page import Loaded, text_of, types_of, visible
from crawler.parse.plain import cut, one_line, title_from
from crawler.parse.publisher import same_publisher

_ORIGIN: Final = re.compile(
    r"(?:(?:信息|文章|稿件|新闻|内容)?来\s{0,4}源(?:于)?|稿\s{0,4}源|转\s?自|來\s{0,4}源)\s{0,3}[:：][^\S\n]{0,3}\n?([^\s|，,;；。]{1,40}(?: [^\s\d|，,:：]{1,20})?)"
)
_ORIGIN_LABEL: Final = re.compile(
    r"(?:(?:信息|文章|稿件)?来\s{0,4}源|稿\s{0,4}源|來\s{0,4}源)\s{0,3}[:：]?\s{0,3}"
)
_AUTHOR: Final = re.compile(
    r"(?:作\s{0,4}者|记\s{0,2}者|撰稿)\s{0,3}[:：]\s{0,3}([^\s|，,;；。:：]{2,20}(?: [^\s|，,;；。:：]{2,8}(?![^\s]{0,8}[:：]))?)"
)
_BYLINE: Final = re.compile(r"^\s{0,3}(?:by|par|von|por)\s{1,3}", re.IGNORECASE)
_ORIGIN_ENDS: Final = re.compile(
    r"(?:作者|编辑|责编|责任编辑|发布|时间|日期|浏览|点击|字号|字体|【|\[|\().*$"
)
_SOME_LETTER: Final = re.compile(r"[^\W_]")
_AUTHOR_METAS: Final = ("author", "article:author", "dc.creator", "byl", "parsely-author")
_LOOKED_AT: Final = 200_000
_LINES_AFTER: Final = 1500


def author(page: Loaded, near: str) -> str | None:
    """``near``: the lines from ``head_lines``."""
    listed = [name for thing in page.things if types_of(thing) and (name := _people(thing.get("author")))]
    stated = [value for name in _AUTHOR_METAS for value in page.meta.get(name, ())]
    signed = [match[1]] if (match := _AUTHOR.search(near)) else []
    marked = (text_of(e, 200) for e in page.tree.xpath("//*[@rel='author'] | //*[@itemprop='author']")[:3])
    for name in (*listed, *stated, *signed, *marked):
        tidy = _BYLINE.sub("", title_from(name))
        if "://" not in tidy and len(tidy) <= MAX_AUTHOR and _SOME_LETTER.search(tidy):
            return tidy
    return None


def _people(value: Any) -> str:
    people = value if isinstance(value, list) else [value]
    names = [p.get("name") if isinstance(p, dict) else p for p in people]
    return ", ".join(
        dict.fromkeys(title_from(name) for name in names if isinstance(name, str) and name.strip())
    )


def origin(page: Loaded, near: str) -> str | None:
    """稿源 as printed, from the national standard's meta element or the line under the headline."""
    stated = page.first_meta("contentsource", "source", "article:source")
    if stated and "://" not in stated:
        return cut(_ORIGIN_LABEL.sub("", stated), 100) or None
    match = _ORIGIN.search(near)
    printed = _ORIGIN_ENDS.sub("", match[1]).strip(" 　)）】]") if match else ""
    return printed or None


def head_lines(page: Loaded, title: str) -> str:
    """The text from the headline on, where date, author and origin are printed; else the page's beginning."""
    lines = "".join(_bounded(visible(page.tree), _LOOKED_AT)).split("\n")
    text = "\n".join(line for part in lines if (line := one_line(part)))
    first, last = text.find(title[:40]), text.rfind(title[:40])
    # The window's title stands before the menus, the headline after them.
    start = last if title and first < last < first + _LOOKED_AT // 50 else first
    return text[max(start, 0) :][:_LINES_AFTER]


def _bounded(pieces: Iterator[str], limit: int) -> Iterator[str]:
    size = 0
    for piece in pieces:
        yield piece
        size += len(piece)
        if size > limit:
            return


def canonical_url(page: Loaded) -> str | None:
    """The address the page calls its own, if it lies on the same site and is not just the home page."""
    links = page.tree.xpath("//link[translate(@rel, 'CANOIL', 'canoil')='canonical']/@href")
    for href in (*links[:1], page.first_meta("og:url")):
        target = join(page.url, href) if href else None
        if target and same_publisher(target, page.url) and (_has_path(target) or not _has_path(page.url)):
            return target
    return None


def _has_path(url: str) -> bool:
    return url.partition("://")[2].partition("/")[2].strip("/") != ""
