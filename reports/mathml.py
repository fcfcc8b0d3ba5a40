"""MathML that may be put into a page unescaped: parsed as XML, every element and attribute on a list, written anew.

Anything else, scripts and links above all, is refused, and the page shows the LaTeX text instead. ``mfenced``, which
browsers do not draw, becomes the brackets it stands for.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from html import escape
from html.entities import html5

ELEMENTS = frozenset(
    "math mrow mi mn mo ms mtext mspace mfrac msqrt mroot mstyle mpadded mphantom menclose mfenced msub msup msubsup "
    "munder mover munderover mmultiscripts mprescripts none mtable mtr mtd".split()
)
ATTRIBUTES = frozenset(
    "mathvariant stretchy fence separator form accent accentunder display displaystyle scriptlevel lspace rspace width "
    "height depth voffset linethickness columnalign rowspan columnspan minsize maxsize largeop movablelimits symmetric "
    "notation open close separators".split()
)
NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_KEPT = ("amp", "lt", "gt", "quot", "apos")


class UnsafeMathML(ValueError):
    """The text is not well-formed presentation MathML made of listed elements and attributes."""


def clean(text: str) -> str:
    """One inline ``<math>`` element with fractions at full size, safe to put into a page. Raises `UnsafeMathML`.

    Accepts a fragment without the outer ``<math>``, with or without the MathML namespace, and named entities.
    """
    if "<!" in text or "<?" in text:
        raise UnsafeMathML("declarations, comments and processing instructions are not allowed")
    text = _ENTITY.sub(_resolve, text.strip())
    text = text.replace("<mo><</mo>", "<mo>&lt;</mo>").replace("<mo>></mo>", "<mo>&gt;</mo>")  # as sympy writes them
    try:
        root = ElementTree.fromstring(f"<mrow>{text}</mrow>")
    except ElementTree.ParseError as error:
        raise UnsafeMathML(f"not well-formed: {error}") from None
    if root.text and root.text.strip():
        raise UnsafeMathML("text outside any element")
    parts = list(root)
    if not parts:
        raise UnsafeMathML("empty")
    if len(parts) == 1 and parts[0].tag.removeprefix(NAMESPACE) == "math":
        parts = list(parts[0])
    elif any(part.tag.removeprefix(NAMESPACE) == "math" for part in parts):
        raise UnsafeMathML("more than one math element")
    body = "".join(_write(part) for part in parts)
    return f'<math display="inline" displaystyle="true">{body}</math>'


def _resolve(match: re.Match[str]) -> str:
    name = match[1]
    if name in _KEPT:
        return match[0]
    character = html5.get(f"{name};")
    if character is None:
        raise UnsafeMathML(f"unknown entity &{name};")
    return "".join(f"&#{ord(part)};" for part in character)


def _write(element: ElementTree.Element) -> str:
    name = element.tag.removeprefix(NAMESPACE)
    if name not in ELEMENTS:
        raise UnsafeMathML(f"element {name} is not allowed")
    for attribute in element.attrib:
        if attribute not in ATTRIBUTES:
            raise UnsafeMathML(f"attribute {attribute} of {name} is not allowed")
    if name == "mfenced":
        return _fenced(element)
    if name == "math":
        raise UnsafeMathML("a math element inside another")
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in element.attrib.items())
    text = element.text or ""
    if name in ("mo", "mn"):
        text = text.replace("-", "\N{MINUS SIGN}")
    inner = escape(text if name == "mtext" else text.strip(" \t\r\n"), quote=False)
    inner += "".join(_write(child) + _tail(child) for child in element)
    return f"<{name}{attributes}>{inner}</{name}>"


def _tail(element: ElementTree.Element) -> str:
    if element.tail and element.tail.strip():
        raise UnsafeMathML("text between elements")
    return ""


def _fenced(element: ElementTree.Element) -> str:
    separators = "".join(element.get("separators", ",").split())
    inner = ""
    for position, child in enumerate(element):
        if position and separators:
            inner += f"<mo>{escape(separators[min(position - 1, len(separators) - 1)])}</mo>"
        inner += _write(child) + _tail(child)
    opening, closing = escape(element.get("open", "(")), escape(element.get("close", ")"))
    return f"<mrow><mo>{opening}</mo>{inner}<mo>{closing}</mo></mrow>"
