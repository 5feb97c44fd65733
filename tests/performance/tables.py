"""Five kinds of dirty tables from file to predictions: by minigraph's commands, by its Python, and by scikit-learn's pipeline.

    python -m tests.performance.tables churn houses --seeds 5

It needs pandas and scikit-learn. For each seed the rows are split anew, three quarters to learn from, and each contestant gets
the two files: what is written here for it is what a user would write, and is counted in lines. The figure on the other quarter
is scikit-learn's AUC (of several classes the mean of each against the rest), or R². The networks are of one size; that of
scikit-learn is also trained with its early stopping. Seconds are from the files to the predictions, of commands with the start
of Python.
"""

import argparse
import csv
import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import chdir
from pathlib import Path

import numpy as np

from tests.performance.dirty_tables import MAKERS, write

__all__ = ["CONTESTANTS", "contest", "main"]

MODELS = Path(__file__).parents[2] / "models"
COMMANDS = """\
minigraph train {model} --data train.csv --label {label}{drop_option} --seed {seed} --out out --overwrite
minigraph predict out test.csv -o predicted.csv
"""
CLASSES = """\
import minigraph as mg
from models import mlp
table = mg.data.read_tabular("train.csv", label="{label}", drop={drop}, seed={seed})
model = mlp.build(table.features, classes=len(table.training.classes), seed={seed})
model = mg.data.standardized(model, table.training)
training = dict(validation=table.validation, batch_size=32, epochs=1000, seed={seed}, progress=False)
mg.train(model, table.training, optimizer=mg.Adam(0.001), callbacks=[mg.EarlyStopping(patience=20)], **training)
found = mg.Predictor(model)(table.read("test.csv"))["probabilities"]
"""
VALUES = """\
import minigraph as mg
from models import mlp
table = mg.data.read_tabular("train.csv", mlp.regression(), label="{label}", drop={drop}, seed={seed})
model = mg.standardized_targets(mlp.regression(table.features, seed={seed}), table.training)
model = mg.data.standardized(model, table.training)
training = dict(validation=table.validation, batch_size=32, epochs=1000, seed={seed}, progress=False)
mg.train(model, table.training, optimizer=mg.Adam(0.001), callbacks=[mg.EarlyStopping(patience=20)], **training)
found = mg.Predictor(model)(table.read("test.csv"))["value"]
"""
READ = """\
import pandas
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
def read(file):
    frame = pandas.read_csv(file, sep="{separator}", dtype=dict.fromkeys({codes}, str), na_values=["?", "-", "NA"])
    for name in {dates}:
        day = pandas.to_datetime(frame.pop(name), dayfirst={dayfirst})
        for part in ("year", "month", "weekday"):
            frame[name + " " + part] = getattr(day.dt, part)
        frame[name + " days"] = (day - pandas.Timestamp("2019-01-01")).dt.days
    return frame.drop(columns={drop} + ["{label}"]), frame["{label}"]
x, y = read("train.csv")
numbers = x.select_dtypes("number").columns
scaled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
others = OneHotEncoder(handle_unknown="ignore")
columns = ColumnTransformer([("numbers", scaled, numbers), ("categories", others, x.columns.difference(numbers))])
"""
PIPELINES = {
    False: """\
model = make_pipeline(columns, MLPClassifier((128,), random_state={seed}, early_stopping={early})).fit(x, y)
found = model.predict_proba(read("test.csv")[0])
""",
    True: """\
network = MLPRegressor(hidden_layer_sizes=(64,), random_state={seed}, early_stopping={early})
model = make_pipeline(columns, TransformedTargetRegressor(network, transformer=StandardScaler())).fit(x, y)
found = model.predict(read("test.csv")[0])
""",
}


def _lines(text):
    """How many lines are written."""
    return len(text.strip().splitlines())


def _written(made, seed, early):
    """What stands for the fields of the texts above."""
    return {
        "model": f"{MODELS / 'mlp.py'}{':regression' if made.regression else ''}",
        "label": made.label,
        "drop": list(made.drop),
        "drop_option": f" --drop {','.join(made.drop)}" if made.drop else "",
        "dates": list(made.dates),
        "codes": list(made.codes),
        "separator": made.separator,
        "dayfirst": made.separator == ";",
        "seed": seed,
        "early": early,
    }


