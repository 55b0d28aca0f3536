import { expect } from 'chai';
import { IsoTime } from './iso-time.ts';

describe('IsoTime', () => {
  it('writes what a Date writes, whatever was written before', () => {
    const iso = new IsoTime();
    const start = Date.parse('2026-12-31T23:59:59.000Z');
    const times = [0, 0.9, 7, 7.5, 42.999, 999.99, 1_000, 999, 61_001, -1, 86_400_000.123].map(
      (ms) => start + ms,
    );
    for (const time of [...times, 0, -0.5, -1, -1_000.5, -62_200_000_000_000, 253_402_300_800_000]) {
      expect(iso.of(time)).to.equal(new Date(time).toISOString());
    }
  });

  for (const time of [NaN, Infinity, -Infinity, 8.64e15 + 1_000]) {
    it(`refuses ${time}, which is no time, each time that it is asked`, () => {
      const iso = new IsoTime();
      iso.of(0);
      for (let i = 0; i < 2; i++) expect(() => iso.of(time)).to.throw(RangeError);
      expect(iso.of(1)).to.equal('1970-01-01T00:00:00.001Z');
    });
  }
});
