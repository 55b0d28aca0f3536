import { expect } from 'chai';
import { maxPrice, maxQuantity, totalAmount } from './order.ts';

describe("an order's total", () => {
  const totals: [number, string, string][] = [
    [1, '999.99', '999.99'],
    [3, '0.10', '0.30'],
    [7, '19.99', '139.93'],
    [maxQuantity, maxPrice, '21474836469978525163.53'],
  ];
  for (const [quantity, price, total] of totals) {
    it(`is ${total} for ${quantity} × ${price}, exactly`, () =>
      expect(totalAmount({ quantity, price })).to.equal(total));
  }
});