def by_commands(made, folder, seed):
    """What the two commands predict, and how many lines they are."""
    text = COMMANDS.format(**_written(made, seed, False))
    for line in text.splitlines():
        command = [sys.executable, "-c", "import sys; from minigraph.cli import main; sys.exit(main())", *line.split()[1:]]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    with open(folder / "predicted.csv", encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    wanted = [made.label] if made.regression else [name for name in header if name.startswith("probability of ")]
    found = np.array([[float(row[header.index(name)]) for name in wanted] for row in rows])
    return found.reshape(-1) if made.regression else found, _lines(text)


def by_python(text):
    """The same of a text that is run in the folder."""

    def predicted(made, folder, seed):
        code, names = text(made).format(**_written(made, seed, text is early)), {}
        with chdir(folder):
            exec(code, names)
        return names["found"], _lines(code)

    return predicted


def own(made):
    """minigraph's Python."""
    return VALUES if made.regression else CLASSES


def pipeline(made):
    """scikit-learn's pipeline."""
    return READ + PIPELINES[made.regression]


def early(made):
    """The same with early stopping."""
    return READ + PIPELINES[made.regression]


CONTESTANTS = {
    "commands": by_commands,
    "Python": by_python(own),
    "scikit-learn": by_python(pipeline),
    "scikit-learn, early stopping": by_python(early),
}


def scored(made, labels, found):
    """R², or the AUC."""
    from sklearn.metrics import r2_score, roc_auc_score

    if made.regression:
        return r2_score(np.array(labels, float), found)
    true = np.unique(labels, return_inverse=True)[1]
    return roc_auc_score(true, found[:, 1]) if found.shape[1] == 2 else roc_auc_score(true, found, multi_class="ovr")


def contest(made, seed, names=tuple(CONTESTANTS)):
    """The figure of each contestant on the rows that it has not seen, the seconds that it took, and its lines."""
    rows = len(made.columns[made.label])
    order = np.random.default_rng(seed).permutation(rows)
    learned, other = made.take(order[: rows * 3 // 4]), made.take(order[rows * 3 // 4 :])
    figures = {}
    with tempfile.TemporaryDirectory() as place:
        write(Path(place, "train.csv"), learned, made.separator)
        write(Path(place, "test.csv"), other, made.separator)
        for name in names:
            start = time.perf_counter()
            found, lines = CONTESTANTS[name](made, Path(place), seed)
            seconds = time.perf_counter() - start
            figures[name] = {"score": float(scored(made, other[made.label], found)), "seconds": seconds, "lines": lines}
    return figures


def table(results):
    """The results as Markdown: the mean over the seeds, between what they lie, the median of the seconds, and the lines."""
    lines = ["| table | by | AUC or R² | seconds | lines |", "|---|---|---|---|---|"]
    for kind, seeds in results.items():
        for name in seeds[0]:
            each = [figures[name] for figures in seeds]
            scores, seconds = ([figure[part] for figure in each] for part in ("score", "seconds"))
            spread = f"{statistics.mean(scores):.3f} ({min(scores):.3f}–{max(scores):.3f})"
            lines.append(f"| {kind} | {name} | {spread} | {statistics.median(seconds):.1f} | {each[0]['lines']} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.performance.tables", description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", default=list(MAKERS), metavar="KIND", help=f"of {', '.join(MAKERS)}")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--by", nargs="+", default=list(CONTESTANTS), help="the contestants")
    parser.add_argument("--json", type=Path, help="a file that figures are added to; without kinds, the table of what it holds")
    asked = parser.parse_args()
    results = {}
    for kind in asked.kinds:
        made = MAKERS[kind]()
        for seed in range(asked.first, asked.first + asked.seeds):
            figures = contest(made, seed, asked.by)
            results.setdefault(kind, []).append(figures)
            if asked.json:
                with asked.json.open("a") as file:
                    print(json.dumps({"kind": kind, "seed": seed, "figures": figures}), file=file)
    print(table(results))


if __name__ == "__main__":
    main()
