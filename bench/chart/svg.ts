export const width = 760;
/** Room for the title and the line under it. */
export const top = 58;

/**
 * What all charts have in common. The colours follow the reader's light or dark mode, also inside an `<img>` of a README.
 *
 * @param description the chart for those who cannot see it
 */
export function drawing(options: {
  title: string;
  subtitle: string;
  description: string;
  height: number;
  /** CSS of this kind of chart: for light mode, and what differs in dark mode. */
  style: { light: string[]; dark: string[] };
  shapes: string[];
}): string {
  const { title, subtitle, description, height, style, shapes } = options;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(`${title}: ${description}`)}">
  <style>
    text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #24292f }
    .title { font-size: 16px; font-weight: 600 }
    .subtitle { fill: #57606a; font-size: 12px }
${style.light.map((rule) => `    ${rule}`).join('\n')}
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .subtitle { fill: #9198a1 }
${style.dark.map((rule) => `      ${rule}`).join('\n')}
    }
  </style>
  <text class="title" x="12" y="22">${escaped(title)}</text>
  <text class="subtitle" x="12" y="42">${escaped(subtitle)}</text>
${shapes.map((shape) => `  ${shape}`).join('\n')}
</svg>
`;
}

export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
