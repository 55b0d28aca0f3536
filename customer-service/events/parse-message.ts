import { catalogue } from '@event-sync/contracts/events/catalogue.ts';
import { envelope, legacyEnvelope, type EventContract } from '@event-sync/contracts/events/envelope.ts';
import { ownMessageId, type DeadLetterReason } from '@event-sync/contracts/topology.ts';
import { parseExactJson } from '@event-sync/platform/exact-json.ts';
import type { ConsumeMessage } from 'amqplib/callback_api';
import { v5 as uuidv5, validate as isUuid } from 'uuid';
import type { z } from 'zod';

export type ReadableMessage = Pick<ConsumeMessage, 'content' | 'properties'>;

export type Parsed =
  | { kind: 'event'; id: string; contract: EventContract; data: object; changedAt: number | undefined }
  | { kind: 'unknown-type'; type: string }
  | { kind: 'poison'; reason: DeadLetterReason; explanation: string };

/** The namespace of the ids that are derived for messages without one. Fixed: another would count old messages twice. */
const legacyNamespace = '6f1a4f0e-7d0b-5e0b-9c53-5f6b1c1f6a01';

/** Reads a message, whatever it holds. Never throws: what cannot be used is poison, with a reason. */
export function parseMessage(message: ReadableMessage, known: readonly EventContract[] = catalogue): Parsed {
  const json = parseExactJson(message.content);
  if (!json.ok) return poison('not-json', `The body is not JSON that can be used: ${json.fault}.`);
  const { value } = json;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return poison('wrong-envelope', 'The body is JSON, but not an object.');
  }
  const legacy = !('id' in value) && !('version' in value);
  const parsed = (legacy ? legacyEnvelope : envelope).safeParse(value);
  if (!parsed.success) {
    return poison('wrong-envelope', `The body is not an event: ${sentences(parsed.error)}.`);
  }
  const { event: type } = parsed.data;
  const contracts = known.filter((contract) => contract.event === type);
  if (contracts.length === 0) return { kind: 'unknown-type', type };
  // What the replaced system sent is version 1.
  const version = parsed.data.version ?? 1;
  const contract = contracts.find((candidate) => candidate.version === version);
  if (!contract) {
    const versions = contracts.map((candidate) => candidate.version).join(', ');
    return poison(
      'unknown-version',
      `${type} has version ${version}, and this consumer knows ${versions}. Deploy a consumer that knows it, then replay.`,
    );
  }
  if (legacy && !contract.legacyKeyOf) {
    return poison(
      'wrong-envelope',
      `The body has no id and no version, and of ${type} no message without them is known.`,
    );
  }
  const data = contract.data.safeParse(parsed.data.data);
  if (!data.success) {
    return poison(
      'invalid-data',
      `The data of ${type} version ${version} is not valid: ${sentences(data.error)}.`,
    );
  }
  return {
    kind: 'event',
    id: (parsed.data.id ?? derivedId(message, contract, data.data as object)).toLowerCase(),
    contract,
    data: data.data as object,
    changedAt: 'timestamp' in parsed.data ? Date.parse(parsed.data.timestamp) : undefined,
  };
}

/** The dedupe key of a message without an id: its AMQP message id if it has one, else its event and what that is about. */
function derivedId(message: ReadableMessage, { event, legacyKeyOf }: EventContract, data: object): string {
  const messageId = ownMessageId(message.properties);
  if (messageId !== undefined) {
    return isUuid(messageId) ? messageId : uuidv5(`message:${messageId}`, legacyNamespace);
  }
  return uuidv5(`${event}:${legacyKeyOf?.(data)}`, legacyNamespace);
}

function poison(reason: DeadLetterReason, explanation: string): Parsed {
  return { kind: 'poison', reason, explanation };
}

function sentences(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.length === 0 ? 'the body' : issue.path.join('.')}: ${issue.message}`)
    .join('; ');
}
