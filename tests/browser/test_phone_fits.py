"""The phone page on a small screen, for fingers, and for whoever wants no motion."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.handset import Handset

pytestmark = [
    pytest.mark.browser,
    pytest.mark.browser_context_args(has_touch=True, is_mobile=True, reduced_motion="reduce"),
]

SMALL = [(360, 640), (320, 568)]
FINGER = 44

# What is touched and cannot be: too small for a finger, beyond an edge, or zooming at the second tap. A radio button is
# touched by its label.
MISFITS = """finger => [...document.querySelectorAll("button, input:not([type=radio]), select, textarea, label.person")]
  .filter(one => one.checkVisibility())
  .filter(one => {
    const box = one.getBoundingClientRect();
    const fits = Math.min(box.width, box.height) >= finger && box.left >= 0 && box.right <= innerWidth;
    return !fits || getComputedStyle(one).touchAction !== "manipulation";
  })
  .map(one => one.outerHTML)"""


def assert_fits(page: Page) -> None:
    """Nothing sticks out to the side, and everything can be hit with a finger."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(MISFITS, FINGER) == []


@pytest.fixture(params=SMALL, ids=lambda size: f"{size[0]}x{size[1]}")
def small(request: pytest.FixtureRequest, page: Page, handset: Handset) -> Handset:
    """The phone on a small screen."""
    width, height = request.param
    page.set_viewport_size({"width": width, "height": height})
    return handset


def test_every_view_fits_a_small_screen(small: Handset, page: Page) -> None:
    small.hold_new_line()
    page.evaluate("scrollTo(0, 0)")
    assert_fits(page)
    small.soft("Write")
    assert_fits(page)
    small.soft("Back")
    small.order_fifty()
    expect(small.prompt).to_be_visible()
    assert_fits(page)
    small.enter_pin()
    small.expect_line("Active", "KES 0.00")
    small.hang_up()
    small.soft("Messages")
    expect(small.messages).to_have_count(2)
    assert_fits(page)
    small.press("1")
    assert_fits(page)


def test_the_whole_phone_is_on_the_screen(small: Handset, page: Page) -> None:
    page.evaluate("scrollTo(0, 0)")
    for key in page.locator(".key").all():
        expect(key).to_be_in_viewport(ratio=1)
    small.call()
    expect(page.get_by_label("Reply")).to_be_in_viewport(ratio=1)


def test_nothing_turns_for_whoever_wants_no_motion(small: Handset, page: Page) -> None:
    assert page.locator(".spinner").evaluate("one => getComputedStyle(one).animationName") == "none"
