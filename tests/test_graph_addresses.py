"""webapp.neighbourhood.viewpoint: the address of /graph says what is shown, and each action changes it and can be taken back."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from ropa.errors import BadParameter
from ropa.namespaces import DEFAULT_BASE, DPV, ROPA
from ropa.subgraph import Opening
from tests.acme import COMPANY, NEWSLETTER
from webapp.neighbourhood.viewpoint import Viewpoint, act, read


def viewpoint(text: str) -> Viewpoint:
    pairs = [(name, value) for name, _, value in (part.partition("=") for part in text.split("&"))]
    return read(MultiDict(pairs), DEFAULT_BASE, NEWSLETTER)


def test_an_address_is_read_and_written_the_same() -> None:
    text = (
        "focus=id/acme/activity/newsletter&open=id/party/acme~-dpv:hasDataController~12&open=urn:a%7Eb%2525~ropa:hasDataFlow~1"
        "&hide=pd:Name&without=party&pin=id/party/acme~12~-40&layout=rings&most=600&at=id/party/acme"
    )
    view = viewpoint(text)

    assert view.openings == (Opening(COMPANY, DPV + "hasDataController", False, 12), Opening("urn:a~b%25", ROPA + "hasDataFlow", True, 1))
    assert "&".join(f"{name}={value}" for name, value in view.arguments(DEFAULT_BASE)) == text


def test_nothing_opened_differs_from_nothing_said() -> None:
    assert viewpoint("focus=x").openings is None
    assert viewpoint("focus=x&open=").openings == ()
    assert Viewpoint(COMPANY, ()).arguments(DEFAULT_BASE) == [("focus", "id/party/acme"), ("open", "")]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("expand~id/acme/activity/newsletter~ropa:hasDataFlow~2", "open=id/acme/activity/newsletter~ropa:hasDataFlow~2"),
        ("close~id/party/acme~-dpv:hasDataController", "open="),
        ("collapse~id/party/acme", "open="),
        ("hide~id/acme/flow/cleaner", "hide=id/acme/flow/cleaner"),
        ("pin~id/party/acme~1~-2", "pin=id/party/acme~1~-2"),
        ("without~flow", "without=flow"),
        ("layout~tree", "layout=tree"),
        ("most~600", "most=600"),
        ("at~id/party/acme", "at=id/party/acme"),
        ("focus~id/party/acme", "focus=id/party/acme"),
    ],
)
def test_each_action_shows_in_the_address(action: str, expected: str) -> None:
    view = Viewpoint(NEWSLETTER, (Opening(COMPANY, DPV + "hasDataController", False, 12),), at=NEWSLETTER)

    assert expected in [f"{name}={value}" for name, value in act(view, action, DEFAULT_BASE).arguments(DEFAULT_BASE)]


@pytest.mark.parametrize(
    ("there", "back"), [("hide~pd:Name", "show~pd:Name"), ("pin~pd:Name~1~2", "unpin~pd:Name"), ("without~flow", "with~flow")]
)
def test_an_action_can_be_taken_back(there: str, back: str) -> None:
    view = Viewpoint(NEWSLETTER, (), at=NEWSLETTER)

    assert act(view, there, DEFAULT_BASE) != view
    assert act(act(view, there, DEFAULT_BASE), back, DEFAULT_BASE) == view


@pytest.mark.parametrize(
    "text",
    [
        "open=x",
        "open=a~b",
        "open=a~b~0",
        "open=a~b~999999",
        "open=a~b~c",
        "open=a b~dpv:hasPurpose~1",
        "pin=a~1",
        "pin=a~1~x",
        "pin=a~1~9999999",
        "hide=a b",
        "without=nothing",
        "layout=pile",
        "most=0",
        "most=2001",
        "most=many",
        "most=٣",
        "at=<",
        "most=1&most=2",
    ],
)
def test_what_an_address_cannot_say_is_refused_with_what_it_can(text: str) -> None:
    with pytest.raises(BadParameter):
        viewpoint(text)


@pytest.mark.parametrize(
    "action", ["", "dance~x", "hide", "hide~id/acme/activity/newsletter", "layout~pile", "most~-1", "without~x", "pin~a", "expand~a~b"]
)
def test_no_other_action_is_taken(action: str) -> None:
    view = Viewpoint(NEWSLETTER, (), at=NEWSLETTER)
    with pytest.raises(BadParameter):
        act(view, action, DEFAULT_BASE)
