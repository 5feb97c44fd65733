"""The forms in which an ONNX model stores numbers, and what is wrong with some of them; nothing beside its folder is read."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper, parser

import minigraph as mg


def model_of(initializers=(), sparse=(), nodes=None, size=2):
    graph = helper.make_graph(
        nodes or [helper.make_node("Add", ["x", "w"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [size])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [size])],
        list(initializers),
    )
    graph.sparse_initializer.extend(sparse)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def sparse_of(places, dims=(2,)):
    values = helper.make_tensor("w", TensorProto.FLOAT, [1], [5.0])
    indices = np.array(places, np.int64)
    return helper.make_sparse_tensor(values, numpy_helper.from_array(indices, "places"), list(dims))


def beside(tensor="w", **entries):
    """A model whose tensor lies in a file beside it."""
    proto = helper.make_tensor(tensor, TensorProto.FLOAT, [2], [0, 0])
    proto.ClearField("float_data")
    proto.data_location = TensorProto.EXTERNAL
    for key, value in entries.items():
        proto.external_data.add(key=key, value=value)
    return model_of([proto])


def refused(model):
    with pytest.raises(mg.MinigraphError) as error:
        mg.from_onnx(model)
    return str(error.value)


@pytest.mark.parametrize("places", [[1], [[1]]])
def test_sparse_numbers_are_read(places):
    graph = mg.from_onnx(model_of(sparse=[sparse_of(places)]))
    np.testing.assert_array_equal(graph.forward(x=[1, 1])["y"], [1, 6])


def test_a_constant_may_be_sparse():
    node = helper.make_node("Constant", [], ["w"], sparse_value=sparse_of([0]))
    graph = mg.from_onnx(model_of(nodes=[node, helper.make_node("Add", ["x", "w"], ["y"])]))
    np.testing.assert_array_equal(graph.forward(x=[1, 1])["y"], [6, 1])


def test_a_sparse_tensor_that_stands_for_very_many_numbers_is_refused():
    assert "would compute more than" in refused(model_of(sparse=[sparse_of([0], [10**12])]))


def test_what_lies_in_the_models_folder_is_read(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "w.bin").write_bytes(np.array([9, 1, 2], np.float32).tobytes())
    onnx.save(beside(location="data/w.bin", offset="4", length="8"), tmp_path / "m.onnx")
    np.testing.assert_array_equal(mg.from_onnx(tmp_path / "m.onnx").forward(x=[0, 0])["y"], [1, 2])


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"location": "missing.bin"}, "there is no such file"),
        ({"location": "short.bin"}, "'short.bin', which holds 3"),
        ({"location": "long.bin", "offset": "-8"}, "from offset -8"),
        ({"location": "long.bin", "offset": "x"}, "from offset x"),
        ({"location": "long.bin", "offset": "60"}, "from offset 60"),
        ({"location": "long.bin", "length": "-1"}, "-1 bytes"),
        ({"location": "long.bin", "length": "70"}, "should have 70 bytes"),
        ({"location": "../outside.bin"}, "no file in the model's folder"),
        ({"location": "sub/../../outside.bin"}, "no file in the model's folder"),
        ({"location": "link.bin"}, "no file in the model's folder"),
        ({"location": "."}, "no file in the model's folder"),
        ({"location": ""}, "no file in the model's folder"),
        ({}, "no file in the model's folder"),
        ({"location": "a\0b"}, "no file in the model's folder"),
    ],
)
def test_what_does_not_lie_there_whole_is_refused_by_the_tensors_name(tmp_path, entries, said):
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "outside.bin").write_bytes(b"a" * 64)
    (folder / "short.bin").write_bytes(b"abc")
    (folder / "long.bin").write_bytes(b"a" * 64)
    (folder / "link.bin").symlink_to(tmp_path / "outside.bin")
    (folder / "m.onnx").write_bytes(beside(**entries).SerializeToString())
    message = refused(folder / "m.onnx")
    assert "'w'" in message and said in message and "\n  " in message


def test_an_absolute_place_is_refused_in_an_attribute_too(tmp_path):
    (tmp_path / "outside.bin").write_bytes(b"a" * 64)
    tensor = beside(location=str(tmp_path / "outside.bin")).graph.initializer[0]
    node = helper.make_node("Constant", [], ["w"], value=tensor)
    model = model_of(nodes=[node, helper.make_node("Add", ["x", "w"], ["y"])])
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    assert "no file in the model's folder" in refused(tmp_path / "m.onnx")


def test_a_model_in_memory_does_not_know_its_folder():
    assert "Give from_onnx the path of the model's file" in refused(beside(location="w.bin"))


def test_a_tensor_with_other_numbers_than_its_shape_says_is_refused():
    for size in (1, 3, 10**12):
        model = model_of([numpy_helper.from_array(np.ones(2, np.float32), "w")])
        model.graph.initializer[0].dims[0] = size
        assert "w" in refused(model)


UNSOUND = {
    "an output that no node gives": lambda proto: setattr(proto.graph.output[0], "name", "nowhere"),
    "an attribute that is no text": lambda proto: setattr(proto.graph.node[0].attribute[0], "s", b"\xff\xfe"),
    "an operator set to come": lambda proto: setattr(proto.opset_import[0], "version", 999),
    "an element type that there is not": lambda proto: setattr(proto.graph.input[0].type.tensor_type, "elem_type", 99),
    "a name that would colour a terminal": lambda proto: setattr(proto.graph.node[0], "name", "\x1b[31m"),
    "a negative size": lambda proto: setattr(proto.graph.input[0].type.tensor_type.shape.dim[0], "dim_value", -5),
}


@pytest.mark.parametrize("unsound", UNSOUND)
def test_a_model_that_is_not_sound_is_refused_in_words(unsound):
    text = 'g (float[N] x) => (float[N] y) { y = Gelu <approximate = "tanh"> (x) }'
    proto = parser.parse_model('<ir_version: 10, opset_import: ["" : 22]>' + text)
    UNSOUND[unsound](proto)
    refused(proto)


def test_what_numpy_and_onnx_raise_of_a_node_names_the_node():
    text = """
        g (float[N,4] x) => (float[N,4] y) <int64[1] s = {0}, int64[2] e = {2, 2}, int64[1] a = {1}> {
            y = Slice(x, s, e, a)
        }"""
    assert refused(parser.parse_model('<ir_version: 10, opset_import: ["" : 22]>' + text)).startswith("Slice 'y' has starts")
    text = "g () => (float[M] y) <int64 n = {3}, int64[2] k = {1, 2}> { r = Range(k, n, n) y = Cast <to = 1> (r) }"
    message = refused(parser.parse_model('<ir_version: 10, opset_import: ["" : 22]>' + text))
    assert message.startswith("Range 'r' cannot be read: ") and "\n  " in message
