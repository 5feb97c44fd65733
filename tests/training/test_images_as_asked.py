"""Images of any size and mode: resized as it is told in training, and then wherever the model is used."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import minigraph as mg
from minigraph.cli import main
from minigraph.training.data import read, read_images

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "models"
RNG = np.random.default_rng(0)
COLOURS = {"red": (200, 30, 30), "blue": (30, 30, 200)}
QUICK = ("--epochs", "2", "--no-pictures")


def shade(colour, mode, size=(10, 7), alpha=255):
    """An image of about one colour."""
    pixels = np.clip(np.array(colour) + RNG.integers(-20, 20, (size[1], size[0], 3)), 0, 255).astype(np.uint8)
    image = Image.fromarray(pixels)
    if mode == "RGBA":
        image.putalpha(alpha)
    return image.quantize(16) if mode == "P" else image.convert(mode)


@pytest.fixture(autouse=True)
def photos(tmp_path, monkeypatch):
    """Four PNG files of each class, of four modes, and a photo of each."""
    monkeypatch.chdir(tmp_path)
    for name, colour in COLOURS.items():
        Path("photos", name).mkdir(parents=True)
        for mode in ("RGB", "RGBA", "L", "P"):
            shade(colour, mode).save(f"photos/{name}/{mode}.png")
        shade(colour, "RGB", (64, 48)).save(f"{name}.jpg")
    return Path("photos")


def told(capsys, *arguments):
    """What a command that is refused says."""
    capsys.readouterr()
    assert main([str(argument) for argument in arguments]) == 2
    return capsys.readouterr().err.removesuffix("\n")


def train(model, *options, data="photos"):
    assert main(["train", str(model), "--data", data, "--out", "run", *options, *QUICK]) == 0
    return mg.open("run")


def test_images_are_resized_as_pillow_does():
    data = read_images("photos", size=(4, 6), mode="L")
    with Image.open("photos/blue/RGB.png") as image:
        wanted = np.asarray(image.convert("L").resize((6, 4), Image.Resampling.BICUBIC)) / 255
    assert data.classes == ("blue", "red") and data["x"].shape == (8, 4, 6)
    assert np.allclose(data["x"][2], wanted, atol=1e-6)


def test_a_size_may_be_the_side_of_a_square():
    assert read_images("photos", size=5)["x"].shape == read_images("photos", size=np.int64(5))["x"].shape == (8, 3, 5, 5)


@pytest.mark.parametrize("size", [True, 2.5, "8", (2,), (2, 0), (2, 3.0), (2, 3, 4)])
def test_what_is_no_size_is_refused(size):
    with pytest.raises(mg.GraphError, match=r"size is \(height, width\) in pixels"):
        read_images("photos", size=size)


@pytest.mark.parametrize("source", [3, None, [], ["red.jpg", 3]])
def test_what_is_neither_a_folder_nor_files_is_refused(source):
    with pytest.raises(mg.DataError, match="Images are read from a folder, a file or a list of files, not"):
        read_images(source, labelled=False)


def test_transparent_pixels_are_white_where_a_mode_is_asked_for():
    Path("seen").mkdir()
    shade((0, 0, 0), "RGBA", alpha=0).save("seen/1.png")
    with pytest.raises(mg.DataError, match="--image-mode RGB"):
        read_images("seen", labelled=False)
    for mode in ("L", "RGB"):
        data = read_images("seen", labelled=False, mode=mode)
        assert (data["x"] == 1).all() and "transparent pixels are laid over white" in data.notes


def test_what_became_of_images_is_noted():
    assert read_images("photos/blue", size=(7, 10), mode="RGB", labelled=False).notes == (
        "images of other modes are turned to RGB",
    )
    Path("grey").mkdir()
    shade((9, 9, 9), "L").save("grey/1.png")
    assert read_images("grey", labelled=False).notes == ()
    assert "resized to 3 × 3 pixels" in read_images("grey", labelled=False, size=3).notes[0]
    assert "resized to 3 × 3" in read("grey", labelled=False, image_size=3).notes[0]


@pytest.mark.parametrize(
    ("options", "shape"),
    [((), (3, 8, 8)), (("--image-mode", "L"), (8, 8)), (("--image-mode", "RGB", "--sweep", "lr=0.01,0.001"), (3, 8, 8))],
    ids=["as they are", "grey", "swept"],
)
def test_a_shipped_model_takes_images_of_any_size_and_mode(options, shape):
    assert (
        main(["train", str(MODELS / "lenet.py"), "--data", "photos", "--image-size", "8", "--out", "run", *options, *QUICK])
        == 0
    )
    folder = next(file.parent for file in Path("run").rglob("config.json"))
    model = mg.open(folder)
    assert model.graph["x"].shape == ("N", *shape)
    assert len(model.predict("photos")) == 8
    assert main(["evaluate", str(folder)]) == main(["evaluate", str(folder), "--data", "photos"]) == 0


def test_a_new_model_takes_a_photo_a_list_and_a_folder_with_the_names_of_files(capsys):
    assert main(["new", "mine.py"]) == 0
    model = train("mine.py", "--image-size", "6x5", "--image-mode", "RGB")
    assert model.graph["x"].shape == ("N", 90)
    one, listed, folder = model.predict("red.jpg"), model.predict(["red.jpg", Path("blue.jpg")]), model.predict("photos")
    assert one.ids == {"file": ("red.jpg",)} and listed.ids == {"file": ("red.jpg", "blue.jpg")}
    assert folder.ids["file"][:2] == (str(Path("blue/L.png")), str(Path("blue/P.png")))
    assert np.allclose(one.probabilities, listed.probabilities[:1])
    pixels = read_images("red.jpg", size=(6, 5), mode="RGB", labelled=False)["x"].reshape(1, -1)
    assert np.allclose(model.predict(pixels).probabilities, one.probabilities)
    capsys.readouterr()
    assert main(["predict", "run", "red.jpg"]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[1].startswith("red.jpg,") and "red.jpg: images are resized to 6 × 5 pixels" in said.err
    assert main(["evaluate", "run"]) == main(["evaluate", "run", "--data", "photos"]) == 0


def test_the_documentation_is_right_about_images():
    """The commands of docs/data.md, and what docs/your_own_table.md predicts with the model that they leave."""
    shade(COLOURS["red"], "L", (20, 9)).save("photo.jpg")
    Path("photos").rename("new")
    Path("photos").symlink_to("new")
    (commands,) = re.findall(r"^```sh\n(minigraph new .*?)^```$", (ROOT / "docs/data.md").read_text("utf-8"), re.M | re.S)
    for line in commands.splitlines():
        _, command, *rest = shlex.split(line)
        assert main([command, *rest, *(QUICK if command == "train" else ())]) == 0
    for name in ("a.png", "b.jpg"):
        shade(COLOURS["blue"], "RGB", (5, 8)).save(name)
    paragraph = (ROOT / "docs/your_own_table.md").read_text("utf-8").partition("Images are predicted")[2].partition("\n\n")[0]
    calls = re.findall(r"`(model\.predict\(.*?\))`", paragraph)
    assert [len(eval(call, {"model": mg.open("out/mymodel")}).ids["file"]) for call in calls] == [8, 1, 2]


def test_a_grey_model_takes_colours_and_a_coloured_one_greys():
    for mode in ("L", "RGB"):
        model = train(MODELS / "lenet.py", "--image-size", "8", "--image-mode", mode, "--overwrite")
        assert len(model.predict(["photos/red/L.png", "photos/red/RGBA.png", "red.jpg"])) == 3


def test_the_size_is_part_of_the_run(capsys, wording):
    train(MODELS / "lenet.py", "--image-size", "8")
    wording(told(capsys, "train", MODELS / "lenet.py", "--out", "run", "--resume", "--image-size", "12"))
    again = ("train", str(MODELS / "lenet.py"), "--out", "run", "--resume", "--epochs", "3", "--no-pictures")
    assert main([*again, "--image-size", "8x8"]) == 0


def test_images_for_validation_are_resized_alike():
    Path("later").symlink_to("photos")
    shade((0, 0, 0), "L", (3, 30)).save("photos/red/odd.png")
    train(MODELS / "mlp.py", "--image-size", "4", "--image-mode", "RGB", "--validation", "later")


def test_a_model_with_a_size_of_its_own_resizes_images_to_it():
    Path("fixed.py").write_text(
        "import numpy as np\nimport minigraph as mg\n\n\ndef build():\n"
        "    x, y = mg.Input('x', ('N', 3, 4, 4)), mg.Input('y', ('N',), dtype=np.int64)\n"
        "    z = mg.blocks.dense(x.reshape(-1, 48), 2, rng=np.random.default_rng(0), name='z')\n"
        "    return mg.Graph(loss=mg.SoftmaxCrossEntropy(z, y), probabilities=mg.Softmax(z))\n"
    )
    assert len(train("fixed.py").predict("red.jpg")) == 1


MISTAKES = {
    "another size than the model takes": ("lenet.py", []),
    "a size that is none": ("lenet.py", ["--image-size", "8q"]),
    "a size of three": ("lenet.py", ["--image-size", "8x8x3"]),
    "a size that is too large": ("lenet.py", ["--image-size", "99999"]),
    "a mode that is none": ("lenet.py", ["--image-mode", "CMYK"]),
    "no images": ("lenet.py", ["--image-size", "8", "--data", "digits"]),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_does_not_fit_is_told_with_the_remedy(mistake, capsys, wording):
    model, options = MISTAKES[mistake]
    said = told(capsys, "train", MODELS / model, "--data", "photos", *options, *QUICK)
    wording(said.replace(str(MODELS), "MODELS"), mistake)


def test_images_of_several_sizes_are_told_with_the_remedy(capsys, wording):
    shade((0, 0, 0), "L", (3, 30)).save("photos/red/odd.png")
    wording(told(capsys, "train", MODELS / "lenet.py", "--data", "photos", *QUICK))


@pytest.mark.parametrize("source", [["red.jpg", "no.jpg"], ["photos"], "no.jpg"], ids=["missing", "a folder", "no file"])
def test_what_is_no_image_is_told(source, wording):
    model = train(MODELS / "mlp.py", "--image-size", "4")
    with pytest.raises(mg.FileError) as caught:
        model.predict(source)
    wording(caught.value)


def test_an_image_without_a_label_is_no_row_to_measure_on(capsys, wording):
    model = train(MODELS / "mlp.py", "--image-size", "4")
    with pytest.raises(mg.DataError) as caught:
        model.evaluate("red.jpg")
    wording(caught.value)
    with pytest.raises(mg.GraphError) as mode:
        read_images("photos", mode="grayscale")
    wording(mode.value)
