"""Folders of images: what is read, and what each broken one is told."""

import io
import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

import minigraph as mg
from minigraph.interop import extras
from minigraph.training.data import read, read_images


def save(folder, name, shade, size=(4, 3), mode="L"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, shade).save(path)
    return path


@pytest.fixture
def shades(tmp_path):
    """Two classes, dark and light, of images 3 pixels high and 4 wide."""
    save(tmp_path, "light/1.png", 255)
    save(tmp_path, "dark/1.png", 0)
    save(tmp_path, "dark/2.png", 51)
    return tmp_path


def test_each_folder_is_a_class_and_pixels_are_from_0_to_1(shades):
    data = read_images(shades)
    assert data.classes == ("dark", "light") and data["y"].tolist() == [0, 0, 1]
    assert data["x"].shape == (3, 3, 4) and data["x"].dtype == np.float32
    assert data["x"][:, 0, 0].tolist() == pytest.approx([0, 0.2, 1])


def test_colours_are_three_channels_before_the_pixels(shades):
    save(shades, "dark/3.png", (255, 0, 51), mode="RGB")
    data = read_images(shades)
    assert data["x"].shape == (4, 3, 3, 4)
    assert data["x"][2, :, 0, 0].tolist() == pytest.approx([1, 0, 0.2])
    assert read_images(shades, mode="L")["x"].shape == (4, 3, 4)


def test_grey_values_of_16_bits_are_from_0_to_1_too(shades):
    Image.fromarray(np.full((3, 4), 65535, np.uint16)).save(shades / "light/1.png")
    Image.fromarray(np.full((3, 4), 52428, np.uint16)).save(shades / "dark/2.png")
    assert read_images(shades)["x"][:, 0, 0].tolist() == pytest.approx([0, 0.8, 1])


def test_pixels_are_where_they_are_in_the_image(tmp_path):
    colours = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 3), dtype=np.uint8)
    for name, pixels in zip("ab", colours, strict=True):
        (tmp_path / name).mkdir()
        Image.fromarray(pixels).save(tmp_path / name / "1.png")
    assert np.array_equal(read_images(tmp_path)["x"], colours.transpose(0, 3, 1, 2).astype(np.float32) / 255)


def tiff(pixels, sign=1, bits=None, photometric=1):
    """A TIFF file of grey pixels, as their type has them."""
    bits = bits or 8 * pixels.itemsize
    order = ">" if pixels.dtype.byteorder == ">" else "<"
    entries = [
        (256, 3, pixels.shape[1]),
        (257, 3, pixels.shape[0]),
        (258, 3, bits),
        (259, 3, 1),
        (262, 3, photometric),
        (273, 4, 134),
        (277, 3, 1),
        (278, 3, pixels.shape[0]),
        (279, 4, pixels.nbytes),
        (339, 3, sign),
    ]
    directory = b"".join(
        struct.pack(f"{order}HHIHH" if kind == 3 else f"{order}HHII", tag, kind, 1, value, *[0] * (kind == 3))
        for tag, kind, value in entries
    )
    head = (b"MM" if order == ">" else b"II") + struct.pack(f"{order}HI", 42, 8)
    content = head + struct.pack(f"{order}H", len(entries)) + directory + struct.pack(f"{order}I", 0)
    return content.ljust(134, b"\0") + pixels.tobytes()


def read_one(folder, content, suffix, **options):
    (folder / "one").mkdir()
    (folder / "one" / f"1.{suffix}").write_bytes(content)
    return read_images(folder / "one", labelled=False, **options)["x"][0]


RAMP = np.arange(6).reshape(2, 3) / 5
DEEP = {
    "16 bits": (tiff((RAMP * 65535).astype("<u2")), "tif", RAMP),
    "16 bits, the high byte first": (tiff((RAMP * 65535).astype(">u2")), "tif", RAMP),
    "16 bits with a sign": (tiff((RAMP * 32767).astype("<i2"), sign=2), "tif", RAMP),
    "32 bits": (tiff((RAMP * (2**32 - 1)).astype("<u4")), "tif", RAMP),
    "32 bits with a sign": (tiff((RAMP * (2**31 - 1)).astype("<i4"), sign=2), "tif", RAMP),
    "floating point": (tiff(RAMP.astype("<f4"), sign=3), "tif", RAMP),
    "floating point, the high byte first": (tiff(RAMP.astype(">f4"), sign=3), "tif", RAMP),
    "white is 0": (tiff((RAMP * 65535).astype("<u2"), photometric=0), "tif", 1 - RAMP),
    "8 bits": (tiff((RAMP * 255).astype("u1")), "tif", RAMP),
    "PGM": (b"P5 3 2 65535\n" + (RAMP * 65535).astype(">u2").tobytes(), "pgm", RAMP),
    "PGM of another most": (b"P2 3 2 1000\n0 200 400 600 800 1000", "pgm", RAMP),
}


