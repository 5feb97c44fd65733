"""Where compiled C comes from: the user's cache folder, which may be tampered with, missing, or written by two at once."""

import os
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest

import minigraph as mg
from minigraph.compiler import engine, shared_objects
from minigraph.compiler.shared_objects import CompilerError, compiled, functions_of

SOURCE = "#include <stdint.h>\nvoid fill(void *const *p) { *(int64_t *)p[0] = 42; }\n"
TRAIN = """
import numpy as np, minigraph as mg
w = mg.Parameter("w", np.ones(3))
step = mg.compile(mg.Graph(loss=(w * w).sum()), updates={w: w * 0.5}, engine="c")
print(float(step()["loss"]), step.engine)
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder, and nothing known of the compiler."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    yield tmp_path / "minigraph" / "loops"


@pytest.fixture
def forgetful():
    """What is asked once in a process is asked anew, before and after."""
    for each in (shared_objects.compiler, shared_objects.warn_once):
        each.cache_clear()
    yield
    for each in (shared_objects.compiler, shared_objects.warn_once):
        each.cache_clear()


def filled(source=SOURCE):
    cell = np.zeros(1, np.int64)
    functions_of(source)["fill"](shared_objects.Table([], [cell]).cells)
    return int(cell[0])


def files(folder):
    return sorted(each.name for each in folder.iterdir())


def squares():
    x = mg.Input("x", ("N",))
    return mg.compile(x * x + 1, engine="c")


@pytest.mark.needs("cc")
def test_a_source_is_compiled_once_and_only_the_user_can_write_what_comes_of_it(cache, monkeypatch):
    assert filled() == 42
    (name,) = files(cache)
    assert (cache / name).stat().st_mode & 0o777 == 0o700 and cache.stat().st_mode & 0o777 == 0o700
    monkeypatch.setattr(shared_objects, "_run", None)  # it would fail if it were called
    assert filled() == 42


@pytest.mark.needs("cc")
def test_another_source_compiler_or_processor_is_another_file(cache, monkeypatch):
    filled()
    filled(SOURCE.replace("42", "42 ")), filled(SOURCE)
    assert len(files(cache)) == 2
    monkeypatch.setattr(shared_objects, "_processor", lambda: "another")
    filled()
    assert len(files(cache)) == 3
    monkeypatch.setattr(shared_objects, "_version", lambda: "cc 99")
    filled()
    assert len(files(cache)) == 4


@pytest.mark.needs("cc")
@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_file_that_others_could_have_written_is_compiled_anew(cache, mode):
    filled()
    (file,) = cache.iterdir()
    file.unlink()  # this process has loaded it
    file.write_bytes(b"not what the compiler wrote")
    file.chmod(mode)
    assert filled() == 42
    assert file.stat().st_mode & 0o777 == 0o700


@pytest.mark.needs("cc")
def test_a_link_in_the_place_of_a_file_is_not_followed(cache, tmp_path):
    filled()
    (file,) = cache.iterdir()
    other = tmp_path / "other.so"
    other.write_bytes(b"someone else's")
    file.unlink()
    file.symlink_to(other)
    assert filled() == 42
    assert not file.is_symlink() and other.read_bytes() == b"someone else's"


@pytest.mark.needs("cc")
def test_another_users_file_or_folder_is_not_trusted(cache, monkeypatch):
    filled()
    before = files(cache)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert shared_objects._folder() is None
    assert filled() == 42  # in a temporary folder
    assert files(cache) == before


@pytest.mark.needs("cc")
def test_a_folder_that_others_can_write_is_not_used(cache):
    cache.mkdir(parents=True)
    cache.chmod(0o777)
    assert filled() == 42 and files(cache) == []


@pytest.mark.needs("cc")
def test_a_damaged_file_is_compiled_anew(cache):
    filled()
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    file.unlink()
    file.write_bytes(whole[:100])
    file.chmod(0o700)
    assert filled() == 42


@pytest.mark.needs("cc")
def test_without_a_home_or_a_place_to_write_it_is_compiled_for_the_process_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/no/such/place")
    assert shared_objects._folder() is None and filled() == 42
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert shared_objects._folder() == tmp_path / ".cache/minigraph/loops" and files(tmp_path) == [".cache"]
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(shared_objects.Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    assert shared_objects._folder() is None and filled() == 42


@pytest.mark.needs("cc")
def test_two_at_once_leave_one_whole_file(cache):
    found = []
    work = [threading.Thread(target=lambda: found.append(filled())) for _ in range(4)]
    for each in work:
        each.start()
    for each in work:
        each.join()
    assert found == [42] * 4 and len(files(cache)) == 1
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache.parent.parent)}
    processes = [
        subprocess.Popen([sys.executable, "-c", TRAIN], stdout=subprocess.PIPE, text=True, env=environment) for _ in range(2)
    ]
    assert [each.communicate()[0] for each in processes] == ["3.0 c\n"] * 2
    assert len(files(cache)) == 2 and not any(name.startswith("making") for name in files(cache))


def test_where_no_compiler_is_found_it_is_said_once_and_numpy_computes(cache, forgetful, monkeypatch, wording):
    monkeypatch.setenv("CC", "/no/such/compiler")
    monkeypatch.setenv("PATH", "")
    with pytest.warns(RuntimeWarning) as said:
        step = squares()
    wording(said[0].message)
    assert step.engine == "numpy" and "kernel" not in step.source
    assert np.array_equal(next(iter(step(x=[1.0, 2.0]).values())), [2, 5])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert squares().engine == "numpy"


def test_a_compiler_that_fails_is_one_that_is_not_there(cache, forgetful, monkeypatch, tmp_path):
    broken = tmp_path / "broken-cc"
    broken.write_text("#!/bin/sh\necho out of order >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("CC", str(broken))
    with pytest.warns(RuntimeWarning, match="out of order"):
        assert squares().engine == "numpy"


@pytest.mark.needs("cc")
def test_a_program_that_cannot_be_compiled_runs_in_numpy(cache, forgetful, monkeypatch):
    step = squares()
    assert step.engine == "c"

    def failing(source):
        raise CompilerError("no space left on the device")

    monkeypatch.setattr(engine, "functions_of", failing)
    with pytest.warns(RuntimeWarning, match="no space left"):
        (found,) = step(x=[1.0, 2.0]).values()
    assert np.array_equal(found, [2, 5]) and step.engine == "numpy"
    assert np.array_equal(next(iter(step(x=[3.0]).values())), [10])


@pytest.mark.needs("cc")
def test_an_error_of_the_compiler_is_told(cache):
    with pytest.raises(CompilerError, match="error"):
        compiled("this is no C")
    assert files(cache) == []
