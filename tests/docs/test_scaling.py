"""The figures of docs/scaling.md that are planned on paper are those that docs/scaling.py works out."""

import math

import pytest

from docs import scaling
from models import gpt


def test_the_page_has_the_table_as_it_is_worked_out():
    page = scaling.PAGE.read_text(encoding="utf-8")
    assert scaling.table() in page, "run: python -m docs.scaling"
    assert scaling.written(page) == page


@pytest.mark.parametrize(("characters", "length", "features", "layers"), [(32, 8, 24, 3), (20, 5, 16, 1)])
def test_a_gpt_is_counted_as_the_one_that_is_built(characters, length, features, layers):
    graph = gpt.build(characters=characters, length=length, features=features, layers=layers)
    built, counted = scaling.built("", lambda: graph), scaling.of_gpt("", characters, length, features, layers)
    assert counted.parameters == built.parameters
    assert counted.operations == built.operations


def test_the_networks_have_the_sizes_that_their_titles_say():
    sizes = [each.parameters for each in scaling.networks()[2:]]
    assert [round(size, -int(math.log10(size))) for size in sizes] == [10**7, 10**8, 10**9]


def test_a_batch_that_pays_spends_the_part_of_its_time_on_arithmetic():
    for each in scaling.networks():
        rows = each.pays_from(8, scaling.BETWEEN, 0.8)
        alone, together = (each.seconds(8 * rows, devices, scaling.BETWEEN) for devices in (1, 8))
        assert alone / together >= 8 * 0.8
