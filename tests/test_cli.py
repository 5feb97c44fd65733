"""The command line, used as a person would: what it writes, what it says, and what it answers to a mistake."""

import inspect
import json
import os
import pty
import re
import subprocess
import sys
from base64 import b64decode
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph.cli import COMMANDS, main
from minigraph.cli.say import say_table, widths
from minigraph.training.runs.building import load_model

MODEL = "models/two_layer.py"
ROOT = Path(__file__).parent.parent
HEADER = "import numpy as np\nimport minigraph as mg\n"


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.fixture
def model(tmp_path, monkeypatch):
    """Write a model's file into the current folder, and give its name."""
    monkeypatch.chdir(tmp_path)

    def write(text, name="mine.py"):
        Path(name).write_text(text)
        return name

    return write


def told(capsys, *arguments):
    """The one line on the standard error that a wrong use gets, with exit code 2."""
    assert main(list(arguments)) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    return output.err.removesuffix("\n")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The two-layer model, trained as `make demo` does."""
    folder = tmp_path_factory.mktemp("demo") / "two_layer"
    command = [sys.executable, "-m", "minigraph", "train", MODEL, "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return folder, done


@pytest.mark.slow
def test_training_writes_every_result(demo):
    folder, _ = demo
    pictures = {f"{name}.{suffix}" for name in ("circuit", "derivatives", "run") for suffix in ("svg", "png")}
    plots = {"loss.png", "boundary.png", "confusion.png", "weights.png"}
    kept = {"model.safetensors", "best.safetensors", "checkpoint.safetensors", "config.json", "log.jsonl", "scores.json"}
    assert {file.name for file in folder.iterdir()} == pictures | plots | kept | {"epochs"}


def test_training_says_its_figures_and_what_was_written_where(demo):
    folder, done = demo
    figures = dict(re.findall(r"^(validation accuracy|accuracy|validation loss|loss) ([0-9.]+)", done.stdout, re.MULTILINE))
    assert float(figures["accuracy"]) >= 97
    assert float(figures["validation accuracy"]) >= 95
    assert f"Written to {folder}:" in done.stdout
    for file in folder.iterdir():
        assert file.stem in done.stdout


def test_a_pipe_gets_no_control_codes(demo):
    _, done = demo
    assert "\x1b" not in done.stdout + done.stderr
    assert "\r" not in done.stdout + done.stderr


def test_the_parameters_are_loaded_back(demo):
    folder, _ = demo
    graph = load_model(MODEL)
    graph.load(folder / "model.safetensors")
    data = mg.data.moons(seed=1)
    assert (graph.forward(**data)["probabilities"].argmax(axis=1) == data["y"]).mean() >= 0.95


def test_a_training_s_folder_is_explained_from_its_start_to_its_end(demo, tmp_path, capsys):
    assert main(["explain", str(demo[0]), "--out", str(tmp_path / "page.html")]) == 0
    page = (tmp_path / "page.html").read_text()
    data = json.loads(re.search(r'id="ui--data">(.*?)</script>', page)[1])
    labels = [moment["label"] for moment in data["snapshots"]]
    assert labels[:6] == ["the start", "epoch 1", "epoch 2", "epoch 4", "epoch 8", "epoch 16"] and labels[-1] == "now"
    graph = load_model(MODEL)
    start = np.frombuffer(b64decode(data["snapshots"][0]["leaves"]["W1"]["data"]), "<f4")
    assert np.array_equal(start, graph.parameters["W1"].value.ravel())
    graph.load(demo[0] / "model.safetensors")
    assert np.array_equal(np.frombuffer(b64decode(data["leaves"]["W1"]["data"]), "<f4"), graph.parameters["W1"].value.ravel())


@pytest.mark.slow
def test_a_training_by_adam_is_explained_without_the_optimizer_s_state(tmp_path, monkeypatch):
    run = tmp_path / "run"
    monkeypatch.setattr("minigraph.cli.training.KEPT", 10)  # the model is larger: no parameters are kept beside these
    assert main(["train", MODEL, "--out", str(run), "--epochs", "2", "--optimizer", "adam"]) == 0
    assert main(["explain", str(run), "--out", str(tmp_path / "page.html")]) == 0
    assert not (run / "epochs").exists()


def test_a_folder_that_holds_no_training_is_not_explained(tmp_path, capsys):
    assert str(tmp_path) in told(capsys, "explain", str(tmp_path))


def test_training_is_the_same_for_a_seed(tmp_path, capsys):
    said = []
    for out in ("one", "two"):
        assert main(["train", MODEL, "--epochs", "3", "--batch-size", "64", "--seed", "5", "--out", str(tmp_path / out)]) == 0
        said.append(capsys.readouterr().out.partition("Written")[0])
    assert said[0] == said[1]
    assert (tmp_path / "one/model.safetensors").read_bytes() == (tmp_path / "two/model.safetensors").read_bytes()


def test_a_table_of_ones_own_is_learned_from(model, capsys):
    text = (
        HEADER
        + """
