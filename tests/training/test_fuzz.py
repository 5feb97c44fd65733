"""A short run of the fuzzer: readers read a file, or refuse it by an error that names it."""

from collections import Counter

import pytest

from tests.training.fuzz import READERS, SOUND, fuzzed


@pytest.mark.parametrize("kind", READERS)
def test_a_file_is_read_or_refused_whatever_it_holds(kind):
    counts = Counter()
    fuzzed(kind, 100, 0, counts)
    assert counts[kind, "files"] >= 100 > counts[kind, "read"]


@pytest.mark.parametrize("kind", SOUND)
def test_the_files_that_are_broken_are_sound_before(kind, tmp_path):
    reader, refused = READERS[kind], 0
    for content in SOUND[kind]:
        try:
            reader(tmp_path, content)
        except ValueError:
            refused += 1
    assert refused < len(SOUND[kind])