@pytest.mark.parametrize("kind", DEEP)
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_pixels_are_scaled_by_what_their_type_can_hold(tmp_path, kind, mode):
    content, suffix, pixels = DEEP[kind]
    found = read_one(tmp_path, content, suffix, mode=mode)
    assert found.dtype == np.float32 and found.shape == ((2, 3) if mode == "L" else (3, 2, 3))
    assert np.allclose(found, pixels, atol=1 / 255 if kind == "8 bits" else 1 / 32767)


def test_deep_pixels_are_resized_as_others_are(tmp_path):
    (tmp_path / "8").mkdir(), (tmp_path / "16").mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (9, 9))
    Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "8/1.png")
    Image.fromarray((pixels * 257).astype(np.uint16)).save(tmp_path / "16/1.png")
    deep, plain = read_images(tmp_path, size=(5, 4))["x"]
    assert deep.shape == (5, 4) and np.abs(deep - plain).max() < 2 / 255


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_images_are_turned_as_they_say_that_they_lie(tmp_path, orientation, suffix):
    pixels = np.zeros((16, 32), np.uint8)
    pixels[:8, :8] = 255  # the corner that EXIF's names of orientations speak of
    seen = {
        1: pixels,
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: pixels.T,
        6: np.rot90(pixels, -1),
        7: pixels[::-1, ::-1].T,
        8: np.rot90(pixels),
    }[orientation]
    exif = Image.Exif()
    exif[274] = orientation
    (tmp_path / "one").mkdir()
    Image.fromarray(pixels).save(tmp_path / f"one/1.{suffix}", exif=exif, **({"lossless": True} if suffix == "webp" else {}))
    found = read_images(tmp_path / "one", labelled=False, mode="L")["x"][0]
    assert found.shape == seen.shape and np.abs(found - seen / 255).max() < 0.1


