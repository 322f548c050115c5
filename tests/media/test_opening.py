"""Everything a user may give, in the order and choice that were asked for."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cvat_widgets.errors import MediaError
from cvat_widgets.media import open_media, reopen_media, write_manifest
from cvat_widgets.media.ordering import natural_key, ordered

from .conftest import Clips

_NAMES = ["a/img10.png", "a/img2.png", "b/img1.png", "img3.png", "img20.png"]
_NATURAL = ["a/img2.png", "a/img10.png", "b/img1.png", "img3.png", "img20.png"]


def _png(level: int) -> bytes:
    stream = io.BytesIO()
    Image.new("L", (10 + level, 8), level).save(stream, "PNG")
    return stream.getvalue()


def _level(name: str) -> int:
    return _NAMES.index(name) * 10 + 5


def _tree(folder: Path) -> Path:
    for name in _NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(_png(_level(name)))
    (folder / "notes.txt").write_text("no picture")
    (folder / "a" / ".DS_Store").write_bytes(b"x")
    (folder / "a" / "related_images" / "img2_png").mkdir(parents=True)
    (folder / "a" / "related_images" / "img2_png" / "side.png").write_bytes(_png(1))
    return folder


def _check(source, names: list[str]) -> None:
    """Names, sizes and pixels belong together, also after the source is opened again from its spec."""
    for each in (source, reopen_media(json.loads(json.dumps(source.spec)))):
        assert list(each.index.names) == names
        assert each.kind == "images"
        assert each.fps is None
        for frame, name in enumerate(names):
            assert each.size(frame) == (10 + _level(name), 8)
            assert int(each.read(frame)[0, 0, 0]) == _level(name)
            assert each.original(frame) == _png(_level(name))
        each.close()


def test_folder(tmp_path: Path) -> None:
    source = open_media(_tree(tmp_path / "pictures"))
    assert source.notes == (f"{tmp_path / 'pictures'}: 2 files are no pictures and were skipped",)
    _check(source, _NATURAL)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"sorting": "lexicographical"}, ["a/img10.png", "a/img2.png", "b/img1.png", "img20.png", "img3.png"]),
        ({"start": 1, "step": 2}, ["a/img10.png", "img3.png"]),
        ({"start": 1, "stop": 2}, ["a/img10.png", "b/img1.png"]),
        ({"stop": 100}, _NATURAL),
        ({"start": 4}, ["img20.png"]),
    ],
)
def test_order_and_choice(tmp_path: Path, options: dict, names: list[str]) -> None:
    _check(open_media(_tree(tmp_path), **options), names)


def test_random_order_is_the_same_everywhere(tmp_path: Path) -> None:
    _tree(tmp_path)
    first = list(open_media(tmp_path, sorting="random", seed=3).index.names)
    assert first == list(open_media(tmp_path, sorting="random", seed=3).index.names)
    assert sorted(first) == sorted(_NATURAL)
    assert len({tuple(open_media(tmp_path, sorting="random", seed=seed).index.names) for seed in range(8)}) > 3


@pytest.mark.parametrize(
    "options",
    [{"sorting": "size"}, {"start": -1}, {"step": 0}, {"start": 5}, {"start": 2, "stop": 1}, {"step": 1.5}, {"start": True}],
)
def test_wrong_choices_are_refused(tmp_path: Path, options: dict) -> None:
    with pytest.raises(MediaError):
        open_media(_tree(tmp_path), **options)


def test_pattern(tmp_path: Path) -> None:
    _tree(tmp_path)
    assert list(open_media(f"{tmp_path}/**/img1*.png").index.names) == ["a/img10.png", "b/img1.png"]
    assert list(open_media(f"{tmp_path}/a/*.png").index.names) == ["img2.png", "img10.png"]


def test_list_keeps_its_order_when_asked(tmp_path: Path) -> None:
    _tree(tmp_path)
    _check(open_media([tmp_path / name for name in _NAMES], sorting="predefined"), _NAMES)
    _check(open_media([str(tmp_path / name) for name in _NAMES]), _NATURAL)


def test_one_file(tmp_path: Path) -> None:
    _tree(tmp_path)
    _check(open_media(tmp_path / "img3.png"), ["img3.png"])


def _zip(path: Path, names: list[str] = _NAMES) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, _png(_level(name)))
        archive.writestr("readme.txt", "no picture")
        archive.writestr("__MACOSX/._img.png", "x")
    return path


def _tar(path: Path, mode: str) -> Path:
    with tarfile.open(path, mode) as archive:
        for name in _NAMES:
            info = tarfile.TarInfo(name)
            info.size = len(_png(_level(name)))
            archive.addfile(info, io.BytesIO(_png(_level(name))))
    return path


def test_zip(tmp_path: Path) -> None:
    source = open_media(_zip(tmp_path / "set.zip"))
    assert source.notes == ("set.zip: 2 files are no pictures and were skipped",)
    _check(source, _NATURAL)


@pytest.mark.parametrize(
    ("name", "mode"),
    [("set.tar", "w"), ("set.tar.gz", "w:gz"), ("set.tgz", "w:gz"), ("set.tar.bz2", "w:bz2"), ("set.tar.xz", "w:xz")],
)
def test_tar(tmp_path: Path, name: str, mode: str) -> None:
    _check(open_media(_tar(tmp_path / name, mode)), _NATURAL)


def test_archives_keep_their_order_when_asked(tmp_path: Path) -> None:
    assert list(open_media(_zip(tmp_path / "set.zip"), sorting="predefined").index.names) == _NAMES
    assert list(open_media(_tar(tmp_path / "set.tar.gz", "w:gz"), sorting="predefined").index.names) == _NAMES


def test_data_frame(tmp_path: Path) -> None:
    _tree(tmp_path)
    table = pd.DataFrame({"path": [tmp_path / name for name in _NAMES], "subset": ["train", "val", None, "train", "val"]})
    source = open_media(table, sorting="predefined")
    assert [source.index.subset_of(frame) for frame in range(5)] == ["train", "val", "", "train", "val"]
    _check(source, _NAMES)
    named = open_media(table.assign(name=[f"x{position}.png" for position in range(5)])[["path", "name"]], start=1, stop=1)
    assert list(named.index.names) == ["x1.png"]
    assert int(named.read(0)[0, 0, 0]) == _level(_NAMES[1])
    with pytest.raises(MediaError, match="no column of paths; it has x"):
        open_media(pd.DataFrame({"x": [1]}))


def test_remote_files() -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    for name in _NAMES:
        memory.pipe(f"/bucket/{name}", _png(_level(name)))
    _check(open_media("memory://bucket"), _NATURAL)
    _check(open_media([f"memory://bucket/{name}" for name in _NAMES], sorting="predefined"), _NAMES)
    assert list(open_media("memory://bucket/a/*.png").index.names) == ["img2.png", "img10.png"]
    assert list(open_media("memory://bucket/img3.png").index.names) == ["img3.png"]
    with pytest.raises(MediaError, match=r"no pictures|no such file"):
        open_media("memory://nowhere")


def test_remote_zip_and_video(tmp_path: Path, clips: Clips) -> None:
    import fsspec

    from cvat_widgets.samples import read_barcode

    memory = fsspec.filesystem("memory")
    memory.pipe("/bucket2/set.zip", _zip(tmp_path / "set.zip").read_bytes())
    _check(open_media("memory://bucket2/set.zip"), _NATURAL)
    memory.pipe("/bucket2/clip.mp4", clips["h264-gop30.mp4"].path.read_bytes())
    source = open_media("memory://bucket2/clip.mp4", start=3)
    again = reopen_media(json.loads(json.dumps(source.spec)))
    assert read_barcode(source.read(40)) == read_barcode(again.read(40)) == 43


@pytest.mark.parametrize(
    ("shape", "dtype", "ending"),
    [
        ((3, 20, 30), np.uint8, ".png"),
        ((3, 20, 30, 3), np.uint8, ".png"),
        ((3, 20, 30, 4), np.uint8, ".png"),
        ((3, 20, 30), bool, ".png"),
        ((3, 20, 30), np.uint16, ".npy"),
        ((3, 20, 30, 5), np.uint8, ".npy"),
        ((3, 20, 30, 3), np.float32, ".npy"),
    ],
)
def test_arrays_survive(tmp_path: Path, shape: tuple[int, ...], dtype: type, ending: str) -> None:
    data = (
        (np.random.default_rng(0).random(shape) * 250).astype(dtype)
        if dtype is not bool
        else np.random.default_rng(0).random(shape) > 0.5
    )
    source = open_media(data, directory=tmp_path)
    assert len(source) == 3
    assert {Path(name).suffix for name in source.index.names} == {ending}
    spec = json.loads(json.dumps(source.spec))
    source.close()
    with reopen_media(spec) as again:
        for frame in range(3):
            expected = data[frame].astype(np.uint8) * 255 if dtype is bool else data[frame]
            np.testing.assert_array_equal(again.read_raw(frame), expected)
            assert again.read(frame).shape == (20, 30, 3)
    assert str(tmp_path) in spec["members"]["root"]


def test_arrays_of_different_sizes_and_single_ones(tmp_path: Path) -> None:
    source = open_media([np.zeros((10, 20, 3), np.uint8), np.zeros((30, 5), np.uint8)], directory=tmp_path)
    assert [source.size(frame) for frame in range(2)] == [(20, 10), (5, 30)]
    assert len(open_media(np.zeros((10, 20, 3), np.uint8), directory=tmp_path)) == 1
    assert len(open_media(np.zeros((10, 20), np.uint8), directory=tmp_path)) == 1
    assert len(open_media([Image.new("RGB", (4, 4))], directory=tmp_path)) == 1


def test_manifest_of_pictures(tmp_path: Path) -> None:
    _tree(tmp_path)
    source = open_media([tmp_path / name for name in _NAMES], sorting="predefined")
    path = write_manifest(source, tmp_path / "manifest.jsonl")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines[:2] == [{"version": "1.1"}, {"type": "images"}]
    assert lines[2] == {"name": "a/img10", "extension": ".png", "width": 15, "height": 8, "meta": {"related_images": []}}
    _check(open_media(path), _NAMES)


def test_manifest_of_a_video(clips: Clips, tmp_path: Path) -> None:
    import hashlib

    import av

    clip = tmp_path / "clip.mp4"
    clip.write_bytes(clips["h264-gop30.mp4"].path.read_bytes())
    path = write_manifest(open_media(clip), tmp_path / "manifest.jsonl")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines[2] == {"properties": {"name": "clip.mp4", "resolution": [320, 192], "length": 150}}
    with av.open(str(clip)) as container:
        keys = [
            (number, picture.pts, hashlib.md5(picture.to_image().tobytes()).hexdigest())
            for number, picture in enumerate(container.decode(video=0))
            if picture.key_frame
        ]
    assert [(line["number"], line["pts"], line["checksum"]) for line in lines[3:]] == keys
    with open_media(path) as source:
        assert source.kind == "video"
        assert len(source) == 150


def test_an_open_source_is_returned(tmp_path: Path) -> None:
    source = open_media(_tree(tmp_path))
    assert open_media(source) is source


def test_video_alone_in_a_folder(clips: Clips, tmp_path: Path) -> None:
    (tmp_path / "clip.mkv").write_bytes(clips["h264-vfr.mkv"].path.read_bytes())
    (tmp_path / "notes.txt").write_text("x")
    source = open_media(tmp_path)
    assert source.kind == "video"
    assert source.notes == (f"{tmp_path}: 1 file is no picture and was skipped",)


@given(st.lists(st.text(st.sampled_from("a0129.b/"), min_size=1, max_size=9), unique=True))
def test_natural_order_is_total_and_compares_numbers(names: list[str]) -> None:
    order = ordered(names, "natural")
    assert sorted(order) == list(range(len(names)))
    assert [names[position] for position in order] == sorted(names, key=natural_key)
    assert len({natural_key(name) for name in names}) == len(names)


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_natural_order_of_two_numbers(low: int, high: int) -> None:
    if low != high:
        assert (natural_key(f"x{low}y") < natural_key(f"x{high}y")) == (low < high)


def test_digits_without_end_are_compared() -> None:
    assert natural_key("9" * 6000) < natural_key("1" + "0" * 6000)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from cvat_widgets.errors import MissingExtraError

    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'cvat-widgets\[cloud\]'"):
        open_media("s3://bucket/a.png")


@pytest.mark.parametrize("form", ["folder", "zip", "tar", "tar.gz"])
def test_context_images_belong_to_their_frame(tmp_path: Path, form: str) -> None:
    folder = _tree(tmp_path / "pictures")
    (folder / "a" / "related_images" / "img2_png" / "above10.png").write_bytes(_png(2))
    (folder / "a" / "related_images" / "img2_png" / "above9.png").write_bytes(_png(3))
    path = folder
    if form != "folder":
        path = Path(shutil.make_archive(str(tmp_path / "pack"), {"tar.gz": "gztar"}.get(form, form), folder))
    source = open_media(path)
    for each in (source, reopen_media(json.loads(json.dumps(source.spec)))):
        names = list(each.index.names)
        assert sorted(names) == sorted(_NAMES)
        frame = names.index("a/img2.png")
        assert each.context_names(frame) == ["above9.png", "above10.png", "side.png"]
        assert all(each.context_names(other) == [] for other in range(len(names)) if other != frame)
        picture = each.context_picture(frame, 1)
        assert picture.data == _png(2)
        assert max(each.context_picture(frame, 2, max_side=4).width, 0) == 4
        with pytest.raises(MediaError, match="no context image 3"):
            each.context_picture(frame, 3)
        each.close()
