"""The reader of a circuit's geometry, on pictures that are wrong by hand."""

import pytest

from tests.explain.geometry import faults
from tests.explain.svg import Picture, measured

BOX = (
    '<g class="node"><title>{0}</title>'
    '<polygon fill="white" stroke="black" points="{1},-40 {1},-10 {2},-10 {2},-40 {1},-40"/>{3}</g>'
)
WORD = '<text text-anchor="middle" x="{1}" y="-21.4" font-family="Helvetica" font-size="10.00">{0}</text>'
LABEL = (
    '<g class="node"><title>{0}</title>'
    '<text text-anchor="middle" x="{1}" y="-28" font-size="9.00">label</text>'
    '<polygon fill="#8b95a3" stroke="transparent" points="{2},-25 {2},-24 {3},-24 {3},-25 {2},-25"/></g>'
)
ARROW = (
    '<g class="edge"><title>{0}&#45;&gt;{1}</title><path fill="none" stroke="black" d="M{2},{4}C{2},{4} {3},{5} {3},{5}"/>'
    '<polygon fill="black" stroke="black" points="{3},{5} {3},{5}"/></g>'
)


def picture(*parts, width=200.0, scale=1.0):
    """A picture of 200 × 50 points, in which y is negative upwards, as Graphviz writes it."""
    return Picture(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width * scale}pt" height="{50 * scale}pt" viewBox="0 0 {width} 50">'
        f'<g class="graph" transform="scale(1 1) rotate(0) translate(0 50)"><title>t</title>{"".join(parts)}</g></svg>'
    )


def a(x=35.0, left=20, right=50):
    return BOX.format("a", left, right, WORD.format("tanh", x))


def b(x=165.0, left=150, right=180):
    return BOX.format("b", left, right, WORD.format("sin", x))


def wire(start=50, end=150, y=-25.0, to=-25.0):
    return ARROW.format("a", "b", start, end, y, to)


def test_a_picture_that_is_right_has_no_faults():
    assert faults(picture(a(), b(), wire())) == []
    assert faults(picture(a(), LABEL.format("l", 100, 88, 112), b(), ARROW.format("a", "l", 50, 88, -24.5, -24.5))) == []


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ((a(), b(left=45, right=75, x=60)), "overlap: a and b by 5.0 pt"),
        ((a(), LABEL.format("l", 55, 43, 67)), "overlap: a and l by"),
        ((a(x=39), b()), "off centre: 'tanh' by 4.0 pt across in a"),
        ((a(left=28, right=42), b()), "clipped: 'tanh' reaches 2.7 pt out of a"),
        ((a(left=-10, right=80), b()), "clipped: a reaches 10.0 pt out of the picture"),
        ((a(), b(), wire(end=130)), "loose: the wire a->b ends 20.0 pt from b"),
        ((a(), b(), wire(start=60, y=-60.0, to=-60.0)), "clipped: the wire a->b leaves the picture"),
        ((a(), LABEL.format("l", 100, 88, 112), b(), wire(y=-31.0, to=-31.0)), "crossed: the wire a->b runs through 'label'"),
        ((a(), BOX.format("c", 80, 110, ""), b(), wire()), "crossed: the wire a->b runs through c"),
    ],
)  # fmt: skip
def test_a_fault_is_found(parts, fault):
    assert any(found.startswith(fault) for found in faults(picture(*parts))), faults(picture(*parts))


def test_type_is_told_as_it_is_shown():
    assert picture(a(), b()).type_at(960) == 10  # a picture is not made larger than it is
    assert picture(a(), b(), scale=2).type_at(960) == pytest.approx(20)
    assert picture(a(), b()).type_at(100) == pytest.approx(5)
    assert picture(a(), b(), width=1920.0).type_at(960, 540) == pytest.approx(5)


def test_letters_are_as_wide_as_their_fonts_say():
    assert measured("W1ᵀ", 10)[0] == pytest.approx(9.44 + 5.56 + 4.0, abs=2)
    assert measured("tanh", 20)[0] == 2 * measured("tanh", 10)[0] < measured("tanh", 20, bold=True)[0]
