"""A phone that dials: hops as the gateway posts them, and screens as the network shows them."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sandbox.driver import SUBSCRIBER, Driver
from tests.sandbox.project import Answer, Post, Project

HOPS = "/ussd/africastalking/gateway"
ENDED = "/ussd/africastalking/gateway/ended"
PHONE = f"/phones/{SUBSCRIBER}"


def hops(project: Project) -> list[Post]:
    """The hops that were posted, without the ends of sessions."""
    return [post for post in project.posts(HOPS) if not post.path.endswith("/ended")]


def screens(project: Project, *texts: str) -> None:
    """Answer one hop after the other with these texts."""
    left = list(texts)
    project.answer(HOPS, lambda post: Answer("" if post.path.endswith("/ended") else left.pop(0)))


def test_a_dialogue_is_posted_with_everything_typed_so_far(driver: Driver, project: Project) -> None:
    screens(project, "CON Home", "CON Amount", "END Bye")
    home = driver.post(f"{PHONE}/dial", code="*384*55#")
    amount = driver.post(f"{PHONE}/key", text="1")
    bye = driver.post(f"{PHONE}/key", text="100")
    assert [(one["screen"], one["open"]) for one in (home, amount, bye)] == [
        ("Home", True),
        ("Amount", True),
        ("Bye", False),
    ]
    posted = [post.form for post in hops(project)]
    assert [form["text"] for form in posted] == ["", "1", "1*100"]
    assert {form["sessionId"] for form in posted} == {home["session_id"]}
    first = {name: value for name, value in posted[0].items() if name != "sessionId"}
    assert first == {"phoneNumber": SUBSCRIBER, "networkCode": "63902", "serviceCode": "*384*55#", "text": ""}


def test_a_phone_dials_through_another_gateway_in_its_own_form(driver: Driver, project: Project) -> None:
    left = [{"Type": "Response", "Message": "Home"}, {"Type": "Release", "Message": "Bye"}]
    project.answer("/ussd/hubtel/gateway", lambda post: Answer(json.dumps(left.pop(0))))
    home = driver.post(f"{PHONE}/dial", code="*384*55*100#", gateway="hubtel")
    bye = driver.post(f"{PHONE}/key", text="1")
    assert [(one["screen"], one["open"]) for one in (home, bye)] == [("Home", True), ("Bye", False)]
    dial, key = [post.json for post in project.posts("/ussd/hubtel/gateway")]
    assert {name: value for name, value in dial.items() if name != "SessionId"} == {
        "Sequence": 1,
        "Type": "Initiation",
        "Message": "*384*55*100#",
        "ServiceCode": "384*55",
        "Operator": "safaricom",
        "ClientState": "",
        "Mobile": "254711000001",
        "Platform": "USSD",
    }
    assert key == {**dial, "Sequence": 2, "Type": "Response", "Message": "1"}


def test_the_gateway_may_be_a_setting_and_ends_are_put_where_it_puts_them(driver: Driver, project: Project) -> None:
    driver.put("/settings", ussd_gateway="infobip")
    project.answer("/ussd/infobip", Answer('{"ussdMenu": "Home", "shouldClose": false, "responseExitCode": 200}'))
    session = driver.post(f"{PHONE}/dial")["session_id"]
    driver.post(f"{PHONE}/key", text="1")
    driver.post(f"{PHONE}/hangup")
    at = f"/ussd/infobip/gateway/session/{session}"
    (end,) = project.wait_for(f"{at}/end")
    assert end.json == {"exitCode": 510, "reason": "released"}
    assert [project.posts(f"{at}/{what}")[0].json["text"] for what in ("start", "response")] == ["*384*55#", "1"]


@pytest.mark.parametrize("name", ["hubtel", "infobip", "nalo"])
def test_an_answer_that_a_gateway_cannot_read_ends_the_call(driver: Driver, project: Project, name: str) -> None:
    project.answer(f"/ussd/{name}", Answer("CON Home"))
    shown = driver.post(f"{PHONE}/dial", gateway=name)
    assert (shown["open"], shown["failed"]) == (False, "not the gateway's JSON")


def test_a_gateway_that_nobody_knows_is_refused(driver: Driver) -> None:
    assert driver.ask("POST", f"{PHONE}/dial", {"gateway": "nobody"}).status_code == 400


@pytest.mark.parametrize(
    ("dialled", "service_code", "text"),
    [
        ("*384*55*100#", "*384*55#", "100"),
        ("*384*55*100*0711000002#", "*384*55#", "100*0711000002"),
        ("*384*56#", "*384*56#", ""),
        ("* 384 * 55 #", "*384*55#", ""),
    ],
)
def test_what_is_dialled_behind_the_code_is_the_first_text(
    driver: Driver, project: Project, dialled: str, service_code: str, text: str
) -> None:
    screens(project, "CON Amount")
    driver.post(f"{PHONE}/dial", code=dialled)
    (hop,) = hops(project)
    assert (hop.form["serviceCode"], hop.form["text"]) == (service_code, text)


def test_keys_follow_what_was_dialled_directly(driver: Driver, project: Project) -> None:
    screens(project, "CON Confirm", "END Bye")
    driver.post(f"{PHONE}/dial", code="*384*55*100#")
    driver.post(f"{PHONE}/key", text="1")
    assert [hop.form["text"] for hop in hops(project)] == ["100", "100*1"]


def test_without_a_code_the_first_short_code_is_dialled(driver: Driver, project: Project) -> None:
    screens(project, "CON Home")
    driver.post(f"{PHONE}/dial")
    assert hops(project)[0].form["serviceCode"] == "*384*55#"


@pytest.mark.parametrize("code", ["*999#", "*384*5#", "*384*55", "*384*557#", "0711"])
def test_the_network_itself_answers_a_code_that_nobody_has(driver: Driver, project: Project, code: str) -> None:
    shown = driver.post(f"{PHONE}/dial", code=code)
    assert (shown["screen"], shown["open"]) == ("Connection problem or invalid MMI code.", False)
    assert shown["failed"] == "unknown code"
    assert project.posts() == []


def test_the_end_of_a_session_is_told(driver: Driver, project: Project) -> None:
    screens(project, "CON Home", "END Bye")
    home = driver.post(f"{PHONE}/dial")
    driver.post(f"{PHONE}/key", text="1")
    (ended,) = project.wait_for(ENDED)
    form = ended.form
    assert (form["status"], form["hopsCount"], form["input"]) == ("Success", "2", "1")
    assert (form["sessionId"], form["lastAppResponse"]) == (home["session_id"], "END Bye")
    assert {"date", "serviceCode", "networkCode", "phoneNumber", "cost", "durationInMillis", "errorMessage"} <= set(
        form
    )


def test_ringing_off_is_told_as_incomplete(driver: Driver, project: Project) -> None:
    screens(project, "CON Home")
    driver.post(f"{PHONE}/dial")
    assert driver.post(f"{PHONE}/hangup") == driver.get(PHONE)["screen"]
    assert project.wait_for(ENDED)[0].form["status"] == "Incomplete"
    assert driver.ask("POST", f"{PHONE}/key", {"text": "1"}).status_code == 409


def test_most_operators_tell_nothing_of_a_drop(driver: Driver, project: Project) -> None:
    driver.put("/settings", ussd_ended_on_hangup=False)
    screens(project, "CON Home", "CON Home", "END Bye")
    driver.post(f"{PHONE}/dial")
    driver.post(f"{PHONE}/hangup")
    driver.post(f"{PHONE}/dial")
    driver.post(f"{PHONE}/key", text="1")
    assert [post.form["status"] for post in project.wait_for(ENDED)] == ["Success"]


def test_dialling_again_ends_the_call_before(driver: Driver, project: Project) -> None:
    screens(project, "CON Home", "CON Home again", "CON Second")
    first = driver.post(f"{PHONE}/dial")
    second = driver.post(f"{PHONE}/dial")
    assert first["session_id"] != second["session_id"]
    driver.post(f"{PHONE}/key", text="1")
    assert hops(project)[-1].form == {**hops(project)[1].form, "text": "1"}
    assert project.wait_for(ENDED)[0].form["sessionId"] == first["session_id"]


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (Answer("Home"), "neither CON nor END"),
        (Answer(""), "neither CON nor END"),
        (Answer("CONHome"), "neither CON nor END"),
        (Answer("CON Home", status=500), "status 500"),
        (Answer("CON Home", status=404), "status 404"),
    ],
)
def test_an_answer_that_is_no_screen_ends_the_call(
    driver: Driver, project: Project, answer: Answer, failed: str
) -> None:
    project.answer(HOPS, answer)
    shown = driver.post(f"{PHONE}/dial")
    assert (shown["open"], shown["failed"]) == (False, failed)
    assert shown["screen"] == "The service is not available. Please try again later."
    assert project.wait_for(ENDED)[0].form["status"] == "Failed"


def test_an_answer_that_takes_too_long_ends_the_call(driver: Driver, project: Project) -> None:
    driver.put("/settings", ussd_answer_s=0.05)
    slow = Answer("CON Home", hold_s=5)
    project.answer(HOPS, slow)
    shown = driver.post(f"{PHONE}/dial")
    slow.release.set()
    assert (shown["open"], shown["failed"]) == (False, "timeout")


def test_a_project_that_is_not_there_ends_the_call(driver: Driver, project: Project) -> None:
    driver.faults("ussd.hop", {"kind": "no_callback"})
    shown = driver.post(f"{PHONE}/dial")
    assert (shown["open"], shown["failed"]) == (False, "unreachable")
    assert hops(project) == []


def test_a_call_ends_when_its_time_is_over(driver: Driver, project: Project) -> None:
    driver.put("/settings", ussd_session_s=0.05)
    screens(project, "CON Home")
    driver.post(f"{PHONE}/dial")
    ended = project.wait_for(ENDED)[0].form
    assert (ended["status"], ended["errorMessage"]) == ("Incomplete", "timeout")
    assert driver.get(PHONE)["screen"]["failed"] == "session too long"


def test_a_key_pressed_before_the_answer_came_is_refused(driver: Driver, project: Project) -> None:
    slow = Answer("CON Home", hold_s=5)
    project.answer(HOPS, slow)
    with ThreadPoolExecutor(1) as pool:
        dialling = pool.submit(driver.post, f"{PHONE}/dial")
        project.wait_for(HOPS)
        assert driver.ask("POST", f"{PHONE}/key", {"text": "1"}).status_code == 409
        slow.release.set()
        assert dialling.result()["screen"] == "Home"


def test_the_answer_to_a_call_that_was_left_reaches_nobody(driver: Driver, project: Project) -> None:
    slow = Answer("CON Too late", hold_s=5)
    project.answer(HOPS, lambda post: Answer() if post.path.endswith("/ended") else slow)
    with ThreadPoolExecutor(1) as pool:
        dialling = pool.submit(driver.post, f"{PHONE}/dial")
        project.wait_for(HOPS)
        driver.post(f"{PHONE}/hangup")
        slow.release.set()
        assert dialling.result()["screen"] == ""
    assert driver.get(PHONE)["screen"]["open"] is False


@pytest.mark.parametrize(
    ("text", "shown", "cut"), [("x" * 182, 182, False), ("x" * 183, 182, True), ("中" * 81, 80, True)]
)
def test_a_screen_that_is_too_long_is_cut_and_says_so(
    driver: Driver, project: Project, text: str, shown: int, cut: bool
) -> None:
    screens(project, f"CON {text}")
    answer = driver.post(f"{PHONE}/dial")
    assert (len(answer["screen"]), answer["cut"], answer["length"]) == (shown, cut, len(text))


def test_a_network_may_show_less(driver: Driver, project: Project) -> None:
    driver.put("/settings", ussd_gsm7_septets=160)
    screens(project, "CON " + "x" * 161)
    assert driver.post(f"{PHONE}/dial")["cut"] is True


def test_a_phone_sends_no_more_than_a_screen_of_keys(driver: Driver, project: Project) -> None:
    screens(project, "CON Home")
    driver.post(f"{PHONE}/dial")
    assert driver.ask("POST", f"{PHONE}/key", {"text": "1" * 183}).status_code == 400


@pytest.mark.parametrize("state", ["suspended", "barred", "gone"])
def test_ussd_works_on_a_line_in_any_state(driver: Driver, project: Project, state: str) -> None:
    driver.put(f"/lines/{SUBSCRIBER}", state=state, balance_minor=-5000)
    screens(project, "CON Home")
    assert driver.post(f"{PHONE}/dial")["screen"] == "Home"


def test_a_hop_may_be_posted_twice_at_once(driver: Driver, project: Project) -> None:
    both = threading.Barrier(2, timeout=5)

    def answer_together(post: Post) -> Answer:
        both.wait()
        return Answer("CON Home")

    project.answer(HOPS, answer_together)
    driver.faults("ussd.hop", {"kind": "callback_twice", "times": 1})
    assert driver.post(f"{PHONE}/dial")["screen"] == "Home"
    one, other = hops(project)
    assert one == other


def test_a_hop_may_be_late(driver: Driver, project: Project) -> None:
    driver.faults("ussd.hop", {"kind": "delay", "seconds": 0.01})
    screens(project, "CON Home")
    assert driver.post(f"{PHONE}/dial")["screen"] == "Home"
    assert driver.applied("ussd.hop") == {"delay": 1}


@pytest.mark.parametrize(("kind", "count"), [("no_callback", 0), ("callback_twice", 2), ("late", 1)])
def test_the_end_of_a_session_may_be_told_wrongly(driver: Driver, project: Project, kind: str, count: int) -> None:
    driver.faults("ussd.ended", {"kind": kind, "seconds": 0.01, "msisdn": SUBSCRIBER})
    project.answer(HOPS, Answer("END Bye"))
    driver.post(f"{PHONE}/dial")
    driver.post("/phones/+254711000009/dial")
    told = [post.form["phoneNumber"] for post in project.wait_for(ENDED, count + 1)]
    assert told.count(SUBSCRIBER) == count
    driver.wait_for(lambda: driver.applied("ussd.ended") == {kind: 1})