def encoded(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


RED, HALF = Image.new("RGBA", (4, 3), (255, 0, 0, 255)), Image.new("RGBA", (4, 3), (255, 0, 0, 128))
ALIKE = {
    "opaque": (encoded(RED, "PNG"), "png"),
    "a palette": (encoded(RED.convert("RGB").quantize(8), "PNG"), "png"),
    "print colours": (encoded(Image.new("CMYK", (4, 3), (0, 255, 255, 0)), "TIFF"), "tif"),
}


@pytest.mark.parametrize("kind", ALIKE)
def test_the_same_colours_are_read_however_they_are_kept(tmp_path, kind):
    assert read_one(tmp_path, *ALIKE[kind])[:, 0, 0].tolist() == pytest.approx([1, 0, 0], abs=0.01)


def test_black_and_white_and_opaque_grey_are_grey(tmp_path):
    (tmp_path / "one").mkdir()
    Image.new("1", (4, 3), 1).save(tmp_path / "one/1.png")
    Image.new("LA", (4, 3), (51, 255)).save(tmp_path / "one/2.png")
    assert read_images(tmp_path / "one", labelled=False)["x"][:, 0, 0].tolist() == pytest.approx([1, 0.2])


TOLD = {
    "floating point beyond 1": (tiff(RAMP.astype("<f4") * 255, sign=3), "tif", "pixels from 0.0 to 255.0, where"),
    "not a number": (tiff(RAMP.astype("<f4") * np.float32("nan"), sign=3), "tif", "pixels from nan to nan"),
    "below 0": (tiff(RAMP.astype("<i2") - 1, sign=2), "tif", "pixels from -1 to 0, where they must lie from 0 to 32767"),
    "transparent": (encoded(HALF, "PNG"), "png", "transparent pixels.* Lay it over a background"),
    "transparent grey": (encoded(HALF.convert("LA"), "PNG"), "png", "transparent pixels"),
    "a transparent colour": (encoded(Image.new("RGB", (4, 3)), "PNG", transparency=(0, 0, 0)), "png", "transparent pixels"),
    "a transparent palette": (encoded(HALF.convert("P"), "GIF", transparency=0), "gif", "transparent pixels"),
    "frames": (
        encoded(RED.convert("RGB"), "GIF", save_all=True, append_images=[Image.new("RGB", (4, 3))]),
        "gif",
        "holds 2 frames",
    ),
    "pages": (encoded(Image.new("L", (4, 3)), "TIFF", save_all=True, append_images=[RED.convert("L")]), "tif", "2 frames"),
    "16 bits a colour": (b"P6 1 1 65535\n" + bytes(6), "ppm", "colours of 16 bits, of which Pillow keeps 8"),
    "colours of no screen": (encoded(Image.new("LAB", (4, 3)), "TIFF"), "tif", "colours that are not read, LAB"),
}


@pytest.mark.parametrize("kind", TOLD)
def test_what_an_array_of_pixels_would_say_otherwise_is_refused(tmp_path, kind):
    content, suffix, message = TOLD[kind]
    with pytest.raises(mg.DataError, match=message):
        read_one(tmp_path, content, suffix)


def test_a_part_for_validation_is_the_validation_set(shades):
    for part in ("train", "val", "test"):
        save(shades / "parts", f"{part}/dark/1.png", 0)
        save(shades / "parts", f"{part}/light/1.png", 255)
    (shades / "parts/test/dark/1.png").unlink()
    data = read_images(shades / "parts")
    assert data["y"].tolist() == [0, 1] and data.validation["y"].tolist() == [1]


def test_images_to_predict_lie_in_no_class(shades):
    save(shades, "new/b.png", 255)
    save(shades, "new/a.png", 0)
    data = read_images(shades / "new", labelled=False)
    assert list(data) == ["x"] and data["x"][:, 0, 0].tolist() == [0, 1]


def test_what_is_hidden_is_no_image(shades):
    save(shades, "dark/._1.png", 0)
    save(shades, ".kept/1.png", 0)
    assert read_images(shades).rows == 3


def test_classes_are_numbered_as_the_training_numbered_them(shades):
    assert read_images(shades, classes=["light", "medium", "dark"])["y"].tolist() == [2, 2, 0]


def test_images_are_resized_to_what_a_model_takes(shades):
    save(shades, "light/2.png", 255, size=(9, 9))
    x, y = mg.Input("x", ("N", 1, 6, 8)), mg.Input("y", ("N",), dtype=np.int64)
    graph = mg.Graph(loss=mg.SoftmaxCrossEntropy(x.reshape(-1, 48), y))
    assert read(shades, graph)["x"].shape == (4, 1, 6, 8)
    assert read_images(shades, size=(5, 7))["x"].shape == (4, 5, 7)


def png(width, height, content=b""):
    """A PNG file that says it has so many pixels, grey."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(content)) + chunk(b"IEND", b"")


BROKEN = {
    "no image": b"not an image",
    "an empty file": b"",
    "more pixels than are read": png(5000, 5000),
    "more pixels than there can be": png(2**31 - 1, 2**31 - 1),
    "another size": png(2, 2, bytes(6)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_image_is_told_with_what_to_do(shades, name, wording):
    (shades / "light/1.png").write_bytes(BROKEN[name])
    with pytest.raises(mg.DataError) as caught:
        read_images(shades)
    wording(caught.value)


def test_an_image_that_is_cut_short_is_told(shades):
    path = shades / "light/1.png"
    path.write_bytes(path.read_bytes()[:45])
    with pytest.raises(mg.DataError, match=r"light/1.png is damaged or cut short: .*\. Fetch it again, or take it out\."):
        read_images(shades)


def test_images_that_are_larger_than_the_memory_are_told_before_they_are_unpacked(shades, monkeypatch, wording):
    monkeypatch.setattr("os.sysconf", {"SC_PAGE_SIZE": 4, "SC_PHYS_PAGES": 4}.get)
    with pytest.raises(mg.DataError) as caught:
        read_images(shades)
    wording(caught.value)


MISTAKES = {
    "a folder without images": (lambda folder: folder / "empty", {}),
    "one class": (lambda folder: folder / "one", {}),
    "an image in no class": (lambda folder: folder / "one" / "dark", {}),
    "an unknown class": (lambda folder: folder / "one", {"classes": ["dork", "light"]}),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_folder_that_does_not_fit_is_told(tmp_path, name, wording):
    place, options = MISTAKES[name]
    (tmp_path / "empty").mkdir()
    save(tmp_path, "one/dark/1.png", 0)
    with pytest.raises(mg.DataError) as caught:
        read_images(place(tmp_path), **options)
    wording(caught.value)


def test_images_to_judge_by_of_another_size_are_told(tmp_path, wording):
    for name, size in [("train/a", (4, 3)), ("train/b", (4, 3)), ("test/a", (5, 3))]:
        save(tmp_path, f"{name}/1.png", 0, size)
    with pytest.raises(mg.DataError) as caught:
        read_images(tmp_path)
    wording(caught.value)
    assert read_images(tmp_path, size=(2, 2)).validation["x"].shape == (1, 2, 2)


def test_no_folder_and_no_size_are_told(tmp_path, wording):
    with pytest.raises(mg.FileError) as missing:
        read_images(tmp_path / "no")
    wording(missing.value)
    with pytest.raises(mg.GraphError) as size:
        read_images(tmp_path, size=(0, 3))
    wording(size.value)


def test_without_pillow_the_extra_that_brings_it_is_named(shades, monkeypatch, wording):
    def missing(module):
        raise ModuleNotFoundError(f"No module named {module!r}")

    monkeypatch.setattr(extras, "import_module", missing)
    with pytest.raises(mg.MissingPackageError) as caught:
        read_images(shades)
    wording(caught.value)


def test_a_class_whose_name_is_no_text_is_refused(shades):
    os.makedirs(os.fsencode(shades) + b"/m\xfcde")
    with open(os.fsencode(shades) + b"/m\xfcde/1.png", "wb") as stream:
        stream.write((shades / "light/1.png").read_bytes())
    with pytest.raises(mg.DataError, match="a class whose name is not UTF-8"):
        read_images(shades)
