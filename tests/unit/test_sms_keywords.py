"""What people write, and what is made of it: forgiving about how, never guessing what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms.keywords import (
    WORDS,
    Ask,
    Balance,
    Command,
    Help,
    Language,
    NotUnderstood,
    Start,
    Status,
    Stop,
    TopUp,
    Yes,
    read,
)
from sms.messages import asks, ordering, replies
from tests.unit.orders import an_order
from topup.errors import RedialError
from topup.money import Money, read_amount
from topup.phone import read_msisdn
from words.text import LANGUAGES, Text, rendered, say

PLAIN = TopUp(amount="100", payer=None)
BY_FRIEND = TopUp(amount="100", payer="0711000002")

READ: dict[str, Command] = {
    # Case, blanks, punctuation.
    "TOPUP 100": PLAIN,
    "topup100": PLAIN,
    "  ToPuP   100  ": PLAIN,
    "top up 100": PLAIN,
    "TOP-UP 100": PLAIN,
    "Top_Up: 100": PLAIN,
    "topup\n100": PLAIN,
    "topup\u00a0100": PLAIN,
    "'TOPUP 100'": PLAIN,
    "“TOPUP 100”.": PLAIN,
    "TOPUP 100!!!": PLAIN,
    "TOPUP #100": PLAIN,
    "TOPUP 100/=": TopUp(amount="100/=", payer=None),
    # How money is written.
    "TOPUP KES 100": TopUp(amount="KES100", payer=None),
    "Topup Ksh.100": PLAIN,
    "topup sh 100": PLAIN,
    "topup 100 bob": PLAIN,
    "topup 100 kes": TopUp(amount="100KES", payer=None),
    "TOPUP 1,000.50": TopUp(amount="1,000.50", payer=None),
    # The payer.
    "TOPUP 100 0711000002": BY_FRIEND,
    "topup 100,0711-000-002": BY_FRIEND,
    "topup 100,0711000002": BY_FRIEND,
    "topup 1,000,0711000002": TopUp(amount="1,000", payer="0711000002"),
    "topup 100 0711 000 002": BY_FRIEND,
    "Topup 100 from 0711000002": BY_FRIEND,
    "TOPUP 100 BY: 0711000002.": BY_FRIEND,
    "TOPUP 100 +254711000002": TopUp(amount="100", payer="+254711000002"),
    # Twice is meant.
    "TOPUP 100 AGAIN": TopUp(amount="100", payer=None, again=True),
    "TOPUP KES 100 AGAIN": TopUp(amount="KES100", payer=None, again=True),
    "TOPUP 100 0711000002 again": TopUp(amount="100", payer="0711000002", again=True),
    # Other words for it.
    "recharge 100": PLAIN,
    "JAZA 100": PLAIN,
    "weka 100": PLAIN,
    "Ongeza 100": PLAIN,
    "nunua 100": PLAIN,
    "Jaza 100 kwa 0711000002": BY_FRIEND,
    "jaza 100 na 0711000002": BY_FRIEND,
    "jaza 100 tena": TopUp(amount="100", payer=None, again=True),
    # French, with its accents or without.
    "RECHARGE 100 par 0711000002": BY_FRIEND,
    "Recharge de 100": PLAIN,
    "recharger 100 encore": TopUp(amount="100", payer=None, again=True),
    "RECHARGE 100.50 0711000002 ENCORE": TopUp(amount="100.50", payer="0711000002", again=True),
    "Solde ?": Balance(),
    "statut": Status(),
    "État": Status(),
    "Aide !": Help(),
    "ARRÊT": Stop(),
    "arrêter": Stop(),
    "Désabonner": Stop(),
    "Démarrer": Start(),
    "LANGUE FR": Language("fr"),
    "langue français": Language("fr"),
    "langue anglais": Language("en"),
    # Chinese, with digits and punctuation of either width, blanks or none, simplified or traditional.
    "充值 100": PLAIN,
    "充值100": PLAIN,
    "充值１００": PLAIN,
    "充值　１００。": PLAIN,
    "“充值：100”": PLAIN,
    "充值100先令": PLAIN,
    "充值KES 100": TopUp(amount="KES100", payer=None),
    "充值 1,000.50": TopUp(amount="1,000.50", payer=None),
    "充值100，0711000002": BY_FRIEND,
    "充值１００，由０７１１０００００２付款": BY_FRIEND,
    "充值100由0711000002": BY_FRIEND,
    "充值 100 再次": TopUp(amount="100", payer=None, again=True),
    "充值100由0711000002付款，再次。": TopUp(amount="100", payer="0711000002", again=True),
    "充话费100": PLAIN,
    "余额？": Balance(),
    "余额查询": Balance(),
    "查餘額": Balance(),
    "状态": Status(),
    "進度": Status(),
    "帮助！": Help(),
    "退订": Stop(),
    "停止。": Stop(),
    "td": Stop(),
    "开始": Start(),
    "语言 ZH": Language("zh"),
    "語言：中文。": Language("zh"),
    "语言法语": Language("fr"),
    "语言EN": Language("en"),
    "LANG ＺＨ": Language("zh"),
    # What stands behind a word of Chinese may make it another, or take it back.
    "充值机 100": NotUnderstood(),
    "不要充值 100": NotUnderstood(),
    "充值 100 不要": TopUp(amount="100 不要", payer=None),
    "充值 100元": TopUp(amount="100元", payer=None),
    "停止营业了吗": NotUnderstood(),
    "TOPUP 10²": TopUp(amount="10²", payer=None),
    "TOPUP ١٠٠": TopUp(amount="١٠٠", payer=None),
    # What cannot be read is handed on as it was written, and not guessed at.
    "TOPUP": TopUp(amount=None, payer=None),
    "topup ?": TopUp(amount=None, payer=None),
    "TOPUP -100": TopUp(amount="-100", payer=None),
    "TOPUP hundred": TopUp(amount="HUNDRED", payer=None),
    "TOPUP 1 000": TopUp(amount="1 000", payer=None),
    "TOPUP 100 50": TopUp(amount="100 50", payer=None),
    "TOPUP 0711000002 100": TopUp(amount="0711000002 100", payer=None),
    "TOPUP 100 to 0711000002": TopUp(amount="100 TO 0711000002", payer=None),
    # The others.
    "BAL": Balance(),
    "bal?": Balance(),
    "Balance please": Balance(),
    "SALIO": Balance(),
    "status": Status(),
    "Hali.": Status(),
    "HELP!": Help(),
    "info": Help(),
    "msaada": Help(),
    "saidia": Help(),
    "LANG SW": Language("sw"),
    "lang: en.": Language("en"),
    "language English": Language("en"),
    "Lugha kiswahili": Language("sw"),
    "LUGHA KIINGEREZA": Language("en"),
    "LANG": Language(None),
    "LANG FR": Language("fr"),
    "LANG XX": Language(None),
    "STOP": Stop(),
    "stop it": Stop(),
    "Unsubscribe": Stop(),
    "ACHA": Stop(),
    "simama": Stop(),
    "START": Start(),
    "anza!": Start(),
    # Nothing of ours.
    "": NotUnderstood(),
    "   ": NotUnderstood(),
    "?!": NotUnderstood(),
    "hello": NotUnderstood(),
    "100": NotUnderstood(),
    "TOPUPX 100": NotUnderstood(),
    "BALANCED diet": NotUnderstood(),
    "please TOPUP 100": NotUnderstood(),
    "Out of office": NotUnderstood(),
    "你好": NotUnderstood(),
    "😀": NotUnderstood(),
}


@pytest.mark.parametrize("text", READ)
def test_a_message_is_read(text: str) -> None:
    assert read(text) == READ[text]


@pytest.mark.parametrize("text", [text for text, command in READ.items() if command in (PLAIN, BY_FRIEND)])
def test_what_was_read_as_an_amount_and_a_payer_is_one(text: str) -> None:
    command = read(text)
    assert isinstance(command, TopUp)
    assert command.amount is not None
    assert read_amount(command.amount, currency="KES").minor == 10_000
    assert command.payer is None or read_msisdn(command.payer, country="KE") == "+254711000002"


@pytest.mark.parametrize("word", [word for words in WORDS.values() for word in words])
def test_every_keyword_is_known_in_every_case(word: str) -> None:
    found = {type(read(written)) for written in (word, word.lower(), word.title(), f" {word}. ", word.replace(" ", ""))}
    assert len(found) == 1
    assert found != {NotUnderstood}


@given(st.text(max_size=200))
def test_whatever_is_written_is_read_without_failing(text: str) -> None:
    assert read(text) is not None


keywords = st.sampled_from([word for words in WORDS.values() for word in words])
scraps = st.lists(
    st.sampled_from(
        [
            "100",
            "0711000002",
            "KES",
            "再次",
            "由",
            "ENCORE",
            "DE",
            "。",
            " ",
            "  ",
            ".",
            ",",
            ":",
            "-",
            "_",
            "*",
            "AGAIN",
            "FROM",
            "/=",
            "1,000",
            "x",
        ]
    )
)


@given(keywords, scraps)
def test_what_stands_behind_a_keyword_never_fails_and_never_invents(keyword: str, behind: list[str]) -> None:
    text = f"{keyword} {''.join(behind)}"
    command = read(text)
    if isinstance(command, TopUp):
        letters = text.upper().replace(" ", "")
        assert command.amount is None or command.amount.replace(" ", "") in letters.replace("BOB", "")
        digits = "".join(character for character in letters if character.isdecimal())
        assert command.payer is None or command.payer.lstrip("+") in digits
    if isinstance(command, Language):
        assert command.code is None or command.code in LANGUAGES


@pytest.mark.parametrize("filler", [" ", " :", ".", "-", "_", "\t\n", "1 ", "1,", ":"])
def test_a_long_message_of_next_to_nothing_is_read_like_any_other(filler: str) -> None:
    command = read(f"TOPUP 1{filler * 200}x")
    assert isinstance(command, TopUp)
    assert command.amount is not None
    if command.payer is None:
        with pytest.raises(RedialError):
            read_amount(command.amount, currency="KES")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_can_be_asked_for_by_its_code_and_by_its_own_name(language: str) -> None:
    for called in (language, LANGUAGES[language]):
        assert read(f"LANG {called}") == Language(language)
        assert read(f"语言{called}") == Language(language)


# What each language tells people to send, sentence by sentence, and what comes of it.
TOLD: dict[str, list[tuple[Text, dict[str, Command]]]] = {
    language: [
        (
            replies.instructions(short_code="*384*55#"),
            dict(zip(words, (PLAIN, Balance(), Status(), Language(None), Stop()), strict=True)),
        ),
        (ordering.top_up_instructions(), {f"{words[0]} 0711000002": BY_FRIEND}),
        (ordering.mistaken(say("x"), short_code="*384*55#"), {words[0]: PLAIN}),
        (replies.unknown_language(), {f"{words[3]} {code.upper()}": Language(code) for code in LANGUAGES}),
        (replies.stopped(), {start: Start()}),
        (replies.started(), {words[4]: Stop()}),
        (
            ordering.ordered_just_now(Money(123_450, "KES"), payer=None),
            {f"{words[0].split()[0]} 1234.50 {again}": TopUp(amount="1234.50", payer=None, again=True)},
        ),
        (
            ordering.ordered_just_now(Money(1_000_000, "KES"), payer="0711000002"),
            {f"{words[0].split()[0]} 10000 0711000002 {again}": TopUp(amount="10000", payer="0711000002", again=True)},
        ),
    ]
    for language, words, start, again in [
        ("en", ("TOPUP 100", "BAL", "STATUS", "LANG", "STOP"), "START", "AGAIN"),
        ("sw", ("JAZA 100", "SALIO", "HALI", "LUGHA", "ACHA"), "ANZA", "TENA"),
        ("fr", ("RECHARGE 100", "SOLDE", "STATUT", "LANGUE", "ARRET"), "REPRENDRE", "ENCORE"),
        ("zh", ("充值 100", "余额", "状态", "语言", "停止"), "开始", "再次"),
    ]
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_a_language_tells_people_to_send_is_understood(language: str) -> None:
    for sentence, commands in TOLD[language]:
        shown = rendered(sentence, language)
        for written, command in commands.items():
            assert written in shown
            assert read(written) == command


@pytest.mark.parametrize(
    ("language", "topup", "ask"),
    [("en", "TOPUP", "ASK"), ("sw", "JAZA", "OMBA"), ("fr", "RECHARGE", "DEMANDER"), ("zh", "充值", "代付")],
)
def test_what_tries_a_wallet_that_is_down_is_told_as_it_can_be_sent(language: str, topup: str, ask: str) -> None:
    amount = Money(123_450, "KES")
    for payer in (None, "0711000002"):
        for line in (None, "0711000003"):
            told = rendered(ordering.wallet_down("M-PESA", amount, payer=payer, line=line), language)
            assert read(_last(told, topup)) == TopUp(amount="1234.50", payer=payer, line=line, again=True)
    told = rendered(ordering.wallet_down_to_ask("M-PESA", amount, payer="0711000002"), language)
    assert read(_last(told, ask)) == Ask(amount="1234.50", payer="0711000002", again=True)


@pytest.mark.parametrize(
    ("language", "yes", "again"),
    [("en", "YES", " again"), ("sw", "NDIYO", " tena"), ("fr", "OUI", ""), ("zh", "同意", "")],
)
def test_how_a_yes_is_sent_again_is_told_as_it_can_be_sent(language: str, yes: str, again: str) -> None:
    told = rendered(asks.wallet_down_to_accept(an_order(), code=482), language)
    assert f"{yes} 482{again}" in told or f"{yes}482{again}" in told
    assert read(f"{yes} 482{again}") == read(f"{yes}482") == Yes(482)


def _last(told: str, keyword: str) -> str:
    """What is told to be sent, from its keyword on; English goes on after it."""
    return told[told.rindex(keyword) :].removesuffix(" to try.")
