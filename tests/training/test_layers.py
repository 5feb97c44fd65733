"""Within training/ too, files import downwards: the loop uses data, optimizers and metrics, and none of them knows the loop."""

import ast
from pathlib import Path

import minigraph.training

ROOM = Path(minigraph.training.__file__).parent
MAY_USE = {
    "checks": set(),
    "data": {"checks"},
    "optim": {"checks"},
    "metrics": {"checks", "data", "optim"},
    "loop": {"checks", "data", "optim", "metrics"},
    "runs": {"checks", "data", "metrics", "loop"},
    "estimator": {"checks", "data", "optim", "loop", "runs"},
}


def used_by(part):
    """The parts of training/ that the files of a part import, besides its own."""
    files = [*(ROOM / part).glob("*.py"), *ROOM.glob(f"{part}.py")]
    imported = [node.module for file in files for node in ast.walk(ast.parse(file.read_text())) if hasattr(node, "module")]
    return {module.split(".")[2] for module in imported if module.startswith("minigraph.training.")} - {part}


def test_the_loop_uses_data_optimizers_and_metrics_and_none_of_them_the_loop():
    assert {part: used_by(part) - known for part, known in MAY_USE.items()} == {part: set() for part in MAY_USE}
    assert {file.stem for file in ROOM.iterdir()} - {"__init__", "__pycache__"} == MAY_USE.keys()
