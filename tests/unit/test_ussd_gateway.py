"""Which codes are ours; and what every gateway's module has in common."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ussd.engine import Reply
from ussd.gateway import Gateway, Posted, UnableToReadHop
from ussd.gateways import GATEWAYS, gateways_table
from ussd.routes import _dialled_behind, json_object

SERVED = pytest.mark.parametrize("gateway", GATEWAYS.values(), ids=GATEWAYS)


@pytest.mark.parametrize(
    ("code", "behind"),
    [
        ("*384*55#", ""),
        ("*384*55*100#", "100"),
        ("*384*55*100*0711000002#", "100*0711000002"),
        ("*384*77#", ""),
        ("*384*77*1#", "1"),
        ("*384*77*8#", ""),
        ("*384*77*8*1#", "1"),
        ("*384*551#", None),
        ("*384*5#", None),
        ("*384#", None),
        ("", None),
        ("384*55#", None),
    ],
)
def test_a_code_is_ours_with_whatever_stands_behind_it(code: str, behind: str | None) -> None:
    assert _dialled_behind(code, ["*384*55#", "*384*77#", "*384*77*8#"]) == behind


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000, b"9" * 5000, b"null"])
def test_a_body_that_is_nojson_object_has_no_fields(body: bytes) -> None:
    assert json_object(body) == {}


def posted(address: str, fields: dict[str, Any]) -> Posted:
    return Posted(
        address=address,
        path={"session": "s1"},
        fields=fields,
        at=datetime(2026, 11, 24, tzinfo=UTC),
        repeats_within=timedelta(seconds=1),
    )


@SERVED
def test_a_module_is_named_as_it_is_found(gateway: Gateway) -> None:
    assert GATEWAYS[gateway.NAME] is gateway
    assert gateway.__name__ == f"ussd.gateways.{gateway.NAME}"  # type: ignore[attr-defined]
    assert f"`{gateway.NAME}`" in gateways_table()


class Everywhere(dict[str, Any]):
    """A form in which every field has the same value."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value

    def get(self, _name: str, _default: Any = None) -> Any:
        return self.value


NONSENSE: list[Any] = [None, [], {}, True, 1.5, "", "\ud800", "x" * 10_000, {"a": [1]}]


@SERVED
@pytest.mark.parametrize("value", NONSENSE, ids=lambda value: repr(value)[:12])
def test_nonsense_in_every_field_is_unreadable_and_still_answered(gateway: Gateway, value: Any) -> None:
    for address in gateway.ADDRESSES:
        request = posted(address, Everywhere(value))
        if not address.endswith(("/ended", "/end")):
            with pytest.raises(UnableToReadHop):
                gateway.read(request)
        assert "Bye." in gateway.write(Reply("Bye.", open=False, screen="unreadable"), request)
        assert isinstance(gateway.write_ended(request), str)
