"""The files of webapp/deployment: what can be said of them without an engine for containers, a running systemd or a network."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

import click
import pytest
from packaging.specifiers import SpecifierSet

from ropa.cli import cli
from ropa.limits import DEFAULTS, PATIENCE, RoleLimits, read_limits
from ropa.store import QuadStore
from ropa.store.remote.addresses import find_addresses
from webapp import create_app

ROOT = Path(__file__).parent.parent
HERE = ROOT / "webapp" / "deployment"
README = (HERE / "README.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
UNITS = sorted([*HERE.glob("*.service"), *HERE.glob("*.timer")])
MOST_SECONDS = max(limits.seconds or 0 for limits in DEFAULTS.values()) + PATIENCE
MOST_BYTES = max(limits.body_bytes or 0 for limits in DEFAULTS.values())


@dataclass(frozen=True)
class Instruction:
    stage: int
    name: str
    rest: str

    @property
    def words(self) -> list[str]:
        return [word for word in self.rest.split() if not word.startswith("--")]

    @property
    def copied_from(self) -> str:
        found = re.search(r"--from=(\S+)", self.rest)
        return found[1] if found else ""


def read_containerfile() -> list[Instruction]:
    text = "\n".join(line for line in (HERE / "Containerfile").read_text("utf-8").splitlines() if not line.startswith("#"))
    found, stage = [], -1
    for line in filter(None, map(str.strip, text.replace("\\\n", " ").splitlines())):
        name, _, rest = line.partition(" ")
        stage += name == "FROM"
        found.append(Instruction(stage, name, rest.strip()))
    return found


STEPS = read_containerfile()
LAST = [step for step in STEPS if step.stage == STEPS[-1].stage]


def last(name: str) -> str:
    return next(step.rest for step in reversed(LAST) if step.name == name)


def parse_command(words: list[str]) -> None:
    """Let the command line read words as it would, without doing anything."""
    group: click.Command = cli
    while isinstance(group, click.Group):
        name, words = words[0], words[1:]
        assert name in group.commands, f"ropa has no command {name}"
        group = group.commands[name]
    if "--limits" in words:
        words[words.index("--limits") + 1] = str(ROOT / "pyproject.toml")
    group.make_context(group.name, words)


def test_the_container_runs_as_a_user_without_a_name_or_rights() -> None:
    user, _, group = last("USER").partition(":")

    assert int(user) >= 1000
    assert int(group) >= 1000


def test_the_container_writes_to_one_volume_that_belongs_to_its_user() -> None:
    volumes = [step.rest for step in STEPS if step.name == "VOLUME"]

    assert volumes == ["/data"]
    assert re.search(r"install -d -m 0700 -o (\d+) -g \1 /data", " ".join(step.rest for step in LAST if step.name == "RUN"))


def test_nothing_is_fetched_but_by_the_package_managers() -> None:
    assert all(step.name != "ADD" for step in STEPS)
    for step in STEPS:
        if step.name != "HEALTHCHECK":
            assert not re.search(r"https?:|\bcurl\b|\bwget\b|\bgit\b", step.rest), step


def test_base_images_are_plain_names_of_a_version() -> None:
    for image in (step.words[0] for step in STEPS if step.name == "FROM"):
        assert re.fullmatch(r"[a-z]+:\d[\w.]*-[a-z-]+", image), image


def test_base_images_are_the_versions_that_the_project_asks_for() -> None:
    images = {image.split(":")[0]: image.split(":")[1].split("-")[0] for image in (step.words[0] for step in STEPS if step.name == "FROM")}
    engines = json.loads((ROOT / "webapp" / "frontend" / "package.json").read_text("utf-8"))["engines"]

    assert f"{images['python']}.0" in SpecifierSet(PROJECT["project"]["requires-python"])
    assert f"Programming Language :: Python :: {images['python']}" in PROJECT["project"]["classifiers"]
    assert f"{images['node']}.0" in SpecifierSet(engines["node"])


def test_packages_are_those_of_the_lists_that_were_tested() -> None:
    copied = {word for step in STEPS if step.name == "COPY" for word in step.words[:-1]}
    runs = " ".join(step.rest for step in STEPS if step.name == "RUN")

    assert {".ci/constraints.txt", "webapp/frontend/package-lock.json"} <= copied
    assert "npm ci --ignore-scripts" in runs
    assert re.search(r"pip install .*--constraint constraints\.txt", runs)


def test_whatever_is_copied_is_there() -> None:
    for step in STEPS:
        if step.name == "COPY" and not step.copied_from:
            for source in step.words[:-1]:
                assert list(ROOT.glob(source)), source


def test_what_is_copied_from_a_stage_names_one() -> None:
    stages = {step.words[2] for step in STEPS if step.name == "FROM" and len(step.words) == 3}

    assert {step.copied_from for step in STEPS if step.copied_from} <= stages


def test_all_that_the_wheel_is_made_of_is_copied() -> None:
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    copied = [ROOT / source for step in STEPS if step.name == "COPY" and not step.copied_from for source in step.words[:-1]]
    needed = [ROOT / name for name in [*wheel["force-include"], "ropa", PROJECT["project"]["readme"], "LICENSE", "pyproject.toml"]]
    kept = {"frontend", "deployment", "__pycache__", "dist"}
    needed += [path for path in (ROOT / "webapp").rglob("*") if path.is_file() and not kept & set(path.relative_to(ROOT).parts)]

    for path in needed:
        assert any(path == one or one in path.parents or (path.parent == one.parent and path.match(one.name)) for one in copied), path


@pytest.mark.parametrize("name", ["ENTRYPOINT", "CMD", "HEALTHCHECK"])
def test_nothing_starts_through_a_shell(name: str) -> None:
    words = json.loads(last(name)[last(name).index("[") :])

    assert Path(words[0]).name not in ("sh", "bash")


def test_the_container_starts_a_command_that_there_is() -> None:
    program, words = json.loads(last("ENTRYPOINT")), json.loads(last("CMD"))

    assert program == ["/opt/ropa/bin/ropa"]
    parse_command(words)
    assert words[:2] == ["serve", "/data/store"]


def test_the_container_asks_an_address_that_there_is_for_its_health(acme: QuadStore) -> None:
    program, flag, code = json.loads(last("HEALTHCHECK")[last("HEALTHCHECK").index("[") :])
    address = re.search(r"http://127\.0\.0\.1:8080(/\w+)", code)

    assert (Path(program).name, flag) == ("python", "-c")
    compile(code, "healthcheck", "exec")
    assert address
    assert address[1] in {rule.rule for rule in create_app(acme).url_map.iter_rules()}


def read_unit(path: Path) -> dict[str, list[str]]:
    """Return the settings of a unit; one may stand there several times."""
    found: dict[str, list[str]] = {}
    for line in path.read_text("utf-8").splitlines():
        if line and line[0] not in "#;[":
            key, equals, value = line.partition("=")
            assert equals, line
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("path", [path for path in UNITS if path.suffix == ".service"], ids=lambda path: path.name)
def test_a_service_has_a_user_of_its_own_and_no_rights(path: Path) -> None:
    unit = read_unit(path)

    for key, value in {
        "DynamicUser": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "NoNewPrivileges": "yes",
        "CapabilityBoundingSet": "",
        "UMask": "0077",
    }.items():
        assert unit[key] == [value], key


def test_the_service_is_stopped_in_time_and_started_again() -> None:
    unit = read_unit(HERE / "ropa.service")

    assert unit["Restart"] == ["on-failure"]
    assert unit["TimeoutStopSec"] == ["30"]
    assert unit["OOMPolicy"] == ["continue"]


def test_the_queries_of_strangers_fit_into_the_memory_of_the_service() -> None:
    most = read_unit(HERE / "ropa.service")["MemoryMax"][0]
    strangers = DEFAULTS[None]

    assert int(most.removesuffix("G")) * 2**30 > strangers.at_once * (strangers.memory_bytes or 0)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_commands_that_there_are(path: Path) -> None:
    for line in read_unit(path).get("ExecStart", []):
        words = shlex.split(line)
        if words[0] == "/bin/sh":
            words = shlex.split(words[2].removeprefix("exec "))
        assert words[0] == "/opt/ropa/bin/ropa"
        parse_command(words[1:])


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """The units with a program in them that is on this machine."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    for path in UNITS:
        (tmp_path / path.name).write_text(path.read_text("utf-8").replace("/opt/ropa/bin/ropa", sys.executable), "utf-8")
    return [tmp_path / path.name for path in UNITS]


