import type { CustomerRow } from '@event-sync/customer-service/customers/customer.ts';
import type { Customer, Transaction } from './customer-tables.ts';

export type Bindings = Readonly<Record<string, unknown>>;

/** What a statement does, once it has the locks that it needs. */
export interface Statement {
  readonly locks: readonly string[];
  run(transaction: Transaction): readonly object[];
}

interface KnownStatement {
  readonly text: RegExp;
  readonly meaning: (bindings: Bindings) => Statement;
}

/**
 * The statements of the customer service that the consumer, the REST service and the sweep send, and what Postgres
 * makes of each. One that is not here ends the schedule: whoever changes a statement is led to this list.
 */
const known: readonly KnownStatement[] = [
  {
    text: /^WITH inserted AS \( INSERT INTO inbox \(event_id\) SELECT unnest\(:ids::uuid\[\]\) ON CONFLICT DO NOTHING RETURNING event_id \) SELECT CASE WHEN count\(\*\) < :all THEN/,
    meaning: ({ ids, all }) => ({
      locks: elements(ids).map((id) => `inbox ${id}`),
      run: (transaction) => {
        const fresh = elements(ids).filter((id) => transaction.addToInbox(id));
        return [{ fresh: fresh.length < Number(all) ? fresh.join(',') : null }];
      },
    }),
  },
  {
    text: /^DELETE FROM inbox WHERE event_id = ANY/,
    meaning: ({ ids }) => ({
      locks: [],
      run: (transaction) => {
        for (const id of strings(ids)) transaction.takeFromInbox(id);
        return [];
      },
    }),
  },
  {
    text: /^WITH added AS .* SET orders_count = orders_count \+ added\.orders, version = version \+ 1/,
    meaning: ({ ids, counts }) => ({
      locks: elements(ids).map((id) => `customer ${id}`),
      run: (transaction) =>
        elements(ids).flatMap((id, index) => {
          const customer = transaction.customer(id);
          if (!customer) return [];
          const { orders_count, version } = customer;
          const added = Number(elements(counts)[index]);
          const changed = { ...customer, orders_count: orders_count + added, version: version + 1 };
          transaction.putCustomer(changed);
          return [{ id, version: String(changed.version) }];
        }),
    }),
  },
  {
    text: /^SELECT id, version FROM customers WHERE id = ANY/,
    meaning: ({ ids }) => ({
      locks: [],
      run: (transaction) =>
        strings(ids).flatMap((id) => {
          const customer = transaction.customer(id);
          return customer ? [{ id, version: String(customer.version) }] : [];
        }),
    }),
  },
  {
    text: /^INSERT INTO customers AS present .* ON CONFLICT \(id\) DO UPDATE .* version = present\.version \+ 1/,
    meaning: ({ id, name, address }) => ({
      locks: [`customer ${String(id)}`],
      run: (transaction) => {
        const present = transaction.customer(String(id));
        const date = new Date(0);
        const put: Customer = {
          ...(present ?? { id: String(id), orders_count: 0, created_at: date, updated_at: date }),
          ...{ name: String(name), address: String(address), version: (present?.version ?? 0) + 1 },
        };
        transaction.putCustomer(put);
        return [{ ...rowOf(put), created: !present }];
      },
    }),
  },
  {
    text: /^INSERT INTO pending_evictions AS noted .* DO UPDATE SET version = greatest/,
    meaning: ({ ids, versions }) => ({
      locks: strings(ids).map((id) => `note ${id}`),
      run: (transaction) => {
        for (const [index, id] of strings(ids).entries())
          transaction.putNote(id, Math.max(transaction.note(id) ?? 0, Number(strings(versions)[index])));
        return [];
      },
    }),
  },
  {
    text: /noted\.version <= evicted\.version ORDER BY noted\.customer_id FOR UPDATE OF noted \) DELETE FROM pending_evictions/,
    meaning: ({ ids, versions }) => ({
      locks: strings(ids).map((id) => `note ${id}`),
      run: (transaction) => {
        for (const [index, id] of strings(ids).entries()) {
          const noted = transaction.note(id);
          if (noted !== undefined && noted <= Number(strings(versions)[index])) transaction.forgetNote(id);
        }
        return [];
      },
    }),
  },
];

/** @returns undefined for a statement that is not among them. */
export function statement(text: string, bindings: Bindings): Statement | undefined {
  const line = text.trim().replaceAll(/\s+/g, ' ');
  return known.find((candidate) => candidate.text.test(line))?.meaning(bindings);
}

export const rowOf = (customer: Customer): CustomerRow => ({
  ...customer,
  orders_count: String(customer.orders_count),
  version: String(customer.version),
});

const strings = (value: unknown) => value as readonly string[];

/** Of an array that is sent as its text: `{a,b}`. */
const elements = (value: unknown) => (value as string).slice(1, -1).split(',').filter(Boolean);
