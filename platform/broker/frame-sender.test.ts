import type { ConfirmChannel, Connection } from 'amqplib/callback_api';
import { expect } from 'chai';
import { FrameSender } from './frame-sender.ts';
import type { OutgoingMessage } from './outgoing-message.ts';

const message = (messageId: string): OutgoingMessage => ({
  exchange: 'events',
  routingKey: 'numbered',
  content: '{}',
  messageId,
  properties: {},
});

describe('FrameSender', () => {
  let written: Buffer[];
  let sender: FrameSender;
  beforeEach(() => {
    written = [];
    const connection = {
      connection: { frameMax: 131_072, sendBytes: (bytes: Buffer) => written.push(bytes) },
    };
    const channel = { ch: 1, pushConfirmCallback: () => {} };
    sender = new FrameSender(connection as unknown as Connection, channel as unknown as ConfirmChannel);
  });
  const nextTurn = () => new Promise(setImmediate);

  it('writes the messages of one turn of the event loop at once, in their order', async () => {
    for (const id of ['first', 'second']) sender.send(message(id), () => {});
    expect(written).to.have.length(0);
    await nextTurn();
    expect(written).to.have.length(1);
    expect(written[0]!.indexOf('first')).to.be.within(1, written[0]!.indexOf('second'));
  });

  it('writes nothing more once its channel has ended', async () => {
    sender.send(message('in time'), () => {});
    await nextTurn();
    sender.send(message('too late'), () => {});
    sender.end();
    await nextTurn();
    expect(Buffer.concat(written).includes('in time')).to.equal(true);
    expect(Buffer.concat(written).includes('too late')).to.equal(false);
  });
});
