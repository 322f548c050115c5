/** The axes of a plot with their ticks, grid and titles. */
import type { ComponentChildren } from "preact";
import type { Scales } from "./points";
import { shareOf, ticksOf } from "./scale";

/** Room around the plot's area in pixels, for ticks and titles. */
export const AREA = { left: 62, top: 10, right: 14, bottom: 46 } as const;

interface AxesProps {
  readonly scales: Scales;
  readonly x: string;
  readonly y: string;
  readonly width: number;
  readonly height: number;
  /** What is drawn above the points, in pixels of the area. */
  readonly children?: ComponentChildren;
}

export function Axes({ scales, x, y, width, height, children }: AxesProps) {
  const across = ticksOf(scales.x, Math.max(Math.floor(width / 90), 2));
  const up = ticksOf(scales.y, Math.max(Math.floor(height / 60), 2));
  return (
    <svg
      class="cvw-scatter-axes"
      width={width + AREA.left + AREA.right}
      height={height + AREA.top + AREA.bottom}
      aria-hidden="true"
    >
      <g transform={`translate(${AREA.left} ${AREA.top})`}>
        {across.map(({ value, text }) => {
          const place = shareOf(scales.x, value) * width;
          return (
            <g key={text} transform={`translate(${place} 0)`}>
              <line class="cvw-scatter-grid" y2={height} />
              <text y={height + 17} text-anchor="middle">
                {text}
              </text>
            </g>
          );
        })}
        {up.map(({ value, text }) => {
          const place = (1 - shareOf(scales.y, value)) * height;
          return (
            <g key={text} transform={`translate(0 ${place})`}>
              <line class="cvw-scatter-grid" x2={width} />
              <text x={-8} dy="0.35em" text-anchor="end">
                {text}
              </text>
            </g>
          );
        })}
        <path class="cvw-scatter-axis" d={`M0 0V${height}H${width}`} />
        <text class="cvw-scatter-title" x={width / 2} y={height + 38} text-anchor="middle">
          {x}
        </text>
        <text class="cvw-scatter-title" transform={`translate(-48 ${height / 2}) rotate(-90)`} text-anchor="middle">
          {y}
        </text>
        <svg class="cvw-scatter-over" width={width} height={height} aria-hidden="true">
          {children}
        </svg>
      </g>
    </svg>
  );
}
