"""Texts for models of characters: what is read, and what each broken one is told."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.training.data import read, read_text
from models import character_lstm


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "book.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def spelled(data, name):
    return ["".join(data.classes[i] for i in row) for row in data[name]]


def test_pieces_follow_each_other_and_each_has_the_character_after(write):
    data = read_text(write("abcdefgh"), length=3)
    assert spelled(data, "x") == ["abc", "def"] and spelled(data, "y") == ["bcd", "efg"]
    assert data.classes == tuple("abcdefgh") and data["x"].dtype == data["y"].dtype == np.int64


def test_pieces_may_overlap(write):
    assert spelled(read_text(write("abcdef"), length=3, step=1), "x") == ["abc", "bcd", "cde"]


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfa\r\nb\rc\n", b"a\nb\nc\n"], ids=["a mark and other line ends", "plain"])
def test_the_same_text_is_read_however_it_is_written(write, content):
    assert spelled(read_text(write(content), length=5), "x") == ["a\nb\nc"]


def test_characters_of_any_alphabet_are_one_each(write):
    assert read_text(write("нo𝛼é"), length=1).classes == tuple(sorted("нo𝛼é"))


def test_characters_are_numbered_as_the_training_numbered_them(write):
    assert read_text(write("bab"), length=2, classes="cba")["x"].tolist() == [[1, 2]]


def test_a_model_says_how_long_its_pieces_are(write):
    data = read(write("to be or not to be, that is the question"), character_lstm.build(length=12))
    assert data["x"].shape == (3, 12)
    assert data.rows * 12 < 40


BROKEN = {
    "an empty file": ("", {}),
    "too short a text": ("to be", {}),
    "a byte that is not UTF-8": (b"to be\nor n\xc3\xb6t\xff", {}),
    "an unknown character": ("to be\nor nöt", {"classes": "\n benort"}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_text_is_told_where_and_what_to_do(write, name, wording):
    content, options = BROKEN[name]
    with pytest.raises(mg.DataError) as caught:
        read_text(write(content), length=5, **options)
    wording(caught.value)


def test_a_length_that_is_none_is_refused(write, wording):
    with pytest.raises(mg.GraphError) as caught:
        read_text(write("abc"), length=0)
    wording(caught.value)


def test_a_text_in_markup_is_a_text_and_no_table(tmp_path):
    (tmp_path / "page.txt").write_text("<?xml version='1.0'?>\n" + "<p>once upon a time</p>\n" * 20)
    (tmp_path / "page.csv").write_text("<?xml version='1.0'?>\n" + "<p>once upon a time</p>\n" * 20)
    assert len(mg.data.read_text(tmp_path / "page.txt", 8)["x"]) > 1
    with pytest.raises(mg.DataError, match="is an XML file, which is not read"):
        mg.data.read_csv(tmp_path / "page.csv")
