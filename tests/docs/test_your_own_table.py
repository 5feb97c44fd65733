"""The page of one's own table: its commands say what it shows, its Python gives what it shows, and its service answers."""

import doctest
import io
import json
import re
import shlex
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from minigraph.cli import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/your_own_table.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"\d+(\.\d+)?(e[-+]\d+)?%?")
"""What the last digits of depend on how a machine multiplies matrices."""


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def commands():
    """Each command, and what it says."""
    for block in blocks("console"):
        for command in re.finditer(r"^\$ minigraph (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            yield command[1], command[2]


def said_by(command):
    """What a command says, on both streams."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(stream), redirect_stderr(stream):
        code = main(shlex.split(command))
        stream.flush()
    return code, stream.buffer.getvalue().decode()


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """The folder of somebody who has typed all commands, and what was said to each beside what the page shows."""
    folder = tmp_path_factory.mktemp("table")
    for name in ("docs", "models"):
        (folder / name).symlink_to(ROOT / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "path", [*sys.path])
        return folder, [(command, *said_by(command), shown) for command, shown in commands()]


@pytest.fixture
def _in_its_folder(followed, monkeypatch):
    monkeypatch.chdir(followed[0])


def test_the_commands_say_what_the_page_shows_but_for_the_last_digits(followed):
    said = followed[1]
    assert [command.split()[0] for command, *_ in said] == ["new", "train", "train", "evaluate", "predict", "train", "evaluate"]
    for command, code, text, shown in said:
        assert code == (2 if shown.startswith("Error: ") else 0), command
        if shown != "…\n":
            lines = [re.sub(r"^epoch .*\n", "", each, flags=re.MULTILINE) for each in (text, shown)]
            words, expected = (re.sub(" +", " ", NUMBER.sub("#", each)).strip() for each in lines)
            assert words == expected, command


def test_what_the_page_says_of_the_figures_is_so(followed):
    first, second = (text for command, _, text, _ in followed[1] if command.startswith("evaluate"))
    found = [float(re.search(r"balanced accuracy ([\d.]+)%", text)[1]) for text in (first, second)]
    assert 70 < found[0] < found[1] < 90


@pytest.mark.usefixtures("_in_its_folder")
def test_the_python_prints_what_it_shows():
    code = "\n".join(blocks("pycon"))
    report: list[str] = []
    test = doctest.DocTestParser().get_doctest(code, {}, "your_own_table.md", None, 0)
    results = doctest.DocTestRunner(verbose=False).run(test, out=report.append)
    assert results.attempted > 12 and not results.failed, "".join(report)


@pytest.mark.usefixtures("_in_its_folder")
def test_the_service_answers_rows_of_json(monkeypatch):
    served = {}
    fastapi = ModuleType("fastapi")
    fastapi.FastAPI = lambda: SimpleNamespace(post=lambda path: lambda function: served.setdefault(path, function))
    monkeypatch.setitem(sys.modules, "fastapi", fastapi)
    fastapi.HTTPException = type("HTTPException", (Exception,), {})
    (service,) = blocks("python")
    assert len([line for line in service.splitlines() if line]) <= 10
    exec(service, {})
    rows = json.loads(re.search(r"-d '(\[.*?\])'", PAGE, re.DOTALL)[1])
    (answer,) = json.loads(json.dumps(served["/predict"](rows)))
    with pytest.raises(fastapi.HTTPException, match="The rows give no 'zip'") as refused:
        served["/predict"]([{"city": "Lyon"}])
    assert refused.value.args[0] == 422
    assert answer["prediction"] == "yes" and sum(answer["probabilities"].values()) == pytest.approx(1)
