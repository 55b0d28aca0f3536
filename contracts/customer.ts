import { z } from 'zod';
import { identifier } from './identifiers.ts';

/** A customer as `GET /customers/:id` answers it and as Redis holds it. */
export const customer = z.object({
  id: identifier,
  name: z.string(),
  address: z.string(),
  orders_count: z.number().int().min(0),
  has_orders: z.boolean(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type Customer = z.infer<typeof customer>;

/** Seconds that a customer stays cached: one week, as in the replaced system. */
export const customerTtlSeconds = 604_800;

export const customerKey = (id: string) => `customer:${id}`;
