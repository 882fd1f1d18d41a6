"""Links of a list page: which of them lead to articles, what is printed beside them, and which leads to the next page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from core.urls import join
from crawler.parse.page import text_of
from crawler.parse.plain import one_line
from crawler.parse.publisher import same_publisher

MAX_ANCHORS: Final = 20_000
_NEAR_LIMIT: Final = 300
_LEVELS: Final = 4
_TITLE_LIMIT: Final = 1000
CUT_MARKS: Final = ("…", "...", "..", "．．")
_WORD: Final = re.compile(
    r"[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7a3]|[^\W_\u3400-\u9fff\u3040-\u30ff\uac00-\ud7a3]+"
)
_HAN: Final = re.compile(r"[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7a3]")
_OUTSIDE: Final = frozenset({"nav", "footer", "aside", "form", "select"})
_OUTSIDE_NAME: Final = re.compile(
    r"(?:^|[\s_-])(?:nav|navi|navbar|navigation|menu|submenu|topbar|toolbar|foot|footer|copyright|crumbs?|breadcrumbs?|sidebar|pager|pages?nav|pagination"
    r"|tags?|tagcloud|share|social|login|friendlinks?|flink|links?bar|lang|language|search)(?:$|[\s_-])",
    re.IGNORECASE,
)
_NO_ARTICLE_TEXT: Final = re.compile(
    r"^[\W_]{0,3}(?:更多|查看更多|查看详情|详情|全部|首页|返回|上一页|下一页|尾页|末页|登录|注册|联系我们|关于我们|网站地图|阅读全文"
    r"|more|read more|view all|see all|home|next|previous|prev|back|login|log in|sign in|sign up|subscribe|contact(?: us)?|about(?: us)?"
    r"|privacy policy|terms.{0,20}|cookie.{0,20}|rss|sitemap|skip to .{0,30})[\W_]{0,3}$",
    re.IGNORECASE,
)
_NO_ARTICLE_PATH: Final = re.compile(
    r"/(?:index(?:_\d{1,4})?\.\w{2,5}|page/\d{1,5}|tags?|topics?|category|categories|author|authors|users?|login|signin|register|search|about|contact|privacy|terms|feed|rss)/?(?:$|[/?])"
    r"|\.(?:jpe?g|png|gif|pdf|zip|docx?|xlsx?|mp[34]|css|js|xml)$|/(?:list|col)[_-]?\d{0,6}\.\w{2,5}$",
    re.IGNORECASE,
)
_DATED_PATH: Final = re.compile(r"(?:19|20)\d\d[/\-_]?(?:0?[1-9]|1[0-2])[/\-_]?(?:[0-3]?\d)?(?:/|_|-|\.|$)")
_NUMBERED: Final = re.compile(r"\d")
_LONG_NUMBER: Final = re.compile(r"\d{3,}|^\d+$")
_ID_QUERY: Final = re.compile(r"(?:^|&)\w{0,20}id=\w{0,20}\d", re.IGNORECASE)
_NEXT_TEXT: Final = re.compile(
    r"^[\W_]{0,3}(?:下一?页|后一?页|下一頁|next(?: page)?|older(?: posts| entries)?|suivant|siguiente)[\W_]{0,3}$",
    re.IGNORECASE,
)
_ENOUGH: Final = 4
_REPEATED: Final = 3


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    title: str
    element: HtmlElement


def anchors(root: HtmlElement, base: str) -> Iterator[Link]:
    for anchor in islice(root.iter("a"), MAX_ANCHORS):
        href = (anchor.get("href") or "").strip()
        if not href or href.startswith("#"):
            continue
        url = join(base, href)
        if url:
            yield Link(_without_place(url), title_of(anchor), anchor)


def _without_place(url: str) -> str:
    """Without a fragment that is only a place in the page; scripts use '#!' and '#/' for addresses."""
    head, mark, fragment = url.partition("#")
    return url if mark and fragment.startswith(("!", "/")) else head


def title_of(anchor: HtmlElement) -> str:
    """The printed text; where it is cut or a picture, the whole headline from an attribute."""
    text = text_of(anchor, _TITLE_LIMIT)
    whole = one_line(anchor.get("title") or "")
    if text and not text.endswith(CUT_MARKS):
        return text
    pictures = (one_line(image.get("alt") or image.get("title") or "") for image in anchor.iter("img"))
    return whole or text or next((alt for alt in pictures if alt), "")


def better(*titles: str) -> str:
    """The longest, but any whole title before one that is cut."""
    return max(titles, key=lambda title: (not title.endswith(CUT_MARKS), len(title)), default="")


def surroundings(link: Link, chosen: Mapping[HtmlElement, str]) -> str:
    """What is printed beside a link: the largest element around it that holds no other link of ``chosen`` (addresses
    by element), and what follows that."""
    place = link.element
    for _ in range(_LEVELS):
        parent = place.getparent()
        if parent is None or parent.tag in ("body", "html") or _holds_other(parent, link, chosen):
            break
        place = parent
    text = text_of(place, _NEAR_LIMIT) if place is not link.element else ""
    sibling = place.getnext()
    if sibling is not None and not _holds_other(sibling, link, chosen):
        text = f"{text} {text_of(sibling, _NEAR_LIMIT)}"
    return f"{text} {one_line(place.tail or '')}".strip()


def _holds_other(place: HtmlElement, link: Link, chosen: Mapping[HtmlElement, str]) -> bool:
    return any(chosen.get(anchor, link.url) != link.url for anchor in place.iter("a"))


def article_links(root: HtmlElement, base: str, page: str) -> list[Link]:
    """By the form of address and text and by repetition; links of other sites only where a page has no own ones."""
    links = [
        link
        for link in anchors(root, base)
        if link.url not in (page, base) and not _NO_ARTICLE_TEXT.match(link.title)
    ]
    own = [link for link in links if same_publisher(link.url, page)]
    shapes = Counter((_shape(link.url), _place(link.element)) for link in own)
    taken = [
        link
        for link in own
        if _score(link) + 2 * (shapes[_shape(link.url), _place(link.element)] >= _REPEATED) >= _ENOUGH
    ]
    if not taken:
        return _foreign([link for link in links if not same_publisher(link.url, page)])
    places = Counter(_place(link.element) for link in taken)
    own_ids = {id(link) for link in taken}
    return [
        link
        for link in links
        if id(link) in own_ids or (places[_place(link.element)] >= _REPEATED and _score(link) >= _ENOUGH)
    ]


def _foreign(links: list[Link]) -> list[Link]:
    """Press reviews list nothing but other sites: one long text after the other in the same place of the page."""
    places = Counter(_place(link.element) for link in links)
    return [
        link
        for link in links
        if places[_place(link.element)] >= _REPEATED
        and _words(link.title) >= 4
        and not _is_outside(link.element)
    ]


def _score(link: Link) -> int:
    if _is_outside(link.element):
        return -_ENOUGH
    return _address_score(link.url) + _text_score(link.title)


def _address_score(url: str) -> int:
    parts = urlsplit(url)
    if _NO_ARTICLE_PATH.search(parts.path):
        return -3
    last = parts.path.rstrip("/").rpartition("/")[2]
    name, dot, ending = last.rpartition(".")
    name = name if dot else last
    score = 2 * bool(_DATED_PATH.search(parts.path)) + (bool(dot) and ending.isalnum())
    score += 2 if _LONG_NUMBER.search(name) or _ID_QUERY.search(parts.query) else bool(_NUMBERED.search(name))
    return score + 2 * (name.count("-") + name.count("_") >= 3)


def _words(text: str) -> int:
    return len(_WORD.findall(text))


def _text_score(text: str) -> int:
    """A headline has eight Han characters or four words; a column's name has fewer."""
    words = _words(text)
    enough = 8 if _HAN.search(text) else 4
    if words >= enough:
        return 2
    return 0 if words * 3 >= enough * 2 else -2


