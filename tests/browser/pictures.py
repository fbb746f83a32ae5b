"""Draws docs/pictures/*.png from the running pages: `python -m tests.browser.pictures`.

pngquant (a Debian package), when it is there, makes them a third as large. Without a Chinese font, such as that of
fonts-wqy-zenhei, the name of the language is drawn as two empty boxes.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.conftest import GATEWAY, PATIENCE_MS, QUIET
from tests.browser.handset import Handset
from tests.city import PROJECT, City

PICTURES = PROJECT / "docs" / "pictures"
WIDE = {"width": 1280, "height": 860}
SMALL = {"width": 360, "height": 640}
FEATURE_PHONE = {"width": 240, "height": 320}
# Nobody of the phone page: whoever has just topped up there would be asked whether twice is meant.
GUIDE_CALLER = "+254711000020"
# Longer than anything on the page moves.
STILL_MS = 800


def draw_all() -> None:
    """The whole story on a wide screen, and one moment of it on a small one."""
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="redial-") as folder,
        City(folder=Path(folder), **GATEWAY) as city,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        draw_story(_page(browser, WIDE), city)
        city.heal()
        draw_small(_page(browser, SMALL), city)
        draw_guide(_page(browser, FEATURE_PHONE), city)
        browser.close()


def draw_story(page: Page, city: City) -> None:
    """Suspended, asked to pay, back with its SMS."""
    handset = Handset(page, url=f"{city.url}/phone")
    handset.open()
    handset.hold("Amina")
    handset.call()
    handset.expect_screen("Line suspended.")
    _keep(page, "phone-suspended")
    handset.hang_up()
    handset.order_fifty()
    expect(handset.prompt).to_be_visible()
    handset.press("1234")
    _keep(page, "phone-prompt")
    handset.soft("Send")
    handset.expect_line("Active", "KES 0.00")
    expect(handset.letters).to_have_text("2 new messages")
    handset.read_newest("Your line is back.")
    _keep(page, "phone-back")


def draw_small(page: Page, city: City) -> None:
    """On a phone's own screen."""
    handset = Handset(page, url=f"{city.url}/phone")
    handset.open()
    handset.call()
    handset.expect_screen("Line suspended.")
    handset.reply("1", then="How much?")
    _keep(page, "phone-small")


def draw_guide(page: Page, city: City) -> None:
    """The recharge guide on the screen of a feature phone, from what is owed to the line that is back."""
    phone = city.phone(GUIDE_CALLER)
    phone.set_line(balance_minor=-5000)
    page.set_extra_http_headers({"MSISDN": phone.msisdn})
    page.goto(f"{city.url}/guide")
    _keep(page, "guide-owed", whole=True)
    page.get_by_role("button", name="KES 50 (line comes back)").click()
    _keep(page, "guide-payer", whole=True)
    page.get_by_role("button", name="This number").click()
    _keep(page, "guide-confirm")
    page.get_by_role("button", name="Pay").click()
    expect(page.locator("main")).to_contain_text("Your line is back.")
    _keep(page, "guide-back")


def _page(browser: Browser, size: dict[str, int]) -> Page:
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]}, timezone_id="Africa/Nairobi", locale="en-GB"
    )
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    return context.new_page()


def _keep(page: Page, name: str, *, whole: bool = False) -> None:
    page.wait_for_timeout(STILL_MS)
    file = PICTURES / f"{name}.png"
    page.screenshot(path=file, full_page=whole)
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--force", "--skip-if-larger", "--ext=.png", "--speed=1", file], check=True)


if __name__ == "__main__":
    draw_all()
