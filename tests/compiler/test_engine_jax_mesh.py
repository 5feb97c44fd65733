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

import minigraph as mg
from minigraph.compiler.jax.hosts import connect
from tests.compiler.many_devices import trained, write_rows

jax = pytest.importorskip("jax", reason="engine='jax' runs where JAX is installed: pip install 'minigraph[jax]'")
ROOT = Path(__file__).parents[2]
TOLERANCE = 2e-5
EPOCHS = 4
SHARD = {"W1": [None, "model"], "b1": ["model"], "W2": ["model"]}
SECONDS = 300  # other programs may stop this one for a while


RUNNING = []


def started(module, *arguments, devices=8, **environment):
    """A Python process with so many simulated devices."""
    flags = f"--xla_force_host_platform_device_count={devices} --xla_cpu_multi_thread_eigen=false"
    known = {**os.environ, "PYTHONPATH": str(ROOT), "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu", **environment}
    command = [sys.executable, "-m", module, *map(str, arguments)]
    process = subprocess.Popen(command, cwd=ROOT, env=known, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    RUNNING.append(process)
    return process


@pytest.fixture(autouse=True)
def ended():
    """No process outlives the test that started it."""
    yield
    while RUNNING:
        process = RUNNING.pop()
        process.kill()
        process.communicate()


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


def test_a_mesh_takes_all_devices(monkeypatch, wording):
    x, w = mg.Input("x", ("N", 2)), mg.Parameter("w", [1.0, 2.0])
    monkeypatch.setattr(jax, "devices", lambda: [None] * 6)
    with pytest.raises(mg.GraphError) as caught:
        mg.compile(mg.Graph(x @ w), engine="jax", mesh={"data": 2, "model": 2})
    wording(caught.value)


@pytest.mark.slow
def test_the_bytes_that_devices_tell_each_other_are_those_of_the_gradients(tmp_path):
    found = {}
    for mesh, shard in (({"data": 8}, None), ({"data": 4, "model": 2}, SHARD)):
        found[len(mesh)] = history(started("tests.compiler.many_devices", tmp_path, json.dumps({"mesh": mesh, "shard": shard})))
    loss, w1, b1, w2 = 1, 6 * 8, 8, 8 * 3
    assert found[1] == {"all-reduce": [1, 4 * (loss + w1 + b1 + w2)]}
    rows = 16 // 4  # whose logits, three each, are added up over the parts of W2's rows
    assert found[2] == {"all-reduce": [2, 4 * (rows * 3 + loss + (w1 + b1 + w2) // 2)]}


def tasks(count):
    """The environment of so many tasks that Slurm's srun started on this machine."""
    job = {"SLURM_JOB_ID": str(os.getpid()), "SLURM_STEP_NODELIST": "localhost", "SLURM_NTASKS": str(count)}
    return [{**job, "SLURM_PROCID": str(index), "SLURM_LOCALID": str(index)} for index in range(count)]


def pods(count):
    """The environment of so many pods of an indexed job of Kubernetes, whose manifest names the first."""
    return [{**each, "JOB_COMPLETION_INDEX": each.pop("JAX_PROCESS_ID")} for each in addresses(count)]


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
        training(tmp_path, 4, environment, mesh=mesh, shard=SHARD, signalled=[5, "SIGKILL"] if index else None)
        for index, environment in enumerate(addresses(2))
    ]
    assert pair[1].wait(SECONDS) == -9
    pair[0].kill()
    second = history(training(tmp_path, 4, mesh={"data": 4}, epochs=3, resume=True))
    assert len(second["loss"]) == 3
    assert_same(trained(tmp_path, EPOCHS, resume=True), undisturbed)


@pytest.mark.slow
def test_two_processes_of_four_devices_train_as_one(undisturbed, tmp_path):
    write_rows(tmp_path)
    options = {"mesh": {"data": 4, "model": 2}, "shard": SHARD}
    pair = [training(tmp_path, 4, environment, **options) for environment in pods(2)]
    for process in pair:
        assert_same(history(process), undisturbed)
    assert [*(tmp_path / "run").glob("checkpoint*")] == [tmp_path / "run" / "checkpoint.safetensors"]


@pytest.mark.slow
def test_a_signal_to_one_process_stops_both_after_the_same_step(tmp_path):
    write_rows(tmp_path)
    pair = [
        training(tmp_path, 4, environment, mesh={"data": 8}, epochs=1000, signalled=[4, "SIGTERM"] if index else None)
        for index, environment in enumerate(tasks(2))
    ]
    assert len(history(pair[0])["loss"]) == 1
    assert pair[1].wait(SECONDS) == 143
    pair[1].communicate()


@pytest.mark.slow
def test_what_one_process_refuses_ends_all(tmp_path):
    write_rows(tmp_path)
    trained(tmp_path, 1)
    first, second = [training(tmp_path, 4, environment, mesh={"data": 8}) for environment in addresses(2)]
    assert "holds the checkpoint of another run" in first.communicate(timeout=SECONDS)[1]
    assert "Another process of this training has refused it" in second.communicate(timeout=SECONDS)[1]


def test_hosts_are_joined_before_jax_computes(wording):
    jax.numpy.zeros(1).block_until_ready()
    with pytest.raises(mg.GraphError) as caught:
        connect("127.0.0.1:1,2,0")
    wording(caught.value)


@pytest.mark.slow
def test_the_command_line_trains_on_two_processes_and_the_first_writes(tmp_path):
    asked = ["train", "models/two_layer.py", "--engine", "jax", "--epochs", "3", "--mesh", "data=4,model=2"]
    asked += ["--shard", "W1=-,model", "--shard", "b1=model", "--out", tmp_path / "run"]
    address = addresses(1)[0]["JAX_COORDINATOR_ADDRESS"]
    pair = [started("minigraph", *asked, "--hosts", f"{address},2,{index}", devices=4) for index in range(2)]
    (out, errors), (nothing, _) = [process.communicate(timeout=SECONDS) for process in pair]
    assert [process.returncode for process in pair] == [0, 0], errors
    assert "Written to" in out and "Written to" not in nothing
    log = (tmp_path / "run" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in log] == [1, 2, 3]
