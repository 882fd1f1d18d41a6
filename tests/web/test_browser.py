"""Every page in a real browser: sizes, themes, accessibility, and whether anything runs that must not."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import uvicorn

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
Axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found; on Debian: apt-get install chromium"),
]

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = [
    "/",
    "/search",
    "/search?q=WIPO and x",
    "/search?q=a (broken",
    "/sources",
    "/articles/1",
    "/status",
    "/nowhere",
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@contextmanager
def serving(app: Any) -> Iterator[str]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    started = threading.Event()
    startup = server.startup

    async def tell(sockets: list[socket.socket] | None = None) -> None:
        await startup(sockets)
        started.set()

    server.startup = tell
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    assert started.wait(20)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


@pytest.fixture
def served(visit: Any) -> Iterator[Callable[..., str]]:
    with ExitStack() as stack:
        yield lambda desk, **settings: stack.enter_context(serving(visit(desk, **settings).app))


class Watched:
    """A page, and what went wrong on it."""

    def __init__(self, browser: Any, width: int = 1280, theme: str = "light") -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=theme)
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("dialog", self._asked)
        self.page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning") and "status of 404" not in message.text:
            self.faults.append(message.text)

    def _asked(self, dialog: Any) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_every_page_fits_is_quiet_and_accessible(browser, served, desk, width, theme):
    base = served(desk)
    seen = Watched(browser, width, theme)
    for number, path in enumerate(PAGES):
        seen.page.goto(f"{base}{path}{'&' if '?' in path else '?'}lang={('zh', 'en')[number % 2]}")
        seen.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width, path
        found = Axe().run(seen.page, options={"runOnly": RULES}).response["violations"]
        assert [(v["id"], [node["html"] for node in v["nodes"][:3]]) for v in found] == [], path
    seen.context.close()
    assert seen.faults == []
    assert seen.hosts == {base.removeprefix("http://")}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_of_a_first_start_without_internet_are_accessible(browser, served, offline, theme):
    base = served(offline, language="en")
    seen = Watched(browser, 390, theme)
    for path in ("/", "/sources", "/articles/1", "/status"):
        seen.page.goto(base + path)
        found = Axe().run(seen.page, options={"runOnly": RULES}).response["violations"]
        assert [(v["id"], [node["html"] for node in v["nodes"][:3]]) for v in found] == [], path
    seen.context.close()
    assert seen.faults == []


@pytest.mark.parametrize("width", [320, 3840])
def test_hostile_texts_neither_run_nor_break_the_page(browser, served, desk, poison, payloads, width):
    seen = Watched(browser, width)
    for number in range(len(payloads)):
        base = served(poison(desk, number))
        for path in PAGES:
            seen.page.goto(base + path)
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= width, (
                path,
                payloads[number],
            )
    seen.context.close()
    assert seen.faults == []
    assert {host.split(":")[0] for host in seen.hosts} == {"127.0.0.1"}


def test_the_desk_can_be_used_by_keyboard_alone(browser, served, desk):
    seen = Watched(browser)
    page = seen.page
    page.goto(served(desk))

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.locator("details summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details").first.get_attribute("open") is not None
    page.locator("header input").focus()
    page.keyboard.type("WIPO")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=WIPO")
    assert page.locator("mark").first.inner_text() == "世界知识产权组织"
    seen.context.close()
    assert seen.faults == []


def test_language_and_theme_are_kept_from_page_to_page(browser, served, desk):
    seen = Watched(browser)
    page = seen.page
    page.goto(served(desk) + "/sources")

    page.get_by_role("link", name="English").click()
    page.get_by_role("link", name="Appearance").click()
    page.get_by_role("link", name="Today", exact=True).click()

    assert page.locator("h1").inner_text() == "Today"
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
    assert page.evaluate("document.cookie") == ""
    seen.context.close()
    assert seen.faults == []


def test_touching_hits_do_not_run_together(browser, served, desk):
    seen = Watched(browser)
    seen.page.goto(served(desk) + "/articles/1")

    first, width = seen.page.evaluate(
        "() => { const m = document.querySelector('mark'); return [getComputedStyle(m).borderRightWidth, m.offsetWidth] }"
    )

    assert first == "1px"
    assert width > 20
    seen.context.close()


def test_printing_leaves_out_what_only_helps_on_a_screen(browser, served, desk):
    seen = Watched(browser)
    seen.page.goto(served(desk))

    seen.page.emulate_media(media="print")

    assert seen.page.locator("header.top").is_hidden()
    assert seen.page.locator("article").first.is_visible()
    seen.context.close()
