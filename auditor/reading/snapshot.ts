import type { DatabaseSettings } from '@event-sync/platform/config.ts';
import { connectionSettings } from '@event-sync/platform/postgres.ts';
import pg from 'pg';

/** A sort of a million rows takes longer than any statement of a service may. */
const statementTimeoutMs = 600_000;
const fetchSize = 5_000;

export const readOnlySettings = (settings: DatabaseSettings): pg.ClientConfig => ({
  ...connectionSettings(settings, 'auditor'),
  statement_timeout: statementTimeoutMs,
  query_timeout: statementTimeoutMs + 1_000,
  // The other database may take as long between two fetches from this one.
  idle_in_transaction_session_timeout: statementTimeoutMs,
  // Whatever the login may do: the server itself refuses to write.
  options: '-c default_transaction_read_only=on',
});

/**
 * One database as it was at one moment, for as long as the audit reads: REPEATABLE READ, READ ONLY. Rows come through
 * cursors, a page at a time. Pages by `id > last` were rejected here: an event that is settled between two pages, moves
 * from a table that is read later to one that was read earlier, and would be missed.
 *
 * While it is open Postgres cannot vacuum what is deleted meanwhile: for the seconds of an audit, not for longer.
 */
export class Snapshot {
  readonly #client: pg.Client;
  #cursors = 0;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async open(settings: DatabaseSettings): Promise<Snapshot> {
    const client = new pg.Client(readOnlySettings(settings));
    // What breaks is told by the query that it fails.
    client.on('error', () => {});
    await client.connect();
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      // Sorts that go to disk do so in fewer pieces than with the usual 4 MB.
      await client.query("SET LOCAL work_mem = '32MB'");
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
    return new Snapshot(client);
  }

  /** Milliseconds since 1970 by the clock of this server. The first call of a snapshot decides what it sees. */
  async now(): Promise<number> {
    const [row] = await this.all<{ now: number }>(
      'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now',
    );
    return row!.now;
  }

  async all<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.#client.query<Row>(text, values)).rows;
  }

  /** @param text a SELECT; ordered, if the caller needs an order. */
  async *rows<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): AsyncGenerator<Row> {
    const cursor = `audit_${++this.#cursors}`;
    await this.#client.query(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${text}`, values);
    for (;;) {
      const { rows } = await this.#client.query<Row>(`FETCH ${fetchSize} FROM ${cursor}`);
      yield* rows;
      if (rows.length < fetchSize) break;
    }
    await this.#client.query(`CLOSE ${cursor}`);
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => {});
  }
}
