"""The front door: what a name, a file or a folder is taken to be, and fitted to the model that takes it."""

import bz2
import gzip
import lzma
import pickle
import struct
import zipfile

import numpy as np
import pytest

import minigraph as mg
from minigraph.training.data import moons, read, split
from models import autoencoder, lenet, matrix_factorization, mlp, two_layer


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def regression():
    x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N",))
    return mg.Graph(loss=mg.MeanSquaredError(x.sum(axis=1), y))


def test_the_face_of_data_is_mg_data():
    assert mg.data.read is read


def test_the_moons_are_drawn_twice_once_for_validation():
    data = read("moons", seed=3)
    assert np.array_equal(data["x"], moons(seed=3)["x"])
    assert np.array_equal(data.validation["x"], moons(seed=4)["x"])
    training, validation = split(data)
    assert training.rows == validation.rows == 200 and np.array_equal(validation["x"], data.validation["x"])


def test_rows_are_drawn_where_the_source_holds_none_out_or_a_fraction_is_asked_for():
    digits = read("digits")
    assert digits.validation is None and split(digits)[1].rows == 449
    assert split(read("moons"), validation=0.1)[1].rows == 20


def test_pixels_of_the_digits_are_from_0_to_1():
    assert (read("digits")["x"].min(), read("digits")["x"].max()) == (0, 1)


@pytest.mark.parametrize("build", [mlp.build, lambda: lenet.build((64,))], ids=["a row of pixels", "a square of pixels"])
def test_images_have_the_shape_that_the_model_takes(build):
    graph = build()
    data = read("digits", graph)
    mg.train(graph, data, optimizer=mg.Adam(0.01), epochs=1, batch_size=512, progress=False)
    assert data["x"].shape == (1797, 64)


def test_what_the_model_takes_no_input_for_is_left_out():
    assert list(read("digits", autoencoder.build())) == ["x"]


def test_labels_are_values_where_the_model_takes_floating_point_numbers(folder):
    (folder / "houses.csv").write_text("rooms,age,price\n3,10,250000\n4,5,310000\n")
    data = read("houses.csv", regression())
    assert data["y"].tolist() == [250000, 310000] and data["y"].dtype == np.float64
    assert read("houses.csv")["y"].tolist() == [0, 1]


def test_a_table_without_an_input_x_has_its_columns_by_their_names(folder):
    (folder / "ratings.csv").write_text("item,y,user\n5,3.5,1\n6,4,2\n")
    data = read("ratings.csv", matrix_factorization.build())
    assert {name: array.tolist() for name, array in data.items()} == {"user": [1, 2], "item": [5, 6], "y": [3.5, 4]}
    mg.train(matrix_factorization.build(), data, optimizer=mg.SGD(0.1), epochs=1, progress=False)


def test_rows_to_predict_have_no_labels(folder):
    (folder / "new.csv").write_text("1,2\n3,4\n")
    np.savez(folder / "new.npz", x=np.zeros((2, 2)), y=[0, 1])
    assert list(read("new.csv", two_layer.build(), labelled=False)) == ["x"]
    np.save(folder / "new.npy", np.zeros((2, 2)))
    for file in ("new.npz", "new.npy"):
        assert list(read(file, two_layer.build(), labelled=False)) == ["x"]


def test_a_file_is_known_by_what_it_holds_whatever_it_is_called(folder):
    np.savez(folder / "data.npz", x=np.zeros((2, 2)))
    (folder / "data.npz").rename(folder / "saved")
    (folder / "images").write_bytes(b"\0\0\x08\3" + struct.pack(">3I", 1, 2, 2) + bytes(4))
    (folder / "iris.data").write_text("PK,width,kind\n1,2,a\n3,4,b\n")
    assert read("saved")["x"].shape == (2, 2)
    assert read("images", labelled=False)["x"].shape == (1, 2, 2)
    assert read("iris.data").classes == ("a", "b")


