import { z } from 'zod';
import { identifier } from '../identifiers.ts';
import type { EventContract } from './envelope.ts';

/**
 * An order was accepted. Only the two ids are required: the replaced system sent no more than them, and amounts here
 * are exact decimal strings where it may have sent numbers.
 */
export const orderCreatedData = z.object({
  order_id: identifier,
  customer_id: identifier,
  product_name: z.string().optional(),
  quantity: z.number().optional(),
  price: z.union([z.string(), z.number()]).optional(),
  total_amount: z.union([z.string(), z.number()]).optional(),
  status: z.string().optional(),
});
export type OrderCreatedData = z.infer<typeof orderCreatedData>;

export const orderCreated = {
  event: 'order_created',
  version: 1,
  exchange: 'events',
  routingKey: 'order.created',
  data: orderCreatedData,
} as const satisfies EventContract;
