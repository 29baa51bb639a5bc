"""Look at pages of a running Qinlian as a designer would: pictures at three sizes, and what is wrong with each.

    python -m scripts.look http://127.0.0.1:8000 worker1:PASSWORD /tmp/look /today /households
    python -m scripts.look http://127.0.0.1:8000 director:PASSWORD /tmp/look all --dark --language en

`all` follows the links from the home page, one page for each address pattern, and only reads. Prints console errors,
policy violations, axe findings, sideways scrolling, text under 16.9 px, targets under 44 px; exits 1 if there is any.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Error, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.browser.looks import SIZES, axe_finds, layout_finds

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_PAPER = (794, 1123)  # A4 at 96 dpi
_LINKS = """nodes => nodes.filter((node) => !node.hidden && !node.hasAttribute("download"))
  .map((node) => node.getAttribute("href"))"""
_SMALL_TEXT = """() => {
  const found = new Set();
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    const size = parseFloat(getComputedStyle(node).fontSize);
    if (own && size < 16.9 && node.getClientRects().length && !node.closest(".vh, .rail, option")) {
      found.add(`${size.toFixed(1)} px text: ${node.tagName}.${node.className.baseVal ?? node.className}`);
    }
  }
  return [...found];
}"""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("base", help="where it runs, for example http://127.0.0.1:8000")
    parser.add_argument("sign_in", help="NAME:PASSWORD, or - for a visitor")
    parser.add_argument("out", type=Path, help="folder for the pictures")
    parser.add_argument("paths", nargs="+", help="paths, or all")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--language", default="zh-CN", choices=["zh-CN", "en"])
    parser.add_argument("--paper", action="store_true", help="also what would be printed")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    return parser.parse_args()


def sign_in(page: Page, base: str, sign_in: str) -> None:
    name, _, password = sign_in.partition(":")
    page.goto(f"{base}/sign-in")
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill(password)
    page.locator("main form button").first.click()
    page.wait_for_url(lambda address: "/sign-in" not in address)


def every_page(page: Page, base: str) -> Iterator[str]:
    """One address of each pattern that links lead to; the caller opens it before asking for the next."""
    waiting, seen = ["/"], {"/"}
    while waiting:
        path = waiting.pop(0)
        yield path
        for link in page.eval_on_selector_all("a[href]", _LINKS):
            url = urlsplit(urljoin(page.url, link))
            pattern = _ID.sub("*", url.path)
            if f"{url.scheme}://{url.netloc}" == base and pattern not in seen and "." not in pattern:
                seen.add(pattern)
                waiting.append(url.path + (f"?{url.query}" if url.query else ""))


def look_at(page: Page, name: str, args: argparse.Namespace) -> list[str]:
    """Takes the pictures of the page that is open; returns what is wrong with it."""
    found: list[str] = []
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        found += [f"{size}: {what}" for what in layout_finds(page) + axe_finds(page) + page.evaluate(_SMALL_TEXT)]
        page.screenshot(path=args.out / f"{name}-{size}.png", full_page=True)
    if args.paper:
        page.set_viewport_size({"width": _PAPER[0], "height": _PAPER[1]})
        page.emulate_media(media="print")
        page.screenshot(path=args.out / f"{name}-paper.png", full_page=True)
        page.emulate_media(media="screen")
    return found


def main() -> int:
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    base, wrong = args.base.rstrip("/"), 0
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=args.chromium, args=["--no-sandbox"])
        scheme = "dark" if args.dark else "light"
        context = browser.new_context(
            locale=args.language, timezone_id="Asia/Shanghai", color_scheme=scheme, service_workers="block"
        )
        troubles: list[str] = []
        context.on("console", lambda said: said.type == "error" and troubles.append(f"console: {said.text}"))
        context.on("weberror", lambda error: troubles.append(f"script: {error.error}"))
        page = context.new_page()
        if args.sign_in != "-":
            sign_in(page, base, args.sign_in)
        for path in every_page(page, base) if args.paths == ["all"] else args.paths:
            troubles.clear()
            try:
                answer = page.goto(base + path, wait_until="load")
            except Error as error:  # a download, mostly
                print(f"{path}  not a page: {error.message.splitlines()[0]}")
                continue
            if answer is None or "text/html" not in answer.headers.get("content-type", ""):
                continue
            name = re.sub(r"\W+", "-", _ID.sub("id", path)).strip("-")[:80] or "home"
            found = look_at(page, name, args) + troubles
            print(f"{answer.status} {path}", *sorted(set(found)), sep="\n    ", flush=True)
            wrong += bool(found)
        browser.close()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
