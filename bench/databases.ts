import type { PostgresAddress } from '@event-sync/stack/servers.ts';
import pg from 'pg';

/** Runs `work` with a connection to the database. */
export async function withClient<T>(
  address: PostgresAddress,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client(address);
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/**
 * Each run has a database of its own, new from a template: no run finds the dead rows of another, and none is measured
 * while Postgres still cleans up behind another.
 */
export class Databases {
  readonly #server: PostgresAddress;
  readonly #templates = new Map<string, PostgresAddress>();

  constructor(server: PostgresAddress) {
    this.#server = server;
  }

  async version(): Promise<string> {
    return withClient(this.#server, async (client) => {
      const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
      return rows[0]!.server_version;
    });
  }

  /** @param install makes the tables; called once for each name */
  async create(name: string, install: (address: PostgresAddress) => Promise<void>): Promise<PostgresAddress> {
    let template = this.#templates.get(name);
    if (!template) {
      template = { ...this.#server, database: `bench_template_${name}` };
      await this.#recreate(template.database);
      await install(template);
      this.#templates.set(name, template);
    }
    const address = { ...this.#server, database: `bench_${name}` };
    await this.#recreate(address.database, template.database);
    return address;
  }

  async drop(address: PostgresAddress): Promise<void> {
    await withClient(this.#server, (client) =>
      client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(address.database)} WITH (FORCE)`),
    );
  }

  /** Matters only where the servers are not ours alone; those that we started are deleted as a whole. */
  async dropTemplates(): Promise<void> {
    for (const template of this.#templates.values()) await this.drop(template);
    this.#templates.clear();
  }

  async #recreate(name: string, template?: string): Promise<void> {
    await withClient(this.#server, async (client) => {
      await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
      await client.query(
        `CREATE DATABASE ${pg.escapeIdentifier(name)}` +
          (template === undefined ? '' : ` TEMPLATE ${pg.escapeIdentifier(template)}`),
      );
    });
  }
}

/**
 * What autovacuum would have done some time after the rows were written, done before the run instead of in the midst of
 * it; and their pages are on disk, so that no checkpoint for them falls into it.
 */
export async function settleDown(address: PostgresAddress): Promise<void> {
  await withClient(address, async (client) => {
    await client.query('VACUUM (ANALYZE)');
    await client.query('CHECKPOINT');
  });
}
