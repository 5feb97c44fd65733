"""A contest of steps: each figure comes from a process of its own, and the contestants take turns, round by round.

A row is data, drawn once and the same for all, and for each contestant a function of it that gives what is timed. Figures are
added to a file of JSON, a line each, so that a run that was interrupted goes on where it was; `--table` writes it as Markdown.
"""

import argparse
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tests.performance.table import markdown, shown

__all__ = ["CORES", "Row", "contest", "surroundings", "timed"]

SECONDS = 0.3
"""For how long a process repeats a step, after half of it for warming up."""
LIMIT = 150
"""After so many seconds a process is stopped."""
PACKAGES = {
    "PyTorch": "torch",
    "PyTorch compiled": "torch",
    "JAX": "jax",
    "onnxruntime": "onnxruntime",
    "scikit-learn": "sklearn",
}
"""What a contestant needs beside NumPy; the others need minigraph's environment alone."""
ONE_ROUND = {"PyTorch compiled"}
"""Who takes part in the first round only: compiling takes longer than all else."""
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))
CACHE = Path(tempfile.gettempdir(), "minigraph-performance")
"""Where PyTorch and JAX store what they compile."""


class Row(NamedTuple):
    """What is compared in a row of the table, or in several: for each part of what a contestant's function gives, one."""

    data: Callable[[], Mapping[str, np.ndarray]]
    """The arrays: inputs and weights."""
    contestants: Mapping[str, Callable[..., Any]]
    """By contestant a function of the arrays and a number of threads, None for all, that gives a step, or steps by part."""


def contest(module, description, rows, ratios):
    """Take the options from the command line, and run what they ask for of a module's rows; it is started anew each time.

    `ratios` are pairs of contestants: the table has the first one's time ÷ the second one's; `FASTEST` is of all that are not
    minigraph.
    """
    names = list(dict.fromkeys(name for row in rows.values() for name in row.contestants))
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument(
        "--rows", nargs="+", default=["*"], metavar="PATTERN", help="rows whose name has this in it, or fits it"
    )
    parser.add_argument("--engines", nargs="+", default=names, metavar="NAME", help=f"contestants: {', '.join(names)}")
    parser.add_argument(
        "--threads", default="1,all", help="numbers of threads; those that the machine does not have are left out"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for how long a process repeats a step")
    parser.add_argument("--with", nargs="+", default=[], metavar="PACKAGE=PATH", dest="places", help="where torch, jax … are:"
                        " a Python, or a folder of packages")  # fmt: skip
    parser.add_argument(
        "--results", type=Path, default=Path("out", f"{module.rpartition('.')[2]}.jsonl"), help="the file of figures"
    )
    parser.add_argument("--table", action="store_true", help="write the table of what is in the file, and measure nothing")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(_figures(rows, *asked.one, asked.seconds)))
        return
    if not asked.table:
        asked.results.parent.mkdir(parents=True, exist_ok=True)
        _run(module, rows, asked)
    print(markdown(_stored(asked.results), list(rows), names, ratios))


def _run(module, rows, asked):
    """Measure what is asked for and not in the file yet."""
    counts = dict.fromkeys(len(CORES) if word == "all" else int(word) for word in asked.threads.split(","))
    counts = [count for count in counts if count <= len(CORES)]
    chosen = [name for name in rows if any(word in name or fnmatch(name, word) for word in asked.rows)]
    done = {_key(figure) for figure in _stored(asked.results) if "failure" not in figure}
    if done:
        print(f"{asked.results} has {len(done)} figures already: these are not measured again", file=sys.stderr)
    machine = f"{len(CORES)} processors ({_processor()})"
    if kernels := os.environ.get("OPENBLAS_CORETYPE"):
        machine += f", OPENBLAS_CORETYPE={kernels}"
    with tempfile.TemporaryDirectory() as folder:
        for number in range(asked.rounds):
            for name in chosen:
                for threads in counts:
                    for contestant in rows[name].contestants:
                        key = name, contestant, threads, number
                        if contestant not in asked.engines or key in done or (number and contestant in ONE_ROUND):
                            continue
                        found = _started(module, rows, asked, *key[:3], Path(folder, f"{list(rows).index(name)}.npz"))
                        figure = (
                            dict(zip(("row", "contestant", "threads", "round"), key, strict=True))
                            | {"machine": machine}
                            | found
                        )
                        with asked.results.open("a", encoding="utf-8") as file:
                            file.write("\n" + json.dumps(figure, ensure_ascii=False))  # a line of its own, whatever was cut off
                        took = found.get("failure") or ", ".join(shown(each["µs"]) for each in found["parts"].values())
                        print(
                            f"round {number + 1}: {name}, {contestant}, {threads} threads: {took}", file=sys.stderr, flush=True
                        )


