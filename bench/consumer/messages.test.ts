import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { envelope } from '@event-sync/contracts/events/envelope.ts';
import { orderCreatedData } from '@event-sync/contracts/events/order-created.ts';
import { bodyOf, distinctEvents, eventOf, idOf, messagesInBlocks, type Load } from './messages.ts';

describe('the messages of the consumer benchmark', () => {
  const load: Load = { messages: 20_000, customers: 10 };

  it('are events that the worker takes, of about the size of real ones', () => {
    const body = bodyOf(123_456, load);
    const { data } = envelope.parse(JSON.parse(body));
    expect(orderCreatedData.parse(data)).to.include({ order_id: '123457', customer_id: '7' });
    expect(body.length).to.be.within(380, 420);
    expect(idOf(5)).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(idOf(5)).to.have.length(randomUUID().length);
  });

  it('are each another event, or each event twice', () => {
    const events = (of: Load) =>
      new Set(Array.from({ length: of.messages }, (_, message) => idOf(eventOf(message, of))));
    expect(events(load).size).to.equal(20_000).and.to.equal(distinctEvents(load));
    for (const about of [100, 9_900, 117_000]) {
      const twice = { ...load, messages: messagesInBlocks(about), twice: true };
      expect(events(twice).size).to.equal(distinctEvents(twice));
    }
  });
});
