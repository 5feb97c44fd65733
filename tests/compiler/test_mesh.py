"""What mesh= and shard= refuse, and the options of the command line, before JAX is asked for anything."""

import sys

import numpy as np
import pytest

import minigraph as mg
from minigraph.cli import main
from minigraph.compiler.jax.hosts import connect
from minigraph.compiler.mesh import partitions
from models.two_layer import build

MESH = {"data": 4, "model": 2}
MISTAKES = {
    "a mesh without jax": {"mesh": MESH, "engine": "numpy"},
    "shard without a mesh": {"shard": {"W1": (None, "model")}},
    "a mesh that is a number": {"mesh": 8},
    "a mesh of no devices": {"mesh": {"data": 0}},
    "an empty mesh": {"mesh": {}},
    "shard that is no mapping": {"mesh": MESH, "shard": ["W1"]},
    "a variable that there is not": {"mesh": MESH, "shard": {"W3": ("model",)}},
    "an axis of the mesh that there is not": {"mesh": MESH, "shard": {"W1": (None, "modle")}},
    "an axis named twice": {"mesh": MESH, "shard": {"W1": ("model", "model")}},
    "more axes than the variable has": {"mesh": MESH, "shard": {"b1": (None, "model")}},
    "an axis without its tuple": {"mesh": MESH, "shard": {"W1": "model"}},
    "a size that the devices do not divide": {"mesh": {"data": 2, "model": 3}, "shard": {"W1": (None, "model")}},
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mesh_that_cannot_be_is_refused(mistake, wording):
    graph = build()
    options = {"engine": "jax", **MISTAKES[mistake]}
    with pytest.raises(mg.MinigraphError) as caught:
        mg.compile(graph, updates=mg.Adam(0.1).minimize(graph["loss"]), **options)
    wording(caught.value, mistake)


def test_a_batch_size_that_the_mesh_does_not_divide_is_refused(wording):
    rows = {"x": np.zeros((40, 2)), "y": np.zeros(40)}
    with pytest.raises(mg.GraphError) as caught:
        mg.Trainer(build(), rows, optimizer=mg.SGD(0.1), batch_size=10, engine="jax", mesh=MESH)
    wording(caught.value)


def test_a_mesh_without_jax_installed_names_the_extra(monkeypatch, wording):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(mg.MissingPackageError) as caught:
        mg.compile(build(), engine="jax", mesh=MESH)
    wording(caught.value)


def test_the_optimizers_state_lies_as_its_parameter():
    graph = build()
    updates = mg.Adam(0.1).minimize(graph["loss"])
    found = {str(variable.name): spec for variable, spec in partitions(MESH, {"W1": (None, "model")}, updates).items()}
    assert {name for name, spec in found.items() if spec} == {"W1", "W1.mean", "W1.squares"}
    assert {found[name] for name in ("W1", "W1.mean", "W1.squares")} == {(None, "model")}


@pytest.mark.parametrize(
    "options",
    [
        ["--mesh", "data:8"],
        ["--mesh", "data=4,data=2"],
        ["--mesh", "data=8", "--shard", "W1"],
        ["--hosts", "here:1234,2,0"],
        ["--mesh", "data=8", "--hosts", "here,2,0"],
        ["--mesh", "data=8", "--hosts", "here:1234,2,2"],
        ["--mesh", "data=8", "--engine", "numpy"],
    ],
    ids=" ".join,
)
def test_options_that_name_no_devices_are_refused(options, wording, tmp_path, capsys, request):
    assert main(["train", "models/two_layer.py", "--out", str(tmp_path / "run"), *options]) == 2
    assert not (tmp_path / "run").exists()
    wording(capsys.readouterr().err, request.node.callspec.id)


def test_the_environment_says_which_hosts_there_are(monkeypatch, wording):
    monkeypatch.setenv("JAX_COORDINATOR_ADDRESS", "10.0.0.1:1234")
    monkeypatch.setenv("JAX_NUM_PROCESSES", "2")
    with pytest.raises(mg.GraphError) as caught:
        connect()
    wording(caught.value)
