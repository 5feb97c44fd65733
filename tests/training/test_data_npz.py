"""NumPy's archives and folders of arrays: what is read, and what each broken one is told."""

import io
import pickle
import re
import struct
import zipfile

import numpy as np
import pytest

import minigraph as mg
from minigraph.training.data import read, read_npz

X = np.arange(6, dtype=np.float32).reshape(3, 2)


@pytest.fixture
def save(tmp_path):
    def save(**arrays):
        np.savez(tmp_path / "data.npz", **arrays)
        return tmp_path / "data.npz"

    return save


def npy(array, shape=None):
    """What np.save writes; with a header that says another shape, where one is given."""
    if array.dtype.hasobject:
        stream = io.BytesIO()
        np.save(stream, array)
        return stream.getvalue()
    stream = io.BytesIO()
    header = {"descr": array.dtype.str, "fortran_order": False, "shape": shape or array.shape}
    np.lib.format.write_array_header_1_0(stream, header)
    return stream.getvalue() + array.tobytes()


def test_arrays_are_read_by_the_names_of_their_inputs(save):
    data = read_npz(save(user=[1, 2, 3], item=[4, 5, 6], y=[0.5, 1.5, 2.5]))
    assert {name: array.tolist() for name, array in data.items()} == {
        "user": [1, 2, 3],
        "item": [4, 5, 6],
        "y": [0.5, 1.5, 2.5],
    }


def test_whole_labels_stay_as_they_are_and_are_named_by_their_numbers(save):
    data = read_npz(save(x=X, y=np.array([0, 3, 1], np.uint8)))
    assert data["y"].tolist() == [0, 3, 1] and data["y"].dtype == np.int64
    assert data.classes == ("0", "1", "2", "3")


def test_labels_of_text_are_numbered_as_the_training_numbered_them(save):
    file = save(x=X, y=["tulip", "rose", "tulip"])
    assert read_npz(file)["y"].tolist() == [1, 0, 1]
    assert read_npz(file, classes=["iris", "rose", "tulip"])["y"].tolist() == [2, 1, 2]


def test_whole_labels_are_the_names_of_classes_that_are_whole_numbers(save):
    assert read_npz(save(x=X, y=[7, 3, 7]), classes=["3", "5", "7"])["y"].tolist() == [2, 0, 2]


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("X_train", "Y_train", "X_val", "Y_val"),
        ("x", "y", "test_data", "test_target"),
    ],
)
def test_arrays_for_validation_are_the_validation_set(save, names):
    data = read_npz(save(**dict(zip(names, (X, [0, 1, 2], X[:1], [1]), strict=True))))
    assert data["x"].shape == (3, 2) and data["y"].tolist() == [0, 1, 2]
    assert data.validation["x"].shape == (1, 2) and data.validation["y"].tolist() == [1]


def test_of_two_parts_for_validation_the_test_is_taken(save):
    data = read_npz(save(x_train=X, x_val=X[:2], x_test=X[:1]))
    assert data.validation.rows == 1


def test_labels_that_are_a_column_are_taken_as_a_row(save):
    assert read_npz(save(x=X, y=np.array([[0], [1], [0]], np.uint8)))["y"].tolist() == [0, 1, 0]


def test_arrays_of_a_folder_stay_on_the_disk(tmp_path):
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", [0, 1, 0])
    data = read(tmp_path)
    assert isinstance(data["x"], np.memmap) and np.array_equal(data["x"], X)
    x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N",), dtype=np.int64)
    fitted = read(tmp_path, mg.Graph(loss=mg.SoftmaxCrossEntropy(x, y)))
    assert isinstance(fitted["x"], np.memmap)


def test_whole_labels_below_0_may_be_values(save):
    file = save(x=X, y=[-3, 5, 7])
    assert read_npz(file, labels="values")["y"].tolist() == [-3, 5, 7]
    x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N",))
    assert read(file, mg.Graph(loss=mg.MeanSquaredError(x.sum(axis=1), y)))["y"].tolist() == [-3, 5, 7]


def test_labels_of_text_are_no_values(save, wording):
    file = save(x=X, y=["a", "b", "a"])
    with pytest.raises(mg.DataError) as caught:
        read_npz(file, labels="values")
    wording(caught.value)


def archived(folder, arrays):
    path = folder / "data.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for entry, content in arrays.items():
            archive.writestr(entry, content)
    return path


