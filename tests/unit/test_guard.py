"""What a request must show before it is heard: the secret in its path, and where it comes from."""

import pytest

from web.guard import Pass, networks_of

SECRET = "a-secret-of-the-tests"
SAFARICOM = networks_of("196.201.214.0/24, 196.201.213.114, 2001:db8::/32")


@pytest.mark.parametrize("secret", ["", "wrong", SECRET.upper(), f"{SECRET} ", "geheimnis-mit-ä"])
def test_a_wrong_secret_is_turned_away(secret: str) -> None:
    assert not Pass(secret=SECRET).admits(secret=secret, address="127.0.0.1")


@pytest.mark.parametrize("address", ["127.0.0.1", "8.8.8.8", "::1", None])
def test_without_networks_everybody_who_knows_the_secret_is_heard(address: str | None) -> None:
    assert Pass(secret=SECRET).admits(secret=SECRET, address=address)


@pytest.mark.parametrize(
    ("address", "is_heard"),
    [
        ("196.201.214.0", True),
        ("196.201.214.255", True),
        ("196.201.213.114", True),
        ("2001:db8::7", True),
        ("196.201.215.1", False),
        ("196.201.213.115", False),
        ("2001:db9::7", False),
        (None, False),
    ],
)
def test_only_its_networks_are_heard(address: str | None, is_heard: bool) -> None:
    assert Pass(secret=SECRET, networks=SAFARICOM).admits(secret=SECRET, address=address) is is_heard


def test_the_network_alone_opens_nothing() -> None:
    assert not Pass(secret=SECRET, networks=SAFARICOM).admits(secret="", address="196.201.214.1")


@pytest.mark.parametrize("listed", ["nowhere", "196.201.214.0/33", "196.201.214.7/24"])
def test_networks_that_are_none_are_refused(listed: str) -> None:
    with pytest.raises(ValueError, match=r"network|host bits|not permitted"):
        networks_of(listed)


def test_no_networks_are_none() -> None:
    assert networks_of("") == networks_of(" , ") == ()
