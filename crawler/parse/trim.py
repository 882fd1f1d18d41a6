"""Blocks around an article that are not of it: crumbs, datelines, share lines, related headlines, comment boxes.

Only what stands before or after the article's prose is taken away, never a block between two of its paragraphs.
"""

from __future__ import annotations

import re
from typing import Final

from crawler.parse.plain import weight

_PROSE: Final = 80
"""A block of this weight that ends like a sentence is taken for a paragraph of the article."""
_HEAD: Final = 20
_SHORT: Final = 90

_CRUMB: Final = re.compile(
    r"^(?:您?(?:当前|现在|所在|目前)?的?(?:所在)?位置|当前位置|您的位置|首页\s{0,3}(?:>|»|›|-)|home\s{0,3}[>»›/]|you are here)",
    re.IGNORECASE,
)
_DATELINE: Final = re.compile(
    r"(?:来\s{0,2}源|稿\s{0,2}源|信息来源|发布时间|发布日期|发表时间|浏览次数|阅读次数|点击数?|字号|字体大小|責任編輯|责任编辑|责编)\s{0,2}[:：]"
    r"|^[\d\s:/年月日.,T+Z-]{8,40}$"
    r"|^\s{0,3}(?:published|posted|updated|last updated)\b.{0,60}\d"
    r"|^(?:https?://|www\.)\S{1,60}\s{1,9}\d{4}[-/年]",
    re.IGNORECASE,
)
_FURNITURE: Final = re.compile(
    r"^[【\[（(]?\s{0,2}(?:分享(?:到|至|按钮)?|打印(?:本页|正文|文章)?|关闭(?:窗口|本页)?|推荐|收藏|返回(?:顶部|首页|列表|目录)?|上一[篇页条]|下一[篇页条]"
    r"|责任编辑|编辑|责编|本版编辑|网友评论仅供|特别声明|免责声明|版权声明|声明|转载请注明|扫描二维码|扫一扫|微信公众号|更多精彩"
    r"|版权所有|copyright|all rights reserved|share (?:this|on)|print this|email this|follow us|subscribe|sign up for|tweet|pin it"
    r"|back to top|leave a (?:comment|reply)|add a comment|previous (?:post|article)|next (?:post|article)|filed under|tags?\s{0,2}:)",
    re.IGNORECASE,
)
_AFTERWORD: Final = re.compile(
    r"^[\W_]{0,4}(?:相关(?:阅读|新闻|链接|文章|专题|报道|资讯|推荐|内容|信息|附件)|(?:延伸|推荐|热门|更多)(?:阅读|新闻|推荐|评论|文章)|最新(?:报道|文章|评论|新闻)"
    r"|(?:网友|文章|热门|最新|精彩|发表|用户|读者)(?:评论|留言|跟贴)|为您推荐|猜你喜欢|您可能(?:也|还)?感兴趣|大家都在看|新闻排行|點閱|推荐"
    r"|related(?: (?:articles?|stor(?:y|ies)|posts?|news|content|links?|topics?|coverage))?|recommended(?: (?:for you|stories|reading|articles))?"
    r"|read (?:more|next)|more (?:from|on|in|stories|news|like this)(?: .{0,40})?|you (?:may|might) (?:also )?(?:like|be interested in)(?: .{0,20})?"
    r"|share this(?: .{0,20})?|comments?|\d{1,5} comments?|leave a (?:reply|comment)|most (?:read|popular|viewed)|latest (?:news|posts|stories)"
    r"|trending(?: now)?|popular posts|about the authors?|see also|newsletter|sign up .{0,40}|follow us.{0,30}|advertisement)[\W_]{0,4}$",
    re.IGNORECASE,
)
_DATED_HEADLINE: Final = re.compile(
    r"^.{6,90}[\s(（\[]\d{4}[-/年.]\d{1,2}[-/月.]\d{1,2}日?[)）\]]?(?:\s?\[\d{1,7}\])?$"
)
_FURNITURE_OR_LABEL: Final = re.compile(
    f"{_FURNITURE.pattern}|{_DATELINE.pattern}|^.{{1,12}}[:：]$", re.IGNORECASE
)
_FEWEST_DATED: Final = 3
_SENTENCE_END: Final = re.compile(r"[。！？!?.…”\"]\s{0,2}$")


def trimmed(blocks: list[str], title: str) -> list[str]:
    """The article's own blocks. What would leave nothing is not done."""
    kept = _without_tail(_without_head(blocks, title))
    return kept if sum(map(len, kept)) * 4 > sum(map(len, blocks)) else blocks


def _without_head(blocks: list[str], title: str) -> list[str]:
    """Menus stand before the crumbs or the headline, datelines between headline and first paragraph."""
    prose = next((i for i, block in enumerate(blocks) if _is_prose(block)), 0)
    key = _key(title)
    marks = [i for i in range(prose) if _CRUMB.search(blocks[i]) or _key(blocks[i]) == key]
    start = marks[-1] + 1 if marks and marks[-1] < _HEAD else 0
    between = [block for block in blocks[start:prose] if not _is_dateline(block)]
    return [*between, *blocks[prose:]]


def _is_dateline(block: str) -> bool:
    return len(block) < _SHORT and _DATELINE.search(block) is not None


def _without_tail(blocks: list[str]) -> list[str]:
    size = sum(map(len, blocks))
    seen = 0
    for i, block in enumerate(blocks):
        seen += len(block)
        if (
            i
            and _AFTERWORD.match(block)
            and seen * 2 > size
            and not any(map(_is_prose, blocks[i + 1 : i + 4]))
        ):
            return _without_tail(blocks[:i])
    end, before = len(blocks), -1
    while end != before:
        before = end
        end = _furniture_from(blocks, end)
        dated = _dated_headlines_from(blocks, end)
        end = dated if end - dated >= _FEWEST_DATED else end
    return blocks[:end]


def _furniture_from(blocks: list[str], end: int) -> int:
    while end > 1 and len(blocks[end - 1]) < _SHORT and _FURNITURE_OR_LABEL.search(blocks[end - 1]):
        end -= 1
    return end


def _dated_headlines_from(blocks: list[str], end: int) -> int:
    while end > 1 and _DATED_HEADLINE.match(blocks[end - 1]):
        end -= 1
    return end


def _is_prose(block: str) -> bool:
    return weight(block) >= _PROSE and _SENTENCE_END.search(block) is not None


def _key(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())
