"""A digest as a mail: subject, plain text, HTML, small enough not to be clipped.

Mail programs clip above about 100 KB, and what is clipped is the foot: so the stories give way, never the changes, the
coverage statement or the foot. First stories lose all but headline and outlet, then the last ones are only counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from alerts.coverage import TIGHT, WIDE
from alerts.digest import Digest
from alerts.html import HtmlPart
from alerts.mail import Group, MailView, mail_view
from alerts.plain import PlainPart

MAIL_LIMIT = 80_000
"""Bytes of the whole message as it travels."""
_HEADERS = 2_000
_NOTE = 2_500
"""Raw bytes kept free for the sentence that counts what was left out."""
_FULL_AT_LEAST = 8
"""So many stories keep their extract however many others there are."""
_SECTIONS_COUNTED = 12
_MOST_NAMED = 400
"""More could never fit, not even as headlines."""
# Where the stories go once it is known how many fit. ``prose.clean`` lets no such character in.
_STORIES, _LATE = "\ufdd8", "\ufdd9"

Part = HtmlPart | PlainPart


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str
    unnamed: int = 0
    """Stories that are only counted, because one mail cannot hold them."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The first ``full`` stories are told with extract, up to ``named`` by headline, the rest is counted."""

    full: int
    named: int


def render(
    digest: Digest, *, base_url: str, has_recipient: bool = True, limit_bytes: int = MAIL_LIMIT
) -> Rendered:
    """``base_url`` is where Presswatch's pages are; one that is no web address gives a mail without links to them."""
    raw = _raw_bytes(limit_bytes)
    for room in (WIDE, TIGHT):
        page = _Page(mail_view(digest, base_url, has_recipient=has_recipient, room=room))
        left = raw - page.frame_size() - _NOTE
        if left > raw // 4:
            break
    return page.rendered(page.layout(left))


def fit(full: Sequence[int], named: Sequence[int], room: int) -> Layout:
    """How many of the stories, in their order, fit with extract and how many by headline; the costs are given for each."""
    count, left = 0, room
    while count < min(len(full), _FULL_AT_LEAST) and full[count] <= left:
        left -= full[count]
        count += 1
    end = count
    while end < len(named) and named[end] <= left:
        left -= named[end]
        end += 1
    while end == len(named) and count < end and full[count] - named[count] <= left:
        left -= full[count] - named[count]
        count += 1
    return Layout(count, end)


def encoded_size(rendered: Rendered) -> int:
    """Of both parts as base64 in lines, with an allowance for headers."""
    return _HEADERS + sum(_base64_size(_size(part)) for part in (rendered.text, rendered.html))


class _Page:
    """Both parts of one mail, laid out together so that they name the same stories."""

    def __init__(self, mail: MailView) -> None:
        self.mail = mail
        self.parts: tuple[Part, ...] = (PlainPart(mail), HtmlPart(mail))
        self.frames = [part.whole(_STORIES, _LATE) for part in self.parts]
        self.groups = (*mail.groups, *((mail.late,) if mail.late else ()))
        self.order = [(group, entry) for group in self.groups for entry in group.entries]
        tellable = self.order[:_MOST_NAMED]
        self.full = [tuple(part.story(entry) for part in self.parts) for _, entry in tellable]
        self.named = [tuple(part.line(entry) for part in self.parts) for _, entry in tellable]

    def frame_size(self) -> int:
        """Raw bytes of all that is no story."""
        return sum(map(_size, self.frames))

    def layout(self, room: int) -> Layout:
        """The first story of a section also costs the section's heading and end."""
        edges = [sum(map(_size, self._edges(group))) if entry.is_top else 0 for group, entry in self.order]
        full, named = (
            [edge + sum(map(_size, told)) for edge, told in zip(edges, texts, strict=False)]
            for texts in (self.full, self.named)
        )
        return fit(full, named, room)

    def rendered(self, layout: Layout) -> Rendered:
        text, html = (self._whole(n, layout) for n in range(len(self.parts)))
        return Rendered(self.mail.subject, text, html, unnamed=len(self.order) - layout.named)

    def _whole(self, n: int, layout: Layout) -> str:
        stories = "".join(self._told(n, group, layout) for group in self.mail.groups)
        late = self._told(n, self.mail.late, layout) if self.mail.late else ""
        left_out = self._left_out(layout)
        stories += self.parts[n].after(left_out) if left_out else ""
        return self.frames[n].replace(_STORIES, stories).replace(_LATE, late)

    def _told(self, n: int, group: Group, layout: Layout) -> str:
        numbers = [entry.number for entry in group.entries if entry.number <= layout.named]
        if not numbers:
            return ""
        texts = (self.full if number <= layout.full else self.named for number in numbers)
        told = "".join(text[number - 1][n] for text, number in zip(texts, numbers, strict=True))
        part = self.parts[n]
        return part.head(group) + told + (part.after(group.after) if group.after else "")

    def _edges(self, group: Group) -> list[str]:
        after = [part.after(group.after) for part in self.parts] if group.after else []
        return [part.head(group) for part in self.parts] + after

    def _left_out(self, layout: Layout) -> str:
        """The sentence that counts the stories not named, by section; '' when all are."""
        say, counts = self.mail.say, Counter(group.title for group, _ in self.order[layout.named :])
        if not counts:
            return ""
        shown = list(counts.items())[:_SECTIONS_COUNTED]
        watches = say("list").join(say("over_size_watch", name=name, n=n) for name, n in shown)
        hidden = len(counts) - len(shown)
        watches += say("names_more", n=hidden) if hidden else ""
        return say("over_size", n=counts.total(), watches=watches)


def _size(text: str) -> int:
    """As UTF-8 with CRLF."""
    return len(text.encode()) + text.count("\n")


def _base64_size(raw: int) -> int:
    """57 bytes make a line of 76 characters and its end."""
    return -(-raw // 57) * 78


def _raw_bytes(limit: int) -> int:
    return (limit - _HEADERS) * 57 // 78 - 2 * 57
