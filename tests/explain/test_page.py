"""The page as a file: all in one, offline, safe whatever the names, the same bytes each time, small. A browser drives it in
test_page_in_browser.py.
"""

import base64
import hashlib
import html.parser
import json
import re
import sys
import zlib
from collections import Counter

import numpy as np
import pytest

import minigraph as mg
from minigraph.explain.circuit.arrays import summary
from models.two_layer import build

X, Y = np.linspace(-1, 1, 12).reshape(6, 2), [0, 1, 1, 0, 1, 0]
HOSTILE = "<!-- <script </script x></script><script>alert(1)</script>\n\"'&<img src=x onerror=alert(2)>\u202eRTL\u2028{{7*7}}"


class Reader(html.parser.HTMLParser):
    """The elements of a page with their attributes, and the text of its scripts."""

    def __init__(self, text):
        super().__init__()
        self.found, self.scripts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        self.found.append((f"/{tag}", {}))

    def handle_data(self, data):
        if self.found and self.found[-1][0] == "script":
            self.scripts[-1] += data


def record_of(page):
    """What the page holds for its script."""
    return json.loads(Reader(page.html).scripts[0])


@pytest.fixture(scope="module")
def page():
    return build(hidden=8).explain(x=X, y=Y)


def hostile():
    x = mg.Input(HOSTILE, ("N", 2))
    w = mg.Parameter("w " + HOSTILE, np.ones((2, 1)))
    graph = mg.Graph(**{"loss" + HOSTILE: mg.ReduceSum(mg.Tanh(x @ w, name="a" + HOSTILE))})
    return graph.forward(**{HOSTILE: [[1.0, 2.0]]}).explain(title=HOSTILE)


def test_nothing_is_fetched(page):
    for tag, attributes in Reader(page.html).found:
        assert tag not in {"iframe", "object", "embed", "img"}
        for key in ("src", "href", "xlink:href", "action", "srcset"):
            assert attributes.get(key, "data:").startswith("data:")
    assert "@import" not in page.html and "url(" not in page.html
    without_namespaces = re.sub(r'xmlns(:\w+)?="[^"]*"', "", page.html)
    assert "http:" not in without_namespaces and "https:" not in without_namespaces


def test_the_browser_is_told_to_fetch_nothing_and_to_run_two_scripts(page):
    policy = next(a["content"] for t, a in Reader(page.html).found if a.get("http-equiv") == "Content-Security-Policy")
    _, packed, loader = Reader(page.html).scripts
    script = zlib.decompress(base64.b64decode(packed))
    digests = [base64.b64encode(hashlib.sha256(each).digest()).decode() for each in (loader.encode(), script)]
    sources = " ".join(f"'sha256-{digest}'" for digest in digests)
    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {sources}"
    assert not re.search(rb"\beval\(|\bFunction\(|WebAssembly", script + loader.encode())


def test_no_name_is_defined_twice_in_its_scripts(page):
    script = zlib.decompress(base64.b64decode(Reader(page.html).scripts[1])).decode()
    names = re.findall(r"^(?:async )?function (\w+)|^(?:const|let|class) (\w+)", script, re.MULTILINE)
    assert len(names) > 200
    assert [
        name for name, count in Counter(map("".join, names)).items() if count > 1
    ] == []  # the later would replace the other


def test_the_page_of_twenty_rows_is_small():
    run = build().forward(x=np.random.default_rng(0).normal(size=(20, 2)), y=np.arange(20) % 2)
    assert len(run.explain().html.encode()) < 160_000


def test_the_same_run_gives_the_same_bytes():
    assert build(hidden=8).explain(x=X, y=Y).html == build(hidden=8).explain(x=X, y=Y).html


def test_the_page_of_the_article_s_model_is_small():
    graph = build()
    run = graph.forward(x=np.random.default_rng(0).normal(size=(200, 2)), y=np.arange(200) % 2)
    moments = {f"epoch {i}": {"b1": np.full(500, i)} for i in range(10)}
    assert len(run.explain(snapshots=moments).html.encode()) < 300_000


def test_its_steps_and_rules_are_those_of_the_graph(page):
    steps = [step for step in record_of(page)["steps"] if step["kind"] == "contribution"]
    assert {"∂loss/∂a1 ⊙ (1 − a1²)", "a1ᵀ · ∂loss/∂(a1 · W2)"} <= {step["rule"] for step in steps}
    assert "return gradient * (1 - y * y)" in record_of(page)["code"]["Tanh"]["backward"]


def test_what_the_drawing_says_is_of_the_run():
    run = build(hidden=8).forward(x=X, y=Y)
    drawn, gradients = record_of(run.explain())["drawn"], run.backward()
    assert drawn["value z2"] == summary(run["z2"]) and drawn["gradient W2"] == summary(gradients["W2"])


def array_of(data):
    return np.frombuffer(base64.b64decode(data["data"]), data["dtype"]).reshape(data["shape"])


