"""The house: arrows one way, small modules, texts apart from code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROPA, WEBAPP = (sorted(path for path in (ROOT / name).rglob("*.py") if "node_modules" not in path.parts) for name in ("ropa", "webapp"))


FOLDERS = sorted({path.parent for path in [*ROPA, *WEBAPP] if path.name != "__init__.py"})


def imports(path: Path, *, inside_functions: bool = True) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    nodes = ast.walk(tree) if inside_functions else iter(tree.body)
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", ROPA, ids=lambda path: path.stem)
def test_the_library_knows_neither_flask_nor_the_web_application(path: Path) -> None:
    found = imports(path, inside_functions=path.name != "cli.py")

    assert found & {"flask", "webapp", "werkzeug", "waitress"} == set()


@pytest.mark.parametrize("path", WEBAPP, ids=lambda path: path.stem)
def test_pages_hold_no_sparql(path: Path) -> None:
    if path.name == "sparql.py":
        return
    assert not re.search(r"\b(SELECT|CONSTRUCT|ASK)\b[^\"']*\{", path.read_text("utf-8"))


@pytest.mark.parametrize("path", [*ROPA, *WEBAPP], ids=lambda path: f"{path.parent.stem}-{path.stem}")
def test_a_module_is_one_idea(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 320


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_folder_holds_more_than_one_module_and_no_crowd(folder: Path) -> None:
    modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]

    assert 2 <= len(modules) <= 45


def test_templates_carry_no_inline_script_or_style() -> None:
    for path in (ROOT / "webapp" / "templates").rglob("*.html"):
        text = path.read_text("utf-8")
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text), path
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path


def test_the_top_level_is_what_was_agreed() -> None:
    agreed = {"pyproject.toml", "ontology", "data", "shapes", "queries", "webapp", "tests", "ropa", "bench"}
    agreed |= {"README.md", "CHANGELOG.md", "LICENSE", "Makefile", ".ci", ".gitignore"}
    passing = {".git", ".venv", "var", "build", "dist"} | {path.name for path in ROOT.glob(".*_cache")} | {".hypothesis"}

    assert {path.name for path in ROOT.iterdir()} - passing - agreed == set()


@pytest.mark.parametrize("path", [*ROPA, *WEBAPP], ids=lambda path: f"{path.parent.stem}-{path.stem}")
def test_no_group_of_a_pattern_is_possessive(path: Path) -> None:
    """Python before 3.11.5 goes wrong at ``(…)*+``, and our guards rest on patterns: what must not be gone back into is ``(?>(…)*)``."""
    patterns = (node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant))

    assert [text for text in patterns if isinstance(text, str) and re.search(r"\)(?:[*+?]|\{\d*,?\d*\})\+", text) and "(?" in text] == []
