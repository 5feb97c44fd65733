"""What the README shows works as it is shown."""

import re
import shlex
from pathlib import Path

import pytest

import minigraph
from minigraph.cli import COMMANDS, main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TYPED = [shlex.split(line, comments=True) for line in re.findall(r"^minigraph (.*)$", README, re.MULTILINE)]


def blocks(language):
    """The README's fenced code of one language, each block with the line that it begins on."""
    for block in re.finditer(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL):
        yield README.count("\n", 0, block.start(1)), block[1]


def test_the_python_runs_from_top_to_bottom(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "readme"}
    for line, block in blocks("python"):
        exec(compile("\n" * line + block, "README.md", "exec"), namespace)
    assert capsys.readouterr().out.startswith("1.3558")
    assert {file.name for file in tmp_path.iterdir()} == {"derivatives.svg", "run.svg"}


def test_ones_own_operation_takes_less_than_ten_lines():
    (operation,) = [block for _, block in blocks("python") if block.startswith("class")]
    assert len(operation.splitlines()) < 10


def test_every_command_is_shown():
    assert {command for command, *_ in TYPED} == COMMANDS.keys()


@pytest.mark.slow
def test_the_commands_run_one_after_the_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").symlink_to(ROOT / "models")
    for name in ("flowers.csv", "more.csv"):
        (tmp_path / name).write_text("length,width,kind\n" + "1,0,rose\n0,1,tulip\n" * 4)
    (tmp_path / "new.csv").write_text("length,width\n1,0\n")
    for arguments in TYPED:
        shorter = ["--epochs", "2"] if arguments[0] == "train" else []
        assert main([*arguments, *shorter]) == 0, arguments


def test_what_it_points_to_is_there():
    targets = re.findall(r"\]\(([^)]+)\)", README)
    assert {"docs/pictures/circuit.svg", "docs/pictures/derivatives.svg", "docs/pictures/run.svg"} <= set(targets)
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_every_room_of_the_package_is_told():
    told = set(re.findall(r"`([a-z_]+(?:\.py|/))`", README)) - {"minigraph/"}
    assert {f"{name}/" for name in ("core", "ops", "compiler", "explain", "training", "interop")} <= told
    assert [name for name in told if not (Path(minigraph.__file__).parent / name).exists()] == []
