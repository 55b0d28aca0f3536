import type { Knex } from 'knex';
import { probe } from '../probe.ts';
import type { ProblemReply } from '../problem.ts';
import { textOf, type AnyReply, type ReplayedReply } from '../route.ts';
import { keyedRequest, type KeyedRequest } from './idempotency-key.ts';

/** Runs `work` in a transaction, which also keeps the answer that is made of what it did. */
export type KeepingTransaction = <Made>(
  work: (trx: Knex.Transaction) => Promise<Made>,
  replyTo: (made: Made) => AnyReply,
) => Promise<Made>;

/**
 * Handles a request, or gives the answer that an earlier one with the same key got. An answer is kept only with a
 * change, in the transaction of the change: one that failed is tried again by whoever sends it again.
 *
 * @param handle is given no transaction to keep in if the request carries no key.
 */
export async function answerOnce<Answer>(
  knex: Knex,
  asked: {
    key: string | undefined;
    client: string | undefined;
    operation: string;
    request: unknown;
    /** For how long a key has its answer, in hours; after that it is as if it had never been used. */
    retentionHours: number;
  },
  handle: (keeping: KeepingTransaction | undefined) => Promise<Answer>,
): Promise<Answer | ReplayedReply | ProblemReply> {
  const { key, client, operation, request, retentionHours } = asked;
  if (key === undefined) return handle(undefined);
  const keyed = { ...keyedRequest(key, client, operation, request), retentionHours };
  // Before anything else is asked: the answer is known even while another service is away.
  const earlier = await findAnswer(knex, keyed);
  if (earlier) return earlier;
  try {
    return await handle((work, replyTo) =>
      knex.transaction(async (trx) => {
        await claim(trx, keyed);
        probe('idempotency.key-claimed');
        const made = await work(trx);
        await keep(trx, keyed, replyTo(made));
        probe('idempotency.answer-kept');
        return made;
      }),
    );
  } catch (error) {
    if (error instanceof KeyTaken) return error.answer;
    throw error;
  }
}

type Keyed = KeyedRequest & { readonly retentionHours: number };

/** Rolls the transaction back; the request is answered with what it carries. */
class KeyTaken extends Error {
  readonly answer: ReplayedReply | ProblemReply;
  constructor(answer: ReplayedReply | ProblemReply) {
    super('another request has this Idempotency-Key');
    this.answer = answer;
  }
}

/**
 * The lock is held until the end of the transaction, and does not wait: who comes meanwhile is told so. It comes before
 * the look for an answer, as a statement of its own: by then whoever held it has committed, and is seen. Rejected: to
 * insert the key first and let the primary key decide, because the second request would wait for the first.
 */
async function claim(trx: Knex.Transaction, keyed: Keyed): Promise<void> {
  const { rows } = await trx.raw<{ rows: { free: boolean }[] }>(
    'SELECT pg_try_advisory_xact_lock(hashtextextended(?, 7106)) AS free',
    [keyed.key],
  );
  if (!rows[0]?.free) {
    throw new KeyTaken({
      problem: 'idempotency-key-in-use',
      detail:
        'A request with this Idempotency-Key is being handled, and nothing was done for this one: send it again shortly, with the same key, to get its answer.',
      headers: { 'Retry-After': '1' },
    });
  }
  const earlier = await findAnswer(trx, keyed, findAndMakeRoom);
  if (earlier) throw new KeyTaken(earlier);
}

/** now() is one moment for a whole statement: an answer is either found or in the way, and not both. */
const oldest = `now() - :retentionHours::float8 * interval '1 hour'`;
const find = `SELECT fingerprint, status, headers, body FROM idempotency_keys WHERE key = :key AND created_at > ${oldest}`;
/** An answer whose time is over, and that nobody has pruned yet, goes; it stays if the transaction is rolled back. */
const findAndMakeRoom = `
  WITH over AS (DELETE FROM idempotency_keys WHERE key = :key AND created_at <= ${oldest})
  ${find}`;

async function findAnswer(
  knex: Knex,
  { key, fingerprint, retentionHours }: Keyed,
  statement = find,
): Promise<ReplayedReply | ProblemReply | undefined> {
  const { rows } = await knex.raw<{ rows: KeptAnswer[] }>(statement, { key, retentionHours });
  const [kept] = rows;
  if (!kept) return undefined;
  if (!kept.fingerprint.equals(fingerprint)) {
    return {
      problem: 'idempotency-key-reused',
      detail:
        'This Idempotency-Key was used for another request, and nothing was done for this one: use a new key for each new request.',
    };
  }
  const { status, headers, body } = kept;
  return { replayed: true, status, headers: { ...headers, 'Idempotent-Replayed': 'true' }, body };
}

interface KeptAnswer {
  readonly fingerprint: Buffer;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function keep(
  trx: Knex.Transaction,
  { key, fingerprint }: KeyedRequest,
  reply: AnyReply,
): Promise<void> {
  await trx.raw(
    'INSERT INTO idempotency_keys (key, fingerprint, status, headers, body) VALUES (?, ?, ?, ?, ?)',
    [key, fingerprint, reply.status, JSON.stringify(reply.headers ?? {}), textOf(reply.body)],
  );
}
