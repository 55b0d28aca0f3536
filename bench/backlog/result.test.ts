import { expect } from 'chai';
import { forPrograms } from './result.ts';
import type { Size } from './schedule.ts';

const run = (size: Size, rate: number, peak: number) => ({
  size,
  rows: size === 'large' ? 1_000_000 : 50_000,
  rate,
  memory: { median_mib: peak - 10, peak_mib: peak },
});

describe('the result of the backlog benchmark', () => {
  it('compares rates with the neighbours, and memory with the median of the idle relay', () => {
    const object = forPrograms({
      idle: { median_mib: 100, peak_mib: 101 },
      runs: [run('small', 1_000, 180), run('large', 950, 150), run('small', 1_000, 170)],
    });
    expect(object).to.deep.equal({
      bench: 'backlog',
      rows: 1_000_000,
      rate_per_s: 950,
      small_rate_per_s: 1_000,
      rate_ratio: 0.95,
      idle_rss_mib: 100,
      rss_over_idle_mib: { median: 40, peak: 50 },
    });
  });
});