BROKEN = {
    "no arrays": {},
    "a header that says more than there is": {"x.npy": npy(X, (9, 2))},
    "a header that says more than any memory": {"x.npy": npy(X, (99999999999, 99))},
    "a negative size": {"x.npy": npy(X, (-3, 2))},
    "Python objects": {"x.npy": npy(np.array([{}, None]))},
    "a header that is no text of Python": {"x.npy": npy(X).replace(b"(3, 2), }", b"(3, 2((((")},
    "complex numbers": {"x.npy": npy(np.zeros(2, complex))},
    "text for features": {"x.npy": npy(np.array(["a"]))},
    "a single number": {"x.npy": npy(np.array(1.0))},
    "no rows": {"x.npy": npy(X[:0])},
    "rows that do not pair": {"x.npy": npy(X), "y.npy": npy(np.zeros(2))},
    "NaN": {"x.npy": npy(np.array([[1.0, 2.0], [3.0, np.nan]]))},
    "a negative label": {"x.npy": npy(X), "y.npy": npy(np.array([0, -1, 1]))},
    "two arrays for one input": {"x.npy": npy(X), "images.npy": npy(X)},
    "rows for validation alone": {"x_test.npy": npy(X)},
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_archive_is_told_with_what_to_do(tmp_path, name, wording):
    path = archived(tmp_path, BROKEN[name])
    with pytest.raises(mg.DataError) as caught:
        read_npz(path)
    wording(caught.value)


@pytest.mark.parametrize("cut", [False, True], ids=["another file", "a cut archive"])
def test_what_is_no_archive_is_told_with_what_to_do(tmp_path, save, cut):
    path = tmp_path / "data.npz"
    path.write_bytes(save(x=X).read_bytes()[:100] if cut else b"x,y\n1,2\n")
    with pytest.raises(mg.DataError, match=rf"{path} is damaged, or is no \.npz archive: .*\. Save it again with np\.savez\."):
        read_npz(path)


@pytest.mark.parametrize("content", [b"12345678", pickle.dumps([1, 2])], ids=["no header", "a pickle"])
def test_an_array_that_numpy_has_not_saved_is_told_with_what_to_do(tmp_path, content):
    path = archived(tmp_path, {"x.npy": content})
    begins = re.escape(repr(content[:6]))
    with pytest.raises(mg.DataError, match=rf"{path}, x\.npy is no array that NumPy has saved: .*{begins}\. Save it again\."):
        read_npz(path)


def test_an_archive_made_to_fill_the_memory_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "data.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x.npy", "w", force_zip64=True) as entry:
        entry.write(npy(np.zeros(0), (25_000_000,)))
        for _ in range(200):
            entry.write(bytes(1_000_000))
    with pytest.raises(mg.DataError) as caught:
        read_npz(path)
    assert "would unpack" in str(caught.value) and "to 200000000 or more" in str(caught.value)


def test_an_archive_whose_directory_lies_about_a_size_is_refused(tmp_path, wording):
    path = tmp_path / "data.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", npy(X, (9, 2)))
    size = len(npy(X))
    path.write_bytes(path.read_bytes().replace(struct.pack("<II", size, size), struct.pack("<II", size, size + 48)))
    with pytest.raises(mg.DataError) as caught:
        read_npz(path)
    wording(caught.value)


def test_an_array_of_a_folder_that_is_cut_short_is_told(tmp_path, wording):
    (tmp_path / "x.npy").write_bytes(npy(X)[:-4])
    with pytest.raises(mg.DataError) as caught:
        read(tmp_path)
    wording(caught.value)


def test_labels_that_are_no_whole_numbers_of_64_bits_are_refused(save):
    with pytest.raises(mg.DataError, match="y, row 1: the label is 18446744073709551615, and classes are whole numbers of 64"):
        read_npz(save(x=X, y=np.array([0, 2**64 - 1, 1], np.uint64)))
    with pytest.raises(mg.DataError, match=r"y, row 2: the label b'\\xe9' is not UTF-8 text"):
        read_npz(save(x=X, y=np.array([b"a", b"b", b"\xe9"])))


def test_names_are_kept_as_they_are_written(save):
    assert read_npz(save(x=X, y=["007", "7", "1.0"])).classes == ("007", "1.0", "7")
    assert read_npz(save(x=X, y=[True, False, True])).classes == ("False", "True")
    with pytest.raises(mg.DataError, match=r"the label '7' is none .* write '007' where it is meant"):
        read_npz(save(x=X, y=[7, 8, 7]), classes=["007", "8"])
