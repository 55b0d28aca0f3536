import type { Knex } from 'knex';
import type { CustomerDetails, CustomerRow } from './customer.ts';

export async function findCustomer(knex: Knex, id: string): Promise<CustomerRow | undefined> {
  return knex<CustomerRow>('customers').where({ id }).first();
}

export interface CustomerList {
  readonly customers: readonly CustomerRow[];
  /** Of all customers, whatever the page. */
  readonly count: string;
  readonly totalOrders: string;
}

/**
 * A page of customers and the totals over all of them, from one statement and so from one snapshot: on a single page
 * they always add up. The totals read the whole table; they are part of the replaced system's answer.
 */
export async function listCustomers(
  knex: Knex,
  { after = '0', limit }: { after?: string | undefined; limit: number },
): Promise<CustomerList> {
  const { rows } = await knex.raw<{ rows: (CustomerRow & { count: string; total_orders: string })[] }>(
    `SELECT totals.count, totals.total_orders, page.*
     FROM (SELECT count(*) AS count, coalesce(sum(orders_count), 0) AS total_orders FROM customers) AS totals
     LEFT JOIN LATERAL (SELECT * FROM customers WHERE id > :after ORDER BY id LIMIT :limit) AS page ON true
     ORDER BY page.id`,
    { after, limit },
  );
  const [first] = rows;
  return {
    // An empty page is one row of totals beside nothing.
    customers: rows.filter((row) => (row.id as string | null) !== null),
    count: first?.count ?? '0',
    totalOrders: first?.total_orders ?? '0',
  };
}

/**
 * Creates the customer with this id, or changes the one that has it; two at once for one id do both, one after the
 * other. `xmax` is 0 exactly for a row that this statement inserted.
 */
export async function putCustomer(
  trx: Knex.Transaction,
  id: string,
  { name, address }: CustomerDetails,
): Promise<{ row: CustomerRow; created: boolean }> {
  const { rows } = await trx.raw<{ rows: (CustomerRow & { created: boolean })[] }>(
    `INSERT INTO customers AS present (id, name, address) VALUES (:id, :name, :address)
     ON CONFLICT (id) DO UPDATE
       SET name = excluded.name, address = excluded.address, version = present.version + 1, updated_at = now()
     RETURNING *, (xmax = 0) AS created`,
    { id, name, address },
  );
  const [row] = rows;
  if (!row) throw new Error('putting a customer returned no row');
  return { row, created: row.created };
}

/** Rounds of `insertCustomer`. Each skips a whole run of taken ids, so more than two need a busy neighbour. */
const maxRounds = 25;

/**
 * Creates a customer with the next free id. Ids can have been taken by `PUT`, which leaves the sequence where it was:
 * then the sequence is moved past the end of the run of taken ids, and the insert is tried again. Rejected: `max(id) + 1`,
 * which ends for good once somebody puts the largest bigint, and `setval` on every `PUT`, for the same reason.
 */
export async function insertCustomer(
  trx: Knex.Transaction,
  { name, address }: CustomerDetails,
): Promise<CustomerRow> {
  for (let round = 0; round < maxRounds; round += 1) {
    const { rows } = await trx.raw<{ rows: CustomerRow[] }>(
      `INSERT INTO customers (name, address) VALUES (:name, :address) ON CONFLICT (id) DO NOTHING RETURNING *`,
      { name, address },
    );
    if (rows[0]) return rows[0];
    await trx.raw(skipTakenIds);
  }
  throw new Error(`no free customer id was found in ${maxRounds} rounds`);
}

// From the id just drawn along the primary key to the first one that nobody follows; reads only the run itself. The
// largest bigint ends no run, since nothing comes after it. A neighbour that moved the sequence further meanwhile may be
// set back by this: that costs a round more, never a wrong id, because the insert does nothing on conflict.
const skipTakenIds = `
  SELECT setval(sequence.name, run.last)
  FROM (SELECT pg_get_serial_sequence('customers', 'id') AS name) AS sequence,
  LATERAL (
    SELECT id AS last FROM customers AS taken
    WHERE id >= currval(sequence.name) AND id < 9223372036854775807
      AND NOT EXISTS (SELECT FROM customers AS follower WHERE follower.id = taken.id + 1)
    ORDER BY id LIMIT 1
  ) AS run`;
