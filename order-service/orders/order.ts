import { decimalString, hundredths } from '@event-sync/contracts/money.ts';

export const orderStatuses = ['pending', 'processing', 'shipped', 'delivered', 'cancelled'] as const;
export type OrderStatus = (typeof orderStatuses)[number];

export const maxQuantity = 2_147_483_647;
/** What `numeric(12,2)` holds. */
export const maxPrice = '9999999999.99';

/** What a client asks for. Members are called as in the API, the event and the table. */
export interface NewOrder {
  readonly customer_id: string;
  readonly product_name: string;
  readonly quantity: number;
  /** An exact decimal with two places, as every amount here. */
  readonly price: string;
  readonly status: OrderStatus;
}

export interface Order extends NewOrder {
  readonly id: string;
  readonly total_amount: string;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** Quantity × price, exactly. */
export function totalAmount({ quantity, price }: Pick<NewOrder, 'quantity' | 'price'>): string {
  const each = hundredths(price);
  if (each === undefined) throw new RangeError('a price has two decimals at most: it was validated before');
  return decimalString(BigInt(quantity) * each);
}
