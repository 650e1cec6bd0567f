"""Whether what the engine wrote as XML is XML: it writes characters that XML has no place for, and properties that have no name there.

Source: XML 1.0 (fifth edition), section 2.2 (characters); RDF 1.1 XML Syntax, section 6.1.4 (properties are element names).
"""

from __future__ import annotations

import re

from ropa.errors import CannotEvaluate

_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\r")
_NO_CHARACTER = re.compile(rb"\xef\xbf[\xbe\xbf]")
"""U+FFFE and U+FFFF in UTF-8."""
_NO_NAME = re.compile(rb'</?oxprefix:[ >/](?:xmlns:oxprefix="([^"]*))?')
_LONGEST = 256
"""Bytes of what was written before that are looked at once more, so that nothing hides where two parts meet."""
_OTHERWISE = "Ask for another form: JSON, CSV or TSV for rows, Turtle, JSON-LD or N-Triples for statements."


class XmlGuard:
    """Looks at a text that is written part by part."""

    def __init__(self) -> None:
        self._before = b""

    def look(self, part: bytes) -> None:
        """Look at the next part.

        Raises:
            CannotEvaluate: What is written can be read by nobody.
        """
        if len(part.translate(None, _CONTROLS)) != len(part):
            code = next(code for code in part if code in _CONTROLS)
            raise CannotEvaluate(f"The answer cannot be written as XML, which has no place for the character U+{code:04X}. {_OTHERWISE}")
        text = self._before + part
        if not text.isascii() and _NO_CHARACTER.search(text):
            raise CannotEvaluate(f"The answer cannot be written as XML, which has no place for U+FFFE and U+FFFF. {_OTHERWISE}")
        if b"oxprefix:" in text and (found := _NO_NAME.search(text)):
            name = (found[1] or b"").decode("utf-8", "replace")
            raise CannotEvaluate(f"The answer cannot be written as RDF/XML, in which the property <{name}> has no name. {_OTHERWISE}")
        self._before = text[-_LONGEST:]
