"""What is wrong with a page to the eye and to the finger. The tests and scripts/look.py ask the same."""

from __future__ import annotations

from axe_playwright_python.base import AXE_FILE_PATH as AXE_PATH
from playwright.sync_api import Page

SIZES = {"tablet": (1024, 768), "tablet-upright": (768, 1024), "phone": (390, 844)}

# Whatever a finger is meant to hit; a link in running text is as high as its line (WCAG 2.5.8).
_LAYOUT = """() => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth + 1) found.push(`${root.scrollWidth} px wide on ${root.clientWidth}`);
  for (const node of document.querySelectorAll("main a[href], main button, main summary")) {
    const box = node.getBoundingClientRect();
    if (!box.height || !box.width || getComputedStyle(node).display === "inline" || node.closest(".vh")) continue;
    if (box.height < 43.5) found.push(`${Math.round(box.height)} px high: ${node.outerHTML.slice(0, 90)}`);
  }
  return found;
}"""
_AXE = AXE_PATH.read_text(encoding="utf-8")
# Only what is wrong comes back: the full report of a long page takes longer to send than to make.
_RUN_AXE = """() => axe.run(document, {resultTypes: ["violations"]}).then((report) =>
  report.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target} ${v.help}`)))"""


def layout_finds(page: Page) -> list[str]:
    """Pages that scroll sideways and targets that a finger would miss."""
    found: list[str] = page.evaluate(_LAYOUT)
    return found


def axe_finds(page: Page) -> list[str]:
    """What axe objects to on this page, as short lines."""
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(_AXE)
    found: list[str] = page.evaluate(_RUN_AXE)
    return found
