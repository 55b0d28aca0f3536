import type { Knex } from 'knex';
import type { CustomerDetails, CustomerRow } from './customer.ts';

export async function findCustomer(knex: Knex, id: string): Promise<CustomerRow | undefined> {
  return knex<CustomerRow>('customers').where({ id }).first();
}

/** The customer, and whether the event had been applied in the same snapshot: a count that has it, or that has not. */
export async function findCustomerAfter(
  knex: Knex,
  id: string,
  eventId: string,
): Promise<{ row: CustomerRow; applied: boolean } | undefined> {
  const { rows } = await knex.raw<{ rows: (CustomerRow & { applied: boolean })[] }>(
    `SELECT customers.*, EXISTS (SELECT FROM inbox WHERE event_id = :eventId) AS applied
     FROM customers WHERE id = :id`,
    { id, eventId },
  );
  const [row] = rows;
  return row && { row, applied: row.applied };
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

/** Creates the customer with this id, if there is none. */
export async function insertCustomerWithId(
  trx: Knex.Transaction,
  id: string,
  { name, address }: CustomerDetails,
): Promise<CustomerRow | undefined> {
  const { rows } = await trx.raw<{ rows: CustomerRow[] }>(
    `INSERT INTO customers (id, name, address) VALUES (:id, :name, :address)
     ON CONFLICT (id) DO NOTHING RETURNING *`,
    { id, name, address },
  );
  return rows[0];
}

/** Changes the customer with this id, if it is there in one of these versions, or in any. */
export async function updateCustomer(
  trx: Knex.Transaction,
  id: string,
  { name, address }: CustomerDetails,
  versions: 'any' | readonly string[],
): Promise<CustomerRow | undefined> {
  const { rows } = await trx.raw<{ rows: CustomerRow[] }>(
    `UPDATE customers SET name = :name, address = :address, version = version + 1, updated_at = now()
     WHERE id = :id AND (:any OR version = ANY(:versions::bigint[])) RETURNING *`,
    { id, name, address, any: versions === 'any', versions: versions === 'any' ? [] : [...versions] },
  );
  return rows[0];
}

/** Rounds of `insertCustomer`: more than two need very many ids taken in a row, or a busy neighbour. */
const maxRounds = 25;
/** Ids that one round looks at: few at first, for the usual case; many once that was not enough. */
const idsOfRound = (round: number) => Math.min(1_000 * 10 ** round, 200_000);

/**
 * Creates a customer with the next free id. Ids can have been taken by `PUT`, which leaves the sequence where it was:
 * then the sequence is moved past the taken ids, and the insert is tried again. Rejected: `max(id) + 1`, which ends for
 * good once somebody puts the largest bigint, and `setval` on every `PUT`, for the same reason.
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
    await trx.raw(skipTakenIds, { ids: idsOfRound(round) });
  }
  throw new Error(`no free customer id was found in ${maxRounds} rounds`);
}

// The id just drawn is taken; so is every id whose distance from it is the number of rows before it. The last of those
// is where the sequence goes. `setval` outlives a rollback: even a request that gives up has brought the next one nearer.
// A neighbour that moved the sequence further meanwhile may be set back by this: that costs a round more, never a wrong
// id, because the insert does nothing on conflict. Measured with 3,000,000 ids in a row: 1.3 s for the first customer
// after them, nothing for the next; with an anti join (no row with id + 1) in place of the row numbers, 6.7 s.
const skipTakenIds = `
  SELECT setval(drawn.sequence, (
    SELECT max(id)
    FROM (
      SELECT id, row_number() OVER (ORDER BY id) AS number
      FROM customers WHERE id >= drawn.first ORDER BY id LIMIT :ids
    ) AS taken
    WHERE id - drawn.first = number - 1))
  FROM (
    SELECT sequence, currval(sequence) AS first FROM pg_get_serial_sequence('customers', 'id') AS sequence
  ) AS drawn`;
