import { startService, type Service } from '@event-sync/stack/services.ts';
import { freePort } from '@event-sync/stack/ports.ts';
import type { PostgresAddress } from '@event-sync/stack/servers.ts';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { contenderEnvironment } from '../contender-environment.ts';
import type { Contender } from './contenders.ts';
import { settleDown, withClient, type Databases } from '../databases.ts';

/** What a run needs to know of the queue: `Queue`, or one that is emptied meanwhile. */
export interface MessageCount {
  /** Messages that have come since the last `purge()`. */
  count(): Promise<number>;
  purge(): Promise<unknown>;
}

export interface Stage {
  readonly databases: Databases;
  readonly queue: MessageCount;
  readonly rabbitmqUrl: string;
  readonly signal: AbortSignal;
}

/** Rows written by one statement: so that Ctrl-C need not wait for a million. */
const fillChunk = 50_000;

/** So close to the end it is watched closely. In a long run, a tenth would be seconds of that. */
const nearRows = 5_000;

/** How long a contender may take without a message more in the queue. */
const patienceMs = 60_000;

/** Starts the program with what a contender is told; whoever calls it ends it. */
export async function startContender(
  { name, script, nodeOptions }: Pick<Contender, 'script' | 'nodeOptions'> & { readonly name: string },
  stage: Pick<Stage, 'rabbitmqUrl'>,
  database: PostgresAddress | undefined,
  env: Record<string, string> = {},
): Promise<Service> {
  return startService({
    name: `bench-${name}`,
    script,
    nodeOptions,
    // Only our relay listens on a port.
    env: {
      ...contenderEnvironment(database, stage.rabbitmqUrl),
      PORT: String(await freePort()),
      ...env,
    },
  });
}

/**
 * One run: the rows are there, the contender starts, and from the first message that is seen in the queue it is timed
 * until all of them are in there and the contender has nothing left to settle.
 *
 * @param onStart gets the process, to watch it
 * @returns messages per second; the queue is left as it is, full
 */
export async function runContender(
  contender: Contender,
  stage: Stage,
  rows: number,
  env: Record<string, string> = {},
  onStart: (service: Service) => void = () => {},
): Promise<number> {
  await stage.queue.purge();
  const { database } = contender;
  const address = database && (await stage.databases.create(databaseName(contender), database.install));
  if (address) {
    await withClient(address, async (client) => {
      for (let from = 0; from < rows; from += fillChunk) {
        stage.signal.throwIfAborted();
        await client.query(database.fill(Math.min(fillChunk, rows - from), from));
      }
    });
    await settleDown(address);
  }
  stage.signal.throwIfAborted();
  const service = await startContender(contender, stage, address, {
    BENCH_MESSAGES: String(rows),
    ...env,
  });
  onStart(service);
  try {
    if (!address) {
      let ended = false;
      void service.exited.then(() => (ended = true));
      return await timed(stage, rows, [service], async () => ended);
    }
    return await withClient(address, (client) =>
      timed(stage, rows, [service], () => nothingPending(client, database.pending)),
    );
  } catch (error) {
    throw new Error(
      `${contender.name}: ${(error as Error).message}\n${service.logs().trimEnd().split('\n').slice(-15).join('\n')}`,
      { cause: error },
    );
  } finally {
    await service.stop();
    if (address) await stage.databases.drop(address);
  }
}

export async function nothingPending(client: pg.Client, statement: string): Promise<boolean> {
  const { rows } = await client.query<{ pending: boolean }>(statement);
  return !rows[0]!.pending;
}

/** Names of databases have no dashes, so that a person need not quote them. */
const databaseName = ({ name }: Contender) => name.replaceAll('-', '_');

/**
 * Watches the queue until it holds `rows` messages and `settled` says so. Looks closely only at the beginning and at the
 * end: each look costs the queue a little.
 *
 * @returns messages per second between the first look that found some and the end
 */
export async function timed(
  { queue, signal }: { queue: Pick<MessageCount, 'count'>; signal: AbortSignal },
  rows: number,
  services: readonly Service[],
  settled: () => Promise<boolean> = async () => true,
): Promise<number> {
  let first: { at: number; count: number } | undefined;
  let last = { at: performance.now(), count: 0 };
  const failed: string[] = [];
  for (const service of services) {
    // The limit ends by itself when it is done; the others only when something is wrong.
    void service.exited.then(
      ({ code, signal }) => code !== 0 && failed.push(`${service.name} ended with ${signal ?? code}`),
    );
  }
  for (;;) {
    signal.throwIfAborted();
    if (failed[0] !== undefined) throw new Error(`${failed[0]} before it was done`);
    const count = await queue.count();
    const now = performance.now();
    if (count > last.count) last = { at: now, count };
    if (count > 0) first ??= { at: now, count };
    if (count >= rows && (await settled())) {
      return (rows - first!.count) / ((performance.now() - first!.at) / 1_000);
    }
    if (now - last.at > patienceMs) {
      throw new Error(
        count < rows
          ? `${count} of ${rows} messages are through, and none has come for ${patienceMs / 1_000} s`
          : `all ${rows} messages are through, and after ${patienceMs / 1_000} s it has not ended`,
      );
    }
    const near = first === undefined || count > rows - Math.min(rows * 0.1, nearRows);
    await delay(near ? 5 : 50);
  }
}