def _processor():
    """What the system calls the processor."""
    described = Path("/proc/cpuinfo").read_text(errors="replace") if Path("/proc/cpuinfo").exists() else ""
    names = [line.partition(":")[2].strip() for line in described.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _key(figure):
    return figure["row"], figure["contestant"], figure["threads"], figure["round"]


def _stored(path):
    """The figures of a file; a line that was not written to its end is none."""
    figures = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        with contextlib.suppress(json.JSONDecodeError):
            figures.append(json.loads(line))
    return figures


def _started(module, rows, asked, name, contestant, threads, file):
    """What a contestant's own process finds for a row, or why it finds nothing."""
    try:
        if not file.exists():
            np.savez(file, **rows[name].data())
        python, environment = surroundings(contestant, threads, asked.places)
        count = threads if threads < len(CORES) else 0
        command = [python, "-m", module, "--seconds", str(asked.seconds), "--one", name, contestant, str(count), str(file)]
        pin = (lambda: os.sched_setaffinity(0, CORES[-threads:])) if hasattr(os, "sched_setaffinity") else None
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, env=environment, preexec_fn=pin)
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line and not line[0].isspace()]
            return {"failure": lines[-1] if lines else f"ended with {done.returncode}"}
        return json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        return {"failure": f"slow: not done in {LIMIT} s"}
    except Exception as error:  # a row that fails is told in its cell, and the others go on
        return {"failure": f"{type(error).__name__}: {error}"}


def surroundings(contestant, threads, places):
    """The Python of a contestant, and its environment. With fewer threads than processors it gets as many processors, too."""
    environment = {
        **os.environ,
        "TORCHINDUCTOR_CACHE_DIR": str(CACHE / "torch"),
        "JAX_COMPILATION_CACHE_DIR": str(CACHE / "jax"),
    }
    environment |= {"JAX_PLATFORMS": "cpu", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    if threads < len(CORES):
        environment |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    python, path = sys.executable, [os.getcwd()]
    place = dict(each.split("=", 1) for each in places).get(PACKAGES.get(contestant, ""), "")
    if Path(place).is_dir() and place:
        path.append(place)
    elif place:
        python = place
    return python, environment | {"PYTHONPATH": os.pathsep.join([*path, environment.get("PYTHONPATH", "")]).rstrip(os.pathsep)}


def _figures(rows, name, contestant, threads, file, seconds):
    """What is timed in this process, by part, and on what."""
    with np.load(file) as arrays:
        made = rows[name].contestants[contestant](dict(arrays), int(threads) or None)
    parts = made if isinstance(made, dict) else {"": made}
    package = PACKAGES.get(contestant, "numpy")
    versions = {"Python": platform.python_version(), package: sys.modules[package].__version__}
    return {"parts": {part: timed(step, seconds) for part, step in parts.items()}, "versions": versions}


def timed(step, seconds=SECONDS):
    """The median time of a step in this process, in microseconds, and a number that sums up each of its first three values."""
    end = time.perf_counter() + seconds / 2
    numbers, times = [_number(step()) for _ in range(3)], []
    while time.perf_counter() < end:
        step()
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return {"µs": statistics.median(times) * 1e6, "numbers": numbers}


def _number(value):
    """The root of the mean square of an array, of any framework, or of several, added up: a loss itself."""
    if isinstance(value, list | tuple):
        return sum(map(_number, value))
    array = np.asarray(value.detach() if hasattr(value, "detach") else value)
    return float(np.sqrt(np.square(array, dtype=np.float64).mean()))
