"""Interpolation against golden values, against a plain reference, and against the TypeScript twin."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.kinds import SHAPE_CODE, Flag
from cvat_widgets.model.polyline_interpolation import interpolate_curve
from cvat_widgets.model.records import Element, Keyframe, Shape, Track, TrackElement
from cvat_widgets.model.table import AnnotationTable

ROOT = Path(__file__).resolve().parents[2]
CASES = json.loads((ROOT / "tests" / "golden" / "interpolation.json").read_text())


def track_of(case: dict[str, Any], track_id: int = 1) -> Track:
    raw = {"kind": "track", "id": track_id, "label": 1, "type": case["type"], "keyframes": case["keyframes"]}
    return msgspec.convert(raw, Track, str_keys=True)


def states_of(table: AnnotationTable) -> dict[tuple[int, int], dict[str, Any]]:
    attributes = table.attributes.to_dicts(len(table))
    return {
        (int(table.track[row]), int(table.frame[row])): {
            "points": table.points_of(row).tolist(),
            "rotation": float(table.rotation[row]),
            "occluded": bool(table.flags[row] & Flag.OCCLUDED),
            "keyframe": bool(table.flags[row] & Flag.KEYFRAME),
            "z_order": int(table.z_order[row]),
            "attributes": {str(key): value for key, value in attributes[row].items()},
        }
        for row in range(len(table))
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_golden_values(case: dict[str, Any]) -> None:
    states = states_of(interpolate_table(AnnotationTable.from_records([track_of(case)]), frame_count=16))
    for frame, expected in case["expect"].items():
        state = states.get((1, int(frame)))
        if expected is None:
            assert state is None, frame
            continue
        assert state is not None, frame
        for name, value in expected.items():
            if name in ("points", "rotation"):
                np.testing.assert_allclose(state[name], value, atol=1e-9, err_msg=f"{name} on frame {frame}")
            else:
                assert state[name] == value, (frame, name)


def reference_curve(left: np.ndarray, right: np.ndarray, offset: float, closed: bool) -> list[list[float]]:
    """The written rules, one step after the other, for one frame."""
    a, b = left.reshape(-1, 2).tolist(), right.reshape(-1, 2).tolist()
    if closed:
        a, b = [*a, a[0]], [*b, b[0]]

    def positions(curve: list[list[float]]) -> list[float]:
        sums = [0.0]
        for p, q in zip(curve, curve[1:], strict=False):
            sums.append(sums[-1] + float(np.hypot(q[0] - p[0], q[1] - p[1])))
        return [value / sums[-1] for value in sums]

    pa, pb = positions(a), positions(b)
    matched = [[min(range(len(b)), key=lambda j: abs(pb[j] - pa[i]))] for i in range(len(a))]
    taken = {points[0] for points in matched}
    for j in range(len(b)):
        if j not in taken:
            matched[min(range(len(a)), key=lambda i: abs(pa[i] - pb[j]))].append(j)
    matched = [sorted(points) for points in matched]

    def between(i: int, j: int) -> list[float]:
        return [a[i][0] + (b[j][0] - a[i][0]) * offset, a[i][1] + (b[j][1] - a[i][1]) * offset]

    def length(curve: list[list[float]]) -> float:
        return sum(float(np.hypot(q[0] - p[0], q[1] - p[1])) for p, q in zip(curve, curve[1:], strict=False))

    def reduce(candidates: list[list[float]], base: float, count: int) -> list[list[float]]:
        if len(candidates) == 1:
            return candidates
        threshold = base / (2 * count) * (1 - 1e-9)
        kept = [candidates[0]]
        for candidate in candidates[1:-1]:
            if np.hypot(candidate[0] - kept[-1][0], candidate[1] - kept[-1][1]) >= threshold:
                kept.append(candidate)
        last = candidates[-1]
        if len(kept) == 1 and np.hypot(last[0] - kept[0][0], last[1] - kept[0][1]) < threshold:
            return [[(last[0] + kept[0][0]) / 2, (last[1] + kept[0][1]) / 2]]
        return [*kept, last]

    result: list[list[float]] = []
    i = 0
    while i < len(a):
        if len(matched[i]) > 1:
            result += reduce([between(i, j) for j in matched[i]], length([b[j] for j in matched[i]]), len(matched[i]))
            i += 1
            continue
        stop = i
        while stop + 1 < len(a) and matched[stop + 1] == matched[i]:
            stop += 1
        members = list(range(i, stop + 1))
        result += reduce([between(k, matched[i][0]) for k in members], length([a[k] for k in members]), len(members))
        i = stop + 1
    return result[:-1] if closed else result


@pytest.mark.parametrize("closed", [True, False])
def test_curves_follow_the_written_rules(closed: bool) -> None:
    generator = np.random.default_rng(7)
    for _ in range(300):
        left, right = (generator.uniform(0, 100, 2 * generator.integers(3, 12)) for _ in range(2))
        offsets = np.array([0.2, 0.5, 0.9])
        for offset, curve in zip(offsets, interpolate_curve(left, right, offsets, closed=closed), strict=True):
            np.testing.assert_allclose(curve.reshape(-1, 2), reference_curve(left, right, float(offset), closed), atol=1e-9)


def random_tracks(count: int, seed: int) -> list[dict[str, Any]]:
    generator = np.random.default_rng(seed)
    sizes = {"rectangle": 4, "ellipse": 4, "cuboid": 16, "points": 0, "polygon": 0, "polyline": 0}
    tracks = []
    for _ in range(count):
        kind = str(generator.choice(list(sizes)))
        frames = sorted(generator.choice(20, generator.integers(1, 5), replace=False).tolist())
        keyframes = {}
        for frame in frames:
            length = sizes[kind] or 2 * int(generator.integers(1 if kind == "points" else 3, 9))
            keyframes[str(frame)] = {
                "points": np.round(generator.uniform(0, 500, length), 3).tolist(),
                "rotation": float(np.round(generator.uniform(0, 360), 2)) if kind in ("rectangle", "ellipse") else 0.0,
                "occluded": bool(generator.random() < 0.3),
                "outside": bool(generator.random() < 0.2),
                "z_order": int(generator.integers(-3, 4)),
                "attributes": {"1": str(generator.integers(9))} if generator.random() < 0.5 else {},
            }
        tracks.append({"type": kind, "keyframes": keyframes})
    return tracks


def test_the_front_end_agrees_on_ten_thousand_random_tracks(tmp_path: Path) -> None:
    esbuild = ROOT / "node_modules" / ".bin" / "esbuild"
    if not esbuild.exists() or shutil.which("node") is None:
        pytest.skip("node_modules is not there: run npm ci")
    tracks = random_tracks(10_000, seed=11)
    table = AnnotationTable.from_records(track_of(case, number) for number, case in enumerate(tracks))
    states = states_of(interpolate_table(table, frame_count=22))
    (tmp_path / "tracks.json").write_text(json.dumps(tracks))
    script = tmp_path / "run.ts"
    script.write_text(
        f"""
