"""Checkpoints: what is saved comes back, and nothing else is let in."""

import json
import pickle
import struct

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import minigraph as mg
from minigraph.interop import extras
from minigraph.interop.safetensors import read_tensors, write_tensors
from models.two_layer import build


def values(graph):
    return {name: variable.value.copy() for name, variable in graph.variables.items()}


def equal(first, second):
    return first.keys() == second.keys() and all(np.array_equal(first[name], second[name]) for name in first)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.safetensors"
    build(hidden=4, seed=1).save(path)
    return path


def refused(path, graph=None):
    """The error that loading the file raises; the graph's variables are seen to stay."""
    graph = graph or build(hidden=4)
    before = values(graph)
    with pytest.raises(mg.MinigraphError) as caught:
        graph.load(path)
    assert equal(values(graph), before)
    return caught.value


def test_what_is_saved_comes_back_bit_by_bit(file):
    graph, saved = build(hidden=4), build(hidden=4, seed=1)
    assert not equal(values(graph), values(saved))
    graph.load(file)
    assert equal(values(graph), values(saved))


def test_a_checkpoint_is_read_by_the_package_safetensors(file):
    assert equal(load_file(file), values(build(hidden=4, seed=1)))


def test_every_kind_of_variable_is_kept(tmp_path):
    rng = np.random.default_rng(0)
    kept = {
        "scalar": mg.Parameter("scalar", 2.0, dtype=np.float64),
        "steps": mg.Variable("steps", 7, dtype=np.int64),
        "mask": mg.Variable("mask", [True, False], dtype=bool),
        "empty": mg.Variable("empty", np.zeros((0, 3))),
        "W.ŷ/0": mg.Parameter("W.ŷ/0", rng.normal(size=(3, 2)).T),
    }
    graph = mg.Graph(*kept.values())
    before = values(graph)
    graph.save(tmp_path / "m.safetensors")
    for variable in kept.values():
        variable.value = np.zeros_like(variable.value)
    graph.load(tmp_path / "m.safetensors")
    assert equal(values(graph), before)
    assert all(variable.value.dtype == before[name].dtype for name, variable in kept.items())


def test_a_loaded_graph_can_be_trained_on(file):
    graph = build(hidden=4)
    graph.load(file)
    assert all(variable.value.flags.writeable and variable.value.flags.owndata for variable in graph.variables.values())


def test_another_graphs_checkpoint_is_refused_with_what_differs(file, wording):
    w, W1 = mg.Parameter("w", 1.0), mg.Parameter("W1", np.zeros((2, 3)), dtype=np.float64)
    error = refused(file, mg.Graph(w, W1))
    assert isinstance(error, mg.GraphError)
    wording(error)


def test_a_long_list_of_differences_is_cut(file):
    graph = mg.Graph(*(mg.Parameter(f"p{i}", 1.0) for i in range(20)))
    lines = str(refused(file, graph)).splitlines()
    assert len(lines) == 13 and lines[-2] == "  and 14 more"


def test_an_element_type_that_numpy_lacks_is_refused(tmp_path):
    header = json.dumps({"w": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}}).encode()
    path = tmp_path / "m.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"\0\0")
    error = refused(path, mg.Graph(mg.Parameter("w", [1.0])))
    assert "w is 1 of float32 in the graph, 1 of BF16 there" in str(error)


def test_a_truncated_checkpoint_is_refused_wherever_it_ends(file, wording):
    content = file.read_bytes()
    for length in range(9, len(content)):
        file.write_bytes(content[:length])
        error = refused(file)
        assert isinstance(error, mg.FormatError)
        wording(error)


FOREIGN = {
    "an empty file": b"",
    "less than a header": b"\x10\0\0\0",
    "a pickle": pickle.dumps({"W1": [0.0] * 20}),
    "text": b"W1, b1, W2, b2\n1, 2, 3, 4\n",
    "an archive": b"PK\x03\x04" + bytes(100),
    "a huge declared header": struct.pack("<Q", 2**62) + b"[]",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_file_is_refused(name, tmp_path, wording):
    path = tmp_path / "foreign.safetensors"
    path.write_bytes(FOREIGN[name])
    error = refused(path)
    assert isinstance(error, mg.FormatError)
    wording(error)


def test_a_checkpoint_with_huge_declared_sizes_is_refused_without_taking_the_memory(tmp_path, wording):
    header = json.dumps({"W1": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}).encode()
    path = tmp_path / "m.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    wording(refused(path))


def test_a_checkpoint_that_is_not_there_is_told(tmp_path, wording):
    error = refused(tmp_path / "no.safetensors")
    assert isinstance(error, mg.FileError)
    wording(error)


def test_a_checkpoint_that_cannot_be_written_is_told_and_leaves_the_old_one(tmp_path, wording):
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(mg.FileError) as caught:
        build(hidden=4).save(tmp_path / "file" / "m.safetensors")
    wording(caught.value)
    assert (tmp_path / "file").read_bytes() == b"old"


def test_checkpoints_without_safetensors_name_the_extra_that_brings_it(tmp_path, monkeypatch, wording):
    def missing(module):
        raise ModuleNotFoundError(f"No module named {module!r}")

    monkeypatch.setattr(extras, "import_module", missing)
    with pytest.raises(mg.MissingPackageError) as caught:
        build(hidden=2).save(tmp_path / "m.safetensors")
    wording(caught.value)


def test_a_file_that_safetensors_wrote_itself_is_loaded(tmp_path):
    save_file({"w": np.array([3.0], np.float32)}, tmp_path / "m.safetensors")
    w = mg.Parameter("w", [1.0])
    mg.Graph(w).load(tmp_path / "m.safetensors")
    assert w.value.tolist() == [3.0]


def test_the_same_is_written_as_the_same_bytes(tmp_path):
    metadata = {name: f"{name} é" for name in "zyxwvu"}
    for i in range(8):
        write_tensors(tmp_path / str(i), {"b": np.ones(3), "a": np.zeros((2, 2), np.float32)}, metadata)
    assert len({(tmp_path / str(i)).read_bytes() for i in range(8)}) == 1
    arrays, found = read_tensors(tmp_path / "0")
    assert found == metadata and arrays["b"].array.tolist() == [1, 1, 1]
