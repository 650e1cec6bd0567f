"""What the tests of exports ask of other programs: LibreOffice and the tools of Poppler."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def program(name: str, package: str) -> str:
    """Return where a program is; the test is skipped where it is not, and fails where ROPA_REQUIRE_OFFICE=1 forbids that."""
    found = shutil.which(name)
    if found is None and os.environ.get("ROPA_REQUIRE_OFFICE") == "1":
        pytest.fail(f"{name} is not installed, and ROPA_REQUIRE_OFFICE forbids going without. Install {package}.")
    if found is None:
        pytest.skip(f"{name} is not installed; install {package}")
    return found


def convert(path: Path, to: str, folder: Path) -> Path:
    """Return a workbook as LibreOffice writes it anew."""
    office = program("soffice", "libreoffice-calc-nogui")
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    command = [office, profile, "--headless", "--convert-to", to, "--outdir", str(folder / "out"), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return folder / "out" / path.with_suffix(f".{to.partition(':')[0]}").name


def poppler(tool: str, *arguments: str) -> str:
    """Return what a tool of Poppler prints."""
    command = [program(tool, "poppler-utils"), *arguments]
    return subprocess.run(command, check=True, capture_output=True, timeout=120).stdout.decode("utf-8", "replace")
