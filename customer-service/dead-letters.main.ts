import {
  databaseSettings,
  parseConfig,
  rabbitmqSettings,
  withDefaults,
} from '@event-sync/platform/config.ts';
import { runConsole, userOfThisMachine, write } from '@event-sync/platform/console.ts';
import { createLogger } from '@event-sync/platform/logger.ts';
import { createKnex } from '@event-sync/platform/postgres.ts';
import { parseCommand, usage, type Command } from './console/command.ts';
import { DeadLetters, type DeadLetter } from './events/dead-letters.ts';
import { DiscardedEvents } from './events/discarded-events.ts';

/** `npm run dead-letters`: what an operator does with messages that could not be applied, straight in RabbitMQ. What is discarded is written down in the database of the customers. */

function describe({ id, reason, explanation, at }: DeadLetter): string {
  return `${id ?? '-'}  ${reason}${at === undefined ? '' : ` since ${at}`}${explanation === undefined ? '' : `\n  ${explanation}`}`;
}

async function run(command: Exclude<Command, { kind: 'help' }>, letters: DeadLetters): Promise<number> {
  switch (command.kind) {
    case 'list': {
      let shown = 0;
      let more = false;
      await letters.look((letter) => {
        more = shown === command.limit;
        if (!more) write(describe(letter));
        shown++;
        return !more;
      });
      if (shown === 0) write('There are no dead letters, unless somebody else looks at them at this moment.');
      if (more) write(`There are more: npm run dead-letters -- list --limit ${command.limit * 10}`);
      return 0;
    }
    case 'show': {
      let found = false;
      await letters.look((letter) => {
        if (letter.id !== command.id) return true;
        found = true;
        const { properties, content } = letter.message;
        write(`${describe(letter)}\n  ${JSON.stringify(properties.headers ?? {})}\n  ${content.toString()}`);
        return false;
      });
      if (!found)
        write(`There is no dead letter ${command.id}, unless somebody else looks at it at this moment.`);
      return found ? 0 : 1;
    }
    case 'replay':
    case 'discard': {
      const { kind, selection } = command;
      const { ids } =
        kind === 'replay' ? await letters.replay(selection) : await letters.discard(selection, command.by);
      for (const id of ids) write(id ?? '-');
      const done = kind === 'replay' ? 'put back into the queue' : 'discarded';
      write(`${ids.length} ${ids.length === 1 ? 'message' : 'messages'} ${done}.`);
      const found = new Set(ids);
      const missing = 'ids' in selection ? selection.ids.filter((id) => !found.has(id)) : [];
      for (const id of missing) write(`${id}: there is no such dead letter.`);
      if (missing.length > 0 || ids.length === 0)
        write('What somebody else looks at, or an audit, is not seen meanwhile: try it again in a moment.');
      return missing.length > 0 ? 1 : 0;
    }
  }
}

async function main(): Promise<number> {
  const command = parseCommand(process.argv.slice(2), userOfThisMachine);
  if (command.kind === 'help') {
    write(usage);
    return 0;
  }
  const local = {
    RABBITMQ_URL: 'amqp://guest:guest@localhost:5672',
    DATABASE_HOST: 'localhost',
    DATABASE_PORT: '5434',
    DATABASE_USER: 'postgres',
    DATABASE_PASSWORD: 'password',
    DATABASE_NAME: 'customers_development',
  };
  const config = parseConfig({ ...rabbitmqSettings, ...databaseSettings }, withDefaults(local, process.env));
  // Connects when there is something to write down: to look at them nobody needs the database.
  const knex = createKnex(config, {
    applicationName: 'dead-letters-console',
    poolMax: 1,
    logger: createLogger({ name: 'dead-letters', LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }),
  });
  try {
    const letters = await DeadLetters.open(config.RABBITMQ_URL, new DiscardedEvents(knex));
    try {
      return await run(command, letters);
    } finally {
      await letters.close();
    }
  } finally {
    await knex.destroy();
  }
}

await runConsole(main, {
  help: 'npm run dead-letters -- --help',
  failure: 'The dead letters could not be reached or changed',
});
