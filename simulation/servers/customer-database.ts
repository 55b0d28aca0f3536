import type { Events } from '../invariants/events.ts';
import { SimulatedProcess } from '../time/simulated-process.ts';
import { statement, type Bindings, type Statement } from './customer-statements.ts';
import { Transaction, type Customer, type Tables } from './customer-tables.ts';
import type { Server } from './server.ts';

const lockTimeoutMs = 4_000;
/** `idle_in_transaction_session_timeout`. */
const idleLimitMs = 10_000;

/** The customer service's database: customers, the inbox and the noted evictions, in transactions. */
export class CustomerDatabase {
  readonly server: Server;
  readonly tables: Tables = { customers: new Map(), inbox: new Set(), notes: new Map() };
  readonly #events: Events;
  readonly #locks = new Map<string, Transaction>();
  readonly #open = new Set<Transaction>();
  /** Of locks: what cannot be written, however often it is tried. */
  readonly refused = new Set<string>();

  constructor(server: Server, events: Events, customers: readonly string[]) {
    this.server = server;
    this.#events = events;
    for (const id of customers) this.tables.customers.set(id, newCustomer(id));
    // With the server end the transactions.
    server.onDown(() => this.#open.forEach((transaction) => transaction.rollback()));
  }

  begin(): Transaction {
    const transaction = new Transaction(this.tables, this.#locks);
    this.#open.add(transaction);
    transaction.onEnd(() => this.#open.delete(transaction));
    const process = SimulatedProcess.mine();
    // A commit that is under way counts among a process' last words, and comes before this.
    process.onKilled(() => this.server.after(50, () => transaction.rollback()));
    process.onPaused(() => {
      if (transaction.state !== 'open') return;
      this.server.after(idleLimitMs, () => {
        if (process.paused) transaction.rollback();
      });
    });
    return transaction;
  }

  /** One statement of a transaction, or one that is a transaction of its own. */
  async query(text: string, bindings: Bindings, within?: Transaction): Promise<readonly object[]> {
    const known = statement(text, bindings);
    if (!known)
      return this.#events.promises.broken(`customer-statements.ts does not know the statement ${text}`);
    return this.#do(known, within);
  }

  /** What a `SELECT` outside of any transaction sees. */
  read<T>(look: (tables: Tables) => T): Promise<T> {
    return this.server.call('select', () => look(this.tables));
  }

  commit(transaction: Transaction): Promise<void> {
    return this.server.call(
      'commit',
      () => {
        mustBeOpen(transaction);
        this.#commit(transaction);
      },
      () => transaction.rollback(),
    );
  }

  rollback(transaction: Transaction): Promise<void> {
    return this.server.call('rollback', () => transaction.rollback());
  }

  #do(statement: Statement, within: Transaction | undefined): Promise<readonly object[]> {
    let own: Transaction | undefined;
    return this.server.call(
      'statement',
      () => {
        const transaction = within ?? (own = new Transaction(this.tables, this.#locks));
        mustBeOpen(transaction);
        if (statement.locks.some((name) => this.refused.has(name))) {
          transaction.rollback();
          throw Object.assign(new Error('new row violates check constraint'), { code: '23514' });
        }
        const finish = () => {
          const rows = statement.run(transaction);
          if (own) this.#commit(own);
          return rows;
        };
        const holder = transaction.lock(statement.locks);
        return holder ? this.#waitFor(holder, transaction, statement, finish) : finish();
      },
      () => (within ?? own)?.rollback(),
    );
  }

  #waitFor<T>(
    holder: Transaction,
    transaction: Transaction,
    statement: Statement,
    finish: () => T,
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    let waiting = true;
    const fail = (code: string) => {
      if (!waiting) return;
      waiting = false;
      transaction.rollback();
      reject(Object.assign(new Error('canceling statement'), { code }));
    };
    this.server.after(lockTimeoutMs, () => fail('55P03'));
    transaction.onEnd(() => fail('57P01'));
    const tryAgain = (): void => {
      if (!waiting) return;
      const next = transaction.lock(statement.locks);
      if (next) return next.onEnd(tryAgain);
      waiting = false;
      resolve(finish());
    };
    holder.onEnd(tryAgain);
    return promise;
  }

  #commit(transaction: Transaction): void {
    const { events, customers } = transaction.commit();
    for (const eventId of events) {
      const { customer } = this.#events.get(eventId);
      const version = (customers.get(customer) ?? this.tables.customers.get(customer))?.version;
      this.#events.counted(eventId, version ?? 0);
    }
  }
}

function mustBeOpen({ state }: Transaction): void {
  if (state !== 'open') throw new Error('Connection terminated unexpectedly');
}

const newCustomer = (id: string): Customer => ({
  ...{ id, name: 'Juan Pérez', address: 'Calle 123, Ciudad', orders_count: 0, version: 1 },
  ...{ created_at: new Date(0), updated_at: new Date(0) },
});
