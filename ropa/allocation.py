"""How this process takes memory: from one place, and large pieces by themselves, so that it does not grow with the threads it has.

In:  the C library of Linux (``mallopt(3)``, ``malloc_trim(3)``). Out: nothing; other C libraries are left as they are.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Of ``mallopt(3)``."""
_PLACES = 1
_LARGE = 128 << 10
"""Bytes from which a piece is taken by itself; the library starts with as many, and takes more for small after each large one."""
_SPARE = 4 << 20
"""Free bytes at the end of the place beyond which they are given back."""


def keep_memory_together() -> None:
    """Let all threads share one place to take memory from, and give large pieces back as soon as they are free.

    By itself the library gives each thread a place of its own, and what one lets go of no other uses. It must be told before the first
    thread starts, so before a store is opened. Whoever has told it otherwise (``MALLOC_ARENA_MAX``, ``GLIBC_TUNABLES``) is heard.
    """
    if any(name.startswith("MALLOC_") for name in os.environ) or "glibc.malloc" in os.environ.get("GLIBC_TUNABLES", ""):
        return
    with suppress(OSError, AttributeError):
        adjust = ctypes.CDLL(None).mallopt
        for option, value in ((_ARENA_MAX, _PLACES), (_MMAP_THRESHOLD, _LARGE), (_TRIM_THRESHOLD, _SPARE)):
            adjust(option, value)


def give_memory_back() -> None:
    """Give back what is free between what is in use, too; some ten milliseconds, for which all who want memory wait."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
