import type { ConsumeMessage } from 'amqplib/callback_api';
import { orderCreated } from '@event-sync/contracts/events/order-created.ts';
import { expect } from 'chai';
import { z } from 'zod';
import { parseMessage } from './parse-message.ts';

const id = '01936f3e-7c1a-7c60-8a66-000000000001';
const message = (body: unknown, properties: Record<string, unknown> = {}): ConsumeMessage =>
  ({
    content: Buffer.isBuffer(body)
      ? body
      : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    properties: { headers: {}, ...properties },
    fields: {},
  }) as unknown as ConsumeMessage;
const event = (overrides: Record<string, unknown> = {}) => ({
  id,
  event: 'order_created',
  version: 1,
  timestamp: '2026-11-24T04:00:00.000Z',
  data: { order_id: 1, customer_id: 2 },
  ...overrides,
});

describe('parseMessage', () => {
  it('reads an event', () => {
    expect(parseMessage(message(event()))).to.deep.equal({
      kind: 'event',
      id,
      contract: orderCreated,
      data: { order_id: '1', customer_id: '2' },
      changedAt: Date.UTC(2026, 10, 24, 4),
    });
  });

  it('keeps every digit of an id', () => {
    const text = JSON.stringify(event()).replace('"customer_id":2', '"customer_id":9223372036854775807');
    expect(parseMessage(message(text))).to.have.nested.property('data.customer_id', '9223372036854775807');
  });

  it('ignores members that it does not know', () => {
    expect(parseMessage(message(event({ extra: 1 })))).to.have.property('kind', 'event');
  });

  it('gives a message of the replaced system the same id every time, by event and order', () => {
    const legacy = { event: 'order_created', data: { order_id: 7, customer_id: 2 } };
    const parsed = parseMessage(message(legacy));
    expect(parsed).to.have.property('kind', 'event');
    expect(parseMessage(message({ ...legacy, timestamp: 'another' }))).to.deep.equal(parsed);
    // Written down: the id must not change with a release, or what is still in a queue would be counted twice.
    expect(parsed).to.have.property('id', 'ac1d1d59-5e75-52eb-b493-6ab29719a0c1');
    expect(parseMessage(message({ ...legacy, data: { ...legacy.data, order_id: 8 } }))).not.to.have.property(
      'id',
      'ac1d1d59-5e75-52eb-b493-6ab29719a0c1',
    );
  });

  it('takes no message without an id of an event that the replaced system did not send', () => {
    const other = { event: 'other', version: 1, exchange: 'events', routingKey: 'other', data: z.object({}) };
    const withoutId = message({ event: 'other', data: {} }, { messageId: id });
    expect(parseMessage(withoutId, [orderCreated, other])).to.have.property('reason', 'wrong-envelope');
    const withId = message(event({ event: 'other' }));
    expect(parseMessage(withId, [orderCreated, other])).to.have.property('contract', other);
  });

  it('tells two versions of one event apart', () => {
    const second = { ...orderCreated, version: 2 };
    for (const contract of [orderCreated, second])
      expect(
        parseMessage(message(event({ version: contract.version })), [orderCreated, second]),
      ).to.have.property('contract', contract);
  });

  it('takes the AMQP message id of a message without an id in its body', () => {
    const legacy = { event: 'order_created', data: { order_id: 7, customer_id: 2 } };
    expect(parseMessage(message(legacy, { messageId: id.toUpperCase() }))).to.have.property('id', id);
    const named = parseMessage(message(legacy, { messageId: 'a name' }));
    expect(named).to.have.property('kind', 'event');
    expect(
      parseMessage(message({ ...legacy, data: { order_id: 8, customer_id: 2 } }, { messageId: 'a name' })),
    ).to.have.property('id', (named as { id: string }).id);
  });

  const poison: [string, unknown, string][] = [
    ['no JSON', '{', 'not-json'],
    ['nothing', '', 'not-json'],
    ['bytes that are not UTF-8', Buffer.from([0xc3, 0x28]), 'not-json'],
    ['a list', '[]', 'wrong-envelope'],
    ['null', 'null', 'wrong-envelope'],
    ['an id that is no UUID', event({ id: '1' }), 'wrong-envelope'],
    ['no data', event({ data: undefined }), 'wrong-envelope'],
    ['no type', event({ event: undefined }), 'wrong-envelope'],
    ['an id but no version', event({ version: undefined }), 'wrong-envelope'],
    ['a version to come', event({ version: 2 }), 'unknown-version'],
    ['no customer', event({ data: { order_id: 1 } }), 'invalid-data'],
    [
      'a customer past 2^63',
      event({ data: { order_id: 1, customer_id: '9223372036854775808' } }),
      'invalid-data',
    ],
  ];
  for (const [what, body, reason] of poison) {
    it(`calls ${what} poison: ${reason}`, () => {
      const parsed = parseMessage(message(body));
      expect(parsed).to.include({ kind: 'poison', reason });
      expect(parsed).to.have.property('explanation').that.is.a('string').and.matches(/\.$/);
    });
  }

  it('tells a type that nobody knows from poison', () => {
    expect(parseMessage(message(event({ event: 'order_cancelled' })))).to.deep.equal({
      kind: 'unknown-type',
      type: 'order_cancelled',
    });
  });
});
