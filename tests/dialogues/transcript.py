"""Transcripts of calls: what a person does, and word for word what the gateway gets back.

    == A suspended line is topped up
    line owes 50
    dial *384*55#
      CON Line suspended. You owe KES 50.00.
      1 Top up
      ...
    press 1
      CON How much?
      ...
    ordered KES 100 paid by 0711000001

A line at the margin is a deed; the lines below it that are set in are the answer, beginning with CON or END. A deed
without an answer under it is one that nobody answers. The caller is always 0711000001. `<time>` and `<ref>` stand for
any time and any reference. `#` begins a remark.

    through every gateway     told of a dialogue, not a deed in it: it is played once through each of them; or only
    through NAME, NAME        through these. Without either, through Africa's Talking

    dial CODE                 dial, ending a call that is under way; `dial CODE in the code` as gateways do that leave
                              what was dialled in the service code
    press KEYS                type and send; `press KEYS twice at once` when the gateway posts two copies
    repeat                    the gateway posts the last hop again; repeat TEXT: an older one
    hang up                   nobody tells us
    redis forgets             everything that Redis holds is lost
    line owes N, line has N   what the charging system says from now on: shillings
    line is barred, gone      the operator's own states
    other line NUMBER ...     owes N, is barred, is gone, is closed to others: a line that is not the caller's
    line hangs                the charging system does not answer in time
    wallet PROVIDER is down   the workers have found out that it does not answer; `answers again`: that it does
    language CODE             the number has chosen it earlier
    earlier KES N STATE       an order of earlier on, which has come to STATE, and its SMS has arrived
    earlier KES N STATE D days ago
    missed KES N STATE        the same, and its SMS has not arrived
    friend NUMBER tops up KES N   somebody else orders for the caller's line, with their own money
    auto tops up KES N for NUMBER  what runs for the caller by itself, and nothing else; auto tops up nothing
    advance of KES N is owed  the caller's line had it earlier on and has not repaid it
    other line NUMBER owes an advance of KES N: the same, of a line that is not the caller's
    borrowed KES N            the newest order is such an advance; `terms came N times`: so many SMS with the terms
    ordered nothing           no order was placed in this dialogue; `ordered KES N paid by NUMBER` names the newest
    ordered KES N for NUMBER paid by NUMBER, asked NUMBER for KES N: the same, of other lines and of people asked to pay
    sent voucher ending in NNN for NUMBER    the newest order is that voucher
    N vouchers were wrong today              the caller has sent so many
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

GATEWAYS = ["africastalking", "hubtel", "infobip", "nalo", "http"]

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Step:
    """A deed and the answer to it, which is empty where nobody answers. `line` is where it stands in the file."""

    deed: str
    answer: str
    line: int


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One story. `name` says where it is written and what it tells."""

    name: str
    file: str
    steps: list[Step] = field(default_factory=list)
    gateways: list[str] = field(default_factory=lambda: ["africastalking"])


def read_all() -> list[Dialogue]:
    """Every dialogue of every transcript in this folder."""
    return [dialogue for file in sorted(HERE.glob("*.txt")) for dialogue in read(file.name, file.read_text("utf-8"))]


def read(file: str, text: str) -> Iterator[Dialogue]:
    """The dialogues of one transcript."""
    dialogue: Dialogue | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("== "):
            if dialogue is not None:
                yield dialogue
            dialogue = Dialogue(f"{file.removesuffix('.txt')}: {line.removeprefix('== ')}", file)
        elif line.strip() and not line.startswith("#"):
            assert dialogue is not None, f"{file}:{number} stands before the first dialogue"
            _add(dialogue, line, number)
    if dialogue is not None:
        yield dialogue


def _add(dialogue: Dialogue, line: str, number: int) -> None:
    if (through := line.removeprefix("through ")) != line:
        dialogue.gateways[:] = GATEWAYS if through == "every gateway" else through.split(", ")
        return
    if not line.startswith(" "):
        dialogue.steps.append(Step(line.rstrip(), "", number))
        return
    last = dialogue.steps.pop()
    answer = "\n".join(part for part in (last.answer, line.strip()) if part)
    dialogue.steps.append(Step(last.deed, answer, last.line))


def matches(written: str, heard: str) -> bool:
    """Whether an answer is the one that was written, where `<time>` and `<ref>` may be any."""
    pattern = re.escape(written).replace("<time>", r"\d{1,2} [A-Z][a-z]+ \d\d:\d\d").replace("<ref>", r"[A-Z0-9]{8}")
    return re.fullmatch(pattern, heard) is not None
