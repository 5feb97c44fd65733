"""What the README shows works as it is shown."""

import re
import shlex
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import minigraph
from docs import tables
from minigraph.cli import COMMANDS, main
from minigraph.interop import extras

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


def recorded_imports(monkeypatch):
    """The packages of extras that commands ask for from here on."""
    asked, real = set(), extras.import_module
    monkeypatch.setattr(extras, "import_module", lambda module: (asked.add(module.partition(".")[0]), real(module))[1])
    return asked


@pytest.mark.slow
def test_the_commands_run_one_after_the_other_with_what_make_demo_installs(tmp_path, monkeypatch):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (demo,) = re.findall(r"^demo: .*\n\t\$\(VENV\)/bin/minigraph (.*)$", makefile, re.MULTILINE)
    (installed,) = re.findall(r"^\$\(VENV\)/for-demo:.*\n.*'\.\[(.*)\]'$", makefile, re.MULTILINE)
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    packages = {requirement.partition(">")[0].lower() for extra in installed.split(",") for requirement in metadata[extra]}
    monkeypatch.chdir(tmp_path)
    for folder in ("models", "docs"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    asked = recorded_imports(monkeypatch)
    for arguments in (shlex.split(demo), *TYPED):
        shorter = ["--epochs", "2"] if arguments[0] == "train" else []
        assert main([*arguments, *shorter]) == 0, arguments
    distributions = packages_distributions()
    assert {name.lower() for module in asked for name in distributions[module]} == packages


def test_the_tables_are_those_that_their_script_writes(tmp_path):
    tables.write(tmp_path, {**tables.flowers(), **tables.customers()}.items())
    made = {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()}
    assert made == {file.name: file.read_text(encoding="utf-8") for file in tables.FOLDER.iterdir()}


def test_what_it_points_to_is_there():
    targets = re.findall(r"\]\(([^)]+)\)", README)
    assert {"docs/pictures/circuit.svg", "docs/pictures/derivatives.svg", "docs/pictures/run.svg"} <= set(targets)
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_every_room_of_the_package_is_told():
    told = set(re.findall(r"`([a-z_]+(?:\.py|/))`", README)) - {"minigraph/"}
    assert {f"{name}/" for name in ("core", "ops", "compiler", "explain", "training", "interop")} <= told
    assert [name for name in told if not (Path(minigraph.__file__).parent / name).exists()] == []
