"""The story of a suspended phone without Wi-Fi, told by doing it: `make gateway-demo`.

What it prints is the same each time: what differs (references, sealed forms) is shown as three dots.
"""

import re
import textwrap
import time
from typing import TextIO

from gateway.bench import Bench, bench
from gateway.browser import Browser
from gateway.plan import FRIEND, GUIDE_URL, PHONE, Phone

NEWS = "http://news.example/"
OWES_MINOR = 5000

# The reference of an order, on the page and in M-PESA's question, and the address at which w3m says it looks again.
_DIFFERS = re.compile(r"\b(Ref |Account no\. )[A-Z0-9]+|(/guide/order/)\S+")

_ENDS_WITHIN_LOOKS = 15


def tell(output: TextIO) -> None:
    """Build a bench, tell the story on it, and take the bench down. Raises a GatewayProblem where it cannot go on."""
    output.write("Building the bench: five network namespaces, an internet of one page, and a Redial ...\n\n")
    output.flush()
    with bench() as stand:
        tell_on(stand, output)


def tell_on(stand: Bench, output: TextIO) -> None:
    """Tell the story on a bench that has no gateway yet. Each command is really run, in the namespace that it names."""
    story = _Story(stand, output)
    stand.sandbox("PUT", f"/phones/{PHONE.msisdn}", {"prompt_answer": "by_hand"})
    stand.set_line(PHONE, balance_minor=-OWES_MINOR)
    stand.set_line(FRIEND, balance_minor=OWES_MINOR)
    stand.start_gateway()
    story.two_phones()
    story.suspended()
    story.recharge()
    story.back()
    story.nobody_else()


class _Story:
    """The story, part by part."""

    def __init__(self, stand: Bench, output: TextIO) -> None:
        self._stand = stand
        self._output = output
        self._browser = Browser(lambda *command, **how: stand.run(PHONE.name, *command, **how))

    def two_phones(self) -> None:
        self._say("The line of 0711000002 is active. Its phone (friend) is never redirected:")
        self._command(FRIEND, "curl", "-s", NEWS)

    def suspended(self) -> None:
        self._say("The line of 0711000001 owes KES 50 and is suspended. Whatever its phone asks for:")
        self._command(PHONE, "curl", "-si", NEWS, lines=2)
        self._command(PHONE, "curl", "-si", "http://connectivitycheck.example/generate_204", lines=2)
        self._say("HTTPS cannot be redirected. It is refused at once (that is 7), so that nobody waits for nothing:")
        self._command(PHONE, "curl", "-s", "--max-time", "5", "-w", "curl: %{exitcode}", "https://news.example/")

    def recharge(self) -> None:
        self._say("In a browser the redirect ends at the guide, which knows whose phone it is:")
        self._page(self._browser.open(NEWS), lines=10)
        self._page(self._browser.press("KES 50"), lines=3)
        self._page(self._browser.press("This number"))
        self._page(self._browser.press("Pay"))
        self._say("M-PESA asks on the phone, and gets the PIN:")
        self._show(_steady(self._answer_prompt()))
        self._say("The page looks again by itself, until:")
        self._look_until_the_end()
        self._show(_steady(self._browser.page))

    def back(self) -> None:
        self._say("Redial has told the gateway, which has asked again and lets the phone pass:")
        allowed = f"{PHONE.address}: allow"
        self._stand.wait_until(lambda: allowed in self._stand.log("gateway"), what="the gateway lets the phone pass")
        self._show(f"gateway: {allowed}")
        self._command(PHONE, "curl", "-s", NEWS)

    def nobody_else(self) -> None:
        self._say("Nobody can say that they are somebody else: the gateway strips what a phone claims.")
        claim = ("MSISDN: 0711000001", "X-MSISDN: 0711000001")
        friend = Browser(lambda *command, **how: self._stand.run(FRIEND.name, *command, **how))
        command = friend.open(GUIDE_URL, headers=claim)
        self._show(f"{FRIEND.name}$ {command}{_head(3)}\n" + "\n".join(friend.page.splitlines()[:3]))

    # What happens.

    def _answer_prompt(self) -> str:
        at = f"/phones/{PHONE.msisdn}/prompts"
        self._stand.wait_until(lambda: self._stand.sandbox("GET", at), what="a prompt of M-PESA")
        prompt = self._stand.sandbox("GET", at)[0]
        self._stand.sandbox("POST", f"{at}/{prompt['id']}", {"answer": "pin"})
        return str(prompt["text"])

    def _look_until_the_end(self) -> None:
        for _ in range(_ENDS_WITHIN_LOOKS):
            if self._browser.again is None:
                return
            time.sleep(self._browser.again.after_s)
            self._browser.open(self._browser.again.url)

    # What is written.

    def _command(self, phone: Phone, *words: str, lines: int | None = None) -> None:
        """Run a command on a phone, and show it with what it said, or the first `lines` of that."""
        said = self._stand.run(phone.name, *words).stdout.splitlines()
        self._show(f"{phone.name}$ {' '.join(map(_quoted, words))}{_head(lines)}\n" + "\n".join(said[:lines]))

    def _page(self, command: str, *, lines: int | None = None) -> None:
        """Show the page that the browser is at, or its first `lines`, and the command that asked for it."""
        said = _steady(self._browser.page).splitlines()
        self._show(f"{PHONE.name}$ {command}{_head(lines)}\n" + "\n".join(said[:lines]))

    def _say(self, text: str) -> None:
        self._output.write("".join(f"# {line}\n" for line in textwrap.wrap(text, 100)))

    def _show(self, text: str) -> None:
        self._output.write("\n".join(line.rstrip() for line in text.strip("\n").splitlines()) + "\n\n")
        self._output.flush()


def _head(lines: int | None) -> str:
    return f" | head -{lines}" if lines else ""


def _quoted(word: str) -> str:
    return f"'{word}'" if " " in word else word


def _steady(text: str) -> str:
    return _DIFFERS.sub(r"\1\2...", text)
