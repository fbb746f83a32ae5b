"""The phone page as a person uses it: keys to press, a screen to read."""

import re
from contextlib import suppress

from playwright.sync_api import ConsoleMessage, Page, expect

# How often the newest message is looked at, and how long each time.
_LOOKS = 20
_BEFORE_THE_NEXT_LOOK_MS = 1500


class Complaints:
    """Errors on a page's console (breaches of its policy are among them) and exceptions that nobody caught."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def listen_to(self, page: Page) -> None:
        """Hear that page from now on."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.heard.append(f"{error.name}: {error.message}\n{error.stack}"))

    def forgive(self, words: str) -> None:
        """What a browser itself says about a network that was taken away on purpose is no fault of the page."""
        self.heard = [one for one in self.heard if words not in one]

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.heard.append(message.text)


class Handset:
    """The phone."""

    def __init__(self, page: Page, *, url: str) -> None:
        self.page = page
        self.url = url
        self.ussd = page.locator("#ussd")
        self.mark = page.locator("#mark")
        self.line = page.locator("#line")
        self.prompt = page.get_by_role("dialog")
        self.notice = page.locator("#notice")
        self.letters = page.locator("#letters")
        self.messages = page.locator("#inbox").get_by_role("listitem")
        self.journal = page.get_by_role("log")

    def open(self) -> None:
        """Open the page, and wait until the network is there and everybody was introduced."""
        self.page.goto(self.url)
        expect(self.page.locator("#handset[data-ready=yes]")).to_be_visible()
        expect(self.page.get_by_text("Redial Mobile")).to_be_visible()
        expect(self.page.locator(".person .badge:empty")).to_have_count(0)
        self.expect_answered_by("by_hand")

    def hold(self, name: str) -> None:
        """Give the phone to one of the ready people."""
        self.page.get_by_role("radio", name=name).check()
        self.expect_answered_by("by_hand")

    def hold_new_line(self) -> str:
        """Give the phone to somebody whose new line is suspended; their MSISDN."""
        self.page.get_by_role("button", name="New suspended line").click()
        expect(self.page.locator("#home-number")).to_have_text(re.compile(r"^\+254 722 \d{3} \d{3}$"))
        self.expect_answered_by("by_hand")
        self.expect_line("Suspended", "−KES 50.00")
        return self.page.locator("#home-number").inner_text().replace(" ", "")

    def expect_answered_by(self, how: str) -> None:
        """Wait until payment prompts of this phone are answered so."""
        expect(self.page.get_by_label("Payment prompts")).to_have_value(how)

    def press(self, keys: str) -> None:
        """Press keys of the keypad."""
        for key in keys:
            self.page.locator(f'[data-key="{key}"]').click()

    def soft(self, word: str) -> None:
        """Press the soft key that has this word above it."""
        self.page.get_by_role("button", name=word, exact=True).click()

    def call(self) -> None:
        """Press the green key."""
        self.page.get_by_role("button", name="Call", exact=True).click()

    def hang_up(self) -> None:
        """Press the red key."""
        self.page.get_by_role("button", name="Hang up", exact=True).click()

    def reply(self, keys: str, *, then: str) -> None:
        """Press keys, send them, and wait for a screen that has these words."""
        self.press(keys)
        self.soft("Send")
        self.expect_screen(then)

    def order_fifty(self) -> None:
        """From the green key to the end of the call: 50 shillings, paid from this phone."""
        self.call()
        self.expect_screen("Line suspended. You owe KES 50.00.")
        self.reply("1", then="How much?")
        self.reply("1", then="Who pays?")
        self.reply("1", then="Top up")
        self.press("1")
        self.soft("Send")
        # The prompt may cover the last screen before anybody has read it.
        expect(self.journal).to_contain_text("END KES 50: in a moment M-PESA asks for your PIN")

    def enter_pin(self, pin: str = "1234") -> None:
        """Answer the prompt that is there, or comes."""
        expect(self.prompt).to_be_visible()
        self.press(pin)
        self.soft("Send")
        expect(self.prompt).to_be_hidden()

    def read_newest(self, words: str) -> None:
        """From wherever the phone is, open the newest message, until it has these words: another may come before it."""
        message = self.page.locator("#message-text")

        def read_it() -> None:
            self.hang_up()
            self.soft("Messages")
            self.press("1")
            expect(message).to_contain_text(words, timeout=_BEFORE_THE_NEXT_LOOK_MS)

        for _ in range(_LOOKS - 1):
            with suppress(AssertionError):
                read_it()
                return
        read_it()

    def expect_screen(self, words: str) -> None:
        """Wait until the USSD screen has these words."""
        expect(self.ussd).to_contain_text(words)

    def expect_line(self, state: str, balance: str) -> None:
        """Wait until the status bar shows the line so."""
        expect(self.line).to_contain_text(state)
        expect(self.line).to_contain_text(balance)
