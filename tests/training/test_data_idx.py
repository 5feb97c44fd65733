"""IDX files: what is read, and what each broken one is told."""

import gzip
import struct

import numpy as np
import pytest

import minigraph as mg
from minigraph.training.data import read, read_idx
from minigraph.training.data.idx import TYPES, read_idx_array

IMAGES = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
LABELS = np.array([2, 0, 1], np.uint8)


def idx(array, shape=None, code=0x08):
    """An IDX file of the array; with a header that says another shape, where one is given."""
    sizes = array.shape if shape is None else shape
    return bytes([0, 0, code, len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes) + array.tobytes()


@pytest.fixture
def folder(tmp_path):
    """A folder like MNIST's: two files as they are, two compressed."""
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(IMAGES)))
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(LABELS)))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(IMAGES[1:]))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(LABELS[1:]))
    return tmp_path


def test_the_four_files_of_a_folder_are_images_to_learn_from_and_to_judge_by(folder):
    data = read_idx(folder)
    assert np.array_equal(data["x"], (IMAGES / 255).astype(np.float32)) and data["x"].dtype == np.float32
    assert data["y"].tolist() == [2, 0, 1] and data["y"].dtype == np.int64
    assert data.validation["x"].shape == (2, 2, 2) and data.validation["y"].tolist() == [0, 1]
    assert data.validation.classes == data.classes == ("0", "1", "2")


def test_the_labels_beside_images_are_found(folder):
    assert read(folder / "train-images-idx3-ubyte.gz")["y"].tolist() == [2, 0, 1]


def test_images_to_predict_need_no_labels(folder):
    (folder / "train-labels-idx1-ubyte.gz").unlink()
    assert list(read(folder / "train-images-idx3-ubyte.gz", labelled=False)) == ["x"]


def test_a_file_that_is_there_compressed_and_not_is_read_once(folder):
    (folder / "train-images-idx3-ubyte").write_bytes(idx(IMAGES))
    assert read_idx(folder).rows == 3


@pytest.mark.parametrize("code", TYPES)
def test_every_element_type_is_read(tmp_path, code):
    array = np.array([[1, 2], [100, 4]], TYPES[code])
    (tmp_path / "data").write_bytes(idx(array, code=code))
    found = read_idx_array(tmp_path / "data")
    assert np.array_equal(found, array) and found.dtype == array.dtype.newbyteorder("=")


def test_numbers_that_float32_cannot_hold_keep_their_digits(tmp_path):
    (tmp_path / "data").write_bytes(idx(np.array([[1_700_000_001, 2]], ">i4"), code=0x0C))
    assert read_idx(tmp_path / "data", labelled=False)["x"].tolist() == [[1_700_000_001, 2]]


def test_labels_with_a_fraction_are_refused(folder):
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx(np.array([1.5, 0], ">f4"), code=0x0D))
    with pytest.raises(mg.DataError, match=r"row 0: the label is 1\.5, and classes are whole numbers"):
        read_idx(folder)


BROKEN = {
    "an empty file": b"",
    "another file": b"x,y\n1,2\n",
    "an unknown element type": b"\0\0\x07\1\0\0\0\1\0",
    "too many axes": b"\0\0\x08\xff" + bytes(1020),
    "a cut header": idx(IMAGES)[:10],
    "fewer elements than the header says": idx(IMAGES, (9, 2, 2)),
    "a few elements too few": idx(IMAGES)[:-4],
    "more elements than the header says": idx(IMAGES, (2, 2, 2)),
    "more than any memory": idx(IMAGES, (2**32 - 1, 2**32 - 1, 2**32 - 1)),
    "no images": idx(IMAGES[:0]),
    "labels for images": idx(LABELS),
    "infinity": idx(np.array([[1, np.inf]], ">f4"), code=0x0D),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_told_with_what_to_do(tmp_path, name, wording):
    path = tmp_path / "data"
    path.write_bytes(BROKEN[name])
    with pytest.raises(mg.DataError) as caught:
        read_idx(path)
    wording(caught.value)


LYING = gzip.compress(idx(IMAGES, (100_000, 28, 28)))
COMPRESSED = {
    "cut short": gzip.compress(idx(IMAGES))[:-12],
    "a header that lies a little": gzip.compress(idx(IMAGES, (9, 2, 2))),
}


@pytest.mark.parametrize("name", COMPRESSED)
def test_a_broken_compressed_file_is_told_with_what_to_do(tmp_path, name, wording):
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(COMPRESSED[name])
    with pytest.raises(mg.DataError) as caught:
        read_idx(path, labelled=False)
    wording(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx(IMAGES), "is damaged, or is no gzip file: .*\\. Fetch it again\\."),
        (LYING, f"would unpack {len(LYING)} bytes to 78400000 or more, .* It is damaged, or made to fill the memory\\."),
    ],
    ids=["not compressed", "a header that lies"],
)
def test_what_cannot_be_unpacked_is_told_with_what_to_do(tmp_path, content, message):
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(mg.DataError, match=f"{path} {message}"):
        read_idx(path, labelled=False)


def test_a_file_damaged_within_is_told(tmp_path):
    content = bytearray(gzip.compress(idx(IMAGES)))
    content[14] ^= 255
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(mg.DataError, match=r"is damaged, or is no gzip file: .*\. Fetch it again\."):
        read_idx(path, labelled=False)


def test_labels_that_are_not_one_an_image_are_told(folder, wording):
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(LABELS[:2])))
    with pytest.raises(mg.DataError) as caught:
        read_idx(folder)
    wording(caught.value)


def test_a_label_that_the_training_did_not_know_is_told(folder, wording):
    with pytest.raises(mg.DataError) as caught:
        read_idx(folder, classes=["0", "1"])
    wording(caught.value)


def test_images_without_labels_beside_them_are_told(folder, wording):
    (folder / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(mg.FileError) as caught:
        read_idx(folder)
    wording(caught.value)


def test_a_folder_of_two_data_sets_is_told(folder, wording):
    (folder / "other-images-idx3-ubyte").write_bytes(idx(IMAGES))
    with pytest.raises(mg.DataError) as caught:
        read_idx(folder)
    wording(caught.value)