def build():
    x = mg.Input("x", ("N", 3))
    y = mg.Input("y", ("N",), dtype=np.int64)
    W = mg.Parameter("W", np.zeros((3, 2)))
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(x @ W, y))
"""
    )
    Path("flowers.csv").write_text("a,b,c,kind\n" + "1,0,2,rose\n-1,0,1,tulip\n" * 10)
    assert main(["train", model(text), "--data", "flowers.csv", "--epochs", "20"]) == 0
    said = capsys.readouterr().out
    assert "validation accuracy 100.0%" in said
    assert "boundary.png" not in said
    assert Path("out/mine/model.safetensors").is_file()
    assert not Path("out/mine/boundary.png").exists()


@pytest.mark.parametrize("format", ["svg", "png", "pdf", "dot"])
def test_a_circuit_is_drawn_in_each_format(tmp_path, format, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["draw", str(ROOT / MODEL), "--format", format]) == 0
    assert Path(f"out/two_layer-circuit.{format}").stat().st_size > 1000
    assert capsys.readouterr().out == f"Written to out/two_layer-circuit.{format}\n"


def test_the_derivatives_are_drawn_into_a_file_of_ones_choice(tmp_path):
    assert main(["draw", "models.two_layer:build", "--derivatives", "--out", str(tmp_path / "fig3.dot")]) == 0
    assert load_model(MODEL).draw(derivatives=True).source in (tmp_path / "fig3.dot").read_text()


def test_a_file_without_a_suffix_gets_that_of_the_format(tmp_path, capsys):
    assert main(["draw", MODEL, "--format", "DOT", "--out", str(tmp_path / "fig2")]) == 0
    assert (tmp_path / "fig2.dot").is_file()


@pytest.mark.parametrize("data", [[], ["--data", "moons"]])
def test_the_rules_of_a_model_are_checked(capsys, data):
    assert main(["check", MODEL, *data]) == 0
    said = capsys.readouterr().out
    assert re.search(r"^ok +a1 +for z1 +\de-\d\d", said, re.MULTILINE)
    assert said.endswith("\nEvery rule is right.\n")


def test_a_wrong_rule_is_named_with_exit_code_1(model, capsys):
    text = (
        HEADER
        + """
class Square(mg.Node):
    def forward(self, x, out=None):
        return np.multiply(x, x, out=out)

    def backward(self, gradient, y, x):
        return gradient * x


def build():
    return mg.Graph(loss=Square(mg.Input("x", ("N",)), name="squared").sum())
