"""A circuit's SVG for the web: told to a screen reader, reached by keyboard, and dark where a page is.

Graphviz's SVG has an id and a tooltip for every node already. A picture that is read as an image, or opened by itself, keeps
its white background: only an SVG element inside of a page follows what the reader's system prefers.
"""

import re
from html import escape, unescape

from minigraph.explain.circuit.look import plain

__all__ = ["dark", "for_the_web"]

DARK = {
    "white": "#111827", "#e3effa": "#1e3a5f", "#fdf0d0": "#4a3a12", "#f1eafa": "#3b2d5c", "#f3f4f6": "#2a303c",
    "#eceff3": "#2a303c", "#e2f3ec": "#12402f", "#f7f8fa": "#161d2b", "#eef1f5": "#1c2434",
    "#1f5fa8": "#8ec1f5", "#b3402a": "#ff9d87", "#5b6470": "#b3bcc8", "#1f2937": "#e5e7eb", "#9a6b00": "#e0b04a",
    "#6d4ca8": "#b79be8", "#0b6e4f": "#5fc9a0", "#b9c0ca": "#4b5563", "#d5dae1": "#374151", "#8a1c7c": "#f09be2",
}  # fmt: skip
"""What each colour of a circuit is on a dark page: fills first, then lines and letters, whose contrast is 4.5 or more."""

NODE = re.compile(
    r'<g id="(?P<key>[^"]+)" class="(?P<kind>node|cluster)">\s*<title>(?P<title>[^<]*)</title>'
    r'(?P<rest>\s*<g id="a_[^"]*"><a [^>]*xlink:title="(?P<about>[^"]*)")'
)


def for_the_web(svg: bytes, title: str, about: str) -> bytes:
    """The SVG with a title and a description, nodes that the tab key reaches, and the colours of a dark page."""
    text = NODE.sub(_node, svg.decode())
    start, opening, rest = text.partition("<svg ")
    attributes, end, body = rest.partition(">")
    head = f"\n<title>{escape(title)}</title>\n<desc>{escape(plain(about))}</desc>\n<style>{_style(text)}</style>"
    role = 'class="minigraph" role="graphics-document document" '
    return "".join((start, opening, role, attributes, end, head, body)).encode()


def _node(found: re.Match[str]) -> str:
    """The opening of a node or block, told by its tooltip; the legend and pieces of wire are not stopped at."""
    key, kind = unescape(found["key"]), found["kind"]
    stands = "-" not in key or key.startswith(("output-", "block-"))
    if not stands or not found["about"]:
        return found[0]
    label, *lines = unescape(found["about"]).split("\n")
    role = 'role="group"' if kind == "cluster" else 'role="graphics-symbol img" tabindex="0"'
    described = f"\n<desc>{escape('; '.join(filter(None, lines)))}</desc>" if any(lines) else ""
    opened = f'<g id="{found["key"]}" class="{kind}" {role} aria-label="{escape(label)}">'
    return f"{opened}\n<title>{found['title']}</title>{described}{found['rest']}"


def _style(text: str) -> str:
    """How a node that has the focus stands out, and the colours of a dark page, as far as the picture has them."""
    focus = ".node:focus{outline:none}.node:focus-visible :is(polygon,path,ellipse,polyline){stroke-width:3}"
    return focus + dark(text, "svg.minigraph:not(:root)")


def dark(svg: str, within: str) -> str:
    """The style that gives a picture within something the colours of a dark page where its reader's system has those."""
    pairs = [(f'{what}="{light}"', what, dark) for light, dark in DARK.items() for what in ("fill", "stroke")]
    colours = "".join(f"[{attribute}]{{{what}:{dark}}}" for attribute, what, dark in pairs if attribute in svg)
    return (
        f"@media (prefers-color-scheme:dark){{{within}{{text:not([fill]){{fill:#e5e7eb}}"
        f'[stroke="black"]{{stroke:#e5e7eb}}{colours}}}}}'
    )
