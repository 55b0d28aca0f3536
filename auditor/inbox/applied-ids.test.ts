import { expect } from 'chai';
import { originOf } from './applied-ids.ts';

describe('What an applied id says of itself', () => {
  it('when it was made, if it is of version 7', () => {
    const made = Date.parse('2026-11-24T12:00:00.123Z');
    const event_id = '01a20d6d-5a7b-7c60-8a66-000000000001';
    expect(originOf({ event_id, applied: made + 5_000 })).to.deep.equal({ derived: false, notBefore: made });
  });

  it('that the worker has derived it, if it is of version 5', () => {
    const event_id = '6f1a4f0e-7d0b-5e0b-9c53-5f6b1c1f6a01';
    expect(originOf({ event_id, applied: 7 }).derived).to.equal(true);
  });

  it('nothing, otherwise: then the time counts at which it was applied', () => {
    expect(originOf({ event_id: '3c1f2d5a-9b1e-4f0a-8d2c-1a2b3c4d5e6f', applied: 7 })).to.deep.equal({
      derived: false,
      notBefore: 7,
    });
  });
});
