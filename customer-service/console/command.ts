import { parseParameters, WrongCommand } from '@event-sync/platform/console.ts';
import type { Selection } from '../events/dead-letters.ts';
import type { DiscardedBy } from '../events/discarded-events.ts';

export const usage = `Usage: npm run dead-letters -- <command> [options]

  list [--limit N]           dead letters, oldest first, with the reason (default 50)
  show ID                    one of them, with its headers and its body
  replay   --id ID [...]     back into the queue, where they are tried as if they were new
  discard  --id ID [...]     gone for good

In place of --id: --reason REASON for all with that reason, --all for all. An ID is the message's own, or one that the worker
gave it; what has none (RabbitMQ or somebody else put it there), shown as "-", is only met by --reason and --all. Replaying is safe: what was applied before is dropped by its id, which
the worker knows for INBOX_RETENTION_HOURS (90 days). What was applied before that is counted again.

What is discarded is written down, so that the audit does not take it for lost; discard takes  --why TEXT  and
--who NAME  (default: the user of this machine; in a container that is "node", so say who).

Environment: RABBITMQ_URL (amqp://guest:guest@localhost:5672), and of the database of the customers DATABASE_HOST
(localhost), DATABASE_PORT (5434), DATABASE_USER (postgres), DATABASE_PASSWORD (password), DATABASE_NAME
(customers_development): where npm start has them. Docker Compose publishes none of them:
  docker compose exec customer_workers node customer-service/dead-letters.main.ts list`;

export type Command =
  | { kind: 'help' }
  | { kind: 'list'; limit: number }
  | { kind: 'show'; id: string }
  | { kind: 'replay'; selection: Selection }
  | { kind: 'discard'; selection: Selection; by: DiscardedBy };

/** @throws {WrongCommand} with a sentence for people. */
export function parseCommand(parameters: readonly string[], user: () => string): Command {
  const { values, positionals } = parsed(parameters);
  const [name, ...rest] = positionals;
  if (values.help) return { kind: 'help' };
  if (name !== 'show' && rest.length > 0) throw new WrongCommand(`${rest.join(' ')}: not expected here`);
  switch (name) {
    case 'list': {
      const limit = Number(values.limit);
      if (!Number.isInteger(limit) || limit < 1)
        throw new WrongCommand(`--limit ${values.limit} is no number`);
      return { kind: 'list', limit };
    }
    case 'show':
      if (rest.length !== 1) throw new WrongCommand('show wants one id');
      return { kind: 'show', id: rest[0]! };
    case 'replay':
    case 'discard': {
      const selections: Selection[] = [
        ...(values.id ? [{ ids: values.id }] : []),
        ...(values.reason === undefined ? [] : [{ reason: values.reason }]),
        ...(values.all ? [{ all: true } as const] : []),
      ];
      if (selections.length !== 1) throw new WrongCommand(`${name} wants one of --id, --reason and --all`);
      if (name === 'discard') {
        const by = { who: values.who?.trim() ? values.who : user(), why: values.why };
        return { kind: name, selection: selections[0]!, by };
      }
      if (values.who ?? values.why) throw new WrongCommand('replay takes no --who and no --why');
      return { kind: name, selection: selections[0]! };
    }
    default:
      throw new WrongCommand(name === undefined ? 'Say what to do' : `${name} is no command`);
  }
}

function parsed(parameters: readonly string[]) {
  return parseParameters({
    args: [...parameters],
    allowPositionals: true,
    options: {
      id: { type: 'string', multiple: true },
      reason: { type: 'string' },
      all: { type: 'boolean' },
      who: { type: 'string' },
      why: { type: 'string' },
      limit: { type: 'string', default: '50' },
      help: { type: 'boolean', short: 'h' },
    },
  });
}
