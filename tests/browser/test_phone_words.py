"""The phone page in the languages of its callers, chosen through the menu as on any phone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.handset import Handset
from words.text import LANGUAGES

pytestmark = pytest.mark.browser

# What sticks out of the screen to the side.
STICKS_OUT = "one => one.scrollWidth > one.clientWidth"


def choose(handset: Handset, language: str) -> None:
    """Ring, and choose a language among those that the menu offers."""
    handset.call()
    handset.expect_screen("4 Language")  # Keys that come before the screen are lost, as on any phone.
    handset.reply("4", then="Choose a language")
    for called in LANGUAGES.values():
        handset.expect_screen(called)
    handset.press(str(list(LANGUAGES).index(language) + 1))
    handset.soft("Send")


def test_chinese_is_read_whole_from_the_menu_to_the_last_words(handset: Handset, page: Page) -> None:
    handset.hold_new_line()
    choose(handset, "zh")
    handset.expect_screen("号码已停机，欠费KES 50.00。\n1 充值")
    handset.reply("1", then="1 KES 50（可复机）")
    assert not handset.ussd.evaluate(STICKS_OUT)
    handset.reply("1", then="KES 50，谁付款？")
    handset.reply("1", then="1 付款\n2 换人付款\n3 取消\n0返回 00首页")
    assert not handset.ussd.evaluate(STICKS_OUT)
    expect(handset.mark).to_be_hidden()  # The network has cut nothing off.
    handset.press("1")
    handset.soft("Send")
    expect(handset.journal).to_contain_text("END KES 50：M-PESA稍后会在本机请您输入密码。付款后短信通知余额。")
    handset.enter_pin()
    handset.expect_line("Active", "KES 0.00")
    handset.read_newest("已充值KES 50，号码已复机，余额KES 0.00。")


def test_french_is_read_whole_and_remembered_at_the_next_call(handset: Handset) -> None:
    handset.hold_new_line()
    choose(handset, "fr")
    handset.expect_screen("Ligne suspendue. Vous devez 50,00 KES.")
    handset.hang_up()
    handset.call()
    handset.expect_screen("Ligne suspendue. Vous devez 50,00 KES.")
    handset.reply("1", then="50 KES (ligne rétablie)")
    expect(handset.mark).to_be_hidden()
    assert not handset.ussd.evaluate(STICKS_OUT)
