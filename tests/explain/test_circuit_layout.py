"""Where things of a circuit stand and wires run, seen in small layouts."""

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
