import { expect } from 'chai';
import { parseIngestOptions } from './options.ts';
import { forPrograms, report } from './result.ts';

describe('the ingest benchmark', () => {
  const round = (ours: number) => ({
    ours,
    echo: 8_000,
    textbook: 1_000,
    'order-without-outbox': 2_500,
    'without-customer-check': 2_000,
  });
  const rounds = { 50: [round(2_000), round(4_000), round(2_400)] };

  it('has its ratios at 50 connections, as medians of the ratios of the rounds', () => {
    expect(forPrograms({ rounds })).to.deep.equal({
      bench: 'ingest',
      rounds: 3,
      ours_per_s: 2_400,
      ratio_to: { echo: 0.3, textbook: 2.4, 'order-without-outbox': 0.96, 'without-customer-check': 1.2 },
    });
  });

  it('has a row for each contender', () => {
    expect(report({ rounds }).split('\n')).to.have.length(6);
  });

  it('is shorter with --quick', () => {
    expect(parseIngestOptions(['--quick'])).to.deep.equal({
      quick: true,
      json: false,
      rounds: 3,
      seconds: 4,
    });
    expect(parseIngestOptions(['--rounds', '1'])).to.include({ rounds: 1, seconds: 6 });
    expect(() => parseIngestOptions(['--seconds', '0'])).to.throw('--seconds must be a whole number');
  });
});
