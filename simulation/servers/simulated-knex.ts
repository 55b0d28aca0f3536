import type { Knex } from 'knex';
import type { CustomerDatabase } from './customer-database.ts';
import { rowOf, type Bindings } from './customer-statements.ts';
import type { Transaction } from './customer-tables.ts';

/**
 * Knex, as far as the customer service uses it: its real transactions, statement by statement, run on the simulated
 * database. The seam is here and not further in because what a transaction is made of is what has to hold.
 */
export function simulatedKnex(database: CustomerDatabase): Knex {
  const raw = async (text: string, bindings: Bindings, within?: Transaction) => ({
    rows: await database.query(text, bindings, within),
  });
  const transaction = async <T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T> => {
    const opened = database.begin();
    const trx = {
      isTransaction: true,
      raw: (text: string, bindings: Bindings) => raw(text, bindings, opened),
    };
    try {
      const result = await work(trx as unknown as Knex.Transaction);
      await database.commit(opened);
      return result;
    } catch (error) {
      await database.rollback(opened).catch(() => {});
      throw error;
    }
  };
  const table = (name: string) => (name === 'customers' ? customers(database) : notes(database));
  return Object.assign(table, { raw, transaction }) as unknown as Knex;
}

/** `knex('customers').where({ id }).first()` */
const customers = (database: CustomerDatabase) => ({
  where: ({ id }: { id: string }) => ({
    first: () =>
      database.read((tables) => {
        const customer = tables.customers.get(id);
        return customer && rowOf(customer);
      }),
  }),
});

/** `knex('pending_evictions')`, by customers or oldest first. */
function notes(database: CustomerDatabase) {
  const select = (wanted: (customerId: string) => boolean, limit: number) =>
    database.read((tables) =>
      [...tables.notes]
        .filter(([customerId]) => wanted(customerId))
        .slice(0, limit)
        .map(([customer_id, version]) => ({ customer_id, version: String(version) })),
    );
  return {
    whereIn: (_column: string, ids: readonly string[]) => ({
      select: () => select((customerId) => ids.includes(customerId), Infinity),
    }),
    orderBy: () => ({ limit: (limit: number) => ({ select: () => select(() => true, limit) }) }),
  };
}
