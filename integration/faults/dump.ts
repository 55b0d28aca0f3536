import type { PostgresAddress } from '@event-sync/stack/servers.ts';
import { administer } from '../world/logins.ts';

/** A copy of a database as it is now, to go back to later. */
export class Dump {
  readonly #server: PostgresAddress;
  readonly #database: string;
  readonly #copy: string;

  private constructor(server: PostgresAddress, database: string) {
    this.#server = server;
    this.#database = database;
    this.#copy = `${database}_dump`;
  }

  /** @param server with the name of another database than the one to copy: nobody may be in that */
  static async of(server: PostgresAddress, database: string): Promise<Dump> {
    const dump = new Dump(server, database);
    await copy(server, database, dump.#copy);
    return dump;
  }

  /** Everything that came since is gone, and whoever uses the database loses its connections. */
  async restore(): Promise<void> {
    await administer(this.#server, `DROP DATABASE ${this.#database} WITH (FORCE)`);
    await copy(this.#server, this.#copy, this.#database);
  }

  async remove(): Promise<void> {
    await administer(this.#server, `DROP DATABASE IF EXISTS ${this.#copy}`);
  }
}

/** Postgres copies a database in which nobody is. */
async function copy(server: PostgresAddress, from: string, to: string): Promise<void> {
  await administer(server, `ALTER DATABASE ${from} ALLOW_CONNECTIONS false`);
  try {
    await administer(
      server,
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '${from}'`,
    );
    await administer(server, `CREATE DATABASE ${to} TEMPLATE ${from}`);
  } finally {
    await administer(server, `ALTER DATABASE ${from} ALLOW_CONNECTIONS true`);
  }
}
