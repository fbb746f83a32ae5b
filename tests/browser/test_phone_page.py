"""The page itself: where it finds the sandbox, what it may do, and how its files are kept by a browser."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from web import phone
from web.phone import sandbox_seen_from

FILES = Path(phone.__file__).parent / "static" / "phone"


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(
        phone.make_blueprint(sandbox_url="http://127.0.0.1:8001", short_codes=["*384*55#", "*123#"], sms_code="38455")
    )
    return app.test_client()


@pytest.mark.parametrize(
    ("page_host", "sandbox_url", "origin"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("192.168.1.7:8000", "http://127.0.0.1:8001", "http://192.168.1.7:8001"),
        ("laptop.local", "http://localhost:8001", "http://laptop.local:8001"),
        ("laptop.local:8000", "http://[::1]:8001", "http://laptop.local:8001"),
        ("192.168.1.7:8000", "http://sandbox.example:9000", "http://sandbox.example:9000"),
        ("192.168.1.7:8000", "http://10.0.0.5:8001/", "http://10.0.0.5:8001"),
        ("[::1]:8000", "http://127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("evil; script-src *", "http://127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("a b", "http://127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("", "http://127.0.0.1:8001", "http://127.0.0.1:8001"),
    ],
)
def test_where_a_browser_finds_the_sandbox(page_host: str, sandbox_url: str, origin: str) -> None:
    assert sandbox_seen_from(page_host, sandbox_url=sandbox_url) == origin


def test_the_page_talks_with_the_sandbox_only_and_runs_no_code_but_its_own(client: FlaskClient) -> None:
    reply = client.get("/phone", headers={"Host": "192.168.1.7:8000"})
    policy = dict(part.split(" ", 1) for part in reply.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == "http://192.168.1.7:8001"
    assert "unsafe" not in reply.headers["Content-Security-Policy"]
    assert 'data-sandbox="http://192.168.1.7:8001"' in reply.text
    assert 'data-short-codes="*384*55# *123#"' in reply.text


def test_the_page_asks_nobody_else_for_anything(client: FlaskClient) -> None:
    named = re.findall(r'(?:src|href)="([^"]+)"', client.get("/phone").text)
    assert named
    for address in named:
        assert address.startswith("/phone/static/")
        with client.get(address) as reply:
            assert reply.status_code == 200


def test_a_browser_asks_whether_a_file_is_still_the_same(client: FlaskClient) -> None:
    with client.get("/phone/static/main.js") as first:
        assert "no-cache" in first.headers["Cache-Control"]
    with client.get("/phone/static/main.js", headers={"If-None-Match": first.headers["ETag"]}) as again:
        assert (again.status_code, again.data) == (304, b"")


def test_every_import_of_a_script_is_there() -> None:
    for script in FILES.rglob("*.js"):
        for imported in re.findall(r'from "([^"]+)"', script.read_text()):
            assert (script.parent / imported).resolve().is_file(), f"{script.name} imports {imported}"


def test_no_script_makes_markup_or_code_out_of_text() -> None:
    forbidden = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|https?://")
    for script in FILES.rglob("*.js"):
        assert not forbidden.search(script.read_text()), script.name
