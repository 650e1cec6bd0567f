"""Starts the two servers once, gives each case its data anew, and holds Oxigraph's server to its list.

A case that takes ``target`` runs against both servers. One that takes ``ours`` states a promise of our own and runs against ours alone.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.protocol.servers import Target, has_command, oxigraph_server, ropa_server

HERE = Path(__file__).parent
LIST = HERE / "oxigraph.txt"
STALE = pytest.StashKey[list[str]]()
SENTENCE = "Oxigraph's server passes this case now: take it off tests/protocol/oxigraph.txt."


def read_list() -> dict[str, str]:
    """Return what is expected to fail against Oxigraph's server, ``module::case`` to the reason; without [...] every case of the name."""
    listed = {}
    for line in LIST.read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            case, _, reason = line.partition("  ")
            listed[case] = reason.strip()
    return listed


def case_of(item: pytest.Function) -> str:
    """Return ``module::case``, without the name of the server."""
    name = item.originalname
    if hasattr(item, "callspec"):
        name += "[" + "-".join(part for part in item.callspec.id.split("-") if part not in {"ropa", "oxigraph"}) + "]"
    return f"{item.path.stem}::{name.removesuffix('[]')}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    listed = read_list()
    asked = [item for item in items if isinstance(item, pytest.Function) and item.path.parent == HERE]
    compared = [item for item in asked if hasattr(item, "callspec") and item.callspec.params.get("server") == "oxigraph"]
    for item in compared:
        case = case_of(item)
        if reason := listed.get(case) or listed.get(case.partition("[")[0]):
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
    # Only a whole module tells which of its cases there are.
    whole = {item.path.stem for item in asked} if not any("::" in argument for argument in config.args) else set()
    known = {name for item in compared for name in (case_of(item), case_of(item).partition("[")[0])}
    config.stash[STALE] = [case for case in listed if case.partition("::")[0] in whole and case not in known]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if item.path.parent == HERE and report.failed and str(report.longrepr).startswith("[XPASS(strict)]"):
        report.longrepr = SENTENCE
    return report


@pytest.fixture
def stale(pytestconfig: pytest.Config) -> list[str]:
    """The lines of the list that name no case of the modules that run."""
    return pytestconfig.stash[STALE]


@pytest.fixture(scope="session")
def ropa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Our server."""
    with ropa_server(tmp_path_factory.mktemp("ropa")) as target:
        yield target


@pytest.fixture(scope="session", params=["ropa", "oxigraph"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Each of the servers in turn."""
    if request.param == "ropa":
        yield request.getfixturevalue("ropa")
        return
    if not has_command("oxigraph"):
        pytest.skip("Oxigraph's server is not installed: pip install oxigraph")
    with oxigraph_server(tmp_path_factory.mktemp("oxigraph")) as target:
        yield target


@pytest.fixture
def target(server: Target) -> Target:
    """Each of the servers in turn, with the data of every case in it."""
    server.restore()
    return server


@pytest.fixture
def ours(ropa: Target) -> Target:
    """Our server alone, with the data of every case in it."""
    ropa.restore()
    return ropa