"""
    )
    assert main(["check", model(text)]) == 1
    said = capsys.readouterr().out
    assert re.search(r"^WRONG +squared +for x", said, re.MULTILINE)
    assert "squared, made at mine.py:13: for x its backward gives" in said
    assert said.endswith("\nWrong: 1 of 2 derivatives.\n")


def test_the_version_and_the_help_are_said(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"minigraph {version('minigraph')}\n"
    assert main([]) == main(["--help"]) == 0
    said = capsys.readouterr().out
    for command in ("train", "evaluate", "predict", "plot", "compare", "draw", "check", "explain"):
        assert main([command, "--help"]) == 0
        assert re.search(rf"^  {command} +[A-Z]", said, re.MULTILINE)
        assert f"  minigraph {command} " in capsys.readouterr().out


def test_a_narrow_terminal_gets_lines_that_fit():
    for arguments in (["check", MODEL], ["draw", "models/two_layr.py"]):
        said = in_a_terminal(40, *arguments)
        assert max(map(len, re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", said).splitlines())) <= 40


@pytest.mark.parametrize("command", COMMANDS)
def test_the_list_of_commands_has_the_first_sentence_of_each(command):
    module, summary, _ = COMMANDS[command]
    assert inspect.getdoc(getattr(import_module(module), command)).partition("\n")[0] == summary


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_the_help_is_whole_in_a_narrow_terminal(command, capsys, monkeypatch):
    asked = [*filter(None, [command]), "--help"]
    texts = []
    for columns in ("80", "40"):
        monkeypatch.setenv("COLUMNS", columns)
        assert main(asked) == 0
        texts.append(capsys.readouterr().out)
        assert max(map(len, texts[-1].splitlines())) <= int(columns)
    wide, narrow = (re.sub(r"\\\n|-\n +|[-\s]+", " ", text).split() for text in texts)
    assert narrow == wide


def test_a_narrow_table_gives_way_at_words_and_a_pipe_has_no_width(capsys):
    say_table([("validation accuracy", "86.5%"), ("seconds", "0.1")] * 2, ("", "out/" + "long" * 20))
    assert f"  out/{'long' * 20}\n" in capsys.readouterr().out
    assert widths([("checkpoint.safetensors", "what --resume goes on from")], 40) == [22, 16]


def test_a_table_that_a_narrow_terminal_has_no_room_for_is_told_in_another_way(tmp_path):
    lines = [",".join([*(["0"] * 64), f"kind{i % 10}"]) for i in range(50)]
    (tmp_path / "rows.csv").write_text("\n".join(lines))
    asked = ["evaluate", "models/mlp.py", "--data", str(tmp_path / "rows.csv")]
    narrow, wide = (in_a_terminal(columns, *asked) for columns in (40, 80))
    assert "taken for" in narrow and "labels down" not in narrow and "labels down" in wide


def test_a_stream_without_unicode_gets_what_it_can_show():
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "minigraph", "check", MODEL]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr
    assert r"ok  \u0177 " in done.stdout


def test_control_codes_in_what_was_typed_are_not_said(capsys, wording):
    message = told(capsys, "draw", "\x1b[31mred.py")
    assert "\x1b" not in message and r"\x1b[31mred.py" in message
    wording(message)


def in_a_terminal(columns, *arguments):
    """What a terminal of that width is shown."""
    screen, keyboard = pty.openpty()
    environment = os.environ | {"COLUMNS": str(columns), "TERM": "xterm"}
    command = [sys.executable, "-m", "minigraph", *arguments]
    with subprocess.Popen(command, stdout=keyboard, stderr=keyboard, stdin=keyboard, cwd=ROOT, env=environment) as done:
        os.close(keyboard)
        said = b""
        try:
            while part := os.read(screen, 1000):
                said += part
        except OSError:  # Linux's way to say that nobody writes any more
            pass
    os.close(screen)
    assert done.returncode in (0, 2)
    return said.decode()


CODES = "\x1b[2J\x07:heart:\u202e"
STEERS = re.compile(r"[\x07\u202e❤]|\x1b(?!\[[0-9;?]*[hlmAKG])")
"""What a terminal must not be given; the codes that move a bar and colour it are rich's own."""
STEERING_MODEL = f"""
def build():
    x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N",), dtype=np.int64)
    scores = mg.Identity(x @ mg.Parameter("W" + {CODES!r}, np.ones((2, 2))), name="scores" + {CODES!r})
    return mg.Graph({{"loss": mg.SoftmaxCrossEntropy(scores, y), "out" + {CODES!r}: scores}})
"""


@pytest.fixture(scope="module")
def steering(tmp_path_factory):
    """A folder of a model, of data and of a training whose names would steer a terminal, and what that training said."""
    folder = tmp_path_factory.mktemp("steering")
    model, data = folder / f"model{CODES}.py", folder / f"data{CODES}.csv"
    model.write_text(HEADER + STEERING_MODEL)
    rows = [f"{i % 7},{i % 5},{i},{'rose' if i % 2 else 'tulip'}{CODES}" for i in range(40)]
    data.write_text("\n".join([f"a{CODES},b{CODES},id,label", *rows]))
    (folder / "new.csv").write_text(f"b{CODES},a{CODES},more{CODES}\n1,2,3\n")
    (folder / "odd.csv").write_text(f"a{CODES},b{CODES},label\n1,2,lily{CODES}\n1,2,{CODES}\n")
    run = folder / f"run{CODES}"
    return folder, model, data, run, in_a_terminal(80, "train", model, "--data", data, "--epochs", "3", "--out", run)


