"""Where things of a circuit stand and wires run, seen in small layouts."""

import pytest

from minigraph.explain.circuit.layout import Cell, Hung, Link, Sheet


def way_along(points):
    """Points along a chain of Bézier curves."""
    for i in range(0, len(points) - 1, 3):
        a, b, c, d = points[i : i + 4]
        for t in (step / 20 for step in range(21)):
            s = 1 - t
            parts = s**3, 3 * s * s * t, 3 * s * t * t, t**3
            yield tuple(sum(part * at[i] for part, at in zip(parts, (a, b, c, d), strict=True)) for i in (0, 1))


def test_a_wire_to_an_earlier_column_is_clear_of_what_hangs_there():
    sheet = Sheet({})
    for order, id in enumerate("abc"):
        sheet.cells[id] = Cell(id, 30, 15, 15, order=order)
    leaves = [Cell(f"leaf{i}", 90, 15, 15) for i in range(4)]
    sheet.cells["a"].hung = [Hung(leaf, None, (f"from {leaf.id}",)) for leaf in leaves]
    sheet.links = [Link("ab", "a", "b"), Link("bc", "b", "c"), Link("back", "c", "a")]
    for x, y in way_along(sheet.arrange(900).way("back")):
        assert not any(abs(x - leaf.x) < 45 and abs(y - leaf.y) < 15 for leaf in leaves), (x, y)


@pytest.mark.parametrize("length", [5, 20, 60, 120])
def test_columns_that_are_longer_than_any_row_stand_in_rows_of_their_own(length):
    sheet = Sheet({("frame",): (20, 10)})
    sheet.cells = {id: Cell(id, 100, 15, 15, ("frame",), order) for order, id in enumerate("abc")}
    sheet.links = [Link("ab", "a", "b"), Link("ac", "a", "c"), Link("bc", "b", "c")]
    sheet.arrange(length)
    assert len({cell.y for cell in sheet.cells.values()}) == 3


@pytest.mark.parametrize("height", [15, 80])
def test_what_hangs_beside_a_box_is_clear_of_the_next_column(height):
    sheet = Sheet({})
    sheet.cells = {"a": Cell("a", 30, 15, 15), "b": Cell("b", 30, height, height, order=1)}
    sheet.cells["a"].hung = [Hung(leaf := Cell("leaf", 150, 15, 15), None, ("from leaf",))]
    sheet.links = [Link("ab", "a", "b")]
    sheet.arrange(900)
    b = sheet.cells["b"]
    apart = abs(leaf.x - b.x) - 90, abs(leaf.y - b.y) - 15 - height
    assert max(apart) > 0 and (height > 15 or b.x - sheet.cells["a"].x < 90)  # and no farther away than that
