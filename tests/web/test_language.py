from __future__ import annotations

import lxml.html
import pytest

from web.visit import local_path


def first(answer, path: str) -> str:
    return lxml.html.fromstring(answer.text).xpath(path)[0]


def test_the_default_language_is_the_one_of_the_settings(visit, desk):
    assert first(visit(desk).get("/"), "//html/@lang") == "zh-Hans"
    assert first(visit(desk, language="en").get("/"), "//html/@lang") == "en"


def test_a_link_switches_the_language_and_it_is_kept(visitor):
    link = first(visitor.get("/sources"), "//a[@hreflang]/@href")
    switched = visitor.get(link)
    later = visitor.get("/status", headers={"cookie": "lang=en"})

    assert link == "/sources?lang=en"
    assert first(switched, "//h1").text_content() == "Sources"
    assert switched.headers["set-cookie"] == "lang=en; HttpOnly; Max-Age=31536000; Path=/; SameSite=lax"
    assert first(later, "//h1").text_content() == "Operation"
    assert "set-cookie" not in later.headers
    assert later.headers["vary"] == "Cookie"


def test_the_address_wins_over_the_cookie_and_nonsense_over_nothing(visitor):
    cookie = {"cookie": "lang=en; theme=purple"}

    assert first(visitor.get("/?lang=zh", headers=cookie), "//html/@lang") == "zh-Hans"
    assert first(visitor.get("/?lang=xx", headers=cookie), "//html/@lang") == "en"
    assert "set-cookie" not in visitor.get("/?lang=xx").headers
    assert lxml.html.fromstring(visitor.get("/", headers=cookie).text).xpath("//html/@data-theme") == []


def test_switching_the_language_keeps_the_query(visitor):
    assert first(visitor.get("/search?q=a%26b&lang=zh"), "//a[@hreflang]/@href") == "/search?q=a%26b&lang=en"


@pytest.mark.parametrize(
    "path", ["/", "/sources", "/articles/1", "/search?q=WIPO", "/search?q=(a", "/status", "/nowhere"]
)
def test_pages_in_english_have_no_chinese_words_of_ours(visit, desk, path):
    root = lxml.html.fromstring(visit(desk, language="en").get(path).text)
    for foreign in root.xpath("//*[@lang and not(self::html)] | //mark | //code | //bdi | //ul[@id='says']"):
        foreign.drop_tree()
    own = root.xpath("//header | //main//h1 | //main//h2 | //main//th | //main//dt | //footer")

    told = "".join(element.text_content() for element in own)
    assert told
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in told)


def test_texts_in_another_language_are_named_so(visitor):
    root = lxml.html.fromstring(visitor.get("/").text)

    assert root.xpath("//h3//bdi/@lang") == ["en"]
    assert root.xpath("//p[contains(@class, 'hit')]/@lang") == ["en"]
    assert set(root.xpath("//details//bdi/@lang")) == {"en", "zh-Hant"}


def test_themes_follow_each_other_and_lead_back(visitor):
    link = first(visitor.get("/search?q=a b"), "//a[starts-with(@href, '/theme/')]/@href")
    answer = visitor.get(link)
    dark = visitor.get("/", headers={"cookie": "theme=dark"})

    assert link == "/theme/dark?back=%2Fsearch%3Fq%3Da%2Bb"
    assert (answer.status_code, answer.headers["location"]) == (303, "/search?q=a+b")
    assert answer.headers["set-cookie"] == "theme=dark; HttpOnly; Max-Age=31536000; Path=/; SameSite=lax"
    assert first(dark, "//html/@data-theme") == "dark"
    assert first(dark, "//a[starts-with(@href, '/theme/')]/@href") == "/theme/light?back=%2F"


def test_behind_https_cookies_go_nowhere_else(visit, desk):
    answer = visit(desk, base_url="https://news.example").get("/?lang=en")

    assert "; Secure" in answer.headers["set-cookie"]


def test_an_unknown_theme_is_no_page(visitor):
    assert visitor.get("/theme/pink").status_code == 404


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\/evil.example", "javascript:alert(1)", "", "evil",
        "/a\nb", "/ b", "http:/x", "/\t/evil.example",
    ],
)  # fmt: skip
def test_a_way_back_leads_nowhere_but_here(back):
    assert local_path(back) == "/"


def test_a_local_way_back_is_kept():
    assert local_path("/search?q=%E5%8C%97&after=1#x") == "/search?q=%E5%8C%97&after=1#x"
