import { expect } from 'chai';
import { forPrograms } from './result.ts';

describe('the result of the retention benchmark', () => {
  it('has exactly the members that programs rely on', () => {
    const sample = { outbox_dead_rows: 5, published_bytes: 0 };
    const object = forPrograms({
      rows: 3_000,
      rate: 1_000.4,
      samples: [
        { ...sample, seconds: 0, settled: 0, outbox_bytes: 10 },
        { ...sample, seconds: 1, settled: 1_000, outbox_bytes: 900 },
        { ...sample, seconds: 3, settled: 3_000, outbox_bytes: 800, published_bytes: 70 },
      ],
      pruned: { rows: 3_000, seconds: 0.2, bytes_before: 70, bytes_after: 70 },
    });
    expect(object).to.deep.equal({
      bench: 'retention',
      rows: 3_000,
      settled_per_s: 1_000,
      rate_ratio_last_to_first_third: 1,
      outbox_bytes_max: 900,
      published_bytes: 70,
      pruned: { rows: 3_000, seconds: 0.2 },
    });
  });
});
