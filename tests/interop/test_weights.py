"""Weights that others have trained: found by name, arranged, converted, and refused whole where they do not fit."""

import json
import struct
import zipfile

import numpy as np
import pytest
from safetensors.numpy import save_file

import minigraph as mg

THEIRS = {"fc.weight": np.arange(6, dtype=np.float32).reshape(3, 2), "fc.bias": np.array([1, 2, 3], np.float32)}
NAMES = {"W": ("fc.weight", np.transpose), "b": "fc.bias"}


@pytest.fixture
def graph():
    x = mg.Input("x", ("N", 2))
    return mg.Graph(scores=x @ mg.Parameter("W", np.zeros((2, 3))) + mg.Parameter("b", np.zeros(3)))


def bfloat16(path, name, numbers):
    """A safetensors file with one array of bfloat16."""
    content = (np.asarray(numbers, np.float32).view(np.uint32) >> 16).astype("<u2").tobytes()
    entry = {"dtype": "BF16", "shape": np.shape(numbers), "data_offsets": [0, len(content)]}
    header = json.dumps({name: entry}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + content)
    return path


def is_loaded(graph):
    return np.array_equal(graph["W"].value, THEIRS["fc.weight"].T) and np.array_equal(graph["b"].value, [1, 2, 3])


@pytest.mark.parametrize("form", ["mapping", "safetensors", "npz", "compressed npz"])
def test_renamed_and_transposed_weights_are_loaded_from(form, graph, tmp_path):
    file = tmp_path / ("w.npz" if "npz" in form else "w.safetensors")
    if form == "safetensors":
        save_file(THEIRS, file)
    elif form != "mapping":
        (np.savez if form == "npz" else np.savez_compressed)(file, **THEIRS)
    loaded = graph.load(THEIRS if form == "mapping" else file, NAMES)
    assert loaded == type(loaded)(("W", "b"), (), ()) and is_loaded(graph)


def test_names_can_be_a_function(graph):
    def theirs(name):
        return {"W": ("fc.weight", np.transpose)}.get(name, "fc.bias")

    graph.load(THEIRS, theirs)
    assert is_loaded(graph)


def test_one_variable_can_be_made_of_several_arrays(graph):
    halves = {"W": THEIRS["fc.weight"].T, "b_ih": np.ones(3, np.float32), "b_hh": np.array([0, 1, 2], np.float32)}
    graph.load(halves, {"b": ("b_ih", "b_hh", np.add)})
    assert is_loaded(graph)


def test_several_variables_can_be_made_of_one_array():
    q, k = (mg.Parameter(name, np.zeros((2, 2))) for name in "qk")
    graph = mg.Graph(q @ k)
    both = {"c_attn": np.arange(8, dtype=np.float32).reshape(2, 4)}
    graph.load(both, {"q": ("c_attn", lambda a: a[:, :2]), "k": ("c_attn", lambda a: a[:, 2:])})
    assert np.array_equal(q.value, [[0, 1], [4, 5]]) and np.array_equal(k.value, [[2, 3], [6, 7]])


def test_a_partial_load_says_what_was_left_out(graph):
    loaded = graph.load({**THEIRS, "W2": np.zeros(1)}, {"W": None, "b": "fc.bias"}, strict=False)
    assert (loaded.set, loaded.stayed, loaded.unused) == (("b",), ("W",), ("fc.weight", "W2"))
    assert str(loaded) == "1 of 2 variables were set.\nstayed as they were: W\nthere, not used: fc.weight, W2"
    assert not graph["W"].value.any() and graph["b"].value.any()


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_floating_point_numbers_are_cast_where_asked(dtype, graph):
    graph.load({name: array.astype(dtype) for name, array in THEIRS.items()}, NAMES, cast=True)
    assert is_loaded(graph) and graph["W"].value.dtype == np.float32


def test_bfloat16_is_cast_to_the_same_numbers(tmp_path):
    w = mg.Parameter("w", np.zeros((2, 2)))
    numbers = np.array([[1.5, -2], [np.inf, 3e38]], np.float32)
    exact = (numbers.view(np.uint32) & 0xFFFF0000).view(np.float32)
    mg.Graph(w).load(bfloat16(tmp_path / "w.safetensors", "w", numbers), cast=True)
    assert np.array_equal(w.value, exact)
    mg.Graph(w).load(tmp_path / "w.safetensors", {"w": ("w", np.transpose)}, cast=True)
    assert np.array_equal(w.value, exact.T)


