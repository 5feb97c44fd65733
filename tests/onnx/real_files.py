"""Real models, from packages that ship them, read by minigraph and compared with ONNX Runtime.

It needs ONNX Runtime and the packages' wheels, unpacked or not, in a folder:

    pip download --no-deps -d wheels silero-vad magika rapidocr-onnxruntime nudenet ddddocr basic-pitch
    PYTHONPATH=. python tests/onnx/real_files.py wheels

It prints a row for each file and each way that it is read, with the largest difference from ONNX Runtime's answer relative to
the largest number in it; the exit status says whether all agree. With `--draw FOLDER` it also draws each model, with `--time`
it times one run of the compiled graph beside ONNX Runtime, and with `--train` it fine-tunes ten steps and says what changed.
"""

import argparse
import sys
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

import minigraph as mg

TOLERANCE = 1e-4
"""Of the difference relative to the largest number of an output."""


@dataclass(frozen=True)
class Case:
    """A file that a wheel holds, what from_onnx is told of its inputs, and the shapes (or values) of inputs to compare at."""

    file: str
    runs: list[dict[str, Any]]
    told: dict[str, Any] = field(default_factory=dict)
    tolerance: float = TOLERANCE


SR = np.array(16000)
SILERO = {"input": (1, 576), "state": (2, 1, 128)}
THREE = {"input": (3, 576), "state": (2, 3, 128)}
SIDES = ((160, 160), (96, 192))
"""Sides of images for networks that halve them five times and join what they double again: multiples of 32."""

CASES = [
    Case("nmp.onnx", [{"serving_default_input_2:0": (n, 43844, 1)} for n in (1, 2)]),
    Case("common.onnx", [{"input1": (1, 1, 64, w)} for w in (100, 160)]),
    Case("common_old.onnx", [{"input1": (1, 1, 64, w)} for w in (100, 160)], tolerance=2e-2),
    Case("common_det.onnx", [{"images": (1, 3, 416, 416)}]),
    Case("model.onnx", [{"bytes": (n, 2048)} for n in (1, 3)]),
    *[Case("320n.onnx", [{"images": (n, 3, h, w)} for n in (1, 2)], {"images": ("N", 3, h, w)}) for h, w in SIDES],
    *[Case("ch_PP-OCRv4_det_infer.onnx", [{"x": (n, 3, h, w)} for n in (1, 2)], {"x": ("N", 3, h, w)}) for h, w in SIDES],
    Case("ch_PP-OCRv4_rec_infer.onnx", [{"x": (1, 3, 48, 320)}, {"x": (2, 3, 48, 161)}], {"x": ("N", 3, 48, "W")}),
    Case("ch_ppocr_mobile_v2.0_cls_infer.onnx", [{"x": (1, 3, 48, 192)}, {"x": (2, 3, 48, 97)}, {"x": (1, 3, 64, 64)}]),
    Case("silero_vad.onnx", [SILERO, THREE], {"sr": SR, "input": ("N", 576)}),
    Case("silero_vad.onnx", [{"input": (1, 288), "state": (2, 1, 128)}], {"input": ("N", 288), "sr": np.array(8000)}),
    Case("silero_vad_16k_op15.onnx", [SILERO, THREE], {"sr": SR, "input": ("N", 576)}),
    Case("silero_vad_16k_sequence.onnx", [{"input": (t, 576), "h": (1, 1, 128), "c": (1, 1, 128)} for t in (1, 7)]),
    Case("silero_vad_half.onnx", [SILERO, THREE], {"input": ("N", 576)}),
    Case("silero_vad_op18_ifless.onnx", [SILERO, THREE], {"sr": SR}),
    Case("silero_vad_openvino_16k.onnx", [SILERO]),
]


def unpacked(folder: Path) -> Path:
    """The folder, its wheels unpacked beside them."""
    for wheel in folder.glob("*.whl"):
        if not (target := folder / wheel.name.partition("-")[0]).exists():
            zipfile.ZipFile(wheel).extractall(target)
    return folder


