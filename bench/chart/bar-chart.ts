export interface Bar {
  readonly title: string;
  readonly value: number;
  /** At the end of the bar. */
  readonly label: string;
  readonly emphasised?: boolean;
}

const width = 760;
const titleWidth = 270;
const labelWidth = 130;
const barHeight = 22;
const rowHeight = 34;
const top = 58;

/** Bars from left to right. The colours follow the reader's light or dark mode, also inside an `<img>` of a README. */
export function barChart(options: { title: string; subtitle: string; bars: readonly Bar[] }): string {
  const { title, subtitle, bars } = options;
  const height = top + bars.length * rowHeight + 10;
  const longest = Math.max(...bars.map(({ value }) => value));
  const room = width - titleWidth - labelWidth;
  const rows = bars.map((bar, i) => {
    const y = top + i * rowHeight;
    const middle = y + barHeight / 2 + 4.5;
    // Always to be seen, be it ever so short.
    const length = Math.max(2, (bar.value / longest) * room);
    const of = bar.emphasised ? ' ours' : '';
    return [
      `  <text class="name${of}" x="${titleWidth - 12}" y="${middle}" text-anchor="end">${escaped(bar.title)}</text>`,
      `  <rect class="bar${of}" x="${titleWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="3"/>`,
      `  <text class="value${of}" x="${(titleWidth + length + 8).toFixed(1)}" y="${middle}">${escaped(bar.label)}</text>`,
    ].join('\n');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(`${title}: ${bars.map((bar) => `${bar.title} ${bar.label}`).join(', ')}`)}">
  <style>
    text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #24292f }
    .title { font-size: 16px; font-weight: 600 }
    .subtitle { fill: #57606a; font-size: 12px }
    .bar { fill: #8c959f }
    .bar.ours { fill: #0969da }
    .name.ours, .value.ours { font-weight: 600 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .subtitle { fill: #9198a1 }
      .bar { fill: #656c76 }
      .bar.ours { fill: #4493f8 }
    }
  </style>
  <text class="title" x="12" y="22">${escaped(title)}</text>
  <text class="subtitle" x="12" y="42">${escaped(subtitle)}</text>
${rows.join('\n')}
</svg>
`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