@pytest.mark.parametrize(
    "command",
    [
        "train MODEL --out RUN",
        "train MODEL --out RUN --resume --optimizer adam",
        "train MODEL --optimizer CODES",
        "train CODES",
        "evaluate RUN --data DATA",
        "evaluate RUN",
        "evaluate RUN --data FOLDER/odd.csv",
        "predict RUN FOLDER/odd.csv -o FOLDER/CODES",
        "predict RUN CODES",
        "plot RUN",
        "compare RUN RUN",
        "compare RUNCODES",
        "draw MODEL --out FOLDER/CODES.svg",
        "draw MODEL --path x CODES",
        "check MODEL",
        "check MODEL --data DATA",
        "explain MODEL --text --rows 2",
        "explain MODEL --derive CODES",
        "explain MODEL --derive WCODES --rows 2",
        "explain MODEL --out FOLDER/CODES.html --rows 2",
        "CODES",
        "draw --CODES",
    ],
)
def test_no_name_steers_a_terminal(steering, command, capsys):
    folder, model, data, run, _ = steering
    places = {"FOLDER": folder, "MODEL": model, "DATA": data, "RUN": run, "CODES": CODES}
    asked = [re.sub("|".join(places), lambda found: str(places[found[0]]), word) for word in command.split()]
    assert main(asked) in (0, 2)
    output = capsys.readouterr()
    assert not STEERS.search(output.out + output.err)


def test_no_name_steers_a_terminal_that_shows_a_training_or_predictions(steering):
    folder, _, _, run, said = steering
    assert "[2J" in said and not STEERS.search(said)
    said = in_a_terminal(80, "predict", run, folder / "new.csv")
    assert "[2J" in said and not STEERS.search(said)


def test_no_name_steers_a_terminal_from_python(steering):
    rows = mg.data.read(steering[2])
    assert not STEERS.search(repr(rows)) and "[2J" in repr(rows)
    with pytest.raises(mg.DataError) as caught:
        mg.data.read(steering[0] / "odd.csv", classes=rows.classes)
    assert not STEERS.search(str(caught.value)) and "[2J" in str(caught.value)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Glyph")  # not every font has them
@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_predictions_are_handed_over_in_utf_8_whatever_the_encoding_of_the_stream(tmp_path, encoding):
    rows = [f"{'-' * (i % 2)}0.{i},{'-' * (i % 2)}1.{i},{('中国', '日本:x: [b]')[i % 2]}" for i in range(1, 20)]
    (tmp_path / "rows.csv").write_text("\n".join(["x1,x2,label", *rows]), encoding="utf-8")
    minigraph = [sys.executable, "-m", "minigraph"]
    run, data = str(tmp_path / "run"), str(tmp_path / "rows.csv")
    assert main(["train", MODEL, "--data", data, "--epochs", "30", "--out", run]) == 0
    assert main(["predict", run, data, "-o", str(tmp_path / "file.csv")]) == 0
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    done = subprocess.run([*minigraph, "predict", run, data], capture_output=True, cwd=ROOT, env=environment, check=True)
    lines = done.stdout.decode("utf-8").splitlines()
    assert lines[0] == "prediction,probability of 中国,probability of 日本:x: [b]"
    assert {line.partition(",")[0] for line in lines[1:]} == {"中国", "日本:x: [b]"}
    assert done.stdout == (tmp_path / "file.csv").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("trian", ["command 'trian'", "Did you mean 'train'?"]),
        ("draw", ["Missing argument 'MODEL|DIR'"]),
        ("draw MODEL more", ["unexpected", "(more)"]),
        ("evaluate out/run more.csv", ["(more.csv). Rows are given with --data"]),
        ("draw MODEL --derivative", ["No such option", "--derivative ", "--derivatives"]),
        ("train MODEL --out", ["'--out' requires an argument"]),
        ("train MODEL --epochs 0", ["'--epochs'"]),
    ],
)
def test_what_the_parser_refuses_gets_one_line(capsys, arguments, words):
    message = told(capsys, *arguments.replace("MODEL", MODEL).split())
    assert message.startswith("Error: ") and all(word in message for word in words)


