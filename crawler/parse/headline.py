"""The headline of an article page, without the name of its site."""

from __future__ import annotations

import re
from typing import Final

from crawler.parse.entries import first_text
from crawler.parse.page import Loaded, text_of
from crawler.parse.plain import title_from

_SEPARATOR: Final = re.compile(
    r"\s+[-–—|·•»:/~]+\s+|\s*[|_»]\s*|(?<=[\u3400-\u9fff])\s*[-–—]+\s*(?=[\u3400-\u9fff])|\s*——?\s*"
)
_WORDS: Final = re.compile(r"[\u3400-\u9fff]|[^\W\d_\u3400-\u9fff]{3,}|\d+")
_SAME_STORY: Final = 0.4
_TITLE_METAS: Final = ("articletitle", "og:title", "twitter:title")
_LETTERS: Final = re.compile(r"[\W_]+")


def headline(page: Loaded) -> str:
    """The heading that the page's own title confirms; else that title without the site's name."""
    site = site_name(page)
    document = title_from(first_text(*(text_of(title) for title in page.tree.xpath("//title")[:1])))
    shared = title_from(page.first_meta(*_TITLE_METAS))
    stated = (thing["headline"] for thing in page.things if isinstance(thing.get("headline"), str))
    declared = title_from(next(stated, ""))
    bare = without_site(shared or document, site)
    headings = [text for text in _headings(page, "h1") if _key(text) != _key(site)]
    for heading in headings:
        if any(_leads(heading, name) for name in (shared, document, declared)):
            return heading
    for heading in _headings(page, "h2"):
        if len(_key(heading)) > 3 and _key(heading) in (_key(bare), _key(declared)):
            return heading
    if len(set(headings)) == 1 and _overlap(headings[0], bare) >= _SAME_STORY:
        return headings[0]
    return bare or first_text(declared, *headings)


def _headings(page: Loaded, tag: str) -> list[str]:
    return [text for heading in page.tree.xpath(f"//{tag}")[:8] if (text := text_of(heading, 500))]


def site_name(page: Loaded) -> str:
    publishers = (thing.get("publisher") for thing in page.things)
    named = (str(p["name"]) for p in publishers if isinstance(p, dict) and isinstance(p.get("name"), str))
    return title_from(first_text(page.first_meta("og:site_name", "sitename", "application-name"), *named))[
        :200
    ]


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
