import { drawing, escaped, top, width } from './svg.ts';

export interface Bar {
  readonly title: string;
  readonly value: number;
  /** At the end of the bar. */
  readonly label: string;
  readonly emphasised?: boolean;
}

const titleWidth = 270;
const labelWidth = 130;
const barHeight = 22;
const rowHeight = 34;

const light = [
  '.bar { fill: #8c959f }',
  '.bar.ours { fill: #0969da }',
  '.name.ours, .value.ours { font-weight: 600 }',
];
const dark = ['.bar { fill: #656c76 }', '.bar.ours { fill: #4493f8 }'];

/** Bars from left to right. */
export function barChart(options: { title: string; subtitle: string; bars: readonly Bar[] }): string {
  const { title, subtitle, bars } = options;
  const longest = Math.max(...bars.map(({ value }) => value));
  const room = width - titleWidth - labelWidth;
  const shapes = bars.flatMap((bar, i) => {
    const y = top + i * rowHeight;
    const middle = y + barHeight / 2 + 4.5;
    // Always to be seen, be it ever so short.
    const length = Math.max(2, (bar.value / longest) * room);
    const of = bar.emphasised ? ' ours' : '';
    return [
      `<text class="name${of}" x="${titleWidth - 12}" y="${middle}" text-anchor="end">${escaped(bar.title)}</text>`,
      `<rect class="bar${of}" x="${titleWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="3"/>`,
      `<text class="value${of}" x="${(titleWidth + length + 8).toFixed(1)}" y="${middle}">${escaped(bar.label)}</text>`,
    ];
  });
  return drawing({
    title,
    subtitle,
    description: bars.map((bar) => `${bar.title} ${bar.label}`).join(', '),
    height: top + bars.length * rowHeight + 10,
    style: { light, dark },
    shapes,
  });
}
