"""Sets a page as PDF: ``python -m ropa.exchange.typeset IDENTIFIER < page.html > page.pdf``.

In:  HTML on standard input, the identifier that the file carries. Out: PDF/UA-1 on standard output; or one sentence on standard error and
exit code 1. It is a process of its own, so that it can be stopped and its memory is given back.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

STYLE = Path(__file__).parent / "document" / "document.css"
MISSING = (
    "Documents need WeasyPrint: install the extra with pip install 'ropa-graph[pdf]', and on Debian or Ubuntu the libraries "
    "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0."
)
_MEMORY = 2_000_000_000
"""Bytes that setting a page may take."""


def refuse(url: str) -> NoReturn:
    """Fetch nothing: the page is complete in itself."""
    raise ValueError(f"Nothing is fetched for a document, not even {url[:200]}.")


def typeset(page: str, identifier: str) -> bytes:
    """Return a page as PDF/UA-1.

    Raises:
        ImportError, OSError: WeasyPrint, or a library that it needs, is not installed.
    """
    from weasyprint import CSS, HTML

    made: bytes | None = HTML(string=page, url_fetcher=refuse).write_pdf(
        stylesheets=[CSS(string=STYLE.read_text("utf-8"), url_fetcher=refuse)],
        pdf_variant="pdf/ua-1",
        pdf_identifier=identifier.encode(),
    )
    return made or b""


def main() -> int:
    """Set what comes in."""
    _limit()
    page = sys.stdin.buffer.read().decode("utf-8")
    try:
        made = typeset(page, sys.argv[1])
    except (ImportError, OSError) as error:
        sys.stderr.write(f"{MISSING} ({' '.join(str(error).split())[:200]})\n")
        return 1
    except MemoryError:
        sys.stderr.write("The document takes more memory than it may. Take the spreadsheet instead.\n")
        return 1
    sys.stdout.buffer.write(made)
    return 0


def _limit() -> None:
    try:
        import resource
    except ImportError:  # not on every system
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


if __name__ == "__main__":
    raise SystemExit(main())