MISFITS = {
    "not renamed": (THEIRS, None, {}),
    "transposed": (THEIRS, {"W": "fc.weight", "b": "fc.bias"}, {}),
    "missing": (THEIRS, {**NAMES, "b": "fc.bais"}, {}),
    "unused": ({**THEIRS, "more": np.zeros(1)}, NAMES, {}),
    "another type": ({**THEIRS, "fc.bias": np.zeros(3)}, NAMES, {}),
    "whole numbers are no floating-point ones": ({**THEIRS, "fc.bias": np.arange(3)}, NAMES, {"cast": True}),
    "beyond the type": ({**THEIRS, "fc.bias": np.array([0, 1, 1e300])}, NAMES, {"cast": True}),
    "shapes must fit in any case": (THEIRS, {"W": "fc.weight"}, {"strict": False}),
    "a function that fails": (THEIRS, {"W": ("fc.weight", lambda a: a[9]), "b": "fc.bias"}, {}),
    "a name of no variable": (THEIRS, {"W1": "fc.weight"}, {}),
    "neither name nor function": (THEIRS, {"W": 3}, {}),
    "two names and no function": (THEIRS, {"W": ("fc.weight", "fc.bias")}, {}),
    "names of another kind": (THEIRS, 5, {}),
    "no array": ({**THEIRS, "fc.bias": "ones"}, NAMES, {}),
    "no mapping": (5, NAMES, {}),
    "masked": ({**THEIRS, "fc.bias": np.ma.masked_equal(THEIRS["fc.bias"], 2)}, NAMES, {}),
    "no name": (THEIRS, {**NAMES, "b": ()}, {}),
    "a function of a name that fails": (THEIRS, lambda name: {"W": NAMES["W"]}[name], {}),
    "a function that gives nothing": (THEIRS, {**NAMES, "b": ("fc.bias", lambda b: None)}, {}),
    "a function that writes into what it is given": (THEIRS, {**NAMES, "b": ("fc.bias", lambda b: b.fill(7))}, {}),
    "strict is no word": (THEIRS, NAMES, {"strict": "no"}),
    "a name that no file can have": ("a\0b", NAMES, {}),
}


@pytest.mark.parametrize("mistake", MISFITS)
def test_what_does_not_fit_is_refused_and_nothing_is_changed(mistake, graph, wording):
    source, names, how = MISFITS[mistake]
    with pytest.raises(mg.MinigraphError) as caught:
        graph.load(source, names, **how)
    wording(caught.value, mistake)
    assert not graph["W"].value.any() and not graph["b"].value.any()


def test_bfloat16_is_made_into_nothing_without_a_cast(tmp_path, wording):
    w = mg.Parameter("w", np.zeros(2))
    with pytest.raises(mg.GraphError) as caught:
        mg.Graph(w).load(bfloat16(tmp_path / "w.safetensors", "w", [1, 2]), {"w": ("w", np.negative)})
    wording(caught.value)


class Tensor:
    """What another library has: an array that it lends by DLPack, or does not."""

    def __init__(self, array, error=None):
        self.array, self.error = array, error

    def __dlpack__(self, **how):
        if self.error:
            raise BufferError(self.error)
        return self.array.__dlpack__(**how)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def test_tensors_of_other_libraries_are_loaded_by_dlpack(graph):
    graph.load({name: Tensor(array) for name, array in THEIRS.items()}, NAMES)
    assert is_loaded(graph)


def test_a_tensor_that_is_not_lent_is_told(graph, wording):
    with pytest.raises(mg.GraphError) as caught:
        graph.load({"W": Tensor(None, "it requires a gradient.")})
    wording(caught.value)


def test_parameters_and_results_are_lent_by_dlpack():
    w = mg.Parameter("w", [1.0, 2.0])
    graph = mg.Graph(total=w.sum())
    lent = np.from_dlpack(w)
    assert np.array_equal(lent, w.value)
    w.value = [3.0, 4.0]
    assert np.array_equal(lent, [1, 2]), "what was lent is a copy"
    run = graph.forward()
    assert np.array_equal(np.from_dlpack(run.backward("total")[w]), [1, 1])


