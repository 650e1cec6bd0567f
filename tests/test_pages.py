"""webapp: what each page shows, in which form, with which headers; the invented register is the store."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient
from rdflib import Dataset, Graph
from rdflib.compare import isomorphic

from ropa import questions, words
from ropa.exchange.things import FORMATS
from ropa.store import QuadStore
from ropa.store.embedded import EmbeddedStore
from tests.conftest import ACME
from tests.pages import BROWSER, opened, read
from webapp import create_app
from webapp.serving.security import POLICY
from webapp.state import State

PAGES = [
    "/",
    "/registers",
    "/registers/acme",
    "/id/register/acme",
    "/id/acme/activity/newsletter",
    "/id/acme/party/postmark",
    "/id/party/acme",
    "/id/document/acme-2025-03-03",
    "/id/acme/passage/392-431",
    "/id/acme/evidence/4ba695610de8",
    "/id/acme/evidence/0c510a62a85d",
    "/resource?iri=https://w3id.org/dpv/loc%23IE",
    "/resource?iri=https://w3id.org/ropa-graph/ns%23NotStated",
    "/questions",
    "/questions/retention-schedule",
    "/questions/where-a-category-goes",
    "/questions/where-a-category-goes?category=pd:EmailAddress",
    "/findings",
    "/findings?register=acme&severity=Violation&concern=duty",
    "/findings?by=party&as_of=2020-07-17",
    "/sheets",
    "/sheets/access",
    "/sheets/access?subject=Subscriber",
    "/sheets/breach?party=Postmark",
    "/sheets/calendar",
    "/sheets/dpia",
    "/sheets/transfers",
    "/what-if",
    "/what-if?without=Postmark&as_of=2026-01-01",
    "/what-if?as_of=2018-01-01&later=2026-01-01",
    "/export",
    "/ns",
    "/sparql",
]
ERRORS = [
    ("/nowhere", 404),
    ("/graph/register/acme", 404),
    ("/registers/acne", 404),
    ("/id/acme/party/postmarc", 404),
    ("/resource?iri=https://nobody.example/", 404),
    ("/questions/retention-shedule", 404),
    ("/questions/retention-schedule.doc", 404),
    ("/export/acne.ttl", 404),
    ("/export/acme.doc", 404),
    ("/ns.doc", 404),
    ("/resource", 400),
    ("/resource?iri=no%20iri", 400),
    ("/resource?iri=https://w3id.org/dpv/loc%23IE&format=doc", 400),
    ("/id/acme/a%20space", 400),
    ("/questions/retention-schedule?register=nobody", 400),
    ("/questions/retention-schedule?color=red", 400),
    ("/questions/retention-schedule?register=acme&register=acme", 400),
    ("/questions/where-a-category-goes?category=Emial+address", 400),
    ("/questions/where-a-category-goes?category=pd:EmailAddress&reach=all", 400),
    ("/questions/where-a-category-goes.csv", 400),
    ("/findings?severity=Terrible", 400),
    ("/findings?colour=red", 400),
    ("/findings?as_of=yesterday", 400),
    ("/findings?by=colour", 400),
    ("/findings?page=0", 400),
    ("/findings?page=-1", 400),
    ("/findings?page=two", 400),
    ("/findings/acme-000000000000", 404),
    ("/findings/acme-000000000000?as_of=2020-02-30", 400),
    ("/findings.doc", 404),
    ("/findings.json?as_of=2020-02-30", 400),
    ("/findings.sarif?severity=Terrible", 400),
    ("/sheets/acess", 404),
    ("/sheets/calendar?from=soon", 400),
    ("/sheets/transfers?as_of=soon", 400),
    ("/sheets/dpia?register=nobody", 400),
    ("/sheets/dpia?colour=red", 400),
    ("/sheets/breach?party=nobody", 400),
    ("/what-if?without=Postmarc", 400),
    ("/what-if?without=https://nobody.example/", 404),
    ("/what-if?without=https://nobody.example/a%20b", 400),
    ("/what-if?without=id/acme/activity/newsletter", 400),
    ("/what-if?as_of=soon", 400),
    ("/what-if?later=2020-02-30", 400),
    ("/what-if?without=Postmark&as_of=0001-01-01", 400),
]


@pytest.fixture(scope="module")
def app(acme: QuadStore) -> Iterator[Flask]:
    with opened(acme, title="Acme & sons") as made:
        made.extensions["ropa"].check().result()
        yield made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.mark.parametrize("address", PAGES)
def test_every_page_is_whole_safe_and_without_raw_iris(client: FlaskClient, address: str) -> None:
    response = client.get(address, headers=BROWSER)
    html = response.get_data(as_text=True)

    assert (response.status_code, response.mimetype) == (200, "text/html")
    assert response.headers["Content-Security-Policy"] == POLICY
    assert html.count("<h1") == 1
    assert 'href="#main"' in html
    assert 'lang="en-GB"' in html
    assert "Acme &amp; sons</title>" in html
    assert not re.search(r"<table(?![\s\S]*?<caption>)", html)
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    # IRIs stand in their own line, in query texts, in form fields and in the examples of a term; nowhere else.
    shown = re.sub(r"<(code|pre|textarea|datalist)\b.*?</\1>|<dt>example</dt>.*?</div>", "", html, flags=re.DOTALL)
    assert not re.search(r">[^<]*https?://(w3id\.org|ropa\.example|www\.w3\.org|purl\.org|eur-lex)", shown)
    assert not re.search(r">\s*(id/\w+/|dpv:|ropa:|pd:|skos:|dcterms:)", shown)


@pytest.mark.parametrize(("address", "status"), ERRORS)
def test_an_error_is_a_page_for_people_and_a_problem_for_programs(client: FlaskClient, address: str, status: int) -> None:
    for_people, for_programs = client.get(address, headers=BROWSER), client.get(address, headers={"Accept": "application/json"})

    assert (for_people.status_code, for_people.mimetype) == (status, "text/html")
    assert (for_programs.status_code, for_programs.mimetype) == (status, "application/problem+json")
    problem = json.loads(for_programs.data)
    assert problem["status"] == status
    assert problem["detail"]
    for response in (for_people, for_programs):
        assert response.headers["Content-Security-Policy"] == POLICY
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "Accept" in response.headers["Vary"]


@pytest.mark.parametrize(
    ("address", "href", "name"),
    [
        ("/registers/acne", "/registers/acme", "acme"),
        ("/id/acme/party/postmarc", "/id/acme/party/postmark", "Postmark"),
        ("/questions/retention-shedule", "/questions/retention-schedule", "retention-schedule"),
        ("/export/acne.trig", "/export/acme.trig", "acme"),
        ("/export/acme.ttk", "/export/acme.ttl", "ttl"),
        ("/questions/retention-schedule.cvs", "/questions/retention-schedule.csv", "csv"),
        ("/findings.jsn", "/findings.json", "json"),
        ("/sheets/acess", "/sheets/access", "access"),
    ],
)
def test_not_found_leads_to_what_was_meant(client: FlaskClient, address: str, href: str, name: str) -> None:
    assert f'<a href="{href}">{name}</a>' in client.get(address, headers=BROWSER).get_data(as_text=True)
    assert {"name": name, "href": href} in client.get(address).get_json()["nearest"]


def test_a_fault_of_ours_shows_no_traceback(acme: QuadStore) -> None:
    app = create_app(acme)

    @app.get("/broken")
    def broken() -> str:
        raise ZeroDivisionError("secret")

    response = app.test_client().get("/broken", headers=BROWSER)

    assert response.status_code == 500
    assert "secret" not in read(response)
    app.extensions["ropa"].close()


def test_home_counts_and_links_what_is_wrong(client: FlaskClient) -> None:
    response = client.get("/", headers=BROWSER)

    assert "Acme register" in read(response)
    assert re.search(r'href="/findings\?register=acme&amp;severity=Violation">\d+<', response.get_data(as_text=True))
    assert "Text of 3 March 2025." in read(response)


def test_a_register_shows_each_statement_with_phrase_and_section(client: FlaskClient) -> None:
    response = client.get("/registers/acme", headers=BROWSER)
    html, text = response.get_data(as_text=True), read(response)

    assert "5f3a8221fd2dfa211c361f1c76fd23c1b3bf8251a9f355cdfd58979f16263729" in text
    assert "3 March 2025" in text
    assert re.search(r"contact privacy@acme.example Write to privacy@acme.example § 1", text)
    assert re.search(
        r"Reader of the newsletter You give us your email address § 2 inferred: Whoever gives the address is the reader\.", text
    )
    assert re.search(r"for up to 28 days after you unsubscribe § 2 period 28 days", text)
    assert "We do not sell invoices § 3" in text
    assert '<span class="marker silent">not stated</span>' in html
    assert html.index('href="#activity-newsletter"') < html.index('<details id="activity-newsletter"')
    assert '<a href="/id/acme/party/postmark">Postmark</a>' in html
    assert '<a href="/id/acme/passage/392-431" class="where number">§ 2</a>' in html


def test_an_activity_is_ordered_as_article_30_asks(client: FlaskClient) -> None:
    text = read(client.get("/id/acme/activity/newsletter", headers=BROWSER))

    places = [text.index(f"Art. 30(1)({letter})") for letter in "abcdefg"]
    assert places == sorted(places)


def test_evidence_and_passage_tell_what_rests_on_what(client: FlaskClient) -> None:
    evidence = read(client.get("/id/acme/evidence/4ba695610de8", headers=BROWSER))
    passage = read(client.get("/id/acme/passage/392-431", headers=BROWSER))

    assert "period 28 days" in evidence
    assert "for up to 28 days after you unsubscribe § 2 of Privacy notice , code points 392 to 431" in evidence
    assert "4 statements rest on it" in passage
    assert "has start event unsubscribing" in passage


def test_a_thing_tells_who_uses_it(client: FlaskClient) -> None:
    text = read(client.get("/id/acme/category/email", headers=BROWSER))

    assert "As “has personal data” of 5" in text
    assert "Home Acme register personal data" in text


@pytest.mark.parametrize("ending", FORMATS)
def test_a_thing_comes_as_rdf_by_ending_and_by_accept(client: FlaskClient, acme: QuadStore, ending: str) -> None:
    by_ending = client.get(f"/id/acme/retention/email.{ending}")
    by_accept = client.get("/id/acme/retention/email", headers={"Accept": FORMATS[ending].media_type})

    assert by_ending.mimetype == by_accept.mimetype == FORMATS[ending].media_type
    assert by_ending.data == by_accept.data
    assert "Accept" in by_accept.headers["Vary"]
    assert f'</id/acme/retention/email.{ending}>; rel="alternate"' in by_accept.headers.get("Link", "") + ",".join(
        by_accept.headers.getlist("Link")
    )
    names = {"ttl": "turtle", "jsonld": "json-ld", "nt": "nt", "trig": "trig", "rdf": "xml"}
    dataset = Dataset(default_union=True)
    dataset.parse(data=by_ending.data, format=names[ending])
    found, expected = Graph(), Graph().parse(data=client.get("/id/acme/retention/email.nt").data, format="nt")
    for triple in dataset.triples((None, None, None)):
        found.add(triple)
    assert isomorphic(found, expected)
    assert len(list(acme.quads(ox.NamedNode(acme.base + "id/acme/retention/email")))) < len(expected)
    assert "for up to 28 days after you unsubscribe" in by_ending.get_data(as_text=True)


def test_what_nobody_can_give_is_406_with_what_there_is(client: FlaskClient) -> None:
    response = client.get("/id/acme/retention/email", headers={"Accept": "image/png"})

    assert response.status_code == 406
    assert "text/turtle" in response.get_json()["detail"]


def test_a_foreign_thing_has_a_page_and_a_local_one_its_own(client: FlaskClient) -> None:
    assert "Ireland" in read(client.get("/resource?iri=https://w3id.org/dpv/loc%23IE", headers=BROWSER))
    assert client.get("/resource?iri=https://w3id.org/dpv/loc%23IE&format=ttl").mimetype == "text/turtle"
    moved = client.get("/resource?iri=https://ropa.example/id/party/acme")
    assert (moved.status_code, moved.headers["Location"]) == (303, "/id/party/acme")


@pytest.mark.parametrize(
    "address", ["/", "/registers/acme", "/id/party/acme.ttl", "/export/acme.jsonld", "/questions/registers.csv", "/ns"]
)
def test_an_unchanged_answer_costs_a_304(client: FlaskClient, address: str) -> None:
    first = client.get(address, headers=BROWSER)
    again = client.get(address, headers={**BROWSER, "If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Cache-Control"] == "private, no-cache"


def test_another_revision_has_another_tag() -> None:
    store = EmbeddedStore.in_memory()
    app = create_app(store)
    before = app.test_client().get("/registers", headers=BROWSER)
    store.replace_graphs({store.base + "graph/parties": []})
    after = app.test_client().get("/registers", headers={**BROWSER, "If-None-Match": before.headers["ETag"]})

    assert after.status_code == 200
    app.extensions["ropa"].close()


def test_an_empty_store_says_what_to_do() -> None:
    app = create_app(EmbeddedStore.in_memory())
    state: State = app.extensions["ropa"]
    state.check().result()
    sheets = ("/sheets", "/sheets/transfers", "/sheets/calendar", "/what-if")
    for address in ("/", "/registers", "/export", "/ns", "/findings", "/questions/retention-schedule", *sheets):
        assert app.test_client().get(address, headers=BROWSER).status_code == 200
    assert "No register yet" in read(app.test_client().get("/", headers=BROWSER))
    state.close()


def test_findings_that_are_not_ready_say_so(acme: QuadStore, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(acme)
    monkeypatch.setattr(State, "findings", lambda self, day=None: None)
    client = app.test_client()

    page = client.get("/findings", headers=BROWSER)
    assert "Checking …" in read(page)
    assert '<meta http-equiv="refresh"' in page.get_data(as_text=True)
    assert "…" in read(client.get("/", headers=BROWSER))
    for address in ("/findings.json", "/findings/acme-000000000000"):
        data = client.get(address)
        assert (data.status_code, data.headers["Retry-After"]) == (503, "3")
    app.extensions["ropa"].close()


def test_findings_are_filtered_alike_for_people_and_programs(client: FlaskClient) -> None:
    everything = client.get("/findings.json").get_json()
    some = client.get("/findings.json?severity=Violation&register=acme").get_json()

    assert 0 < len(some) < len(everything)
    assert {finding["severity"] for finding in some} == {"Violation"}
    text = read(client.get("/findings?severity=Violation&register=acme", headers=BROWSER))
    assert f"{words.count(len(some), 'finding')} of {len(everything)}" in text
    assert some[0]["message"] in text


@pytest.mark.parametrize(
    "category", ["pd:EmailAddress", "id/acme/category/email", "https://w3id.org/dpv/pd#EmailAddress", "Invoice", "INVOICE"]
)
def test_a_category_is_given_as_name_path_iri_or_label(client: FlaskClient, category: str) -> None:
    response = client.get("/questions/where-a-category-goes", query_string={"category": category}, headers=BROWSER)

    assert response.status_code == 200
    assert ("Postmark" in read(response)) == ("nvoice" not in category.lower())


def test_a_label_of_two_things_asks_which(client: FlaskClient) -> None:
    same = client.get("/questions/where-a-category-goes", query_string={"category": "Email address"})

    assert same.status_code in (200, 400)
    if same.status_code == 400:
        assert "pd:EmailAddress" in same.get_json()["detail"]
        assert "id/acme/category/email" in same.get_json()["detail"]


def test_a_question_has_a_form_words_and_its_query(client: FlaskClient) -> None:
    response = client.get("/questions/retention-schedule?register=acme", headers=BROWSER)
    html, text = response.get_data(as_text=True), read(response)

    assert '<option value="acme" selected>' in html
    assert "28 days" in text
    assert "7 years" in text
    assert "2 rows" in text
    assert '<a href="/id/acme/retention/email">' in html
    assert 'href="/sparql?query=' in html
    assert '<datalist id="l-category">' in html


def test_a_question_without_what_it_needs_is_a_form(client: FlaskClient) -> None:
    text = read(client.get("/questions/where-a-category-goes", headers=BROWSER))

    assert "Category needed" in text
    assert "rows" not in text.split("The query behind")[0]


@pytest.mark.parametrize("ending", ["csv", "json", "tsv", "xml"])
def test_an_answer_comes_as_a_file_the_engine_wrote(client: FlaskClient, acme: QuadStore, ending: str) -> None:
    response = client.get(f"/questions/retention-schedule.{ending}?register=acme")

    assert response.data == questions.catalogue()["retention-schedule"].write(acme, {"register": "acme"}, ending)
    assert f"retention-schedule.{ending}" in response.headers["Content-Disposition"]


def test_every_question_has_a_page(client: FlaskClient) -> None:
    for name in questions.catalogue():
        assert client.get(f"/questions/{name}", headers=BROWSER).status_code == 200, name


@pytest.mark.parametrize(
    ("ending", "media_type"),
    [("ttl", "text/turtle"), ("jsonld", "application/ld+json"), ("trig", "application/trig"), ("nq", "application/n-quads")],
)
def test_a_register_is_exported(client: FlaskClient, ending: str, media_type: str) -> None:
    response = client.get(f"/export/acme.{ending}")

    assert (response.status_code, response.mimetype) == (200, media_type)
    assert response.headers["Content-Disposition"] == f'attachment; filename="acme.{ending}"'
    assert b"Postmark" in response.data


def test_our_terms_are_a_page_with_anchors_and_turtle(client: FlaskClient) -> None:
    html = client.get("/ns", headers=BROWSER).get_data(as_text=True)
    by_accept = client.get("/ns", headers={"Accept": "text/turtle"})

    assert 'id="RetentionRule"' in html
    assert by_accept.data == client.get("/ns.ttl").data
    graph = Graph().parse(data=by_accept.data, format="turtle")
    local = {str(term).rpartition("#")[2] for term in graph.subjects() if "#" in str(term)}
    assert {name for name in local if f'id="{name}"' not in html} == set()


def test_a_long_answer_is_compressed_for_who_takes_it(client: FlaskClient) -> None:
    plain = client.get("/registers/acme", headers=BROWSER)
    packed = client.get("/registers/acme", headers={**BROWSER, "Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data) / 3
    assert "Content-Encoding" not in plain.headers


def test_with_the_texts_a_phrase_stands_in_its_text(acme: QuadStore) -> None:
    app = create_app(acme, sources=ACME.parent)
    client = app.test_client()

    document = client.get("/id/document/acme-2025-03-03", headers=BROWSER).get_data(as_text=True)
    passage = client.get("/id/acme/passage/392-431", headers=BROWSER).get_data(as_text=True)

    assert "Naïve as it sounds" in document
    assert '<a class="mark" href="/id/acme/passage/392-431">' in document
    assert '<span id="392-431">' in document
    assert "<mark>for up to 28 days after you unsubscribe</mark>" in passage
    assert "/id/document/acme-2025-03-03#392-431" in passage
    app.extensions["ropa"].close()


def test_without_the_texts_a_document_says_how_to_see_them(acme: QuadStore, tmp_path: Path) -> None:
    (tmp_path / "acme.txt").write_text("another text", "utf-8")
    for sources, words_ in ((None, "--sources"), (tmp_path, "SHA-256 differs"), (tmp_path / "nowhere", "no such text")):
        app = create_app(acme, sources=sources)
        document = app.test_client().get("/id/document/acme-2025-03-03", headers=BROWSER)

        assert document.status_code == 200
        assert words_ in document.get_data(as_text=True)
        app.extensions["ropa"].close()
