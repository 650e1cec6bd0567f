"""webapp: the map as a page, as JSON and as CSV, which agree in every number; every link leads to what its number says."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from webapp import create_app
from webapp.atlas.pages import MOST_ROWS

LAPSED = "as_of=2020-07-17"
FRONTEND = Path(__file__).parent.parent / "webapp" / "frontend"


@pytest.fixture
def client(shipped_app: Flask) -> FlaskClient:
    return shipped_app.test_client()


def read(client: FlaskClient, address: str) -> str:
    response = client.get(address, headers={"Accept": "text/html"})
    assert response.status_code == 200, address
    return response.get_data(as_text=True)


def drawn(client: FlaskClient, query: str) -> dict[str, Any]:
    response = client.get(f"/map.json?{query}")
    assert (response.status_code, response.mimetype) == (200, "application/json")
    return dict(response.get_json())


def total(page: str) -> int:
    """Return how many routes a page says there are."""
    match = re.search(r'id="totals"><b>([\d,]+) routes?</b>', page)
    assert match
    return int(match[1].replace(",", ""))


def cells(page: str, table: str) -> list[list[str]]:
    """Return the texts of the rows of the table below a heading."""
    part = page[page.index(f'<h2 id="{table}"') :]
    rows = re.findall(r"<tr>(.*?)</tr>", part[: part.index("</table>")], re.DOTALL)
    return [
        [
            re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", cell))).strip()
            for cell in re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in rows
    ]


def test_the_page_tells_of_the_privacy_shield_on_its_last_day_and_after(client: FlaskClient) -> None:
    before = read(client, "/map?register=cloudcall&as_of=2020-07-15")
    after = read(client, f"/map?register=cloudcall&{LAPSED}")

    assert "held until 15 July 2020" not in before
    assert "held until 15 July 2020" in after
    assert "in force, for certified recipients only" in before
    assert "as of 17 July 2020" in after
    assert "CloudCall complies with the European Union-United States Privacy Shield Framework" in after


def test_table_picture_and_file_have_the_same_numbers(client: FlaskClient) -> None:
    for query in (LAPSED, f"register=aelintra&{LAPSED}", "place=loc:US", "modality=hypothetical"):
        page, data = read(client, f"/map?{query}"), drawn(client, query)
        rows = list(csv.DictReader(io.StringIO(client.get(f"/map.csv?{query}").get_data(as_text=True))))

        places = cells(page, "places")
        assert places[-1][:2] == ["All", str(data["totals"]["routes"])]
        assert sum(int(row[1]) for row in places[1:-1]) == data["totals"]["routes"] == total(page)
        assert sum(status["routes"] for status in data["statuses"]) == data["totals"]["routes"]
        assert sum(node["routes"] for node in data["sankey"]["nodes"] if node["column"] == "place") == data["totals"]["routes"]
        assert sum(place["routes"] for place in data["map"]["places"]) == data["totals"]["on_the_map"]
        assert len(rows) == data["totals"]["routes"] + data["totals"]["apart"]


@pytest.mark.parametrize("query", [LAPSED, f"register=cloudcall&{LAPSED}", "place=loc:US-VA", "origin=loc:GB"])
def test_every_link_of_a_picture_leads_to_as_many_routes_as_it_stands_for(client: FlaskClient, query: str) -> None:
    data = drawn(client, query)
    linked = [*data["statuses"], *data["sankey"]["nodes"], *data["sankey"]["links"], *data["map"]["places"], *data["map"]["lines"]]

    assert linked
    for one in linked:
        assert total(read(client, one["href"])) == one["routes"], one


def test_every_number_of_the_table_of_places_leads_to_as_many_routes(client: FlaskClient) -> None:
    page = read(client, f"/map?{LAPSED}")
    part = page[page.index('<h2 id="places"') : page.index('<h2 id="routes"')]
    links = re.findall(r'<td class="number"><a href="([^"]+)">(\d+)</a>', part)

    assert len(links) > 10
    for address, number in links:
        assert total(read(client, unescape(address))) == int(number)


def test_the_legend_and_the_chips_work_without_a_script(client: FlaskClient) -> None:
    page = read(client, f"/map?status=not-in-force&register=Aelintra register&{LAPSED}")

    assert 'aria-label="Remove the filter instrument: not in force" ' not in page  # nothing between name and end
    assert re.search(r'href="/map\?register=aelintra&amp;as_of=2020-07-17" aria-label="Remove the filter instrument: not in force"', page)
    assert re.search(
        r'href="/map\?status=not-in-force&amp;as_of=2020-07-17" aria-label="Remove the filter register: Aelintra register"', page
    )
    assert total(page) == 2
    assert '<svg class="sample"' in page


def test_the_file_says_what_is_inferred_and_how_the_origin_is_known(client: FlaskClient) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/map.csv?register=aelintra").get_data(as_text=True))))

    assert {row["inferred"] for row in rows} == {"yes", "no"}
    assert {row["originKnown"] for row in rows if row["sentFrom"]} == {"named in the text", "seat of the sender"}
    assert not any(row["originKnown"] for row in rows if not row["sentFrom"])
    page = read(client, "/map?register=aelintra")
    assert "(its seat; the text names no origin)" in page


def test_what_names_no_place_is_counted_apart_and_drawn_nowhere(client: FlaskClient) -> None:
    page, data = read(client, "/map?register=pipcall"), drawn(client, "register=pipcall")

    assert data["map"] == {"places": [], "lines": [], "codes": {}, "names": {}, "without_origin": 0, "inside": 0, "left_out": 0}
    assert {node["label"] for node in data["sankey"]["nodes"]} == {"Pipcall", "recipient not stated", "place not stated"}
    assert data["totals"] == {"routes": 7, "flows": 7, "on_the_map": 0, "apart": 17, "stated_none": 1}
    assert "do not transfer your personal data outside of the EU" in page
    for number, address in ((16, "place=not-stated&kind=flow"), (1, "place=not-stated&kind=storage")):
        assert total(read(client, f"/map?register=pipcall&apart=yes&{address}")) == number


def test_an_unnamed_party_without_a_place_is_on_no_map(client: FlaskClient) -> None:
    data = drawn(client, "recipient=id/cloudcall/party/vendors")

    assert data["map"]["places"] == []
    assert data["totals"]["routes"] == 0
    assert data["totals"]["apart"] == 1
    page = read(client, "/map?recipient=id/cloudcall/party/vendors")
    assert "No route to a place matches these filters" in page
    assert "Without a place" in page


def test_a_union_comes_with_the_letters_of_its_members_of_the_day(client: FlaskClient) -> None:
    before, after = drawn(client, "as_of=2019-01-01"), drawn(client, LAPSED)

    assert "GB" in before["map"]["codes"]["https://w3id.org/dpv/loc#EU"]
    assert "GB" not in after["map"]["codes"]["https://w3id.org/dpv/loc#EU"]
    assert after["map"]["codes"]["https://w3id.org/dpv/loc#US"] == ["US"]


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("as_of=soon", "is not a day"),
        ("colour=red", "There is no filter"),
        ("status=fine", "give one of in-force"),
        ("place=Narnia", "there is no place called"),
        ("register=nobody", "no register called"),
        ("party=loc:%25", "is not a party"),
        ("mechanism=http://[", "is not a thing"),
        ("page=0", "give a number from 1"),
        ("sort=size", "give one of place"),
    ],
)
def test_wrong_input_is_told_what_is_right(client: FlaskClient, query: str, hint: str) -> None:
    for ending in ("", ".json"):
        if ending and query.startswith("page"):
            continue
        response = client.get(f"/map{ending}?{query}", headers={"Accept": "application/json"})

        assert response.status_code == 400
        assert hint in json.loads(response.data)["detail"]


def test_another_ending_is_not_there(client: FlaskClient) -> None:
    assert client.get("/map.xml").status_code == 404


def test_filters_take_what_people_type(client: FlaskClient) -> None:
    assert total(read(client, "/map?place=united states")) == total(read(client, "/map?place=loc:US")) == 13
    assert total(read(client, "/map?mechanism=EU-US Privacy Shield")) == total(read(client, "/map?mechanism=ropa:EUUSPrivacyShield")) == 6
    assert total(read(client, "/map?party=Google")) == 1


def test_a_page_is_bounded_and_the_next_has_the_rest(client: FlaskClient) -> None:
    first, second = (cells(read(client, f"/map?page={number}"), "routes")[1:] for number in (1, 2))

    assert len(first) == MOST_ROWS
    assert len(first) + len(second) == total(read(client, "/map"))
    assert "Routes 31 to 43 of 43" in read(client, "/map?page=2")
    assert cells(read(client, "/map?page=99"), "routes") == cells(read(client, "/map?page=2"), "routes")


def test_the_table_of_routes_is_sorted_as_asked(client: FlaskClient) -> None:
    senders = [row[1].casefold() for row in cells(read(client, "/map?sort=sender"), "routes")[1:]]

    names = [sender.partition(" ")[0] for sender in senders if not sender.startswith("sender not recorded")]
    assert names == sorted(names)
    assert names[0] == "aculab"
    # Those whom nobody is recorded for come together, too.
    assert senders == [*(s for s in senders if s.startswith("sender")), *(s for s in senders if not s.startswith("sender"))]
    assert 'aria-sort="ascending"><a href="/map?sort=sender#routes">From' in read(client, "/map?sort=sender")


def test_the_file_has_the_phrase_and_the_condition(client: FlaskClient) -> None:
    rows = {
        row["statement"]: row
        for row in csv.DictReader(io.StringIO(client.get(f"/map.csv?register=aculab&{LAPSED}").get_data(as_text=True)))
    }
    row = rows["id/aculab/storage/virginia"]

    assert (row["placeLabel"], row["standing"], row["conditions"]) == (
        "Virginia",
        "none recorded",
        "in the region that you choose to operate in",
    )
    assert (row["quote"], row["section"]) == ("US East (Virginia)", "7.2")


def test_the_same_answer_is_not_sent_twice(client: FlaskClient) -> None:
    for address in ("/map", "/map.json", "/map.csv"):
        tag = client.get(address).headers["ETag"]

        assert client.get(address, headers={"If-None-Match": tag}).status_code == 304


def test_an_empty_store_says_so(shipped_app: Flask) -> None:
    from ropa.registers import fill_store
    from ropa.store.embedded import EmbeddedStore

    store = EmbeddedStore.in_memory()
    fill_store(store, with_registers=False)
    made = create_app(store)

    assert "No register tells of a flow to a place yet" in read(made.test_client(), "/map")
    assert drawn(made.test_client(), "")["totals"]["routes"] == 0
    made.extensions["ropa"].close()


def test_every_country_has_a_shape_or_a_point_on_the_map() -> None:
    table = (FRONTEND / "src" / "map" / "countries.js").read_text("utf-8")
    numbers = dict(re.findall(r"([A-Z]{2})(\d{3})", table[: table.index("export const points")]))
    points = set(re.findall(r"^    ([A-Z]{2}): \[", table, re.MULTILINE))
    places = (FRONTEND.parent.parent / "ontology" / "places.ttl").read_text("utf-8")
    countries = set(re.findall(r"^loc:([A-Z]{2}) a dpv:Country", places, re.MULTILINE))

    assert set(numbers) == countries
    assert points <= countries
    geometry = FRONTEND / "node_modules" / "world-atlas" / "countries-50m.json"
    if not geometry.is_file():
        pytest.skip("the packages of the browser are not installed")
    shapes = {shape.get("id") for shape in json.loads(geometry.read_text("utf-8"))["objects"]["countries"]["geometries"]}
    assert {code for code in countries if numbers[code] not in shapes} == points
