"""Texts are like a tuple of strings, whatever is in them."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.texts import Texts

ANY_TEXT = st.text(st.characters(), max_size=20)  # lone surrogates, nulls and line ends, too


@given(st.lists(ANY_TEXT, max_size=12), st.slices(12))
def test_like_a_list(texts: list[str], part: slice) -> None:
    kept = Texts(texts)
    assert list(kept) == texts
    assert [kept[place] for place in range(-len(texts), len(texts))] == texts + texts
    assert kept[part] == texts[part]
    assert kept == texts == kept == Texts(texts)
    assert kept == tuple(texts)
    assert kept != [*texts, ""]
    assert list(reversed(kept)) == texts[::-1]
    assert (repr(kept), len(kept), bool(kept)) == (repr(texts), len(texts), bool(texts))
    assert all(text in kept and kept.index(text) == texts.index(text) for text in texts)


@given(st.lists(ANY_TEXT, min_size=1, max_size=6), st.lists(ANY_TEXT, min_size=1, max_size=6))
def test_equal_only_if_the_same_texts(mine: list[str], theirs: list[str]) -> None:
    assert (Texts(mine) == Texts(theirs)) == (mine == theirs)
    assert (Texts(mine) == theirs) == (mine == theirs)


@given(ANY_TEXT, st.lists(ANY_TEXT, max_size=6))
def test_the_same_beginning_is_kept_once_and_told_every_time(start: str, ends: list[str]) -> None:
    texts = [start + end for end in ends]
    assert list(Texts(texts)) == texts
    assert Texts(texts) == Texts(list(Texts(texts)))


def test_a_common_folder_takes_no_memory() -> None:
    near, far = ([f"{folder}/{number}.jpg" for number in range(1000)] for folder in ("a", "a" * 500))
    sizes = [len(pickle.dumps(Texts(names))) for names in (near, far)]
    assert sizes[1] - sizes[0] < 1000


def test_what_is_not_there_is_refused() -> None:
    for place in (2, -3):
        with pytest.raises(IndexError):
            Texts(["a", "b"])[place]
    assert Texts(["a"]) != "a"


def test_frames_keep_names_and_ids_of_any_size() -> None:
    frames = FrameIndex(["a.jpg", "b.jpg"], *[[1, 2]] * 2, ids=(7, -(1 << 40)))  # type: ignore[arg-type]
    assert (frames.names, list(frames.ids), frames.position("b.jpg")) == (["a.jpg", "b.jpg"], [7, -(1 << 40)], 1)
    large = FrameIndex(["a.jpg"], *[[1]] * 2, ids=(1 << 70,))  # type: ignore[arg-type]
    assert list(large.ids) == [1 << 70]
