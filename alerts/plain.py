"""The plain part: complete on its own, in 72 columns."""

from __future__ import annotations

from collections.abc import Iterable

from alerts.lines import COLUMNS, width, wrap
from alerts.mail import Entry, Group, MailView
from alerts.view import ChangeView, StoryView

_INDENT = " " * 4


class PlainPart:
    def __init__(self, mail: MailView) -> None:
        self.mail, self.say = mail, mail.say

    def story(self, entry: Entry) -> str:
        it, say = entry.view, self.say
        lines = self._begin(entry)
        if it.extract:
            lines += ["", *self._block(it.extract.text)]
        lines += [""]
        if it.clause:
            lines += self._block(say("matched") + it.clause + say.gap + it.fields)
        if it.others:
            lines += self._block(say("other_watches") + it.others)
        if it.also:
            lines += self._block(it.also_head + self._outlets(it))
        lines += self._addresses(it)
        if it.archive_url:
            lines += self._labelled("archive_plain", it.archive_url)
        return _joined(lines)

    def line(self, entry: Entry) -> str:
        return _joined([*self._begin(entry), *self._addresses(entry.view)])

    def head(self, group: Group) -> str:
        return self._head(group.title, group.note)

    def after(self, text: str, *, is_top: bool = False) -> str:
        lines = ["", *self._block(text)]
        if self.mail.today_url:
            lines += self._labelled("see_today_plain", self.mail.today_url)
        return _joined(lines)

    def whole(self, stories: str, late: str) -> str:
        mail = self.mail
        parts = [self._top()]
        parts += [self._claim()] if mail.claim else []
        parts += [
            stories,
            self._changes(),
            late,
            self._evidence(),
            self._volume(),
            self._coverage(),
            self._foot(),
        ]
        return "".join(parts)

    def _begin(self, entry: Entry) -> list[str]:
        number = f"{entry.number}. ".ljust(4)
        lines = [] if entry.is_top else [""]
        lines += wrap(entry.view.title.text, self.say.language, first=number, rest=_INDENT)
        lines += self._block(entry.view.meta)
        return lines + (self._block(entry.view.late) if entry.is_late else [])

    def _top(self) -> str:
        mail, say = self.mail, self.say
        title = say("plain_title", name=mail.name, kind=mail.kind)
        lines = [*wrap(mail.day, say.language, first=f"{title}    "), "=" * COLUMNS, ""]
        lines += self._row("label_window", mail.window)
        lines += self._row("label_content", mail.content)
        lines += self._row("label_sources", mail.sources)
        if mail.groups or mail.late:
            lines += self._row("label_marks", say("marks"))
        return _joined(lines)

    def _claim(self) -> str:
        claim, say = self.mail.claim, self.say
        if claim is None:
            return ""
        lines = ["", "", claim.title, "-" * COLUMNS, "", *wrap(claim.claim, say.language)]
        if claim.gaps:
            lines += ["", claim.gap_head, *self._rows(claim.gaps), *self._block(say("after_recovery"))]
        return _joined(lines)

    def _changes(self) -> str:
        mail, say = self.mail, self.say
        if not mail.changes:
            return ""
        lines = [line for change in mail.changes for line in ("", *self._change(change))][1:]
        if mail.changes_rest:
            lines += ["", *self._block(mail.changes_rest)]
            lines += self._labelled("see_today_plain", mail.today_url) if mail.today_url else []
        return self._head(say("changes"), mail.changes_note) + _joined(lines)

    def _change(self, it: ChangeView) -> list[str]:
        say = self.say
        lines = [f"[{it.kind}]", *self._block(it.title.text)]
        lines += self._block(say("was") + it.was.text) if it.was else []
        lines += self._block(it.meta)
        lines += self._block(it.seen + (say.gap + say("text_kept_plain") if it.is_withdrawn else ""))
        lines += [_INDENT + it.original_url] if it.original_url else []
        lines += self._labelled("archive_plain", it.archive_url) if it.archive_url else []
        return lines

    def _evidence(self) -> str:
        it, say = self.mail.evidence, self.say
        if it is None:
            return ""
        lines = []
        for row in it.rows:
            quiet = say("comma") + say("quiet_mark") if row.is_quiet else ""
            seen = say("evidence_row", name=row.name, checked=row.checked, newest=row.newest)
            lines += self._block(seen + quiet)
        lines += self._block(it.more) if it.more else []
        lines += ["", *wrap(it.others, say.language)] if it.others else []
        return self._head(say("evidence"), it.note) + _joined(lines)

    def _volume(self) -> str:
        it = self.mail.volume
        return self._head(it.title, it.note) + _joined(_INDENT + line for line in it.weeks) if it else ""

    def _coverage(self) -> str:
        it, say = self.mail.coverage, self.say
        lines: list[str] = []
        if it.failed and not self.mail.claim:
            lines += [it.failed_head, *self._rows(it.failed), ""]
        if it.quiet_head:
            lines += [*wrap(say("section", title=it.quiet_head, note=it.quiet_why), say.language)]
            lines += [*self._rows(it.quiet), ""]
        for text in it.tail:
            lines += wrap(text, say.language)
        lines += [_INDENT + self.mail.sources_url] if self.mail.sources_url else []
        lines += ["", *wrap(it.silent_watches, say.language)] if it.silent_watches else []
        return self._head(say("coverage"), it.note) + _joined(lines)

    def _foot(self) -> str:
        mail, say = self.mail, self.say
        lines = ["", "=" * COLUMNS, *wrap(mail.foot, say.language)]
        if mail.today_url and mail.sources_url:
            pairs = (("open_today", mail.today_url), ("open_sources", mail.sources_url))
            longest = max(width(say(key), say.language) for key, _ in pairs)
            lines += [
                "",
                *(say(key) + " " * (longest + 2 - width(say(key), say.language)) + url for key, url in pairs),
            ]
        return _joined(lines)

    def _head(self, title: str, note: str) -> str:
        heading = self.say("section", title=title, note=note) if note else title
        return _joined(["", "", *wrap(heading, self.say.language), "-" * COLUMNS, ""])

    def _row(self, label: str, text: str) -> list[str]:
        labels = [self.say(key) for key in ("label_window", "label_content", "label_sources", "label_marks")]
        column = max(width(name, self.say.language) for name in labels) + 3
        name = self.say(label)
        first = name + " " * (column - width(name, self.say.language))
        return wrap(text, self.say.language, first=first, rest=" " * column)

    def _rows(self, rows: Iterable[str]) -> list[str]:
        return [line for row in rows for line in self._block(row)]

    def _block(self, prose: str) -> list[str]:
        return wrap(prose, self.say.language, first=_INDENT, rest=_INDENT)

    def _outlets(self, it: StoryView) -> str:
        return self.say("comma").join(outlet.name + outlet.rest for outlet in it.also) + it.also_rest

    def _addresses(self, it: StoryView) -> list[str]:
        if it.url:
            return [_INDENT + it.url]
        return self._block(self.say("not_a_link") + it.address) if it.address else []

    def _labelled(self, key: str, url: str) -> list[str]:
        """An address is never divided; where it does not fit behind its label it takes a line of its own."""
        label = _INDENT + self.say(key)
        if width(label + url, self.say.language) <= COLUMNS:
            return [label + url]
        return [label.rstrip(), _INDENT + url]


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
