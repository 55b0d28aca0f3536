import { expect } from 'chai';
import { cutPage } from './paging.ts';

const items = (...ids: string[]) => ids.map((id) => ({ id }));

describe('a page', () => {
  it('links to the next one if one item too many was found', () => {
    expect(cutPage(items('1', '2', '3'), 2, '/orders', { customer_id: '7' })).to.deep.equal({
      items: items('1', '2'),
      headers: { Link: '</orders?customer_id=7&limit=2&after=2>; rel="next"' },
    });
  });

  it('is the last one otherwise', () => {
    expect(cutPage(items('1', '2'), 2, '/orders')).to.deep.equal({ items: items('1', '2'), headers: {} });
    expect(cutPage([], 2, '/orders')).to.deep.equal({ items: [], headers: {} });
  });
});