@pytest.mark.parametrize("ending", ["pt", "pth", "bin", "pkl"])
def test_files_whose_reading_runs_code_are_refused(ending, graph, tmp_path, wording):
    file = tmp_path / f"model.{ending}"
    file.write_bytes(b"PK\x03\x04")
    with pytest.raises(mg.FormatError) as caught:
        graph.load(file)
    wording(caught.value, ending)


SCALAR = "{'descr': '<f4', 'fortran_order': False, 'shape': ()}"


def archive(path, compression=zipfile.ZIP_STORED, /, **files):
    with zipfile.ZipFile(path, "w", compression) as made:
        for name, content in files.items():
            made.writestr(f"{name}.npy".removesuffix(".bare.npy"), content)
    return path


def npy(header, content, version=1):
    text = f"{header}\n".encode()
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H", len(text)) + text + content


DAMAGED = {
    "no archive": lambda path: path.write_bytes(b"W1, b1\n"),
    "objects": lambda path: np.savez(path, W=np.array([{}], object)),
    "a huge declared size": lambda path: archive(
        path, W=npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776,)}", b"\0" * 4)
    ),
    "not an array": lambda path: archive(path, W="hello"),
    "a size below 0": lambda path: archive(path, W=npy(SCALAR.replace("()", "(-2, -3)"), b"\0" * 24)),
    "a size that is none": lambda path: archive(path, W=npy(SCALAR.replace("()", "(True,)"), b"\0" * 4)),
    "another version": lambda path: archive(path, W=npy(SCALAR, b"\0" * 4, 9)),
    "two of one name": lambda path: archive(path, **{"W": npy(SCALAR, b"\0" * 4), "W.bare": npy(SCALAR, b"\0" * 4)}),
    "another compression": lambda path: archive(path, zipfile.ZIP_BZIP2, W=npy(SCALAR, b"\0" * 4)),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_an_archive_that_is_damaged_is_refused(damage, graph, tmp_path, wording):
    DAMAGED[damage](tmp_path / "w.npz")
    with pytest.raises(mg.FormatError) as caught:
        graph.load(tmp_path / "w.npz", strict=False)
    wording(caught.value, damage)


def test_a_header_that_does_not_end_is_refused(graph, tmp_path):
    archive(tmp_path / "w.npz", W=npy("(" * 5000, b""))
    with pytest.raises(mg.FormatError):
        graph.load(tmp_path / "w.npz")


def test_the_order_of_bytes_is_no_difference(graph, tmp_path):
    other = {name: array.astype(array.dtype.newbyteorder(">")) for name, array in THEIRS.items()}
    np.savez(tmp_path / "w.npz", **other)
    for source in (other, tmp_path / "w.npz"):
        graph["W"].value, graph["b"].value = np.zeros((2, 3)), np.zeros(3)
        graph.load(source, NAMES)
        assert np.array_equal(graph["W"].value, THEIRS["fc.weight"].T) and np.array_equal(graph["b"].value, THEIRS["fc.bias"])


def test_a_graph_is_saved_to_no_name(graph, wording):
    with pytest.raises(mg.MinigraphError) as caught:
        graph.save("")
    wording(caught.value)


def test_an_archive_that_was_cut_short_is_refused_wherever_it_ends(graph, tmp_path):
    np.savez(tmp_path / "w.npz", **THEIRS)
    content = (tmp_path / "w.npz").read_bytes()
    for length in range(0, len(content), 7):
        (tmp_path / "w.npz").write_bytes(content[:length])
        with pytest.raises(mg.FormatError):
            graph.load(tmp_path / "w.npz", NAMES)
    for place in range(0, len(content), 5):
        (tmp_path / "w.npz").write_bytes(content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :])
        try:
            graph.load(tmp_path / "w.npz", NAMES)
        except mg.MinigraphError:
            assert not graph["W"].value.any()
        else:
            graph["W"].value, graph["b"].value = np.zeros((2, 3)), np.zeros(3)
