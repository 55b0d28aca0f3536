import { expect } from 'chai';
import { barChart } from './bar-chart.ts';

describe('barChart', () => {
  const svg = barChart({
    title: 'Rates & ratios',
    subtitle: 'of <three>',
    bars: [
      { title: 'fast', value: 1_000, label: '1,000' },
      { title: 'ours', value: 500, label: '500', emphasised: true },
      { title: 'slow', value: 1, label: '1' },
    ],
  });
  const widths = [...svg.matchAll(/<rect[^>]* width="([0-9.]+)"/g)].map((match) => Number(match[1]));

  it('draws bars as long as their values, and the shortest can still be seen', () => {
    expect(widths[1]! / widths[0]!).to.be.closeTo(0.5, 0.001);
    expect(widths[2]).to.equal(2);
  });

  it('can be read in light and in dark mode, and by those who cannot see it', () => {
    expect(svg).to.include('prefers-color-scheme: dark');
    expect(svg).to.match(/role="img" aria-label="[^"]*fast 1,000, ours 500, slow 1"/);
  });

  it('is well-formed whatever the texts are', () => {
    expect(svg).to.include('Rates &amp; ratios').and.to.include('of &lt;three&gt;');
  });

  it('emphasises ours and no other', () => {
    expect(svg.match(/class="bar ours"/g)).to.have.length(1);
  });
});
