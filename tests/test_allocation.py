"""ropa.allocation: the server takes its memory from one place, and large pieces by themselves."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.serving import read_line, started

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is another one")

_AREA = 64 << 20
"""Bytes of what the library sets apart for a place, at a multiple of as many."""
_PROBE = """
import ctypes
from ropa.allocation import keep_memory_together

class Figures(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in
                "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]

library = ctypes.CDLL(None)
library.mallinfo2.restype = Figures
keep_memory_together()
before = library.mallinfo2().hblks
del (large := [bytearray(20 << 20)])[:]
pieces = [bytearray(1 << 20) for _ in range(10)]
print(library.mallinfo2().hblks - before)
"""


def test_many_threads_share_one_place(store_folder: Path) -> None:
    with started(store_folder) as (process, address):
        assert address in read_line(process)
        with ThreadPoolExecutor(16) as clients:
            pages = ["", "registers/acme", "questions", "questions/registers.csv", "export/acme.trig", "activities", "map", "findings"]
            statuses = set(clients.map(_get, [f"{address}/{page}" for page in pages * 8]))
        areas = _areas(process.pid)
        threads = len(list(Path(f"/proc/{process.pid}/task").iterdir()))

    assert statuses == {200}
    assert threads > 16
    # All is in the heap, which lies elsewhere.
    assert areas == 0


@pytest.mark.parametrize(("told", "alone"), [({}, True), ({"GLIBC_TUNABLES": "glibc.malloc.arena_max=3"}, False)])
def test_large_pieces_are_taken_by_themselves_unless_somebody_said_otherwise(told: dict[str, str], alone: bool) -> None:
    done = subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, text=True, check=True, env=os.environ | told)

    assert (int(done.stdout) >= 10) is alone


def _get(address: str) -> int:
    with urllib.request.urlopen(address, timeout=60) as response:  # noqa: S310 - the address is this machine's
        response.read()
        return int(response.status)


def _areas(process: int) -> int:
    """Return how many areas the library has set apart beside the heap."""
    lines = Path(f"/proc/{process}/maps").read_text().splitlines()
    # What is mapped from a file has its name at the end; the stack of a thread begins with a page that nobody may write.
    writable = (int(line.partition("-")[0], 16) for line in lines if " rw-p " in line and line.split()[-1] == "0")
    return sum(start % _AREA == 0 for start in writable)
