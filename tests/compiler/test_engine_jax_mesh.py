"""Steps on eight simulated devices, and on two processes of four: the losses are those of one device, and of NumPy.

Sums over rows are added up in another order on more devices: losses in float32 agree within TOLERANCE.
"""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.compiler.many_devices import trained, write_rows

pytest.importorskip("jax", reason="engine='jax' runs where JAX is installed: pip install 'minigraph[jax]'")
ROOT = Path(__file__).parents[2]
TOLERANCE = 2e-5
EPOCHS = 4
SHARD = {"W1": [None, "model"], "W2": ["model"]}
SECONDS = 300  # other programs may stop this one for a while


def started(module, *arguments, devices=8, **environment):
    """A Python process with so many simulated devices."""
    flags = f"--xla_force_host_platform_device_count={devices} --xla_cpu_multi_thread_eigen=false"
    known = {**os.environ, "PYTHONPATH": str(ROOT), "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu", **environment}
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, env=known, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def training(folder, devices=8, environment=None, **options):
    asked = json.dumps({"epochs": EPOCHS, "engine": "jax", **options})
    return started("tests.compiler.many_devices", folder, asked, devices=devices, **(environment or {}))


def history(process):
    out, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, errors
    return json.loads(out.splitlines()[-1])


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, figures in expected.items():
        np.testing.assert_allclose(found[name], figures, rtol=TOLERANCE, err_msg=name)


def addresses(count):
    """The environment of so many processes that know of each other."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    common = {"JAX_COORDINATOR_ADDRESS": address, "JAX_NUM_PROCESSES": str(count)}
    return [{**common, "JAX_PROCESS_ID": str(index)} for index in range(count)]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The history of NumPy's engine."""
    folder = tmp_path_factory.mktemp("numpy")
    write_rows(folder)
    return trained(folder, EPOCHS)


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"mesh": {"data": 8}}, {"mesh": {"data": 4, "model": 2}, "shard": SHARD}], ids=str)
def test_losses_on_eight_devices_are_those_of_one(options, undisturbed, tmp_path):
    write_rows(tmp_path)
    assert_same(history(training(tmp_path, **options)), undisturbed)


@pytest.mark.slow
def test_two_processes_go_on_after_one_is_killed_on_one_and_then_with_numpy(undisturbed, tmp_path):
    write_rows(tmp_path)
    mesh = {"model": 2, "data": 4}  # so that a divided variable lies on both processes
    pair = [
        training(tmp_path, 4, environment, mesh=mesh, shard=SHARD, die=5 if index else None)
        for index, environment in enumerate(addresses(2))
    ]
    try:
        assert pair[1].wait(SECONDS) == -9
    finally:
        for process in pair:
            process.kill()
            process.communicate()
    second = history(training(tmp_path, 4, mesh={"data": 4}, epochs=3, resume=True))
    assert len(second["loss"]) == 3
    assert_same(trained(tmp_path, EPOCHS, resume=True), undisturbed)


@pytest.mark.slow
def test_two_processes_of_four_devices_train_as_one(undisturbed, tmp_path):
    write_rows(tmp_path)
    options = {"mesh": {"data": 4, "model": 2}, "shard": SHARD}
    pair = [training(tmp_path, 4, environment, **options) for environment in addresses(2)]
    for process in pair:
        assert_same(history(process), undisturbed)
    assert [*(tmp_path / "run").glob("checkpoint*")] == [tmp_path / "run" / "checkpoint.safetensors"]
