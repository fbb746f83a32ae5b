"""SMS both ways: what the project sends and its reports, what people send."""

import pytest

from tests.sandbox.driver import FRIEND, SUBSCRIBER, Driver
from tests.sandbox.project import Project

DELIVERY = "/sms/africastalking/gateway/delivery"
INCOMING = "/sms/africastalking/gateway/incoming"
OPERATION = "africastalking.delivery"


def statuses(project: Project, count: int) -> list[str]:
    """The statuses of so many reports."""
    return [post.form["status"] for post in project.wait_for(DELIVERY, count)]


def test_a_message_arrives_and_is_reported(driver: Driver, project: Project) -> None:
    data = driver.send_sms("Your line is back.")
    assert data["Message"] == "Sent to 1/1 Total Cost: KES 0.8000"
    (recipient,) = data["Recipients"]
    assert recipient == {
        "statusCode": 101,
        "number": SUBSCRIBER,
        "status": "Success",
        "cost": "KES 0.8000",
        "messageId": recipient["messageId"],
    }
    (message,) = driver.get(f"/phones/{SUBSCRIBER}/inbox")
    assert (message["from"], message["text"]) == ("AFRICASTKNG", "Your line is back.")
    assert statuses(project, 2) == ["Sent", "Success"]
    report = project.posts(DELIVERY)[1].form
    assert (report["id"], report["phoneNumber"]) == (recipient["messageId"], SUBSCRIBER)
    assert (report["networkCode"], report["retryCount"]) == ("63902", "0")


def test_a_message_stands_in_the_books(driver: Driver) -> None:
    message_id = driver.send_sms("中" * 71)["Recipients"][0]["messageId"]
    (entry,) = driver.book("sms")
    assert (entry["reference"], entry["msisdn"], entry["amount_minor"]) == (message_id, SUBSCRIBER, 160)
    assert (entry["text"], entry["delivered"], entry["failure_reason"]) == ("中" * 71, True, None)


def test_several_people_get_a_message_each(driver: Driver) -> None:
    data = driver.send_sms("hello", to=f"{SUBSCRIBER},{FRIEND},0711")
    assert data["Message"] == "Sent to 2/3 Total Cost: KES 1.6000"
    assert [one["statusCode"] for one in data["Recipients"]] == [101, 101, 403]
    assert len(driver.get(f"/phones/{FRIEND}/inbox")) == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"state": "gone"}, "UserDoesNotExist"),
        ({"state": "suspended", "balance_minor": -1}, "UserAccountSuspended"),
    ],
)
def test_a_message_that_cannot_arrive_is_reported_as_failed(
    driver: Driver, project: Project, line: dict[str, object], reason: str
) -> None:
    driver.put("/settings", sms_blocked_while_suspended=True)
    driver.put(f"/lines/{SUBSCRIBER}", line)
    driver.send_sms()
    assert statuses(project, 2) == ["Sent", "Failed"]
    assert project.posts(DELIVERY)[1].form["failureReason"] == reason
    assert driver.get(f"/phones/{SUBSCRIBER}/inbox") == []
    assert driver.book("sms")[0]["failure_reason"] == reason


def test_a_suspended_line_receives_messages_unless_set_otherwise(driver: Driver) -> None:
    driver.put(f"/lines/{SUBSCRIBER}", state="suspended", balance_minor=-1)
    driver.send_sms()
    assert len(driver.get(f"/phones/{SUBSCRIBER}/inbox")) == 1


@pytest.mark.parametrize(("which", "expected"), [("final", ["Success"]), ("none", [])])
def test_reports_can_be_fewer(driver: Driver, project: Project, which: str, expected: list[str]) -> None:
    driver.put("/settings", delivery_reports=which)
    driver.send_sms()
    driver.post(f"/phones/{FRIEND}/sms", text="the last one")
    project.wait_for(INCOMING)
    driver.wait_for(lambda: [post.form["status"] for post in project.posts(DELIVERY)] == expected)


def test_a_stranger_sends_nothing(driver: Driver) -> None:
    for headers, form in (({"apiKey": "wrong"}, {}), ({}, {"username": "other"})):
        response = driver.at("/messaging", {"to": SUBSCRIBER, "message": "hello"} | form, **headers)
        assert (response.status_code, response.text) == (401, "The supplied authentication is invalid")
    assert driver.book("sms") == []


@pytest.mark.parametrize("form", [{"to": SUBSCRIBER}, {"message": "hello"}, {"to": "", "message": "hello"}])
def test_a_request_without_its_fields_is_refused(driver: Driver, form: dict[str, str]) -> None:
    assert driver.at("/messaging", form).status_code == 400


def test_a_recipient_can_be_refused_with_any_code(driver: Driver) -> None:
    driver.faults("africastalking.sms", {"kind": "result_code", "code": 406})
    data = driver.send_sms()
    assert data["Recipients"] == [
        {"statusCode": 406, "number": SUBSCRIBER, "status": "UserInBlacklist", "cost": "0", "messageId": "None"}
    ]
    assert data["Message"] == "Sent to 0/1 Total Cost: KES 0.0000"
    assert driver.book("sms") == []