def test_systemd_understands_the_units(units: list[Path]) -> None:
    result = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False, timeout=60)

    assert (result.returncode, result.stdout + result.stderr) == (0, "")


def test_systemd_finds_the_services_little_exposed(units: list[Path]) -> None:
    for path in units:
        if path.suffix == ".service":
            command = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", str(path)]
            result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
            assert result.returncode == 0, result.stdout[-200:] + result.stderr


def test_nginx_lets_through_what_the_limits_let_through() -> None:
    text = (HERE / "nginx.conf").read_text("utf-8")
    size, time = re.search(r"client_max_body_size (\d+)m;", text), re.search(r"proxy_read_timeout (\d+)s;", text)

    assert size
    assert time
    assert MOST_BYTES <= int(size[1]) * 2**20 <= 1.1 * MOST_BYTES
    assert int(time[1]) > MOST_SECONDS


def test_caddy_lets_through_what_the_limits_let_through() -> None:
    text = (HERE / "Caddyfile").read_text("utf-8")
    size, time = re.search(r"max_size (\d+)MB", text), re.search(r"response_header_timeout (\d+)s", text)

    assert size
    assert time
    assert MOST_BYTES <= int(size[1]) * 10**6 <= 1.1 * MOST_BYTES
    assert int(time[1]) > MOST_SECONDS


