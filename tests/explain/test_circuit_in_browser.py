"""Text stands where it should in a browser, too, whose letters are as wide as its own fonts make them."""

import pytest

from docs.graphs import GRAPHS, run_of
from tests.explain.svg import Picture

pytestmark = pytest.mark.needs("chromium", "chromedriver")

MEASURED = """
return [...document.querySelectorAll('g.node')].map(node => {
    const box = element => { const {x, y, width, height} = element.getBBox(); return [x, y, x + width, y + height] }
    const shapes = [...node.querySelectorAll('polygon, ellipse, path')].filter(shape =>
        !['none', 'transparent', null].includes(shape.getAttribute('stroke')))
    return [node.querySelector('title').textContent, shapes.map(box), [...node.querySelectorAll('text')].map(box)]
})
"""
"""The title of each node, and where its outlines and its lines of text are."""


@pytest.mark.parametrize("name", ["two_layer_500", "attention", "lstm_cell"])
def test_text_stands_in_the_middle_of_its_box(name, driver, tmp_path):
    file = tmp_path / "circuit.svg"
    run_of(GRAPHS[name]()).draw(file, theme="slide")
    driver.get(file.as_uri())
    found = driver.execute_script(MEASURED)
    assert {title for title, _, _ in found} == set(Picture(file.read_bytes()).nodes)
    boxes = [(title, *map(span, zip(*shapes, strict=True)), texts) for title, shapes, texts in found if shapes and texts]
    assert len(boxes) > 5
    for title, (left, _), (top, _), (_, right), (_, bottom), texts in boxes:
        for x, y, u, v in texts:
            assert left - 0.5 <= x and u <= right + 0.5 and top - 2 <= y and v <= bottom + 2, title
            assert title.startswith("legend-lines") or abs((x + u) / 2 - (left + right) / 2) <= 1.5, title


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_notebook_s_cell_holds_it(scheme, driver, tmp_path):
    svg = GRAPHS["convolution"]()._repr_mimebundle_()["image/svg+xml"]
    file = tmp_path / "cell.html"
    cell = f'<div style="width:700px">{svg[svg.index("<svg") :]}</div>'
    file.write_text(f'<!doctype html><meta charset="utf-8">{cell}', encoding="utf-8")
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    driver.get(file.as_uri())
    wide, ratio, fill = driver.execute_script(
        "const svg = document.querySelector('svg'), {width, height} = svg.getBoundingClientRect(), {width: w, height: h} = "
        "svg.viewBox.baseVal; return [width, width / height * h / w, getComputedStyle(svg.querySelector('g > polygon')).fill]"
    )
    assert wide == pytest.approx(700, abs=1) and ratio == pytest.approx(1, abs=0.01)
    assert fill == {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 24, 39)"}[scheme]


def span(values):
    """The least and the greatest."""
    return min(values), max(values)
