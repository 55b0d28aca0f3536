import type { Snapshot } from '../reading/snapshot.ts';

export interface CountedCustomer {
  id: string;
  orders_count: string;
}

/** In the snapshot of the inbox: count and ids are written in one transaction, so they must agree at every moment. */
export const customersInOrder = (snapshot: Snapshot): AsyncGenerator<CountedCustomer> =>
  snapshot.rows<CountedCustomer>('SELECT id, orders_count FROM customers ORDER BY id');
