import { z } from 'zod';
import { identifier, jsonIdentifier } from '../identifiers.ts';
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
const orderIds = orderCreatedData.pick({ order_id: true, customer_id: true });
export type OrderCreatedData = z.infer<typeof orderCreatedData>;

export const orderCreated = {
  event: 'order_created',
  version: 1,
  exchange: 'events',
  routingKey: 'order.created',
  data: orderCreatedData,
  legacyKeyOf: ({ order_id }: OrderCreatedData) => order_id,
} as const satisfies EventContract;

/** What a message's body tells of an order, whether or not all of it is valid; undefined if it is no such event. */
export function orderToldBy(body: unknown): Pick<OrderCreatedData, 'order_id' | 'customer_id'> | undefined {
  const { event, data } = (body ?? {}) as Record<string, unknown>;
  return event === orderCreated.event ? orderIds.safeParse(data).data : undefined;
}

/** An order as its event tells of it: ids with all their digits, amounts as exact decimal strings. */
export interface ToldOrder {
  readonly id: string;
  readonly customer_id: string;
  readonly product_name: string;
  readonly quantity: number;
  readonly price: string;
  readonly total_amount: string;
  readonly status: string;
}

/** Ids as JSON numbers with all their digits, as the replaced system sent them. */
export const orderCreatedDataOf = (order: ToldOrder): Required<z.input<typeof orderCreatedData>> => ({
  order_id: jsonIdentifier(order.id),
  customer_id: jsonIdentifier(order.customer_id),
  product_name: order.product_name,
  quantity: order.quantity,
  price: order.price,
  total_amount: order.total_amount,
  status: order.status,
});

/** Events of one customer's orders reach the queue in the order of their commits. */
export const orderingKeyOf = ({ customer_id }: Pick<ToldOrder, 'customer_id'>) => `customer:${customer_id}`;
