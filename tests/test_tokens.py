"""ropa.tokens and ``ropa token``: secrets that are shown once, kept as digests, and known to a running server at once."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ropa.cli import cli
from ropa.errors import BadParameter, NoSpace, NotFound, StoreProblem
from ropa.tokens import Role, Tokens, locate

LATER = date.today() + timedelta(days=30)
REMOTE = "https://quads.example/sparql"

MAKE = """
import sys
from pathlib import Path
from ropa.tokens import Role, Tokens
for _ in range(10):
    Tokens(Path(sys.argv[1])).create(Role.READER)
"""
HOLD = """
import sys
from pathlib import Path
from ropa.store import open_store
with open_store(Path(sys.argv[1])):
    print(1, flush=True)
    input()
"""


def run(*arguments: str | Path, environment: dict[str, str] | None = None) -> Result:
    return CliRunner(env=environment).invoke(cli, ["token", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens(tmp_path / "tokens.json")


def test_roles_compare_by_rank_not_by_letters() -> None:
    assert Role.READER < Role.EDITOR < Role.ADMIN
    assert Role.ADMIN > Role.EDITOR >= Role.EDITOR > Role.READER
    assert max(Role) is Role.ADMIN
    assert f"{Role.EDITOR}" == "editor"


def test_a_token_is_recognised_with_its_role_and_bearer(tokens: Tokens) -> None:
    text = tokens.create(Role.EDITOR, "payroll import", LATER)

    found = tokens.recognise(text)

    assert found is not None
    assert (found.role, found.name, found.expires) == (Role.EDITOR, "payroll import", LATER)
    assert found.who == f"payroll import (token {found.id})"


def test_a_token_looks_like_one(tokens: Tokens) -> None:
    text = tokens.create(Role.READER)

    assert text.startswith(f"ropa_{tokens.list()[0].id}_")
    assert len(text.split("_")[2]) * 4 == 256


def test_the_secret_is_not_in_the_file_and_only_the_owner_reads_it(tokens: Tokens) -> None:
    text = tokens.create(Role.READER)

    assert text.split("_")[2] not in tokens.path.read_text("utf-8")
    assert [stat.S_IMODE(path.stat().st_mode) for path in tokens.path.parent.iterdir()] == [0o600, 0o600]


@pytest.mark.parametrize("text", ["", "ropa_", "ropa_00000000_" + "0" * 64, "Bearer x", "é" * 80, "ropa_0000000\u0660_" + "0" * 64, "\0"])
def test_any_other_text_is_nobody(tokens: Tokens, text: str) -> None:
    tokens.create(Role.ADMIN)

    assert tokens.recognise(text) is None


def test_the_id_of_one_and_the_secret_of_another_are_nobody(tokens: Tokens) -> None:
    one, other = tokens.create(Role.READER).split("_"), tokens.create(Role.ADMIN).split("_")

    assert tokens.recognise(f"ropa_{other[1]}_{one[2]}") is None


def test_a_token_lives_to_the_end_of_its_last_day_in_utc(tokens: Tokens) -> None:
    text = tokens.create(Role.EDITOR, expires=LATER)
    midnight = datetime(LATER.year, LATER.month, LATER.day, tzinfo=UTC) + timedelta(days=1)

    assert tokens.recognise(text, midnight - timedelta(seconds=1)) is not None
    assert tokens.recognise(text, midnight) is None
    assert [token.state(midnight) for token in tokens.list()] == ["expired"]


def test_an_end_in_the_past_is_refused(tokens: Tokens) -> None:
    with pytest.raises(BadParameter, match="is over"):
        tokens.create(Role.EDITOR, expires=date(2020, 7, 16))
    assert not tokens.path.exists()


@pytest.mark.parametrize("name", ["two\nlines", "\x1b[31m", "n" * 101])
def test_a_name_that_would_spoil_the_list_is_refused(tokens: Tokens, name: str) -> None:
    with pytest.raises(BadParameter):
        tokens.create(Role.READER, name)


def test_a_revoked_token_is_nobody_and_stays_in_the_list(tokens: Tokens) -> None:
    text = tokens.create(Role.ADMIN)
    revoked = tokens.revoke(tokens.list()[0].id)

    assert tokens.recognise(text) is None
    assert revoked.state() == "revoked"
    assert tokens.list() == [revoked] == [tokens.revoke(revoked.id)]


def test_revoking_what_is_not_there_names_what_looks_alike(tokens: Tokens) -> None:
    tokens.create(Role.READER)
    id = tokens.list()[0].id

    with pytest.raises(NotFound, match=f"Did you mean {id}"):
        tokens.revoke(id[:-1] + ("0" if id[-1] != "0" else "1"))


def test_there_is_a_writer_only_while_one_lives(tokens: Tokens) -> None:
    assert not tokens.any_writer()
    tokens.create(Role.READER)
    assert not tokens.any_writer()
    tokens.create(Role.EDITOR, expires=LATER)
    assert tokens.any_writer()
    assert not tokens.any_writer(datetime.now(UTC) + timedelta(days=40))
    tokens.revoke(tokens.list()[1].id)
    assert not tokens.any_writer()


def test_a_server_knows_at_once_what_a_command_wrote(tokens: Tokens) -> None:
    server = Tokens(tokens.path)
    assert server.recognise("ropa_00000000_" + "0" * 64) is None
    text = tokens.create(Role.EDITOR)
    assert server.recognise(text) is not None
    tokens.revoke(tokens.list()[0].id)
    assert server.recognise(text) is None


def test_the_file_is_read_again_only_when_it_has_changed(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    text = tokens.create(Role.EDITOR)
    reads: list[Path] = []
    opener = Path.open

    def counted(path: Path, *arguments: object, **options: object) -> object:
        reads.append(path)
        return opener(path, *arguments, **options)  # type: ignore[call-overload]

    server = Tokens(tokens.path)
    monkeypatch.setattr(Path, "open", counted)
    for _ in range(50):
        assert server.recognise(text) is not None
    assert reads == [tokens.path]


def test_a_file_that_is_gone_holds_no_token(tokens: Tokens) -> None:
    text = tokens.create(Role.EDITOR)
    tokens.path.unlink()

    assert tokens.recognise(text) is None
    assert tokens.list() == []


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", "null", '{"layout": 2, "tokens": []}', '{"layout": 1, "tokens": [{"id": "x"}]}', '{"layout": 1, "tokens": 3}']
)
def test_a_damaged_file_says_what_to_do(tokens: Tokens, damage: str) -> None:
    tokens.path.write_text(damage, "utf-8")

    with pytest.raises(StoreProblem, match="Restore the file"):
        tokens.list()
    with pytest.raises(StoreProblem):
        tokens.create(Role.ADMIN)
    assert tokens.path.read_text("utf-8") == damage


def test_a_role_or_digest_that_was_written_by_hand_is_damage(tokens: Tokens) -> None:
    text = tokens.create(Role.READER)
    told = json.loads(tokens.path.read_text("utf-8"))
    told["tokens"][0]["role"] = "root"
    tokens.path.write_text(json.dumps(told), "utf-8")

    with pytest.raises(StoreProblem):
        tokens.recognise(text)


def test_threads_lose_no_token(tokens: Tokens) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: tokens.create(Role.READER), range(40)))

    assert len(tokens.list()) == 40
    assert all(tokens.recognise(text) for text in made)


def test_commands_at_once_lose_no_token(store_folder: Path) -> None:
    path = locate(store_folder)
    processes = [subprocess.Popen([sys.executable, "-c", MAKE, str(path)]) for _ in range(4)]

    assert [process.wait(timeout=120) for process in processes] == [0] * 4
    assert len(Tokens(path).list()) == 40


def test_readers_never_see_half_a_file(tokens: Tokens) -> None:
    text = tokens.create(Role.EDITOR)
    stop, failed = threading.Event(), []

    def read() -> None:
        server = Tokens(tokens.path)
        while not stop.is_set():
            if server.recognise(text) is None:
                failed.append(1)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(30):
        tokens.create(Role.READER)
    stop.set()
    for reader in readers:
        reader.join()
    assert failed == []


def test_a_draft_left_by_a_killed_command_does_no_harm(tokens: Tokens) -> None:
    tokens.path.with_name("tokens.json.new").write_text("half", "utf-8")

    assert tokens.recognise(tokens.create(Role.READER)) is not None
    assert not tokens.path.with_name("tokens.json.new").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_makes_belongs_to_the_owner_of_the_store(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12345)
    Tokens(tmp_path / "tokens.json").create(Role.READER)

    assert {path.stat().st_uid for path in tmp_path.iterdir()} == {12345}


def test_create_prints_the_token_alone_on_standard_output(store_folder: Path) -> None:
    result = run("create", store_folder, "--role", "editor", "--name", "payroll", "--expires", LATER.isoformat())

    found = Tokens(store_folder / "tokens.json").recognise(result.stdout.removesuffix("\n"))
    assert found is not None
    assert (result.exit_code, found.name, found.role, found.expires) == (0, "payroll", Role.EDITOR, LATER)
    assert found.id in result.stderr
    assert result.stdout.strip() not in result.stderr


def test_list_shows_what_is_known_and_never_token_or_digest(store_folder: Path) -> None:
    text = run("create", store_folder, "--role", "reader", "--name", "auditor").stdout.strip()
    id, secret = text.split("_")[1:]
    run("create", store_folder, "--role", "editor", "--expires", LATER.isoformat())

    listed = run("list", store_folder)

    assert [word in listed.stdout for word in (id, "auditor", "reader", "never", "live", LATER.isoformat())] == [True] * 6
    digest = json.loads((store_folder / "tokens.json").read_text("utf-8"))["tokens"][0]["sha256"]
    assert secret not in listed.output
    assert digest not in listed.output
    assert "2 tokens, 2 live." in listed.stderr


def test_revoke_ends_a_token_and_says_so(store_folder: Path) -> None:
    text = run("create", store_folder, "--role", "admin").stdout.strip()

    result = run("revoke", store_folder, text.split("_")[1])

    assert (result.exit_code, result.stdout) == (0, "")
    assert "is revoked" in result.stderr
    assert "revoked" in run("list", store_folder).stdout
    assert Tokens(store_folder / "tokens.json").recognise(text) is None


def test_tokens_are_made_while_another_process_owns_the_store(store_folder: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", HOLD, str(store_folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert owner.stdout is not None
    assert owner.stdout.readline() == b"1\n"

    result = run("create", store_folder, "--role", "reader")

    owner.communicate(b"\n", timeout=60)
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["create", "{}/none", "--role", "reader"], "is not a store"),
        (["list", REMOTE], "--tokens FILE, or the environment variable ROPA_TOKENS"),
        (["create", "{}", "--role", "owner"], "'reader', 'editor', 'admin'"),
        (["create", "{}", "--role", "reader", "--expires", "soon"], "2027-12-31"),
        (["create", "{}", "--role", "reader", "--expires", "2020-07-16"], "is over"),
        (["revoke", "{}", "00000000"], "There is no token '00000000'"),
        (["list", "{}", "--tokens", "other.json"], "keeps its own tokens"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_2(store_folder: Path, arguments: list[str], told: str) -> None:
    result = run(*(argument.format(store_folder) for argument in arguments))

    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_a_remote_engine_keeps_its_tokens_in_the_file_that_is_named(tmp_path: Path) -> None:
    file = tmp_path / "remote-tokens.json"
    by_option = run("create", REMOTE, "--role", "editor", "--tokens", file).stdout.strip()
    by_environment = run("create", REMOTE, "--role", "editor", environment={"ROPA_TOKENS": str(file)}).stdout.strip()

    assert all(Tokens(file).recognise(text) for text in (by_option, by_environment))


def test_a_folder_keeps_its_own_whatever_the_environment_names(store_folder: Path, tmp_path: Path) -> None:
    run("create", store_folder, "--role", "editor", environment={"ROPA_TOKENS": str(tmp_path / "other.json")})

    assert len(Tokens(store_folder / "tokens.json").list()) == 1
    assert not (tmp_path / "other.json").exists()


@pytest.mark.parametrize("command", [[], ["create"], ["list"], ["revoke"]])
def test_the_help_says_what_is_asked(command: list[str]) -> None:
    result = run(*command, "--help")

    assert result.exit_code == 0
    assert "ROPA_TOKENS" in result.stdout


def test_a_full_disk_leaves_the_file_as_it_was(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    text = tokens.create(Role.EDITOR)

    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoSpace, match="Make room"):
        tokens.create(Role.READER)
    assert tokens.recognise(text) is not None
    assert len(tokens.list()) == 1
    assert not tokens.path.with_name("tokens.json.new").exists()