def _shape(url: str) -> str:
    """The address with its changing parts taken out."""
    parts = urlsplit(url)
    segments = [("-" if s.count("-") >= 3 else re.sub(r"\d+", "0", s)) for s in parts.path.split("/")]
    return f"{parts.netloc}{'/'.join(segments)}"


def _place(element: HtmlElement) -> str:
    """Where a link stands, the same for all items of one list."""
    names: list[str] = []
    place = element
    while place is not None and len(names) < 5:
        names.append(f"{place.tag}.{re.sub(r'[0-9]+', '', place.get('class') or '')}")
        place = place.getparent()
    return "/".join(names)


def _is_outside(element: HtmlElement) -> bool:
    for place in element.iterancestors():
        if place.tag in _OUTSIDE:
            return True
        if place.tag not in ("body", "html") and (
            _OUTSIDE_NAME.search(place.get("class") or "") or _OUTSIDE_NAME.search(place.get("id") or "")
        ):
            return True
    return False


def next_link(root: HtmlElement, base: str, page: str) -> str | None:
    for element in root.xpath("//link[@rel='next'] | //a[@rel='next']")[:1]:
        return _other(join(base, element.get("href") or ""), page)
    for anchor in islice(root.iter("a"), MAX_ANCHORS):
        if _NEXT_TEXT.match(text_of(anchor, 40)):
            return _other(join(base, anchor.get("href") or ""), page)
    return None


def _other(url: str | None, page: str) -> str | None:
    url = _without_place(url) if url else None
    return url if url != page else None
