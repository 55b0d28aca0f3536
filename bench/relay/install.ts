import type { PostgresAddress } from '@event-sync/stack/servers.ts';
import { runMigrations } from 'graphile-worker';
import pg from 'pg';
import PgBoss from 'pg-boss';
import { DatabaseSetup, type DatabasePollingSetupConfig } from 'pg-transactional-outbox';
import { withClient } from '../databases.ts';

/** The tables of each other contender, made by its own means; ours are made by ../install.ts. */

export async function installGraphileWorker(address: PostgresAddress): Promise<void> {
  const pgPool = new pg.Pool(address);
  try {
    await runMigrations({ pgPool });
  } finally {
    await pgPool.end();
  }
}

export async function installPgBoss(address: PostgresAddress): Promise<void> {
  const boss = new PgBoss({ ...address, supervise: false, schedule: false });
  boss.on('error', () => {});
  await boss.start();
  await boss.createQueue('publish');
  await boss.stop({ graceful: false, wait: true });
}

export async function installPgTransactionalOutbox(address: PostgresAddress): Promise<void> {
  const config: DatabasePollingSetupConfig = {
    outboxOrInbox: 'outbox',
    database: address.database,
    schema: 'public',
    table: 'outbox',
    listenerRole: address.user,
    nextMessagesSchema: 'public',
    nextMessagesName: 'next_outbox_messages',
  };
  await withClient(address, async (client) => {
    await client.query(DatabaseSetup.dropAndCreateTable(config));
    await client.query(DatabaseSetup.createPollingFunction(config));
    await client.query(DatabaseSetup.setupPollingIndexes(config));
  });
}
