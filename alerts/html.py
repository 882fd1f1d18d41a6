"""The HTML part: one table, one cell a block, styles inline; what others wrote is escaped by the template engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from alerts.mail import Entry, Group, MailView
from alerts.prose import bare, to_html

_TEMPLATES = Path(__file__).with_name("templates")
_HAN_FONTS = "-apple-system,'PingFang SC','Hiragino Sans GB','Microsoft YaHei','Noto Sans CJK SC','Source Han Sans SC',sans-serif"
_LATIN_FONTS = (
    "-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,"
    "'PingFang SC','Hiragino Sans GB','Microsoft YaHei','Noto Sans CJK SC',sans-serif"
)
# Keeps mail programs from showing the beginning of the mail after the preheader.
_FILLER = Markup("&nbsp;&zwnj;" * 20)


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"prose": to_html, "bare": bare}
    return made


_ENVIRONMENT = _environment()
_BLOCKS = _ENVIRONMENT.get_template("blocks.html").module
_MAIL = _ENVIRONMENT.get_template("mail.html")
_CSS = Markup((_TEMPLATES / "head.css").read_text(encoding="utf-8"))


class HtmlPart:
    def __init__(self, mail: MailView) -> None:
        self.mail = mail

    def story(self, entry: Entry) -> str:
        return str(_block("story")(entry.view, self.mail.say, entry.is_top, entry.is_late))

    def line(self, entry: Entry) -> str:
        return str(_block("line")(entry.view, entry.is_top, entry.is_late))

    def head(self, group: Group) -> str:
        return str(_block("section")(group.title, group.note))

    def after(self, text: str, *, is_top: bool = False) -> str:
        return str(_block("more")(text, self.mail.today_url, self.mail.say("see_today"), is_top))

    def whole(self, stories: str, late: str) -> str:
        zh = self.mail.say.language == "zh"
        return _MAIL.render(
            mail=self.mail,
            say=self.mail.say,
            stories=Markup(stories),
            late=Markup(late),
            css=_CSS,
            filler=_FILLER,
            html_lang="zh-CN" if zh else "en",
            mso_font=Markup("'Microsoft YaHei'" if zh else "'Segoe UI'"),
            fonts=Markup(_HAN_FONTS if zh else _LATIN_FONTS),
            line_height=26 if zh else 24,
        )


def _block(name: str) -> Callable[..., Markup]:
    """A macro of the template."""
    macro: Callable[..., Markup] = getattr(_BLOCKS, name)
    return macro
