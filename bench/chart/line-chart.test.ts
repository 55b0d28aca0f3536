import { expect } from 'chai';
import { lineChart } from './line-chart.ts';

describe('lineChart', () => {
  const label = (y: number) => `${y} MiB`;
  const svg = lineChart({
    title: 'Rate & size',
    subtitle: 'of <two>',
    xTitle: 'rows',
    xLabel: String,
    panels: [
      {
        title: 'flat',
        points: [
          { x: 0, y: 700 },
          { x: 1_000, y: 700 },
        ],
        label,
      },
      {
        title: 'grows',
        points: [
          { x: 0, y: 0 },
          { x: 1_000, y: 8 },
        ],
        label,
      },
    ],
  });
  const [flat, grows] = [...svg.matchAll(/<polyline[^>]* points="([^"]*)"/g)].map((match) =>
    match[1]!.split(' ').map((point) => point.split(',').map(Number) as [number, number]),
  );

  it('draws a flat line flat, and one from nothing to the top of its scale over all its height', () => {
    expect(flat![0]![1]).to.equal(flat![1]![1]);
    expect(grows![0]![1] - grows![1]![1]).to.equal(130);
  });

  it('begins every scale at 0 and ends it with a round number', () => {
    expect(svg.match(/>0 MiB</g)).to.have.length(2);
    expect(svg).to.include('>800 MiB<').and.to.include('>8 MiB<');
  });

  it('puts the panels over the same horizontal axis', () => {
    expect(flat!.map(([x]) => x)).to.deep.equal(grows!.map(([x]) => x));
  });

  it('can be read by those who cannot see it, and is well-formed whatever the texts are', () => {
    expect(svg).to.include('Rate &amp; size').and.to.include('of &lt;two&gt;');
    expect(svg).to.match(/role="img" aria-label="[^"]*flat 700 MiB, 700 MiB; grows 0 MiB, 8 MiB"/);
  });
});