def page(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Images of white pages with lines of dark strokes, alike in every channel: of noise a detector's answer is next to 0."""
    image = np.ones(shape)
    for top in range(8, shape[2] - 16, 24):
        for left in range(8, shape[3] - 12, 8):
            image[:, :, top + rng.integers(0, 12) :, left : left + 6][:, :, :2] = -1
            image[:, :, top : top + 14, left + rng.integers(0, 5) :][..., :2] = -1
    return image + rng.normal(0, 0.05, shape)


def feed(run: dict[str, Any], dtypes: dict[str, np.dtype]) -> dict[str, np.ndarray]:
    """Numbers for the inputs of a run: seeded, or the value that there is; bytes for whole numbers."""
    rng = np.random.default_rng(0)
    made = {}
    for name, what in run.items():
        if not isinstance(what, tuple):
            made[name] = what
        elif dtypes[name].kind == "f":
            made[name] = (page(what, rng) if len(what) == 4 else rng.standard_normal(what)).astype(dtypes[name])
        else:
            made[name] = rng.integers(0, 256, what).astype(dtypes[name])
    return made


def timed(run: Any) -> float:
    """The milliseconds of the fastest of five runs, after a first one."""
    run()
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return 1000 * min(seconds)


def beside(graph: mg.Graph, session: Any, given: dict[str, np.ndarray]) -> str:
    """How long a run of the compiled graph takes, and one of ONNX Runtime's."""
    program, own = mg.compile(graph), {name: given[name] for name in graph.inputs}
    return f"{timed(lambda: program(**own)):.1f} ms, {timed(lambda: session.run(None, given)):.1f} ms"


def trained(graph: mg.Graph, given: dict[str, np.ndarray]) -> str:
    """What ten steps of gradient descent on the mean square of the first output change."""
    output: Any = next(each for each in graph.outputs.values() if each.dtype.kind == "f")
    loss = np.mean(output * output)
    part = mg.Graph(loss=loss)
    before = {name: each.value.copy() for name, each in part.parameters.items()}
    if not before:
        return "no parameters"
    step = mg.compile(part, updates=mg.SGD(1e-4).minimize(loss))
    losses = [float(step(**{name: given[name] for name in part.inputs})["loss"]) for _ in range(10)]
    changed = [name for name, each in part.parameters.items() if (each.value != before[name]).any()]
    finite = all(np.isfinite(each.value).all() for each in part.parameters.values())
    numbers = sum(before[name].size for name in changed)
    return (
        f"{len(changed)} of {len(before)} ({numbers:,} numbers), {losses[0]:.3g} → {losses[-1]:.3g}{'' if finite else ', NaN'}"
    )


def compared(case: Case, path: Path, chosen: Any = None) -> tuple[float, float, mg.Graph, list[str]]:
    """The largest relative difference, the seconds that reading takes, the graph, and what else was asked for."""
    start = time.perf_counter()
    graph = mg.from_onnx(path, **case.told)
    seconds, worst = time.perf_counter() - start, 0.0
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    types = {"tensor(float)": np.float32, "tensor(int32)": np.int32, "tensor(int64)": np.int64}
    dtypes = {each.name: np.dtype(types[each.type]) for each in session.get_inputs()}
    for run in case.runs:
        values = {name: what for name, what in case.told.items() if not isinstance(what, tuple)}
        given = feed(run | values, dtypes)
        expected = dict(zip([each.name for each in session.get_outputs()], session.run(None, given), strict=True))
        got = graph.forward(**{name: given[name] for name in graph.inputs})
        for name, answer in expected.items():
            if got[name].shape != answer.shape:
                raise ValueError(f"{name} is {got[name].shape}, and in ONNX Runtime {answer.shape}")
            worst = max(worst, float(np.max(np.abs(got[name] - answer)) / np.max(np.abs(answer))))
    more = [beside(graph, session, given)] if chosen and chosen.time else []
    more += [trained(graph, given)] if chosen and chosen.train else []
    return worst, seconds, graph, more


def described(what: Any) -> str:
    return " × ".join(map(str, what)) if isinstance(what, tuple) else str(what)


def main() -> int:
    """Compare all, and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--draw", type=Path)
    parser.add_argument("--depth", type=lambda text: text if text == "fit" else int(text), default="fit")
    parser.add_argument("--time", action="store_true")
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--only", default="", help="what the file's name begins with")
    chosen = parser.parse_args()
    files, failed = {path.name: path for path in unpacked(chosen.folder).rglob("*.onnx")}, 0
    more = ["minigraph, ONNX Runtime"] * chosen.time + ["ten steps: parameters changed, loss"] * chosen.train
    columns = ["file", "told", "operations", "differs by", "read in", *more]
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for number, case in enumerate(CASES):
        if not case.file.startswith(chosen.only):
            continue
        told = ", ".join(f"{name} = {described(what)}" for name, what in case.told.items())
        try:
            worst, seconds, graph, more = compared(case, files[case.file], chosen)
            failed += not worst <= case.tolerance
            operations, difference = str(sum(1 for _ in graph.operations)), f"{worst:.0e}"
            row = (operations, difference, f"{seconds:.1f} s", *more)
            if chosen.draw:
                graph.draw(chosen.draw / f"{number}-{case.file}.png", depth=chosen.depth)
        except Exception as error:  # the table says of every file what it comes to
            failed += 1
            row = ("", f"{type(error).__name__}: {error!s}", "")
        print(f"| {case.file} | {told} | {' | '.join(row)} |", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
