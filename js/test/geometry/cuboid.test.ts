import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cuboidFromPoints,
  cuboidFromRectangle,
  dragCorner,
  dragEdge,
  dragFace,
  dragPerspective,
  edgesOfCuboid,
  resetPerspective,
  switchOrientation,
} from "../../src/geometry/cuboid";

const box = cuboidFromRectangle(100, 50, 200, 150);

describe("cuboids", () => {
  it("from a rectangle have it as their front, and a tenth of its height as depth", () => {
    expect(box).toEqual([100, 50, 100, 150, 200, 50, 200, 150, 210, 40, 210, 140, 110, 40, 110, 140]);
  });

  it("from four points have the first three on the front", () => {
    const found = cuboidFromPoints([10, 20], [10, 80], [60, 25], [75, 15]);
    expect(edgesOfCuboid(found)).toEqual([
      { x: 10, top: 20, bottom: 80 },
      { x: 60, top: 25, bottom: 85 },
      { x: 75, top: 15, bottom: 75 },
      { x: 25, top: 10, bottom: 70 },
    ]);
  });

  it("grow by their corners, edges and faces", () => {
    expect(edgesOfCuboid(dragCorner(box, 2, [220, 30])).map(({ x, top }) => [x, top])).toEqual([
      [100, 30],
      [220, 30],
      [230, 20],
      [110, 20],
    ]);
    expect(edgesOfCuboid(dragEdge(box, 1, 180)).map(({ x }) => x)).toEqual([100, 180, 190, 110]);
    // A back edge goes along the lines into depth.
    const deep = edgesOfCuboid(dragEdge(box, 2, 230));
    expect([deep[2].x, deep[2].top, deep[3].x, deep[3].top]).toEqual([230, 20, 130, 20]);
    expect(edgesOfCuboid(dragFace(box, 1, 5, 7)).map(({ x, top }) => [x, top])).toEqual([
      [100, 50],
      [205, 57],
      [215, 47],
      [110, 40],
    ]);
  });

  it("lose their perspective when it is reset", () => {
    const tapered = dragPerspective(box, 4, [210, 60]);
    expect(edgesOfCuboid(tapered)[2]).toEqual({ x: 210, top: 60, bottom: 120 });
    expect(edgesOfCuboid(tapered)[3]).toEqual({ x: 110, top: 60, bottom: 120 });
    expect(resetPerspective(tapered)).toEqual(box);
  });

  it("turn to the side that is seen", () => {
    expect(edgesOfCuboid(switchOrientation(box)).map(({ x }) => x)).toEqual([200, 210, 110, 100]);
  });

  it("keep their vertical edges vertical", () => {
    const at = fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 400 }));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7 }), at, (corner, to) => {
        for (const points of [dragCorner(box, corner, to), dragPerspective(box, corner, to), dragEdge(box, corner >> 1, to[0])])
          for (let i = 0; i < 16; i += 4) if (points[i] !== points[i + 2]) return false;
        return true;
      }),
    );
  });
});
