"""Five kinds of tables as people have them, made with their dirt: columns of cells as a file has them, one of them to learn.

Each maker draws what is true first, the label from that with noise, and then spoils the cells: blanks, codes with zeros in
front, dates, identifiers, a label in the middle, texts with accents and commas.
"""

import csv
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

__all__ = ["MAKERS", "Made", "write"]


@dataclass(frozen=True)
class Made:
    """A table's columns by name; which is the label, which identify rows, and what each of the others is."""

    columns: dict
    label: str
    drop: tuple = ()
    dates: tuple = ()
    codes: tuple = ()
    regression: bool = False
    hidden: int = 64
    separator: str = ","

    def take(self, rows):
        """Those rows."""
        return {name: [cells[i] for i in rows] for name, cells in self.columns.items()}


def write(file, columns, separator=","):
    """Write columns as a text file with a header."""
    with open(file, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, delimiter=separator)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def _spoiled(rng, cells, part, blank=""):
    """The cells as text, a part of them blank."""
    missing = rng.random(len(cells)) < part
    return [blank if gone else str(cell) for cell, gone in zip(cells, missing, strict=True)]


def _days(rng, first, span, count):
    """So many days from the first on, as numbers and as dates."""
    after = rng.integers(0, span, count)
    return after, [first + timedelta(int(days)) for days in after]


def _choice(rng, effects, count, weights=None):
    """Names drawn with these weights, and what each has for an effect."""
    names = list(effects)
    at = rng.choice(len(names), count, p=None if weights is None else np.divide(weights, np.sum(weights)))
    return [names[i] for i in at], np.array([effects[name] for name in names])[at]


def _offset(logits, share):
    """What is added to logits so that the mean probability is that share: found by bisection."""
    low, high = -50.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if (1 / (1 + np.exp(-logits - middle))).mean() < share else (low, middle)
    return low


def churn(rows=50_000, seed=0):
    """Customers of whom 2.6 % leave: categories, blanks, dates, codes; the label in the middle, an identifier in front."""
    rng = np.random.default_rng(seed)
    cities = {f"{name}": effect for name, effect in zip(CITIES, rng.normal(0, 0.4, len(CITIES)), strict=True)}
    city, of_city = _choice(rng, cities, rows, range(len(cities), 0, -1))
    plan, of_plan = _choice(rng, {"basic": 0.5, "plus": 0.0, "business": -0.9}, rows, (5, 3, 2))
    zone, of_zone = _choice(rng, {f"0{1000 + 37 * i}": e for i, e in enumerate(rng.normal(0, 0.3, 24))}, rows)
    age = np.clip(rng.normal(44, 14, rows), 18, 90).round().astype(int)
    since, signup = _days(rng, date(2019, 1, 2), 2000, rows)
    spend = rng.lognormal(3.4, 0.8, rows).round(2)
    tickets = rng.poisson(0.6, rows)
    logits = of_city + of_plan + of_zone + 0.9 * tickets - 0.0012 * (2000 - since) - 0.5 * np.log(spend)
    logits += 1.2 * (np.abs(age - 44) > 18) + 0.8 * tickets * (np.array(plan) == "basic")
    leaves = rng.random(rows) < 1 / (1 + np.exp(-logits - _offset(logits, 0.026)))
    columns = {
        "customer_id": [f"C{i:06}" for i in rng.permutation(rows)],
        "city": city,
        "age": _spoiled(rng, age, 0.06),
        "zip": zone,
        "signup": _spoiled(rng, signup, 0.02),
        "churned": np.where(leaves, "yes", "no").tolist(),
        "plan": _spoiled(rng, plan, 0.04),
        "spend": _spoiled(rng, spend, 0.03, "NA"),
        "tickets": tickets.astype(str).tolist(),
    }
    return Made(columns, "churned", ("customer_id",), ("signup",), ("zip",))


CITIES = [
    "Rome",
    "Oslo",
    "Köln",
    "Łódź",
    "Paris",
    "Porto",
    "Brno",
    "Graz",
    "Malmö",
    "Turku",
    "Cork",
    "Bergen",
    "Ghent",
    "Zürich",
]


