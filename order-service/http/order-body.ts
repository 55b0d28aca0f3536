import { identifier } from '@event-sync/contracts/identifiers.ts';
import { decimalString, hundredths } from '@event-sync/contracts/money.ts';
import { text } from '@event-sync/platform/validation.ts';
import { z } from 'zod';
import { maxPrice, maxQuantity, orderStatuses } from '../orders/order.ts';

const maxHundredths = hundredths(maxPrice) ?? 0n;

/** A number or a string, never rounded: `exact-json.ts` has refused what a number could not hold. */
const price = z
  .union([z.number(), z.bigint(), z.string()], {
    error: (issue) =>
      issue.input === undefined ? undefined : 'must be a number such as 999.99, or a string of it',
  })
  .transform((value, context) => {
    const fault = (message: string) => {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    };
    if (typeof value !== 'string' && value > Number(maxPrice)) return fault(`must be at most ${maxPrice}`);
    if (typeof value !== 'string' && value < 0.01) return fault('must be at least 0.01');
    const decimal = String(value);
    if (!/^-?[0-9]{1,20}(\.[0-9]{1,20})?$/.test(decimal))
      return fault('must be a decimal number such as 999.99');
    const amount = hundredths(decimal);
    if (amount === undefined) return fault('must have at most two decimals');
    if (amount < 1n) return fault('must be at least 0.01');
    if (amount > maxHundredths) return fault(`must be at most ${maxPrice}`);
    return decimalString(amount);
  })
  .meta({
    description: 'With at most two decimals, as a number or as a string.',
    examples: [999.99, '999.99'],
    override: {
      anyOf: [
        { type: 'number', minimum: 0.01, maximum: Number(maxPrice) },
        { type: 'string', pattern: '^[0-9]{1,10}(\\.[0-9]{1,2}0*)?$' },
      ],
    },
  });

const quantityRule = `must be a whole number from 1 to ${maxQuantity}`;

export const orderBody = z
  .strictObject({
    order: z.strictObject({
      customer_id: identifier,
      product_name: text({ min: 1, max: 255 }),
      quantity: z
        .int({ error: (issue) => (issue.input === undefined ? undefined : quantityRule) })
        .min(1, { error: quantityRule })
        .max(maxQuantity, { error: quantityRule }),
      price,
      status: z.enum(orderStatuses).default('pending'),
    }),
  })
  .meta({ id: 'NewOrder' });

const amount = z.string().regex(/^[0-9]+\.[0-9]{2}$/);

export const orderResource = z
  .object({
    id: identifier,
    customer_id: identifier,
    product_name: z.string(),
    quantity: z.int(),
    price: amount.meta({ description: 'An exact decimal.', examples: ['999.99'] }),
    total_amount: amount.meta({ description: 'Quantity × price, an exact decimal.', examples: ['999.99'] }),
    status: z.enum(orderStatuses),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Order' });
