import { expect } from 'chai';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { longestKnown, mostKnown } from './known-bytes.ts';
import type { OutgoingMessage } from './outgoing-message.ts';
import { PublishFrames } from './publish-frames.ts';

const require = createRequire(import.meta.url);
// Past the package's `exports`: what amqplib itself would send is the measure here.
const amqplib = (file: string): unknown => require(join(dirname(require.resolve('amqplib')), 'lib', file));
const { BasicPublish, BasicProperties, encodeMethod, encodeProperties } = amqplib('defs.js') as {
  BasicPublish: number;
  BasicProperties: number;
  encodeMethod(this: void, id: number, channel: number, fields: object): Buffer;
  encodeProperties(this: void, id: number, channel: number, size: number, fields: object): Buffer;
};
const { makeBodyFrame } = amqplib('frame.js') as {
  makeBodyFrame(this: void, channel: number, body: Buffer): Buffer;
};

function asAmqplib(channel: number, maxBody: number, message: OutgoingMessage): Buffer {
  const { exchange, routingKey, messageId, properties } = message;
  const content = Buffer.from(message.content);
  const frames = [
    encodeMethod(BasicPublish, channel, { exchange, routingKey, mandatory: true }),
    encodeProperties(BasicProperties, channel, content.length, {
      headers: {},
      ...properties,
      messageId,
      deliveryMode: 2,
    }),
  ];
  for (let from = 0; from < content.length; from += maxBody) {
    frames.push(makeBodyFrame(channel, content.subarray(from, from + maxBody)));
  }
  return Buffer.concat(frames);
}

const message = (overrides: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
  exchange: 'events',
  routingKey: 'order.created',
  content: Buffer.from('{"event":"order_created"}'),
  messageId: '01936f3e-7c1a-7c60-8a66-000000000001',
  properties: {
    type: 'order_created',
    contentType: 'application/json',
    timestamp: 1_764_000_000,
    headers: { 'cloudEvents:id': '01936f3e', traceparent: '00-ab-cd-01' },
  },
  ...overrides,
});

describe('PublishFrames', () => {
  const cases: [string, OutgoingMessage][] = [
    ['an event', message()],
    ['an empty body', message({ content: Buffer.alloc(0) })],
    ['text', message({ content: '{"name":"Ærøskøbing 🏝"}' })],
    ['no text', message({ content: '' })],
    ['text of several frames', message({ content: 'ø'.repeat(150_000) })],
    ['text that fills a frame', message({ content: 'x'.repeat(131_072 - 8) })],
    ['no properties', message({ properties: {} })],
    ['a correlation id', message({ properties: { correlationId: 'é'.repeat(100) } })],
    ['names as long as AMQP allows', message({ exchange: 'e'.repeat(255), routingKey: 'ü'.repeat(127) })],
    ['a large header', message({ properties: { headers: { large: 'ß'.repeat(32_000) } } })],
    ['many headers', message({ properties: { headers: manyHeaders(300) } })],
    ['a body of several frames', message({ content: Buffer.alloc(300_000, 'x') })],
    ['a body of exactly two frames', message({ content: Buffer.alloc(2 * (131_072 - 8), 'x') })],
  ];
  for (const [what, each] of cases) {
    it(`writes ${what} as amqplib does, to the byte`, () => {
      const frames = new PublishFrames(7, 131_072);
      frames.add(each);
      expect(frames.take().equals(asAmqplib(7, 131_072 - 8, each))).to.equal(true);
    });
  }

  it('writes many messages into one buffer, in the order in which they were added', () => {
    const frames = new PublishFrames(1, 131_072);
    const all = Array.from({ length: 500 }, (_, i) => message({ messageId: `message-${i}` }));
    for (const each of all) frames.add(each);
    const first = frames.take();
    expect(first.equals(Buffer.concat(all.map((each) => asAmqplib(1, 131_064, each))))).to.equal(true);
    frames.add(message({ messageId: 'later' }));
    expect(frames.take().includes('later'), 'what was taken is not sent again').to.equal(true);
    expect(first.includes('later')).to.equal(false);
    expect(frames.length).to.equal(0);
  });

  it('writes what it knows from earlier messages as amqplib does, and what changes, too', () => {
    const frames = new PublishFrames(1, 131_072);
    const all = Array.from({ length: 60 }, (_, i) =>
      message({
        exchange: `exchange-${i % 2}`,
        routingKey: `key-${i % 3}`,
        properties: {
          headers: {
            constant: 'ø',
            new: String(i),
            'changes now and then': String(Math.floor(i / 7)),
            ...(i % 5 === 0 ? {} : { 'not always there': 'x' }),
            long: 'y'.repeat(longestKnown + (i % 20 < 10 ? 0 : 1)),
          },
        },
      }),
    );
    for (const each of all) {
      frames.add(each);
      expect(frames.take().equals(asAmqplib(1, 131_064, each)), each.messageId).to.equal(true);
    }
  });

  it('goes on when there are more routes and headers than it remembers', () => {
    const frames = new PublishFrames(1, 131_072);
    for (let i = 0; i < 2 * (mostKnown + 10); i++) {
      const number = i % (mostKnown + 10);
      const each = message({
        routingKey: `key-${number}`,
        properties: { headers: { [`name-${number}`]: 'x' } },
      });
      frames.add(each);
      expect(frames.take().equals(asAmqplib(1, 131_064, each)), `message ${i}`).to.equal(true);
    }
  });

  for (const [what, bad] of [
    ['a routing key that is too long', message({ routingKey: 'x'.repeat(256) })],
    [
      'headers that do not fit into one frame',
      message({ properties: { headers: { large: 'x'.repeat(131_072) } } }),
    ],
    ['a header whose name is too long', message({ properties: { headers: { ['ü'.repeat(128)]: 'x' } } })],
    ['a header that is no string', message({ properties: { headers: { number: 1 } } })],
  ] as const) {
    it(`refuses ${what}, and sends nothing of the message`, () => {
      const frames = new PublishFrames(1, 131_072);
      frames.add(message());
      expect(() => frames.add(bad)).to.throw();
      expect(frames.take().equals(asAmqplib(1, 131_064, message()))).to.equal(true);
    });
  }
});

function manyHeaders(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`header-${i}`, 'x'.repeat(i % 300)]));
}