import {{ readFileSync, writeFileSync }} from "node:fs";
import {{ interpolateTrack }} from {json.dumps(str(ROOT / "js/src/geometry/interpolation.ts"))};
const tracks = JSON.parse(readFileSync({json.dumps(str(tmp_path / "tracks.json"))}, "utf8"));
const frames = Array.from({{ length: 22 }}, (_, frame) => frame);
const result = tracks.map((track) => frames.map((frame) => interpolateTrack(track.type, track.keyframes, frame)));
writeFileSync({json.dumps(str(tmp_path / "states.json"))}, JSON.stringify(result));
"""
    )
    bundle = tmp_path / "run.mjs"
    command = [
        str(esbuild),
        str(script),
        "--bundle",
        "--platform=node",
        "--format=esm",
        f"--outfile={bundle}",
        "--log-level=error",
    ]
    subprocess.run(command, check=True, cwd=ROOT)
    subprocess.run(["node", str(bundle)], check=True)
    theirs = json.loads((tmp_path / "states.json").read_text())
    compared = 0
    for number, row in enumerate(theirs):
        for frame, other in enumerate(row):
            mine = states.get((number, frame))
            assert (mine is None) == (other is None), (number, frame)
            if mine is None:
                continue
            compared += 1
            np.testing.assert_allclose(other["points"], mine["points"], atol=1e-6)
            assert abs((other["rotation"] - mine["rotation"] + 180) % 360 - 180) < 1e-6
            for name in ("occluded", "z_order", "attributes", "keyframe"):
                assert other[name] == mine[name], (number, frame, name)
    assert compared > 50_000


def test_skeletons_follow_their_joints() -> None:
    joint = TrackElement(
        id=2,
        label=3,
        keyframes={0: Keyframe(points=(0, 0)), 4: Keyframe(points=(4, 4)), 6: Keyframe(points=(4, 4), outside=True)},
    )
    track = Track(id=1, label=2, type="skeleton", keyframes={0: Keyframe(points=())}, elements=(joint,))
    alone = Shape(id=9, frame=1, label=2, type="skeleton", points=(), elements=(Element(id=10, label=3, points=(1, 1)),))
    table = interpolate_table(AnnotationTable.from_records([track, alone]), frame_count=10)
    skeletons = table.take((table.type == SHAPE_CODE["skeleton"]) & table.is_track)
    assert skeletons.frame.tolist() == list(range(6))
    joints = table.take((table.parent == 1) & (table.frame == 2))
    assert joints.points.tolist() == [2, 2]
    assert (table.parent == 9).sum() == 1


def test_only_wanted_frames_are_made() -> None:
    table = AnnotationTable.from_records(
        [track_of(CASES[3]), Shape(id=5, frame=3, label=1, type="rectangle", points=(0, 0, 1, 1))]
    )
    found = interpolate_table(table, frame_count=12, frames=[3, 5, 99])
    assert sorted(found.frame.tolist()) == [3, 3, 5]
