"""Pages that a site sends instead of what was asked for: checks against robots, and 'not found' with the status of success."""

from __future__ import annotations

import re
from typing import Final

from core.errors import ParseError

SMALL_PAGE: Final = 600
"""Characters. Checks and error pages say less; an article about them says more."""

_CHALLENGE: Final = re.compile(
    r"just a moment\.\.\.|attention required! \| cloudflare|checking your browser|verify(?:ing)? (?:that )?you are (?:a )?human"
    r"|are you a robot|enable javascript and cookies to continue|ddos protection by|access denied.{0,80}reference #"
    r"|人机验证|安全验证|滑动验证|访问验证|请完成验证|请进行验证|访问过于频繁|访问被拦截|您的访问出错了",
    re.IGNORECASE | re.DOTALL,
)
_CHALLENGE_SCRIPT: Final = re.compile(
    rb"/cdn-cgi/challenge-platform|_cf_chl_opt|_Incapsula_Resource|acw_sc__v2|captcha-delivery\.com|px-captcha|geetest"
)
_GONE: Final = re.compile(
    r"\b404\b|(?:page|article|file) (?:was |could )?not (?:be )?found"
    r"|页面不存在|页面没有找到|找不到(?:该|您|页面)|(?:文章|内容|网页)(?:不存在|已被?删除)",
    re.IGNORECASE,
)


def is_refusal(title: str, shown: str) -> bool:
    """Whether a small page shows a check or an error; ``shown`` is what a reader sees of it."""
    return len(shown) <= SMALL_PAGE and bool(
        _CHALLENGE.search(shown) or _CHALLENGE.search(title) or _GONE.search(title)
    )


def why_nothing(title: str, shown: str, body: bytes) -> ParseError | None:
    """The reason why a page holds nothing, if it shows one."""
    if _CHALLENGE.search(title) or (
        len(shown) <= SMALL_PAGE and (_CHALLENGE.search(shown) or _CHALLENGE_SCRIPT.search(body[:200_000]))
    ):
        return ParseError(
            "blocked by bot protection: the site sent a check instead of the page",
            error_class="blocked",
            outcome="permanent",
        )
    if _GONE.search(title):
        return ParseError("the site says that the page does not exist", error_class="not-found")
    return None
