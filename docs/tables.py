"""Write docs/tables/: the small tables that README.md and docs/your_own_table.md train on, and predict.

flowers.csv, more.csv and new.csv are R. A. Fisher's irises. customers.csv, later.csv and leads.csv are drawn at random: who
leaves is decided by a rule that is written down here, and a little chance. They have what somebody's table has: an identifier,
text, dates, codes with a zero in front, blanks, and fewer rows of one class than of the other.
"""

import csv
import sys
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "tables"
FEATURES = ("sepal length", "sepal width", "petal length", "petal width")
CUSTOMERS = ("customer", "city", "zip", "age", "signup", "plan", "spend", "calls", "churned")
CITIES = {"Bergen": "5003", "Dresden": "01067", "Lyon": "69001", "Malmö": "21119", "Porto": "04050"}
TODAY = date(2025, 6, 30)


def flowers() -> dict[str, list[Sequence[object]]]:
    """The irises: 100 to train on, 50 with their kind, and 5 of these without."""
    from sklearn.datasets import load_iris

    bunch = load_iris()
    rows = [(*map(float, x), str(bunch.target_names[y])) for x, y in zip(bunch.data, bunch.target, strict=True)]
    rows = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))]
    header = (*FEATURES, "kind")
    return {
        "flowers.csv": [header, *rows[:100]],
        "more.csv": [header, *rows[100:]],
        "new.csv": [FEATURES, *(row[:-1] for row in rows[100:105])],
    }


def customers() -> dict[str, list[Sequence[object]]]:
    """800 customers to train on, 200 of a later day, and 5 of whom nobody knows whether they will leave."""
    rng = np.random.default_rng(0)
    rows = [_customer(rng, 1001 + i) for i in range(1005)]
    return {
        "customers.csv": [CUSTOMERS, *rows[:800]],
        "later.csv": [CUSTOMERS, *rows[800:1000]],
        "leads.csv": [CUSTOMERS[:-1], *(row[:-1] for row in rows[1000:])],
    }


def _customer(rng: np.random.Generator, number: int) -> Sequence[object]:
    """One customer; those leave who call often, are new and pay much, and seldom those of the family plan."""
    city = str(rng.choice(list(CITIES), p=[0.15, 0.25, 0.3, 0.1, 0.2]))
    age = int(np.clip(rng.normal(44, 14), 18, 90))
    days = int(rng.integers(5, 1500))
    plan = str(rng.choice(["single", "family", ""], p=[0.6, 0.35, 0.05]))
    spend = round(float(rng.gamma(4, 10 if plan == "family" else 7)), 2)
    calls = int(rng.poisson(1.5))
    score = 0.9 * (calls - 1.7) - 0.0022 * (days - 500) + 0.03 * (spend - 30)
    score -= 1.6 * (plan == "family") + 0.7 * (city == "Lyon")
    leaves = rng.random() < 1 / (1 + np.exp(-1.6 * score))
    blank = rng.random(2) < (0.06, 0.03)
    signup = TODAY - timedelta(days=days)
    return (
        f"C-{number}", city, CITIES[city], "" if blank[0] else age, signup.isoformat(), plan,
        "n/a" if blank[1] else f"{spend:.2f}", calls, "yes" if leaves else "no",
    )  # fmt: skip


def write(folder: Path, tables: Iterable[tuple[str, list[Sequence[object]]]]) -> None:
    """Write each table, in UTF-8."""
    folder.mkdir(exist_ok=True)
    for name, rows in tables:
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if sys.argv[1:] else FOLDER, {**flowers(), **customers()}.items())
