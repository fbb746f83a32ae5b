"""The menu is walked to its last corner; and a walk finds what it is there to find."""

from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner

import menu_cli
from topup.life import State
from topup.line import LineState
from topup.money import Money
from ussd.call import Call
from ussd.menu import menu
from ussd.screens import Choice, Kind, Menu, Option, Wrong
from ussd.walk.proof import Proof, prove, table
from ussd.walk.worlds import worlds_in
from ussd.widths import WIDTHS
from words.text import LANGUAGES, SOURCE, Text, ToTheCent, say
from words.width import Width

PHONE = Width()


# What fits the narrowest screen fits a wider one, and keys lead where they lead in every language: so each language is
# walked on the narrowest, and one on the others. `flask --app app menu walk` walks all on all.
NARROWEST = min(WIDTHS.values(), key=lambda width: width.septets)
WALKED = [
    (language, width)
    for language in LANGUAGES
    for width in dict.fromkeys(WIDTHS.values())
    if (width == NARROWEST and language != "zh") or language == SOURCE
]


def assert_nothing_is_wrong(proof: Proof) -> None:
    assert proof.seen.flaws == []
    assert proof.seen.screens == set(menu.screens)


@pytest.mark.parametrize(("language", "width"), WALKED, ids=lambda given: getattr(given, "septets", given))
def test_every_screen_fits_and_every_way_leads_back_and_home_and_to_an_end(language: str, width: Width) -> None:
    assert_nothing_is_wrong(prove(menu, language=language, width=width))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_walked_worlds_have_every_state_of_a_line(language: str) -> None:
    worlds = list(worlds_in(language))
    assert {world.line.state for world in worlds} == set(LineState)
    assert len({world.name for world in worlds}) == len(worlds)


# What a walk must find. Each menu is whole but for one thing.


def a_menu() -> Menu:
    """Home leads to an amount, that to the end; a call that dropped goes on."""
    made = Menu(first="home")

    @made.choice("amount", "words")
    def home(call: Call) -> Choice:
        return Choice(say("Hello"), [Option(say("Pay"), "amount"), Option(say("Read"), "words")])

    @made.choice("home", "last")
    def resume(call: Call) -> Choice:
        dropped = call.dropped
        if dropped is None:
            raise Wrong(say("There is nothing to go on with."))
        onward = {"amount": dropped.amount, "payer": dropped.payer, "trail": list(dropped.trail), "dropped": None}
        return Choice(say("Go on?"), [Option(say("Yes"), "last", onward), Option(say("No"), "home", {"dropped": None})])

    @made.choice("last")
    def amount(call: Call) -> Choice:
        return Choice(say("How much?"), [Option(say("Ten"), "last", {"amount": Money(1000, "KES")})])

    @made.choice("end", "home")
    def last(call: Call) -> Choice:
        return Choice(say("Sure?"), [Option(say("Yes"), "end"), Option(say("No"), "home")])

    @made.pages()
    def words(call: Call) -> list[Text]:
        return [say("word " * 60)]

    @made.end()
    def end(call: Call) -> Text:
        return say("Done")

    made.check(entries=["resume"])
    return made


def flaws_of(made: Menu) -> set[str]:
    """What the walk says of a menu."""
    return {flaw.what for flaw in prove(made, language=SOURCE, width=PHONE).seen.flaws}


def test_of_a_menu_that_is_whole_nothing_is_said() -> None:
    assert flaws_of(a_menu()) == set()


Break = Callable[[Menu], None]


def a_word_that_fits_nowhere(made: Menu) -> None:
    made.screens["words"].draw = lambda call: [say("w" * 150)]


def a_choice_of_nothing(made: Menu) -> None:
    made.screens["last"].draw = lambda call: Choice(say("Sure?"), [])


def an_arrow_that_no_key_follows(made: Menu) -> None:
    made.screens["amount"].edges |= {"home"}


def a_move_that_is_not_declared(made: Menu) -> None:
    made.screens["home"].edges -= {"words"}


def a_loop_without_a_way_out(made: Menu) -> None:
    made.screens["last"].draw = lambda call: Choice(
        say("Sure?"), [Option(say("Yes"), "home"), Option(say("No"), "home")]
    )


def a_screen_that_is_another_each_time(made: Menu) -> None:
    times = iter(range(1_000_000))
    made.screens["amount"].draw = lambda call: Choice(
        say("How much? {time}", time=next(times)), [Option(say("Ten"), "last", {"amount": Money(1000, "KES")})]
    )


def a_home_that_depends_on_the_way(made: Menu) -> None:
    paid: list[Call] = []

    def home(call: Call) -> Choice:
        head = say("Hello again" if paid else "Hello")
        return Choice(head, [Option(say("Pay"), "amount", does=paid.append), Option(say("Read"), "words")])

    made.screens["home"].draw = home


