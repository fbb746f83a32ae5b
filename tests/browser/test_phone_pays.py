"""A person on the phone page dials, pays and sees the line come back."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.handset import Handset
from tests.city import City

pytestmark = pytest.mark.browser


def test_a_suspended_line_dials_pays_comes_back_and_has_its_sms(handset: Handset, city: City) -> None:
    msisdn = handset.hold_new_line()
    handset.order_fifty()

    expect(handset.prompt).to_contain_text("M-PESA")
    expect(handset.prompt).to_contain_text("KES 50.00")
    expect(handset.prompt).to_contain_text("Do you want to pay Ksh50 to REDIAL")
    handset.enter_pin()

    handset.expect_line("Active", "KES 0.00")
    expect(handset.letters).to_have_text("2 new messages")
    handset.read_newest("KES 50 received. Your line is back. Balance KES 0.00.")
    expect(handset.letters).to_have_text("1 new messages")
    assert city.phone(msisdn).wallet_minor == 95_000
    expect(handset.journal).to_contain_text("Line active, KES 0.00")


def test_a_wrong_pin_takes_nothing_and_is_told(handset: Handset, city: City) -> None:
    msisdn = handset.hold_new_line()
    handset.order_fifty()
    expect(handset.prompt).to_be_visible()
    handset.soft("Wrong PIN")
    expect(handset.prompt).to_be_hidden()
    expect(handset.letters).to_have_text("1 new messages")
    handset.read_newest("KES 50 not paid. The M-PESA PIN was wrong.")
    handset.expect_line("Suspended", "−KES 50.00")
    assert city.phone(msisdn).wallet_minor == 100_000


def test_a_payment_is_cancelled_with_the_red_key(handset: Handset) -> None:
    handset.hold_new_line()
    handset.order_fifty()
    expect(handset.prompt).to_be_visible()
    handset.hang_up()
    expect(handset.prompt).to_be_hidden()
    expect(handset.letters).to_have_text("1 new messages")
    handset.read_newest("The payment was cancelled.")


def test_an_ignored_prompt_goes_aside_and_stays_open_in_the_network(handset: Handset, city: City) -> None:
    msisdn = handset.hold_new_line()
    handset.order_fifty()
    expect(handset.prompt).to_be_visible()
    handset.soft("Ignore")
    expect(handset.prompt).to_be_hidden()
    assert len(city.phone(msisdn).prompts()) == 1


def test_three_digits_are_no_pin(handset: Handset, city: City) -> None:
    msisdn = handset.hold_new_line()
    handset.order_fifty()
    expect(handset.prompt).to_be_visible()
    handset.press("123")
    handset.soft("Send")
    expect(handset.prompt).to_contain_text("A PIN has four digits.")
    assert len(city.phone(msisdn).prompts()) == 1


def test_the_keyboard_alone_does_it_all(handset: Handset, page: Page) -> None:
    handset.hold_new_line()
    keyboard = page.keyboard

    def type_and_send(keys: str) -> None:
        keyboard.type(keys)
        keyboard.press("Enter")

    keyboard.type("*384*56")
    keyboard.press("Backspace")
    type_and_send("5#")
    for keys, screen in (("1", "Line suspended."), ("1", "How much?"), ("1", "Who pays?"), ("1", "Top up")):
        handset.expect_screen(screen)
        type_and_send(keys)
    expect(handset.prompt).to_be_visible()
    type_and_send("4321")
    handset.expect_line("Active", "KES 0.00")
    expect(handset.letters).to_have_text("2 new messages")

    keyboard.press("Escape")
    expect(page.get_by_label("Dial", exact=True)).to_be_focused()
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(handset.messages).to_have_count(2)
    keyboard.press("1")
    expect(page.locator("#message-text")).to_contain_text("Your line is back.")


def test_prompts_can_be_paid_by_themselves_instead(handset: Handset, page: Page, city: City) -> None:
    msisdn = handset.hold_new_line()
    page.get_by_label("Payment prompts").select_option("Paid by themselves")
    city.wait_until(lambda: city.outside.get(f"/phones/{msisdn}")["prompt_answer"] == "pin", what="answered so")
    handset.order_fifty()
    handset.expect_line("Active", "KES 0.00")


def test_an_empty_wallet_does_not_pay(handset: Handset, page: Page) -> None:
    handset.hold_new_line()
    wallet = page.locator("#wallet-form")
    wallet.get_by_label("Wallet").fill("12.50")
    wallet.get_by_role("button", name="Set").click()
    expect(wallet.get_by_text("KES 12.50")).to_be_visible()
    handset.order_fifty()
    handset.enter_pin()
    expect(handset.letters).to_have_text("1 new messages")
    handset.read_newest("The M-PESA balance is too low.")


def test_a_top_up_by_sms(handset: Handset, page: Page) -> None:
    handset.hold_new_line()
    handset.soft("Write")
    expect(page.get_by_label("To", exact=True)).to_have_value("38455")
    page.get_by_label("Text", exact=True).fill("TOPUP 100")
    handset.soft("Send")
    expect(handset.prompt).to_contain_text("KES 100.00")
    handset.enter_pin()
    handset.expect_line("Active", "KES 50.00")


def test_a_keypad_writes_letters(handset: Handset, page: Page) -> None:
    handset.hold_new_line()
    handset.soft("Write")
    # All at once: who taps slowly begins a new letter.
    page.evaluate("keys => [...keys].forEach(key => document.querySelector(`[data-key='${key}']`).click())", "44335557")
    expect(page.get_by_label("Text", exact=True)).to_have_value("HELP")
    handset.soft("Send")
    expect(handset.notice).to_contain_text("1 new message")
    handset.read_newest("Send TOPUP 100, VOUCHER, BAL, STATUS")
