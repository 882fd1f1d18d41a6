"""What an article page says about itself: headline, author, site, 稿源, canonical address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from lxml.html import HtmlElement

from core.urls import join
from crawler.parse.entries import MAX_AUTHOR, first_text
from crawler.parse.page import text_of, types_of, visible
from crawler.parse.plain import cut, one_line, title_from
from crawler.parse.publisher import same_publisher

_SEPARATOR: Final = re.compile(
    r"\s+[-–—|·•»:/~]+\s+|\s*[|_»]\s*|(?<=[\u3400-\u9fff])\s*[-–—]+\s*(?=[\u3400-\u9fff])|\s*——?\s*"
)
_WORDS: Final = re.compile(r"[\u3400-\u9fff]|[^\W\d_\u3400-\u9fff]{3,}|\d+")
_SAME_STORY: Final = 0.4
_TITLE_METAS: Final = ("articletitle", "og:title", "twitter:title")
_LETTERS: Final = re.compile(r"[\W_]+")
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


def headline(tree: HtmlElement, meta: dict[str, list[str]], things: list[dict[str, Any]], site: str) -> str:
    """The heading that the page's own title confirms; else that title without the site's name."""
    document = title_from(first_text(*(text_of(title) for title in tree.xpath("//title")[:1])))
    shared = title_from(first_text(*(v for key in _TITLE_METAS for v in meta.get(key, ()))))
    declared = next(
        (title_from(thing["headline"]) for thing in things if isinstance(thing.get("headline"), str)), ""
    )
    names = [name for name in (shared, document, declared) if name]
    headings = [
        text for h in tree.xpath("//h1")[:8] if (text := text_of(h, 500)) and _key(text) != _key(site)
    ]
    smaller = [text for h in tree.xpath("//h2")[:8] if (text := text_of(h, 500))]
    bare = without_site(first_text(shared, document), site)
    confirmed = [heading for heading in headings if any(_leads(heading, name) for name in names)]
    confirmed += [
        heading
        for heading in smaller
        if _key(heading) in (_key(bare), _key(declared)) and len(_key(heading)) > 3
    ]
    if confirmed:
        return confirmed[0]
    if len(set(headings)) == 1 and _overlap(headings[0], bare) >= _SAME_STORY:
        return headings[0]
    return bare or first_text(declared, *headings)


def _leads(heading: str, name: str) -> bool:
    """Whether ``name`` is the heading with more around it; a heading that only ends a longer name is the site's."""
    key, whole = _key(heading), _key(name)
    if len(key) < 4 or key not in whole:
        return False
    return not whole.endswith(key) or len(key) * 2 >= len(whole)


def _overlap(one: str, other: str) -> float:
    """Share of the shorter text's words (or Han characters) that the longer has, too."""
    first, second = (set(_WORDS.findall(text.casefold())) for text in (one, other))
    return len(first & second) / max(1, min(len(first), len(second)))


def _key(text: str) -> str:
    return _LETTERS.sub("", text).casefold()


def without_site(title: str, site: str) -> str:
    """'Headline - Site', 'Headline_栏目_网站' and 'Site | Headline' without the site's part."""
    parts = [part for part in _SEPARATOR.split(title) if part]
    if len(parts) < 2:
        return title
    names = {_key(site)} - {""}
    if _key(parts[-1]) in names or _is_name(parts[-1], parts):
        cut_at = len(parts) - 1
        # Chinese pages name column and site: 标题_栏目_网站.
        while cut_at > 1 and len(parts[cut_at - 1]) <= 6 and len(parts[0]) > 2 * len(parts[cut_at - 1]):
            cut_at -= 1
        kept = title
        for part in reversed(parts[cut_at:]):
            kept = kept[: kept.rfind(part)]
        return kept.rstrip(" -–—|·•»:/~_")
    if _key(parts[0]) in names:
        return title[title.find(parts[0]) + len(parts[0]) :].lstrip(" -–—|·•»:/~_")
    return title


def _is_name(last: str, parts: list[str]) -> bool:
    """A short last part beside a longer headline is the site's or column's name."""
    rest = sum(map(len, parts[:-1]))
    return len(last) <= 40 and len(last) < rest and len(last.split()) <= 5


def site_name(meta: dict[str, list[str]], things: list[dict[str, Any]], tree: HtmlElement) -> str:
    publishers = (thing.get("publisher") for thing in things)
    named = (str(p["name"]) for p in publishers if isinstance(p, dict) and isinstance(p.get("name"), str))
    known = first_text(
        *meta.get("og:site_name", ()), *meta.get("sitename", ()), *meta.get("application-name", ()), *named
    )
    return title_from(known)[:200]


def author(
    tree: HtmlElement, meta: dict[str, list[str]], things: list[dict[str, Any]], near: str
) -> str | None:
    listed = [name for thing in things if types_of(thing) and (name := _people(thing.get("author")))]
    named = (
        value
        for key in ("author", "article:author", "dc.creator", "byl", "parsely-author")
        for value in meta.get(key, ())
    )
    written = (text_of(e, 200) for e in tree.xpath("//*[@rel='author'] | //*[@itemprop='author']")[:3])
    chinese = (match[1] for match in [_AUTHOR.search(near)] if match)
    for name in (*listed, *named, *chinese, *written):
        tidy = _BYLINE.sub("", title_from(name))
        if tidy and "://" not in tidy and len(tidy) <= MAX_AUTHOR and _key(tidy):
            return tidy
    return None


def _people(value: Any) -> str:
    people = value if isinstance(value, list) else [value]
    names = [p.get("name") if isinstance(p, dict) else p for p in people]
    return ", ".join(
        dict.fromkeys(title_from(name) for name in names if isinstance(name, str) and name.strip())
    )


def origin(meta: dict[str, list[str]], near: str) -> str | None:
    """稿源 as printed, from the national standard's meta element or the line under the headline."""
    stated = first_text(
        *meta.get("contentsource", ()), *meta.get("source", ()), *meta.get("article:source", ())
    )
    if stated and "://" not in stated:
        return cut(_ORIGIN_LABEL.sub("", stated), 100) or None
    match = _ORIGIN.search(near)
    printed = _ORIGIN_ENDS.sub("", match[1]).strip(" 　)）】]") if match else ""
    return printed or None


def head_lines(tree: HtmlElement, title: str, size: int = 1500) -> str:
    """The text from the headline on, where date, author and origin are printed; else the page's beginning."""
    lines = "".join(_bounded(visible(tree), 200_000)).split("\n")
    text = "\n".join(line for part in lines if (line := one_line(part)))
    at = text.rfind(title[:40], 0, 100_000) if title else -1
    first = text.find(title[:40]) if title else -1
    start = max(at, 0) if 0 <= at - first < 3000 else max(first, 0)
    return text[start : start + size]


def _bounded(pieces: Iterator[str], limit: int) -> Iterator[str]:
    size = 0
    for piece in pieces:
        yield piece
        size += len(piece)
        if size > limit:
            return


def canonical_url(tree: HtmlElement, meta: dict[str, list[str]], url: str) -> str | None:
    """The address the page calls its own, if it lies on the same site and is not just the home page."""
    links = tree.xpath("//link[translate(@rel, 'CANOIL', 'canoil')='canonical']/@href")
    for href in (*links[:1], *meta.get("og:url", ())[:1]):
        target = join(url, href)
        if target and same_publisher(target, url) and (_has_path(target) or not _has_path(url)):
            return target
    return None


def _has_path(url: str) -> bool:
    return url.partition("://")[2].partition("/")[2].strip("/") != ""