def test_it_holds_the_leaves_alone():
    run = build(hidden=8).forward(x=X, y=Y)
    leaves = record_of(run.explain())["leaves"]
    assert leaves.keys() == {"x", "y", "W1", "b1", "W2", "b2"}
    for name, data in leaves.items():
        np.testing.assert_array_equal(array_of(data), run[name])


def test_hostile_names_stay_text():
    page = hostile()
    found = Reader(page.html)
    assert [tag for tag, _ in found.found if tag in ("script", "img")] == ["script", "script", "script"]
    assert not any(key.startswith("on") for _, attributes in found.found for key in attributes)
    assert any(node["name"] == HOSTILE for node in record_of(page)["nodes"].values())
    assert not set("<>&\u2028") & set(found.scripts[0])
    assert "49" not in next(iter(re.findall("<title>.*?</title>", page.html, re.DOTALL)))


def test_a_notebook_shows_the_page_in_a_frame(page):
    frame = Reader(page._repr_html_()).found
    assert frame == [("iframe", {"style": "width:100%;height:46rem;border:0", "srcdoc": page.html}), ("/iframe", {})]


def test_a_page_is_written_whole(tmp_path, wording):
    file = tmp_path / "deep" / "page.html"
    page = build(hidden=8).explain(file, x=X, y=Y)
    assert file.read_bytes() == page.html.encode()
    with pytest.raises(mg.FileError) as error:
        page.write(tmp_path)
    wording(error.value)


def test_snapshots_show_the_same_rows_with_other_parameters():
    run = build(hidden=8).forward(x=X, y=Y)
    before = run.graph.parameters["b2"].value.copy()
    found = record_of(run.explain(snapshots=[{"b2": [5.0, -5.0]}]))["snapshots"]
    assert [each["label"] for each in found] == ["moment 1", "now"]
    assert array_of(found[0]["leaves"]["b2"]).tolist() == [5, -5] and found[0]["leaves"].keys() == {"b2"}
    assert found[1]["leaves"] == {}
    np.testing.assert_array_equal(run.graph.parameters["b2"].value, before)


def test_the_plane_is_that_of_a_classifier_of_points():
    assert record_of(mg.Graph(y=mg.Tanh(mg.Input("x", ()))).explain(x=1.0))["plane"] is None
    assert record_of(build(hidden=8).explain(x=X, y=Y))["plane"] == {"points": "x", "labels": "y"}


def test_a_first_output_that_is_no_scalar_has_a_page_without_a_way_back():
    steps = record_of(mg.Graph(y=mg.Tanh(mg.Input("x", ("N",)))).explain(x=[1.0, 2.0]))["steps"]
    assert [step["kind"] for step in steps] == ["value"]


def test_another_output_is_explained_when_asked_for():
    x = mg.Input("x", ())
    run = mg.Graph(a=mg.Tanh(x), b=mg.Exp(x)).forward(x=1.0)
    assert record_of(run.explain(output="b"))["of"] == "b"


def test_infinite_numbers_are_shown():
    found = record_of(mg.Graph(y=mg.ReduceSum(mg.Log(mg.Input("x", ("N",))))).explain(x=[0.0, -1.0, 1, 2, 3]))
    assert found["drawn"]["value Log1"] == "2 of 5 not finite"


@pytest.mark.parametrize(
    ("snapshots", "kind"),
    [({"early": {"W_1": 0}}, mg.UnknownNameError), ({"now": {}}, mg.InputError), ([3], mg.InputError)],
)
def test_a_wrong_snapshot_is_refused(snapshots, kind, wording):
    with pytest.raises(kind) as error:
        build(hidden=8).forward(x=X, y=Y).explain(snapshots=snapshots)
    wording(error.value)


def test_a_snapshot_of_another_shape_is_told():
    with pytest.raises(mg.ShapeError, match=r"^b2 is 2 and cannot be set to an array of 3\."):
        build(hidden=8).forward(x=X, y=Y).explain(snapshots=[{"b2": [1.0, 2, 3]}])


def test_without_jinja2_the_extra_is_named(monkeypatch, wording):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(mg.MissingPackageError) as error:
        build(hidden=8).explain(x=X, y=Y)
    wording(error.value)


def test_an_operation_is_told_by_its_attributes_and_its_first_words(page):
    loss = next(node for node in record_of(page)["nodes"].values() if node["operation"] == "SoftmaxCrossEntropy")
    assert loss["attributes"] == ["reduction = 'mean'", "axis = 1", "label_smoothing = 0.0"]
    assert loss["about"].startswith("−Σ t · ln softmax(z) over the classes along axis, then")


def test_a_graph_has_a_page_where_no_derivative_leads_back_to_a_named_value():
    normalized = mg.blocks.batch_normalization(mg.Input("x", ("N", 2)))
    page = mg.Graph(loss=(normalized * normalized).mean()).explain(x=X)
    written = {node["name"]: bool(node["gradient"]) for node in record_of(page)["nodes"].values()}
    assert written["normalization.scale"] and not written["normalization.running_mean"]