def test_proxies_say_who_asks_and_log_no_query() -> None:
    nginx, caddy = ((HERE / name).read_text("utf-8") for name in ("nginx.conf", "Caddyfile"))

    for name in ("X-Forwarded-For $remote_addr", "X-Forwarded-Proto $scheme", "X-Forwarded-Host $host", 'Forwarded ""'):
        assert f"proxy_set_header {name};" in nginx
    told = re.search(r"log_format ropa '(.*)';", nginx)
    assert told
    assert not re.search(r"\$request\b|\$request_uri|\$args|\$query_string|\$http_referer", told[1])
    assert nginx.count("access_log /var/log/nginx/ropa.log ropa;") == nginx.count("server {")
    assert r'request>uri regexp \?.* ""' in caddy
    assert "exclude http.log.error" in caddy


def test_nginx_understands_its_file(tmp_path: Path) -> None:
    nginx, openssl = shutil.which("nginx"), shutil.which("openssl")
    if nginx is None or openssl is None:
        pytest.skip("nginx or openssl is not installed")
    key, certificate = tmp_path / "privkey.pem", tmp_path / "fullchain.pem"
    make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=ropa.example.org"]
    subprocess.run([openssl, *make, "-keyout", key, "-out", certificate], check=True, capture_output=True, timeout=60)
    site = (HERE / "nginx.conf").read_text("utf-8").replace("/etc/ssl/ropa", str(tmp_path)).replace("/var/log/nginx", str(tmp_path))
    (tmp_path / "site.conf").write_text(site, "utf-8")
    places = "".join(f"{kind}_temp_path {tmp_path / kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    whole = f"pid {tmp_path / 'pid'}; error_log {tmp_path / 'log'}; events {{}} http {{ {places} include {tmp_path / 'site.conf'}; }}"
    (tmp_path / "nginx.conf").write_text(whole, "utf-8")

    result = subprocess.run([nginx, "-t", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True, check=False, timeout=60)

    assert result.returncode == 0, result.stderr


def test_caddy_understands_its_file() -> None:
    caddy = shutil.which("caddy")
    if caddy is None:
        pytest.skip("caddy is not installed")
    command = [caddy, "adapt", "--validate", "--adapter", "caddyfile", "--config", str(HERE / "Caddyfile")]

    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert result.returncode == 0, result.stderr


def commands_of_readme() -> list[list[str]]:
    found = []
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            # What follows the name of the program, of the image, or of the image that "podman exec" was given.
            places = [place for place, word in enumerate(words) if Path(word).name == "ropa" and words[place + 1 : place + 2] != ["ropa"]]
            for place in places:
                if words[place + 1 : place + 2] and words[place + 1] in cli.commands:
                    found.append(words[place + 1 :])
    return found


@pytest.mark.parametrize("words", commands_of_readme(), ids=" ".join)
def test_each_command_on_the_page_exists_with_its_options(words: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("backup.tar.gz", "data/aculab.trig"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)

    parse_command(words)


def test_the_page_shows_the_limits_as_they_are() -> None:
    rows = []
    for name in (field.name for field in fields(RoleLimits)):
        numbers = [getattr(limits, name) for limits in DEFAULTS.values()]
        rows.append(f"| {name} | {' | '.join('unlimited' if number is None else f'{number:,}' for number in numbers)} |")

    assert "\n".join(rows) in README


def test_the_limits_on_the_page_can_be_read(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", README, re.DOTALL)
    assert example
    (tmp_path / "limits.toml").write_text(example[1], "utf-8")

    assert read_limits(tmp_path / "limits.toml")[None].seconds == 5


def test_the_page_names_each_file_of_its_folder() -> None:
    for path in HERE.iterdir():
        if path != HERE / "README.md":
            assert f"`{path.name}`" in README


@pytest.mark.parametrize(
    ("address", "server", "ending"),
    [
        ("https://host/sparql", "Virtuoso/07", "/sparql-auth"),
        ("https://host:7200/repositories/NAME", "", "/NAME/statements"),
        ("https://host:5820/NAME/query", "", "/NAME/update"),
        ("https://host:3030/NAME/query", "", "/NAME/update"),
    ],
)
def test_where_the_page_says_so_updates_find_their_address_by_themselves(address: str, server: str, ending: str) -> None:
    assert f"| `{address}`; " in README
    assert f"updates go to `…{ending}` by themselves" in README
    assert find_addresses(address, server=server, known=True, environment={}).update.endswith(ending)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(ROPA_[A-Z_]+)`", README))))
def test_each_variable_on_the_page_is_read_somewhere(name: str) -> None:
    texts = "".join(path.read_text("utf-8") for path in (ROOT / "ropa").rglob("*.py"))

    assert name in texts or (name.startswith("ROPA_REMOTE_") and f'"{name.removeprefix("ROPA_REMOTE_")}"' in texts)
