import type { Channel, GetMessage } from 'amqplib';

/**
 * Looks at the messages that are in a queue now, oldest first, until `visit` returns false. A look holds what it has
 * seen until it is done, so that it meets each message once, and then gives back all that was not acknowledged; a look
 * that dies gives back everything.
 */
export async function lookIntoQueue(
  channel: Channel,
  queue: string,
  visit: (message: GetMessage) => Promise<boolean> | boolean,
): Promise<void> {
  let message = await channel.get(queue);
  // Not until it is empty: what is put back may come again meanwhile. And not by the count that the queue is said to
  // have: what an earlier look has given back may not be in it yet, where a get comes after all that was sent before it.
  let left = message ? message.fields.messageCount : 0;
  try {
    while (message && (await visit(message)) && left-- > 0) message = await channel.get(queue);
  } finally {
    channel.nackAll(true);
    // Answered in order: after this the broker has heard of it.
    await channel.checkQueue(queue);
  }
}