def test_a_text_file_is_a_table_for_a_model_that_takes_numbers(folder):
    (folder / "data.txt").write_text("1\t2\ta\n3\t4\tb\n" * 20)
    assert read("data.txt", two_layer.build())["x"].shape == (40, 2)
    assert read("data.txt")["x"].shape == (7, 32)


def test_a_table_whose_rows_are_numbered_is_read_without_the_numbers(folder):
    (folder / "numbered.csv").write_text(",length,width,kind\n0,2,3,a\n1,5,6,b\n")
    data = read("numbered.csv", two_layer.build())
    assert data["x"].tolist() == [[2, 3], [5, 6]] and data.left_out == ("column 1",)


FOREIGN = {
    "a Parquet file": b"PAR1\x15\4",
    "an Arrow file": b"ARROW1\0\0",
    "an Excel workbook": b"\xd0\xcf\x11\xe0\xa1\xb1",
    "an SQLite database": b"SQLite format 3\0\x10",
    "an HDF5 file": b"\x89HDF\r\n\x1a\n\0",
    "a MATLAB file": b"MATLAB 5.0 MAT-file, P",
    "a pickle": pickle.dumps([1]),
    "compressed by gzip": gzip.compress(b"1,2,a"),
    "compressed by bzip2": bz2.compress(b"1,2,a"),
    "compressed by xz": lzma.compress(b"1,2,a"),
    "a web page": b"<!DOCTYPE HTML><title>404</title>",
    "a PDF document": b"%PDF-1.7",
    "a pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1",
    "an image": b"\x89PNG\r\n\x1a\n",
}


@pytest.mark.parametrize("what", FOREIGN)
@pytest.mark.parametrize("reader", [read, mg.data.read_csv, mg.data.read_text])
def test_a_file_of_another_format_is_named_for_what_it_is(folder, what, reader):
    (folder / "data").write_bytes(FOREIGN[what])
    with pytest.raises(mg.DataError, match=f"data is {what}.*, which is not read. ."):
        reader("data")


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (["[Content_Types].xml", "xl/workbook.xml"], "an Excel workbook"),
        (["mimetype", "content.xml"], "an OpenDocument file"),
        (["archive/data.pkl", "archive/data/0"], r"a file of torch\.save"),
        (["a.csv", "b.csv"], "a zip archive of 'a.csv' and more"),
    ],
)
def test_a_zip_archive_of_something_else_is_named_for_what_it_is(folder, names, what):
    with zipfile.ZipFile("data.zip", "w") as archive:
        for name in names:
            archive.writestr(name, b"1,2\n")
    with pytest.raises(mg.DataError, match=rf"data\.zip is {what}, which is not read\. ."):
        read("data.zip")


def test_a_json_file_is_named_and_a_table_of_like_beginnings_is_read(folder):
    (folder / "data.json").write_text('[{"x": 1}]')
    with pytest.raises(mg.DataError, match="a JSON file, which is not read"):
        read("data.json")
    for name in ("PART1", "ORC", "BZh", "II*", "{x}", "<x>", "html"):
        (folder / "data.csv").write_text(f"{name},width,kind\n1,2,a\n3,4,b\n")
        assert read("data.csv").features == (name, "width")


MISTAKES = {
    "a name that is none": ("digit", None, mg.FileError),
    "a file that is not there": ("flower.csv", None, mg.FileError),
    "a folder without data": ("empty", None, mg.DataError),
    "an array without labels": ("x.npy", two_layer.build, mg.DataError),
    "images of another size than the model takes": ("digits", mlp.fashion, mg.DataError),
    "a table of another width than the model takes": ("flowers.csv", two_layer.build, mg.DataError),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_data_that_cannot_be_had_is_told(folder, name, wording):
    source, build, kind = MISTAKES[name]
    (folder / "empty").mkdir()
    (folder / "flowers.csv").write_text("1,2,3,a\n4,5,6,b\n")
    np.save(folder / "x.npy", np.zeros((2, 2)))
    with pytest.raises(kind) as caught:
        read(source, build and build())
    wording(caught.value)
