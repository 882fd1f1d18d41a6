"""OPML: the list of feeds that readers exchange. Everything that OPML cannot say is left at its default."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.sax.saxutils import quoteattr

from lxml import etree

from core.errors import ConfigError
from core.types import Names, Source
from core.urls import host_of, is_web

LONGEST_ID = 60


def load_opml(path: Path) -> tuple[Source, ...]:
    """Every outline with an ``xmlUrl``, each address once. Raises ``ConfigError`` with file and line."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(path.read_bytes(), parser)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path=str(path)) from error
    except etree.XMLSyntaxError as error:
        raise ConfigError(f"is no OPML: {error.msg}", path=str(path), line=error.lineno) from error
    if root.tag != "opml":
        raise ConfigError(f"is no OPML: it begins with <{root.tag}>", path=str(path), line=1)
    return tuple(_sources(root))


def dump_opml(sources: Iterable[Source]) -> str:
    """Only feeds: a list page means nothing to another reader."""
    lines = [
        f'    <outline type="rss" text={quoteattr(source.name.zh)} title={quoteattr(source.name.en)} xmlUrl={quoteattr(source.url)}/>'
        for source in sources
        if source.kind in ("feed", "auto")
    ]
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n  <head><title>Presswatch</title></head>\n  <body>\n'
    return head + "\n".join(lines) + "\n  </body>\n</opml>\n"


def _sources(root: etree._Element) -> Iterator[Source]:
    seen: set[str] = set()
    ids: set[str] = set()
    for outline in root.iter("outline"):
        url = (outline.get("xmlUrl") or "").strip()
        if not is_web(url) or url in seen:
            continue
        seen.add(url)
        title = outline.get("title") or outline.get("text") or host_of(url)
        text = outline.get("text") or title
        yield Source(id=_free(_slug(title, url), ids), name=Names(text, title), url=url, kind="feed")


def _slug(title: str, url: str) -> str:
    """From the title where it has Latin letters, else from the address."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(slug) < 3:
        slug = re.sub(r"[^a-z0-9]+", "-", url.partition("://")[2].lower()).strip("-")
    return slug[:LONGEST_ID].strip("-") or "feed"


def _free(slug: str, taken: set[str]) -> str:
    found, number = slug, 2
    while found in taken:
        found, number = f"{slug}-{number}", number + 1
    taken.add(found)
    return found
