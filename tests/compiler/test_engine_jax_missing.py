"""What is said where JAX, an extra, is missing."""

import sys

import pytest

import minigraph as mg
from minigraph.cli import main
from models.two_layer import build


@pytest.fixture
def without_jax(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)


def test_a_missing_jax_is_told_with_the_extra_that_brings_it(without_jax, wording):
    with pytest.raises(mg.MissingPackageError) as caught:
        mg.compile(build(), engine="jax")
    wording(caught.value)


def test_a_training_without_jax_is_refused_before_it_writes_anything(without_jax, wording, tmp_path, capsys):
    assert main(["train", "models/two_layer.py", "--engine", "jax", "--out", str(tmp_path / "run")]) == 2
    assert not (tmp_path / "run").exists() or [*(tmp_path / "run").iterdir()] == []
    wording(capsys.readouterr().err)


def test_random_numbers_of_the_device_are_for_jax_alone(wording):
    with pytest.raises(mg.UnknownNameError) as caught:
        mg.compile(build(), random="device")
    wording(caught.value)
