import { parseParameters, WrongCommand } from '@event-sync/platform/console.ts';
import { kindNames, kinds } from '../findings.ts';

const widest = Math.max(...kindNames.map((kind) => kind.length));

export const usage = `Usage: npm run audit -- [options]

Checks orders, outbox, queues, inbox, counts and cache against each other, names every difference, to what it belongs
and what to do about it. Reads only, unless --repair is given.

  --horizon SECONDS   on a live system: what is younger may be on its way (default 0: the system is at rest)
  --repair            replays what is missing, through the outbox, and evicts what is wrong in the cache; no count is
                      ever written
  --json              the whole report as JSON
  --limit N           differences that are shown of each kind (default 20; with --json all that are kept, 1,000)
  --watch             goes on: audits by the clock, with the result in /metrics (audit_drift, by kind)
  --help

Ends with 0: no difference, 1: some, also when they were repaired, 2: a wrong command, or a server that does not answer.

${kindNames.map((kind) => `  ${kind.padEnd(widest)}  ${kinds[kind]}`).join('\n')}

Environment: ORDER_DATABASE_HOST, _PORT, _USER, _PASSWORD, _NAME and CUSTOMER_DATABASE_… (localhost:5433 and 5434),
RABBITMQ_URL, REDIS_URL: where npm start has them. OUTBOX_RETENTION_HOURS (168) and INBOX_RETENTION_HOURS (2160), as relay
and worker have them. For --watch: HOST, PORT (3007), AUDIT_CRON (every quarter of an hour) and AUDIT_HORIZON_SECONDS
(300). Docker Compose publishes none of the servers:
  docker compose --profile audit run --rm auditor node auditor/main.ts --horizon 60`;

export type Command =
  | { kind: 'help' }
  | { kind: 'watch' }
  | { kind: 'audit'; horizonSeconds: number; repair: boolean; json: boolean; limit: number | undefined };

/** @throws {WrongCommand} with a sentence for people. */
export function parseCommand(parameters: readonly string[]): Command {
  const { values } = parseParameters({
    args: [...parameters],
    options: {
      horizon: { type: 'string' },
      repair: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      limit: { type: 'string' },
      watch: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return { kind: 'help' };
  if (values.watch) {
    if (values.repair) throw new WrongCommand('--watch never repairs: a person says --repair, once');
    if (values.horizon !== undefined || values.json || values.limit !== undefined)
      throw new WrongCommand('--watch takes no other option: AUDIT_HORIZON_SECONDS is its horizon');
    return { kind: 'watch' };
  }
  return {
    kind: 'audit',
    horizonSeconds: whole('--horizon', values.horizon, 0) ?? 0,
    repair: values.repair,
    json: values.json,
    limit: whole('--limit', values.limit, 1),
  };
}

function whole(option: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const number = /^[0-9]{1,9}$/.test(text) ? Number(text) : NaN;
  if (!(number >= least))
    throw new WrongCommand(`${option} ${text}: a whole number from ${least} on is meant`);
  return number;
}
