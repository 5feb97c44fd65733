"""A wrong rule turns the table of cases red: some of them here, all by `make property`."""

from itertools import islice

import pytest

from minigraph.ops import OPERATIONS
from tests.mutations import ELSEWHERE, EQUIVALENT, FACTORS, LOOPS, is_caught, main, mutants


@pytest.mark.slow
@pytest.mark.parametrize("operation", [*list(OPERATIONS)[::8], *FACTORS, *LOOPS])
def test_a_wrong_rule_turns_the_table_red(operation):
    wrong = (mutant for mutant in mutants(operation) if str(mutant) not in EQUIVALENT and mutant.rule not in ELSEWHERE)
    assert all(is_caught(mutant) for mutant in islice(wrong, 3))


@pytest.mark.property
def test_every_wrong_rule_turns_the_table_red_or_changes_no_value():
    assert main([]) == 0
