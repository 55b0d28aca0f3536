import { validate } from '@event-sync/platform/validation.ts';
import { expect } from 'chai';
import { orderBody } from './order-body.ts';

const check = (members: object) =>
  validate(
    orderBody,
    { order: { customer_id: 1, product_name: 'Laptop', quantity: 1, price: 999.99, ...members } },
    'the body',
  );
const errorsOf = (members: object) => {
  const result = check(members);
  return result.ok ? [] : result.errors;
};

describe("an order's body", () => {
  it('has an exact price and a status', () => {
    const result = check({});
    expect(result.ok && result.value.order).to.deep.equal({
      customer_id: '1',
      product_name: 'Laptop',
      quantity: 1,
      price: '999.99',
      status: 'pending',
    });
  });

  const prices: [unknown, string][] = [
    [0.01, '0.01'],
    [5, '5.00'],
    [19.9, '19.90'],
    ['19.9', '19.90'],
    ['0.01', '0.01'],
    [9999999999.99, '9999999999.99'],
    ['9999999999.99', '9999999999.99'],
    [9999999999n, '9999999999.00'],
  ];
  for (const [price, exact] of prices) {
    it(`takes the price ${typeof price} ${String(price)} as ${exact}`, () => {
      const result = check({ price });
      expect(result.ok && result.value.order.price).to.equal(exact);
    });
  }

  const faults: [object, string][] = [
    [{ price: 0 }, 'price must be at least 0.01'],
    [{ price: 0.001 }, 'price must be at least 0.01'],
    [{ price: 1e-300 }, 'price must be at least 0.01'],
    [{ price: -1 }, 'price must be at least 0.01'],
    [{ price: '-1' }, 'price must be at least 0.01'],
    [{ price: '0.00' }, 'price must be at least 0.01'],
    [{ price: 9.999 }, 'price must have at most two decimals'],
    [{ price: '9.999' }, 'price must have at most two decimals'],
    [{ price: 10000000000 }, 'price must be at most 9999999999.99'],
    [{ price: '10000000000' }, 'price must be at most 9999999999.99'],
    [{ price: 1e308 }, 'price must be at most 9999999999.99'],
    [{ price: 2n ** 63n }, 'price must be at most 9999999999.99'],
    [{ price: '1e3' }, 'price must be a decimal number such as 999.99'],
    [{ price: ' 1' }, 'price must be a decimal number such as 999.99'],
    [{ price: null }, 'price must be a number such as 999.99, or a string of it'],
    [{ price: undefined }, 'price must be given'],
    [{ quantity: 0 }, 'quantity must be a whole number from 1 to 2147483647'],
    [{ quantity: 1.5 }, 'quantity must be a whole number from 1 to 2147483647'],
    [{ quantity: 2147483648 }, 'quantity must be a whole number from 1 to 2147483647'],
    [{ quantity: 2n ** 60n }, 'quantity must be a whole number from 1 to 2147483647'],
    [{ quantity: '1' }, 'quantity must be a whole number from 1 to 2147483647'],
    [{ quantity: undefined }, 'quantity must be given'],
    [{ customer_id: undefined }, 'customer_id must be given'],
    [{ customer_id: 0 }, 'customer_id must be a whole number from 1 to 9223372036854775807'],
    [{ product_name: '' }, 'product_name must not be blank'],
    [{ status: 'lost' }, 'status must be one of pending, processing, shipped, delivered, cancelled'],
    [{ total: 1 }, '"total" is not known in order: leave it out'],
  ];
  for (const [members, sentence] of faults) {
    const [[name, value] = []] = Object.entries(members) as [string, unknown][];
    it(`says "${sentence}" for ${name} ${typeof value} ${String(value)}`, () =>
      expect(errorsOf(members)).to.deep.equal([sentence]));
  }
});
