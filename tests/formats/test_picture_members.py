"""Members of pictures by frame are like a dictionary."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvat_widgets.formats.picture_members import PictureMembers


@given(st.dictionaries(st.integers(0, 30), st.text(min_size=1, max_size=9), max_size=12))
def test_like_a_dictionary(members: dict[int, str]) -> None:
    listed = [members.get(frame, "") for frame in range(31)]
    kept = PictureMembers(members)
    assert kept == members == kept == PictureMembers.of_frames(listed)
    assert (len(kept), list(kept), dict(kept)) == (len(members), sorted(members), members)
    assert [kept.get(frame) for frame in range(-2, 33)] == [members.get(frame) for frame in range(-2, 33)]
    for frame in {-1, 31, *range(31)} - set(members):
        with pytest.raises(KeyError):
            kept[frame]
