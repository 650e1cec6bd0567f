"""ropa.limits: numbers per role, from the defaults or a file, and who is let in."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from pathlib import Path
from typing import cast

import pytest
from limits.storage import MemoryStorage

from ropa import limits
from ropa.errors import BadParameter, Busy, TooOften, Unreadable
from ropa.limits import DEFAULTS, Policy, RoleLimits, key_of, read_limits
from ropa.store.evaluation import Limits
from ropa.tokens import Role

ROLES = [None, *Role]


def policy(**changes: int) -> Policy:
    """A policy whose limits differ from the defaults for clients without a token."""
    return Policy({**DEFAULTS, None: replace(DEFAULTS[None], **changes)})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "limits.toml"


def test_each_role_has_limits_and_no_role_has_less_than_the_one_below() -> None:
    told = [DEFAULTS[role] for role in ROLES]

    for name in (field.name for field in fields(RoleLimits)):
        numbers = [float("inf") if getattr(one, name) is None else getattr(one, name) for one in told]
        assert numbers == sorted(numbers), name


def test_an_answer_of_a_hundred_thousand_rows_has_room_without_a_token() -> None:
    rows, length = DEFAULTS[None].rows, DEFAULTS[None].answer_bytes

    assert rows is not None
    assert rows > 100_000
    assert length is not None
    assert length >= 100_000 * 400


def test_who_has_no_token_or_only_reads_may_write_nothing() -> None:
    assert DEFAULTS[None].body_bytes == DEFAULTS[Role.READER].body_bytes == 0


def test_the_limits_of_one_query_are_what_an_evaluator_takes() -> None:
    assert Policy().of(None).query == Limits(10, 200_000, 50_000_000, 1_000_000_000)
    assert Policy().of(Role.ADMIN).query.rows is None


def test_a_file_changes_what_it_names_and_nothing_else(file: Path) -> None:
    file.write_text('[anonymous]\nseconds = 2.5\nrows = "unlimited"\n[editor]\nwaiting = 0\nbody_bytes = 0\n', "utf-8")

    found = read_limits(file)

    assert found[None] == replace(DEFAULTS[None], seconds=2.5, rows=None)
    assert found[Role.EDITOR] == replace(DEFAULTS[Role.EDITOR], waiting=0, body_bytes=0)
    assert found[Role.READER] == DEFAULTS[Role.READER]


def test_an_empty_file_changes_nothing(file: Path) -> None:
    file.write_text("", "utf-8")

    assert read_limits(file) == DEFAULTS


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[anonymus]\nrows = 1", "anonymus is no role. Did you mean anonymous?"),
        ("anonymous = 3", r"anonymous is a table. Write \[anonymous\]"),
        ("[reader]\nrow = 1", "reader.row is no limit. Did you mean rows?"),
        ("[reader]\nrows = 0", "reader.rows is 0. Give a whole number above 0"),
        ("[reader]\nrows = 1.5", "reader.rows is 1.5"),
        ("[reader]\nrows = true", "reader.rows is True"),
        ('[reader]\nrows = "many"', "reader.rows is 'many'"),
        ("[reader]\nrows = [1]", r"reader.rows is \[1\]"),
        ("[reader]\nseconds = 0", "reader.seconds is 0. Give a number above 0"),
        ("[reader]\nseconds = nan", "reader.seconds is nan"),
        ("[reader]\nseconds = inf", "reader.seconds is inf"),
        ("[admin]\nbody_bytes = -1", "admin.body_bytes is -1. Give a whole number from 0 on"),
        ('[admin]\nat_once = "unlimited"', "admin.at_once is 'unlimited'. Give a whole number above 0.$"),
    ],
)
def test_a_wrong_file_is_told_which_key_is_wrong(file: Path, text: str, told: str) -> None:
    file.write_text(text, "utf-8")

    with pytest.raises(BadParameter, match=told) as caught:
        read_limits(file)
    assert str(caught.value).startswith(str(file))


@pytest.mark.parametrize("data", [b"[anonymous", b"\xff\xfe"])
def test_what_is_no_toml_is_unreadable(file: Path, data: bytes) -> None:
    file.write_bytes(data)

    with pytest.raises(Unreadable, match=r"limits\.toml"):
        read_limits(file)


def test_a_client_that_asks_too_often_is_told_how_long_to_wait() -> None:
    admitting = policy(requests_per_minute=3)
    for _ in range(3):
        admitting.admit(None, "192.0.2.1")

    with pytest.raises(TooOften, match="3 requests a minute") as caught:
        admitting.admit(None, "192.0.2.1")
    assert 1 <= caught.value.retry_after <= 60


def test_clients_are_counted_apart_and_roles_too() -> None:
    admitting = policy(requests_per_minute=1)

    admitting.admit(None, "192.0.2.1")
    admitting.admit(None, "192.0.2.2")
    admitting.admit(Role.READER, "192.0.2.1")


def test_a_role_without_a_rate_is_never_refused() -> None:
    admitting = Policy()
    for _ in range(7_000):
        admitting.admit(Role.ADMIN, "3f9c01ab")


def test_threads_together_get_exactly_what_is_allowed() -> None:
    admitting = policy(requests_per_minute=100)

    def ask(_: int) -> bool:
        try:
            admitting.admit(None, "192.0.2.1")
        except TooOften:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(300))) == 100


def test_what_is_kept_of_a_client_is_a_number_that_goes_after_its_time() -> None:
    rate = limits._Rate()
    kept = cast(MemoryStorage, rate._window.storage)
    for _ in range(2_000):
        assert rate.hit(10_000, "192.0.2.1") == 0
    assert len(kept.storage) <= 2  # a minute may end meanwhile
    assert kept.events == {}

    for key in kept.expirations:
        kept.expirations[key] = 0
    rate.hit(10_000, "198.51.100.1")

    ending = time.monotonic() + 10
    while len(kept.storage) > 1 and time.monotonic() < ending:
        time.sleep(0.01)
    assert len(kept.storage) == 1


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::1"),
        ("unix:", "unix:"),
    ],
)
def test_a_site_is_one_client_however_many_addresses_it_has(address: str, key: str) -> None:
    assert key_of(address) == key


def test_a_place_is_free_again_after_a_query_also_after_one_that_failed() -> None:
    admitting = policy(at_once=1, waiting=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), admitting.slot(None):
            raise ZeroDivisionError

    with admitting.slot(None):
        pass


def test_one_more_than_may_run_and_wait_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PATIENCE", 3600.0)
    admitting = policy(at_once=1, waiting=0)

    with admitting.slot(None), pytest.raises(Busy, match=r"without a token run as may at once \(1\)"), admitting.slot(None):
        pass


def test_who_waits_in_vain_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PATIENCE", 0.05)
    admitting = policy(at_once=1, waiting=1)

    with admitting.slot(None):
        for _ in range(2):
            with pytest.raises(Busy), admitting.slot(None):
                pass


def test_who_waits_gets_the_place_that_becomes_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PATIENCE", 3600.0)
    admitting = policy(at_once=1, waiting=1)
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with admitting.slot(None):
            inside.set()
            leave.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    assert inside.wait(60)
    threading.Timer(0.1, leave.set).start()
    with admitting.slot(None):
        assert leave.is_set()
    holder.join()


def test_the_places_of_a_role_are_its_own() -> None:
    admitting = policy(at_once=1, waiting=0)

    with admitting.slot(None), admitting.slot(Role.READER):
        pass


def test_never_more_run_than_may_run() -> None:
    admitting = policy(at_once=3, waiting=20)
    running, most, lock = 0, 0, threading.Lock()

    def ask(_: int) -> None:
        nonlocal running, most
        with admitting.slot(None):
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.002)
            with lock:
                running -= 1

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(ask, range(64)))
    assert (running, most) == (0, 3)
