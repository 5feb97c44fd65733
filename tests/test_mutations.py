"""A wrong rule turns the table of cases red: some of them here, all by `make property`."""

import pytest

from minigraph.ops import OPERATIONS
from tests.mutations import is_caught, main, mutants


@pytest.mark.parametrize("operation", list(OPERATIONS)[::8])
def test_a_wrong_rule_turns_the_table_red(operation):
    assert all(is_caught(mutant) for mutant in list(mutants(operation))[:3])


@pytest.mark.property
def test_every_wrong_rule_turns_the_table_red_or_changes_no_value():
    assert main([]) == 0
