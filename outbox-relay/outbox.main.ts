import { parseConfig, databaseSettings, withDefaults } from '@event-sync/platform/config.ts';
import { runConsole, userOfThisMachine, write } from '@event-sync/platform/console.ts';
import { createPool } from '@event-sync/platform/postgres.ts';
import type pg from 'pg';
import { parseCommand, usage, type Command } from './console/command.ts';
import { findEvent, listParked, type FoundEvent } from './outbox/find.ts';
import { replayWindow, type Window } from './outbox/replay-window.ts';
import { discard, replay, type Operator } from './outbox/replay.ts';

/** `npm run outbox`: what an operator does with events that could not be published, straight in the database. */

function describe(event: FoundEvent): string {
  const since = event.since === null ? '' : ` since ${event.since.toISOString()}`;
  const lines = [
    `${event.event_id}  ${event.state}${since}`,
    `  ${event.type} v${event.version} for ${event.ordering_key}, to ${event.exchange} / ${event.routing_key}`,
    `  written ${event.created_at.toISOString()}, position ${event.position}, attempts ${event.attempts}`,
  ];
  if (event.reason) lines.push(`  ${event.reason}`);
  if (event.body !== undefined) lines.push(`  ${event.body}`);
  return lines.join('\n');
}

async function run(command: Exclude<Command, { kind: 'help' }>, pool: pg.Pool): Promise<number> {
  switch (command.kind) {
    case 'list': {
      const events = await listParked(pool, command);
      write(events.length === 0 ? 'Nothing is parked.' : events.map(describe).join('\n'));
      const last = events.at(-1);
      if (events.length === command.limit && last)
        write(`More: npm run outbox -- list --after ${last.position}`);
      return 0;
    }
    case 'show': {
      const places = await findEvent(pool, command.id);
      write(
        places.length === 0
          ? `There is no event ${command.id}: it was never written, or its retention is over.`
          : places.map(describe).join('\n'),
      );
      return places.length === 0 ? 1 : 0;
    }
    case 'replay':
    case 'discard': {
      const { kind, selection, operator } = command;
      if ('publishedFrom' in selection) return replayPublished(pool, selection, operator);
      const [ids, done] =
        kind === 'replay'
          ? [await replay(pool, selection, operator), putBack]
          : [await discard(pool, selection, operator), 'discarded'];
      for (const id of ids) write(id);
      write(`${events(ids.length)} ${done}.`);
      const asked = 'ids' in selection ? selection.ids : [];
      const missing = asked.filter((id) => !ids.includes(id.toLowerCase()));
      for (const id of missing) write(`${id}: nothing to do. See npm run outbox -- show ${id}`);
      return missing.length > 0 ? 1 : 0;
    }
  }
}

const putBack = 'put back into the outbox';
const events = (count: number) => `${count} ${count === 1 ? 'event' : 'events'}`;

async function replayPublished(pool: pg.Pool, window: Window, operator: Operator): Promise<number> {
  let count = 0;
  let left = window;
  try {
    for await (const { ids, rest } of replayWindow(pool, window, operator)) {
      for (const id of ids) write(id);
      count += ids.length;
      if (!rest) break;
      left = rest;
      write(`${events(count)} so far, all that were published before ${rest.publishedFrom}.`);
    }
  } catch (error) {
    const { message } = error as Error;
    throw new Error(
      `${message}. ${events(count)} ${putBack}: go on with --from ${left.publishedFrom} --to ${left.publishedTo}`,
      { cause: error },
    );
  }
  write(`${events(count)} ${putBack}.`);
  return 0;
}

async function main(): Promise<number> {
  const command = parseCommand(process.argv.slice(2), userOfThisMachine);
  if (command.kind === 'help') {
    write(usage);
    return 0;
  }
  const local = {
    DATABASE_HOST: 'localhost',
    DATABASE_PORT: '5433',
    DATABASE_USER: 'postgres',
    DATABASE_PASSWORD: 'password',
    DATABASE_NAME: 'orders_development',
  };
  const config = parseConfig(databaseSettings, withDefaults(local, process.env));
  const pool = createPool(config, { applicationName: 'outbox-console', max: 1, onError: () => {} });
  try {
    return await run(command, pool);
  } finally {
    await pool.end();
  }
}

await runConsole(main, {
  help: 'npm run outbox -- --help',
  failure: 'The outbox could not be reached or changed',
});
