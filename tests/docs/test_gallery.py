"""docs/gallery.md: ten graphs, each with its words, code that runs, and the picture that the code makes now."""

import re
import runpy
from pathlib import Path

import pytest

import minigraph as mg
from minigraph.explain.circuit.render import rendered

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "gallery.md").read_text(encoding="utf-8")
MAKING = runpy.run_path(str(DOCS / "gallery.py"))
EXAMPLES = list(MAKING["examples"]())
PICTURES = DOCS / "pictures" / "gallery"


def words(picture):
    return sorted(re.findall(r"<text[^>]*>([^<]+)</text>", picture))


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda example: example.name)
def made(request):
    circuit, names = request.param.run()
    return request.param, circuit, names


def test_there_are_ten_with_a_picture_each():
    assert len(EXAMPLES) == 10
    shown = re.findall(r"\]\(pictures/gallery/(\w+)\.svg\)", PAGE)
    assert shown == [example.name for example in EXAMPLES]
    assert sorted(shown) == sorted(file.stem for file in PICTURES.iterdir()), "run: python -m docs.gallery"


def test_each_says_what_it_is_and_what_its_picture_shows(made):
    example, _, _ = made
    assert example.words.endswith(".") and len(example.description.split()) >= 6


def test_a_picture_says_what_its_code_draws_now(made):
    """The words are compared, not the bytes: another renderer places them elsewhere."""
    example, circuit, _ = made
    found = (PICTURES / f"{example.name}.svg").read_text(encoding="utf-8")
    assert words(found) and words(found) == words(rendered(circuit, "svg").decode()), "run: python -m docs.gallery"
    assert len(found) < 100_000


def test_every_graph_of_the_gallery_is_clean(made):
    _, _, names = made
    assert isinstance(names["graph"], mg.Graph) and names["graph"].lint().ok, names["graph"].lint()