def houses(rows=6_000, seed=0):
    """Prices with a long tail: years, codes with a zero in front, categories, blanks, dates with points; semicolons between."""
    rng = np.random.default_rng(seed)
    place, of_place = _choice(rng, {f"0{2100 + 7 * i}": e for i, e in enumerate(rng.normal(0, 0.35, 40))}, rows)
    state, of_state = _choice(rng, {"as new": 0.2, "good": 0.05, "needs work, soon": -0.25}, rows, (2, 5, 2))
    garage, of_garage = _choice(rng, {"": 0.0, "single": 0.05, "double": 0.14}, rows, (4, 4, 2))
    area = np.clip(rng.lognormal(4.7, 0.4, rows), 25, 600).round(1)
    built = rng.integers(1890, 2023, rows)
    lot = (area * rng.lognormal(1.1, 0.5, rows)).round()
    after, sold = _days(rng, date(2021, 3, 1), 1100, rows)
    log_price = 8.6 + 0.85 * np.log(area) + 0.1 * np.log(lot) + of_place + of_state + of_garage + 0.00012 * after
    log_price += 0.0016 * np.maximum(built - 1960, 0) + rng.normal(0, 0.15, rows)
    columns = {
        "id": [str(i + 1) for i in range(rows)],
        "zip": place,
        "area": area.astype(str).tolist(),
        "built": _spoiled(rng, built, 0.05, "?"),
        "lot": _spoiled(rng, lot, 0.2),
        "state": state,
        "garage": garage,
        "sold": [f"{day:%d.%m.%Y}" for day in sold],
        "price": np.exp(log_price).round(-2).astype(int).astype(str).tolist(),
    }
    return Made(columns, "price", ("id",), ("sold",), ("zip",), regression=True, separator=";")


def sensors(rows=4_000, steps=40, seed=0):
    """Windows of an accelerometer's three axes, a column for each time and axis, with gaps; what someone was doing."""
    rng = np.random.default_rng(seed)
    names = ["sitting", "walking", "stairs", "running"]
    what = rng.integers(0, 4, rows)
    rate = np.array([0.0, 1.8, 1.5, 2.7])[what] * rng.normal(1, 0.12, rows)
    size = np.array([0.05, 1.0, 1.3, 2.6])[what] * rng.lognormal(0, 0.5, rows)
    time = np.arange(steps) / 20
    phase = 2 * np.pi * (rate[:, None] * time + rng.random((rows, 1)))
    wave = [np.sin(phase), np.sin(2 * phase + 0.7), np.cos(phase)]
    signal = np.stack([size[:, None] * each * scale for each, scale in zip(wave, (1, 0.8, 0.5), strict=True)], axis=2)
    signal += rng.normal(0, 0.7, signal.shape) + np.array([0.1, 9.81, 0.4])
    signal[:, :, 1] += np.where(what == 2, 0.6, 0.0)[:, None] * time
    columns = {"window": [f"w{i:05}" for i in range(rows)]}
    for step in range(steps):
        for axis, name in enumerate(("ax", "ay", "az")):
            columns[f"t{step}_{name}"] = _spoiled(rng, signal[:, step, axis].round(3), 0.004 if step % 10 == 0 else 0)
    return Made(columns | {"activity": [names[i] for i in what]}, "activity", ("window",))


def texts(rows=3_000, seed=0):
    """Names of classes in the middle, with accents, spaces and a comma, between numbers of unlike size and categories."""
    rng = np.random.default_rng(seed)
    kinds = ["Pinot noir", "Grüner Veltliner", "Touriga Nacional, old vines", "Syrah", "Rkatsiteli"]
    what = rng.choice(5, rows, p=[0.35, 0.25, 0.2, 0.12, 0.08])
    centres = rng.normal(0, 1, (5, 6))
    numbers = (centres[what] + rng.normal(0, 1.1, (rows, 6))) * [0.4, 30, 0.01, 1200, 2, 0.6] + [13, 90, 0.99, 4000, 7, 3.2]
    soil = np.array(["chalk", "clay", "granite", "slate"])[(what + rng.integers(0, 3, rows)) % 4]
    measured = ["alcohol", "sulphur", "density", "colour", "acid", "pH"]
    cells = {name: _spoiled(rng, numbers[:, i].round(4), 0.02, "-") for i, name in enumerate(measured)}
    front, back = measured[:3], measured[3:]
    columns = {name: cells[name] for name in front} | {"grape": [kinds[i] for i in what]} | {"soil": soil.tolist()}
    return Made(columns | {name: cells[name] for name in back}, "grape")


def expression(rows=200, genes=30_000, seed=0):
    """What each gene of a tissue is read as, few rows and very many columns, in two laboratories; which disease it is."""
    rng = np.random.default_rng(seed)
    names = ["ALL", "AML", "CLL"]
    what = rng.choice(3, rows, p=[0.45, 0.35, 0.2])
    level = rng.normal(5, 2, genes) + rng.normal(0, 1, (rows, genes)) + rng.normal(0, 0.4, (rows, 1))
    telling = rng.choice(genes, min(240, genes // 4), replace=False)
    level[:, telling] += rng.normal(0, 1.0, (3, len(telling)))[what]
    values = np.maximum(np.exp2(level), 0).round(2)
    columns = {"sample": [f"GSM{40000 + i}" for i in range(rows)], "disease": [names[i] for i in what]}
    columns |= {f"g{i}": column for i, column in enumerate(values.T.astype(str).tolist())}
    return Made(columns, "disease", ("sample",))


MAKERS = {"churn": churn, "houses": houses, "sensors": sensors, "texts": texts, "expression": expression}
