"""The mails in a real browser: narrow and wide, light and dark, without anything from outside."""

from __future__ import annotations

import shutil

import pytest

from alerts.digest import build
from alerts.render import render

CHROMIUM = shutil.which("chromium")
BASE = "https://watch.example"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def look(browser):
    """Shows a mail and gives the page; a request to anywhere fails the test."""
    contexts = []

    def show(html, *, width, scheme="light"):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: pytest.fail(f"asked for {request.url}"))
        page.set_content(html)
        return page

    yield show
    for context in contexts:
        context.close()


def mails(news):
    stress = news.facts(stories=(_with_long_words(news),))
    for language in ("zh", "en"):
        yield render(news.full_day(language), base_url=BASE).html
        yield render(news.empty_day(language), base_url=BASE).html
        yield render(build(news.subscription(language), stress), base_url=BASE).html


def _with_long_words(news):
    hits = [("office", "aVeryLongAliasNameThatNobodyWouldWrite" * 4, "Donaudampfschifffahrt")]
    title = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft und WIPO"
    return news.story(1, news.article(1, "ip", title, "11-23 10:00", hits, body=title * 2, lang="de"))


@pytest.mark.parametrize("width", [320, 375, 700])
def test_nothing_runs_off_the_side(news, look, width):
    for html in mails(news):
        assert look(html, width=width).evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(news, look, scheme):
    from axe_playwright_python.sync_playwright import Axe

    for html in mails(news):
        found = Axe().run(
            look(html, width=375, scheme=scheme), options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]}
        )
        assert [violation["id"] for violation in found.response["violations"]] == []


def test_dark_scheme_changes_ground_ink_and_hits(news, look):
    page = look(render(news.full_day(), base_url=BASE).html, width=375, scheme="dark")

    style = "selector => { const s = getComputedStyle(document.querySelector(selector)); return [s.color, s.backgroundColor]; }"
    assert page.evaluate(style, "td.w") == ["rgb(231, 233, 236)", "rgb(20, 23, 27)"]
    assert page.evaluate(style, "b.h") == ["rgb(255, 241, 196)", "rgb(90, 71, 16)"]
