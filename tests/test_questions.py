"""ropa.questions: parameters are typed, bound by the engine's own writing of terms, and refused in words."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, QuerySolutions

from ropa.errors import BadParameter, NotFound, Unreadable
from ropa.namespaces import DEFAULT_BASE, XSD
from ropa.questions import Catalogue, Question, catalogue, read_question
from ropa.store import QuadStore
from ropa.store.embedded import EmbeddedStore

HEAD = """#+ summary: Echo
#+ question: CQ00 What was given?
#+ source: none
#+ topic: Tests
#+ param: text text optional - any words
#+ param: thing thing optional - any thing
#+ param: on date optional default=today - a day
#+ param: kind choice(a|b) optional default=a - one of two
#+ param: register register optional - a register
#+ returns: text text
SELECT ?text ?thing ?on ?kind ?register WHERE { VALUES (?text ?thing ?on ?kind ?register) { (UNDEF UNDEF UNDEF UNDEF UNDEF) } }
"""


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Question:
    path = tmp_path_factory.mktemp("queries") / "echo.rq"
    path.write_text(HEAD, "utf-8")
    return read_question(path)


def asked(question: Question, **given_: str) -> dict[str, str]:
    """The values that a question gets, as the engine reads them out of its text."""
    solutions = EmbeddedStore.in_memory().query(question.bind(given_, DEFAULT_BASE))
    assert isinstance(solutions, QuerySolutions)
    (row,) = solutions
    return {variable.value: row[variable].value for variable in solutions.variables if row[variable] is not None}


@given(st.text().map(str.strip).filter(bool))
def test_any_text_comes_back_as_it_was_given(echo: Question, words: str) -> None:
    assert asked(echo, text=words)["text"] == words


@pytest.mark.parametrize("words", ['"} DROP ALL #', "\\", '"""', "UNDEF", ") }", "\n", "?s ?p ?o"])
def test_no_text_becomes_part_of_the_query(echo: Question, words: str) -> None:
    bound = echo.bind({"text": f"x{words}x"}, DEFAULT_BASE)

    # Take the one literal out again: what is left is the query as it was written.
    today = Literal(date.today().isoformat(), datatype=NamedNode(XSD + "date"))
    cells = f"{Literal(f'x{words}x')} UNDEF {today} {Literal('a')} UNDEF"
    assert bound.replace(cells, "UNDEF UNDEF UNDEF UNDEF UNDEF") == HEAD
    assert asked(echo, text=f"x{words}x")["text"] == f"x{words}x"


def test_each_kind_becomes_its_term(echo: Question) -> None:
    found = asked(echo, thing="pd:Name", on="2020-07-16", kind="b", register="aculab")

    assert found == {
        "thing": "https://w3id.org/dpv/pd#Name",
        "on": "2020-07-16",
        "kind": "b",
        "register": DEFAULT_BASE + "id/register/aculab",
    }
    assert asked(echo, thing="id/party/stripe")["thing"] == DEFAULT_BASE + "id/party/stripe"
    assert asked(echo, thing="https://e/x")["thing"] == "https://e/x"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("on", "16/07/2020", "is not a date"),
        ("on", "2020-02-30", "is not a date"),
        ("kind", "c", "give one of a, b"),
        ("thing", "https://e/<>", "is not a thing"),
        ("thing", "a b", "is not a thing"),
        ("nonsense", "x", "has no parameter 'nonsense'"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_in_words(echo: Question, name: str, value: str, words: str) -> None:
    with pytest.raises(BadParameter, match=words):
        echo.bind({name: value}, DEFAULT_BASE)


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(BadParameter, match="needs recipient"):
        catalogue()["what-a-recipient-gets"].bind({}, DEFAULT_BASE)


def test_a_thing_that_the_store_never_speaks_of_is_refused(acme: QuadStore) -> None:
    schedule, recipient = catalogue()["retention-schedule"], catalogue()["what-a-recipient-gets"]

    with pytest.raises(NotFound, match="Did you mean acme"):
        schedule.ask(acme, {"register": "acne"})
    with pytest.raises(BadParameter, match="no such party"):
        recipient.ask(acme, {"recipient": "id/party/nobody"})
    assert recipient.ask(acme, {"recipient": "id/acme/party/postmark"}).rows


def test_an_unknown_question_names_the_nearest() -> None:
    with pytest.raises(NotFound, match="retention-schedule"):
        catalogue()["retention-shedule"]


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (HEAD.replace("#+ source: none\n", ""), "no line '#\\+ source"),
        (HEAD.replace("any words", "any words").replace("optional - any", "perhaps - any"), "cannot read '#\\+ param: text"),
    ],
)
def test_a_head_that_cannot_be_read_is_told(tmp_path: Path, head: str, words: str) -> None:
    (tmp_path / "bad.rq").write_text(head, "utf-8")

    with pytest.raises(Unreadable, match=words):
        Catalogue.load(tmp_path)


def test_a_new_question_is_one_new_file(tmp_path: Path) -> None:
    (tmp_path / "echo.rq").write_text(HEAD, "utf-8")

    assert list(Catalogue.load(tmp_path)) == ["echo"]
