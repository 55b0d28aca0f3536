import { parseParameters, WrongCommand } from '@event-sync/platform/console.ts';
import { z } from 'zod';
import type { Window } from '../outbox/replay-window.ts';
import type { Operator, Selection } from '../outbox/replay.ts';
import { timeOfAWindow } from '../outbox/time-of-a-window.ts';

export const usage = `Usage: npm run outbox -- <command> [options]

  list [--limit N] [--after POSITION]       parked events, oldest first, with the reason
  show EVENT_ID                             one event, wherever it stands, with its body
  replay   --id EVENT_ID [--id ...]         parked, discarded or published events, by id
  replay   --parked                         everything that is parked
  replay   --from TIME --to TIME            everything that was published in that time (ISO 8601, --to excluded)
  discard  --id EVENT_ID [--id ...]         give parked events up; until the retention is over they can be replayed
  discard  --parked

replay and discard want  --why TEXT  and take  --who NAME  (default: the user of this machine; in a container that is
"node", so say who): both are written down.

A parked event that is replayed gets its old place, and its key goes on in order. Replaying is safe for consumers that
drop duplicates by id, since the id stays the same. The worker knows an id for INBOX_RETENTION_HOURS (90 days): an event
that was applied before that is counted again. What was published in a time is replayed in its order and in pieces of
about 10,000, each in a transaction of its own; where an interrupted one has to go on is said.

Environment: DATABASE_HOST (localhost), DATABASE_PORT (5433), DATABASE_USER (postgres), DATABASE_PASSWORD (password),
DATABASE_NAME (orders_development): the database of the orders, where npm start has it. Docker Compose publishes none:
  docker compose exec outbox_relay node outbox-relay/outbox.main.ts list`;

export type Command =
  | { kind: 'help' }
  | { kind: 'list'; limit: number; after: string | undefined }
  | { kind: 'show'; id: string }
  | { kind: 'replay'; selection: Selection | Window; operator: Operator }
  | { kind: 'discard'; selection: Selection; operator: Operator };

const id = z.uuid({ error: (issue) => `${String(issue.input)} is not an event id` });
const position = z.string().regex(/^[0-9]{1,18}$/, {
  error: (issue) => `--after ${String(issue.input)}: that is no position of an event`,
});

/** @throws {WrongCommand} with a sentence for people. */
export function parseCommand(parameters: readonly string[], user: () => string): Command {
  const { values, positionals } = parsed(parameters);
  const [name, ...rest] = positionals;
  if (values.help) return { kind: 'help' };
  const operator = (): Operator => {
    if (!values.why?.trim()) throw new WrongCommand(`${name} wants --why "the reason": it is written down`);
    return { who: values.who?.trim() ? values.who : user(), why: values.why };
  };
  if (name !== 'show' && rest.length > 0) throw new WrongCommand(`${rest.join(' ')}: not expected here`);
  switch (name) {
    case 'list':
      return {
        kind: 'list',
        limit: checked(z.coerce.number().int().min(1).max(10_000), values.limit),
        after: checked(position.optional(), values.after),
      };
    case 'show':
      if (rest.length !== 1) throw new WrongCommand('show wants one event id');
      return { kind: 'show', id: checked(id, rest[0]) };
    case 'replay': {
      const ways = [values.id, values.parked, values.from ?? values.to].filter(Boolean);
      if (ways.length !== 1)
        throw new WrongCommand('replay wants one of --id, --parked, or --from with --to');
      if (!values.from !== !values.to) throw new WrongCommand('--from and --to go together');
      const selection: Selection | Window = values.id
        ? { ids: values.id.map((each) => checked(id, each)) }
        : values.parked
          ? { parked: 'all' }
          : {
              publishedFrom: checked(timeOfAWindow, values.from),
              publishedTo: checked(timeOfAWindow, values.to),
            };
      return { kind: 'replay', selection, operator: operator() };
    }
    case 'discard': {
      if (values.from ?? values.to)
        throw new WrongCommand('discard takes --id or --parked: what was published is published');
      if (!values.id === !values.parked) throw new WrongCommand('discard wants one of --id and --parked');
      const selection = values.id
        ? { ids: values.id.map((each) => checked(id, each)) }
        : ({ parked: 'all' } as const);
      return { kind: 'discard', selection, operator: operator() };
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
      parked: { type: 'boolean' },
      from: { type: 'string' },
      to: { type: 'string' },
      who: { type: 'string' },
      why: { type: 'string' },
      limit: { type: 'string', default: '50' },
      after: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (!result.success) throw new WrongCommand(result.error.issues.map(({ message }) => message).join('; '));
  return result.data;
}