@pytest.mark.parametrize(
    "arguments",
    [
        "train MODEL --optimizer adm",
        "train MODEL --lr 0 --overwrite",
        "draw models/two_layr.py",
        "draw models",
        "evaluate tests/dosc",
        "draw README.md",
        "draw models.two_layr",
        "draw math",
        "draw MODEL:bild",
        "draw MODEL --format jpg",
        "draw MODEL --format png --out fig.svg",
        "train MODEL --out README.md",
        "train MODEL --data moon",
        "draw MODEL --out models",
    ],
)
def test_wrong_use_gets_one_line(capsys, arguments, wording):
    wording(told(capsys, *arguments.replace("MODEL", MODEL).split()))


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("x = 1\ndef build(:\n", "mine.py:2: SyntaxError: "),
        ("import no_such_package\n", "mine.py:1: ModuleNotFoundError: No module named 'no_such_package'"),
        ("def build():\n    return lost\n", "mine.py:2: NameError: name 'lost' is not defined"),
        ("import sys\nsys.exit(3)\n", "mine.py:2: SystemExit: 3"),
        ("\0", "mine.py cannot be imported: "),
    ],
    ids=["its syntax", "a package that is missing", "a name that is missing", "an exit", "a null character"],
)
def test_an_error_of_python_in_a_models_file_names_its_line(model, capsys, text, where):
    assert told(capsys, "draw", model(text)).startswith(f"Error: {where}")


MODELS = {
    "a number for a graph": "def build():\n    return 3\n",
    "arguments without defaults": "def build(width, depth):\n    pass\n",
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_gives_no_graph_is_told(model, capsys, name, wording):
    wording(told(capsys, "draw", model(MODELS[name])))


def test_nodes_that_do_not_fit_are_told_by_their_lines(model, capsys, wording):
    text = HEADER + (
        "def build():\n    x = mg.Input('x', ('N', 3))\n    W = mg.Parameter('W', np.ones((2, 4)))\n"
        "    return mg.Graph(loss=(x @ W).sum())\n"
    )
    message = told(capsys, "draw", model(text))
    assert message.startswith("Error: mine.py:6: ShapeError: ") and "x was made at mine.py:4, W at mine.py:5." in message
    wording(message)


def test_a_rule_that_fails_names_its_line(model, capsys):
    text = (
        HEADER
        + """
class Broken(mg.Node):
    def forward(self, x, out=None):
        return np.multiply(x, lost, out=out)

    def backward(self, gradient, y, x):
        return gradient


def build():
    return mg.Graph(loss=Broken(mg.Input("x", ("N",))).sum())
"""
    )
    assert told(capsys, "check", model(text)).startswith("Error: mine.py:6: RuleError: ")


def test_rows_that_do_not_fit_a_model_can_be_replaced(model, capsys):
    text = HEADER + "\ndef build():\n    return mg.Graph(mg.Log(mg.Input('x', ('N', 2)), name='logarithm').sum())\n"
    message = told(capsys, "check", model(text))
    assert message.startswith("Error: logarithm (N × 2) is nan at [")
    assert message.endswith(" The rows were drawn from a standard normal distribution: give some that fit with --data.")


def test_what_lies_beside_a_model_can_be_imported(model, capsys):
    model("WIDTH = 4\n", name="sizes_of_mine.py")
    text = HEADER + "from sizes_of_mine import WIDTH\n\ndef build():\n    return mg.Graph(mg.Input('x', WIDTH).sum())\n"
    assert main(["draw", model(text), "--format", "dot"]) == 0


def test_a_function_that_takes_a_seed_is_given_it(model):
    text = HEADER + "\ndef noisy(seed):\n    return mg.Graph(mg.Parameter('W', seed))\n"
    assert load_model(f"{model(text)}:noisy", seed=7).parameters["W"].value == 7


def test_a_broken_table_is_told_by_file_line_and_column(tmp_path, monkeypatch, capsys, wording):
    monkeypatch.chdir(tmp_path)
    Path("bad.csv").write_text("a,b,kind\n1,2,0\n3,four,1\n5,6,0\n7,8,1\n9,10,0\n")
    wording(told(capsys, "train", str(ROOT / MODEL), "--data", "bad.csv"))
