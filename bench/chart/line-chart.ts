import { drawing, escaped, top, width } from './svg.ts';

export interface Panel {
  readonly title: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly label: (y: number) => string;
}

const left = 90;
const right = 30;
const panelHeight = 130;
const panelGap = 46;
const axisHeight = 34;

const light = [
  '.line { fill: none; stroke: #0969da; stroke-width: 2; stroke-linejoin: round }',
  '.grid { stroke: #d0d7de; stroke-width: 1 }',
  '.tick { fill: #57606a; font-size: 11px }',
  '.panel { font-weight: 600 }',
];
const dark = ['.line { stroke: #4493f8 }', '.grid { stroke: #3d444d }', '.tick { fill: #9198a1 }'];

/**
 * Lines under each other over one horizontal axis, each with a scale of its own that begins at 0: so that a line that
 * looks flat is flat.
 */
export function lineChart(options: {
  title: string;
  subtitle: string;
  xTitle: string;
  xLabel: (x: number) => string;
  panels: readonly Panel[];
}): string {
  const { title, subtitle, xTitle, xLabel, panels } = options;
  const xEnd = roundUp(Math.max(...panels.flatMap(({ points }) => points.map(({ x }) => x))));
  const xAt = (x: number) => left + (x / xEnd) * (width - left - right);
  const panelTop = (i: number) => top + 26 + i * (panelHeight + panelGap);
  const bottom = panelTop(panels.length - 1) + panelHeight;

  const shapes = panels.flatMap(({ title, points, label }, i) => {
    const yEnd = roundUp(Math.max(...points.map(({ y }) => y)));
    const yAt = (y: number) => panelTop(i) + panelHeight * (1 - y / yEnd);
    const line = points.map(({ x, y }) => `${xAt(x).toFixed(1)},${yAt(y).toFixed(1)}`).join(' ');
    return [
      `<text class="panel" x="${left}" y="${panelTop(i) - 10}">${escaped(title)}</text>`,
      ...[0, 0.5, 1].flatMap((share) => [
        `<line class="grid" x1="${left}" x2="${width - right}" y1="${yAt(share * yEnd)}" y2="${yAt(share * yEnd)}"/>`,
        `<text class="tick" x="${left - 8}" y="${yAt(share * yEnd) + 4}" text-anchor="end">${escaped(label(share * yEnd))}</text>`,
      ]),
      `<polyline class="line" points="${line}"/>`,
    ];
  });
  const ticks = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<text class="tick" x="${xAt(share * xEnd).toFixed(1)}" y="${bottom + 18}" text-anchor="middle">${escaped(xLabel(share * xEnd))}</text>`,
  );
  const axis = `<text class="tick" x="${(left + width - right) / 2}" y="${bottom + axisHeight}" text-anchor="middle">${escaped(xTitle)}</text>`;
  return drawing({
    title,
    subtitle,
    description: panels
      .map(({ title, points, label }) => `${title} ${points.map(({ y }) => label(y)).join(', ')}`)
      .join('; '),
    height: bottom + axisHeight + 12,
    style: { light, dark },
    shapes: [...shapes, ...ticks, axis],
  });
}

/** To the next of 1, 2, 4, 5 or 8 at the same power of ten, so that half of it is a round number, too. */
function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 4, 5, 8, 10].find((step) => step * power >= value)!;
}