def a_wrong_key_that_sets_something(made: Menu) -> None:
    def read(call: Call, typed: str) -> str:
        call.payer = "+254711000009"
        raise Wrong(say("No."))

    made.screens["amount"].read = read


def an_option_that_is_not_taken(made: Menu) -> None:
    taken = made.screens["last"].draw

    def last(call: Call) -> Choice:
        drawn = taken(call)
        assert isinstance(drawn, Choice)
        # The label of the second option goes on over a line that looks like a third one.
        return Choice(drawn.head, [drawn.options[0], Option(say("No\n3 Perhaps"), "home")])

    made.screens["last"].draw = last


def a_call_that_goes_on_without_what_was_agreed(made: Menu) -> None:
    resume = made.screens["resume"].draw

    def forgetful(call: Call) -> Choice:
        drawn = resume(call)
        assert isinstance(drawn, Choice)
        return Choice(drawn.head, [Option(say("Yes"), "last", {"dropped": None}), drawn.options[1]])

    def last(call: Call) -> Choice:
        head = say("{amount}, sure?", amount=ToTheCent(call.amount)) if call.amount else say("Sure?")
        return Choice(head, [Option(say("Yes"), "end"), Option(say("No"), "home")])

    made.screens["resume"].draw, made.screens["last"].draw = forgetful, last


def a_screen_that_knows_whether_keys_are_played(made: Menu) -> None:
    made.screens["words"].draw = lambda call: [say("Played" if call.playing else "Pressed")]


BROKEN: dict[Break, str] = {
    a_word_that_fits_nowhere: "A line is wider than a whole page: 'w",
    a_choice_of_nothing: "the options of last are numbered []",
    an_arrow_that_no_key_follows: "no key leads from amount to home",
    a_move_that_is_not_declared: "The screen home may not lead to words.",
    a_loop_without_a_way_out: "from home no key leads to an end of the call",
    a_screen_that_is_another_each_time: "amount is another after 1 and 0: ",
    a_home_that_depends_on_the_way: "home is another after ",
    a_wrong_key_that_sets_something: "the wrong key '98' changes the call at amount",
    an_option_that_is_not_taken: "last offers 3 and does not take it",
    a_call_that_goes_on_without_what_was_agreed: "going on leads to 'Sure?",
    a_screen_that_knows_whether_keys_are_played: "dialled at once the keys lead to 'Played",
}


@pytest.mark.parametrize("damage", BROKEN, ids=lambda damage: damage.__name__)
def test_a_walk_finds(damage: Break) -> None:
    broken = a_menu()
    damage(broken)
    assert [what for what in flaws_of(broken) if what.startswith(BROKEN[damage])]


# The table of it.


def printed(monkeypatch: pytest.MonkeyPatch, made: Menu) -> tuple[int, str]:
    """What `flask --app app menu walk` says of a menu, and how it ends."""
    monkeypatch.setattr(menu_cli, "menu", made)
    monkeypatch.setattr(menu_cli, "WIDTHS", {"one": PHONE, "another": PHONE, "narrow": Width(septets=100, ucs2=45)})
    done = CliRunner().invoke(menu_cli.menu_walk)
    return done.exit_code, done.output


def test_the_table_has_every_screen_on_every_width(monkeypatch: pytest.MonkeyPatch) -> None:
    code, output = printed(monkeypatch, a_menu())
    assert code == 0, output
    assert "one, another: 160 septets or 70 UCS-2 characters\n" in output
    assert "narrow: 100 septets or 45 UCS-2 characters\n" in output
    assert all(output.count(f"\n{name} ") == 2 for name in a_menu().screens)
    assert "6 screens, 7 arrows, 4 languages; " in output
    assert output.endswith("No screen is too wide, no call is lost, every way leads back and home.\n")


def test_a_flaw_is_named_with_the_keys_that_lead_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = a_menu()
    a_choice_of_nothing(broken)
    code, output = printed(monkeypatch, broken)
    assert code == 1
    assert "\nthe options of last are numbered [] (en, ordinary; keys: 1 1)\n" in output


def screens_of(kind: Kind) -> Iterator[str]:
    return (name for name, screen in menu.screens.items() if screen.kind is kind)


def test_nothing_is_wrong_in_chinese_and_the_table_tells_how_full_each_screen_gets_and_over_how_many_pages() -> None:
    proof = prove(menu, language="zh", width=NARROWEST)
    assert_nothing_is_wrong(proof)
    lines = {line.split(" ")[0]: line for line in table(menu, [proof])}
    assert lines["recent"].endswith(f"u ({len(State)})")
    assert all("(" not in lines[name] for name in screens_of(Kind.END))