def test_a_report_can_fail_with_any_reason(driver: Driver, project: Project) -> None:
    driver.faults(OPERATION, {"kind": "result_code", "code": "UserInBlackList"})
    driver.send_sms()
    assert statuses(project, 2) == ["Sent", "Failed"]
    assert project.posts(DELIVERY)[1].form["failureReason"] == "UserInBlackList"
    assert driver.book("sms")[0]["delivered"] is False


def test_a_report_may_come_before_the_reply(driver: Driver, project: Project) -> None:
    driver.faults(OPERATION, {"kind": "callback_before_reply"})
    driver.send_sms()
    assert [post.form["status"] for post in project.posts(DELIVERY)] == ["Success"]


@pytest.mark.parametrize("real_ids", [False, True])
def test_a_stranger_may_report_what_did_not_happen(driver: Driver, project: Project, real_ids: bool) -> None:
    driver.put("/settings", delivery_reports="final", delivery_report_after_s=0.3)
    driver.put(f"/lines/{SUBSCRIBER}", state="gone")
    driver.faults(OPERATION, {"kind": "forged", "real_ids": real_ids})
    message_id = driver.send_sms()["Recipients"][0]["messageId"]
    forged, true = project.wait_for(DELIVERY, 2)
    assert (forged.form["status"], true.form["status"]) == ("Success", "Failed")
    assert (forged.form["id"] == message_id) is real_ids


def test_a_report_may_be_contradicted(driver: Driver, project: Project) -> None:
    driver.faults(OPERATION, {"kind": "contradictory"})
    driver.send_sms()
    assert statuses(project, 3) == ["Sent", "Success", "Failed"]


def test_a_report_may_name_another_person(driver: Driver, project: Project) -> None:
    driver.faults(OPERATION, {"kind": "wrong_number", "number": FRIEND})
    driver.send_sms()
    assert {post.form["phoneNumber"] for post in project.wait_for(DELIVERY, 2)} == {FRIEND}


def test_a_person_writes_to_the_short_code(driver: Driver, project: Project) -> None:
    message_id = driver.post(f"/phones/{SUBSCRIBER}/sms", to="38455", text="TOPUP 100")["id"]
    form = project.wait_for(INCOMING)[0].form
    assert (form["from"], form["to"], form["text"], form["id"]) == (SUBSCRIBER, "38455", "TOPUP 100", message_id)
    assert {"date", "linkId", "networkCode"} <= set(form)


def test_a_suspended_line_writes_to_the_short_code_only(driver: Driver, project: Project) -> None:
    driver.put(f"/lines/{SUBSCRIBER}", state="suspended", balance_minor=-1)
    driver.post(f"/phones/{SUBSCRIBER}/sms", text="BAL")
    project.wait_for(INCOMING)
    response = driver.ask("POST", f"/phones/{SUBSCRIBER}/sms", {"to": FRIEND, "text": "help me"})
    assert (response.status_code, driver.get(f"/phones/{FRIEND}/inbox")) == (409, [])


def test_an_active_line_writes_to_anybody(driver: Driver, project: Project) -> None:
    driver.post(f"/phones/{SUBSCRIBER}/sms", to=FRIEND, text="hello")
    assert driver.get(f"/phones/{FRIEND}/inbox")[0]["from"] == SUBSCRIBER
    assert project.posts() == []


def test_a_short_code_that_nobody_has_is_refused(driver: Driver) -> None:
    assert driver.ask("POST", f"/phones/{SUBSCRIBER}/sms", {"to": "12345", "text": "hello"}).status_code == 400


@pytest.mark.parametrize(("kind", "count"), [("no_callback", 0), ("callback_twice", 2), ("late", 1)])
def test_an_incoming_message_may_be_lost_or_come_twice_or_late(
    driver: Driver, project: Project, kind: str, count: int
) -> None:
    driver.faults("africastalking.incoming", {"kind": kind, "seconds": 0.01, "msisdn": SUBSCRIBER})
    driver.post(f"/phones/{SUBSCRIBER}/sms", text="BAL")
    driver.post(f"/phones/{FRIEND}/sms", text="HELP")
    posts = [post.form for post in project.wait_for(INCOMING, count + 1)]
    mine = [form["id"] for form in posts if form["from"] == SUBSCRIBER]
    assert (len(mine), len(set(mine))) == (count, min(count, 1))


def test_a_person_opts_out_at_the_gateway(driver: Driver, project: Project) -> None:
    driver.post(f"/phones/{SUBSCRIBER}/optout")
    assert project.wait_for("/optout")[0].form == {"senderId": "38455", "phoneNumber": SUBSCRIBER}


@pytest.mark.parametrize(("kind", "count"), [("no_callback", 0), ("callback_twice", 2), ("late", 1)])
def test_an_opt_out_may_be_lost_or_come_twice_or_late(driver: Driver, project: Project, kind: str, count: int) -> None:
    driver.faults("africastalking.optout", {"kind": kind, "seconds": 0.01, "msisdn": SUBSCRIBER})
    driver.post(f"/phones/{SUBSCRIBER}/optout")
    driver.post(f"/phones/{FRIEND}/optout")
    told = [post.form["phoneNumber"] for post in project.wait_for("/optout", count + 1)]
    assert told.count(SUBSCRIBER) == count
