import { expect } from 'chai';
import { readQuery, withoutEmpty } from './query.ts';

describe('a query', () => {
  it('is read from the target of the request', () => {
    expect(readQuery('/orders')).to.deep.equal({ ok: true, query: {} });
    expect(readQuery('/orders?customer_id=1&limit=5')).to.deep.equal({
      ok: true,
      query: { customer_id: '1', limit: '5' },
    });
    expect(readQuery('/orders?name=Juan+P%C3%A9rez')).to.deep.equal({
      ok: true,
      query: { name: 'Juan Pérez' },
    });
  });

  it('takes a parameter without a value as not given, unless it is unknown', () => {
    const given = readQuery('/orders?customer_id=&limit&offset=&__proto__=&after=5');
    if (!given.ok) throw new Error(given.fault);
    const left = withoutEmpty(given.query, { customer_id: 1, limit: 1, after: 1 });
    expect(Object.entries(left)).to.have.deep.members([
      ['offset', ''],
      ['__proto__', ''],
      ['after', '5'],
    ]);
  });

  for (const url of ['/?a=%', '/?a=%zz', '/?%ff=1', '/?a=1&a=2', '/?a=1&%61=2']) {
    it(`refuses ${url}`, () => expect(readQuery(url).ok).to.equal(false));
  }
});
