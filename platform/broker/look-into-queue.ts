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
  // Not until it is empty: what is put back may come again meanwhile.
  const { messageCount } = await channel.checkQueue(queue);
  try {
    for (let seen = 0; seen < messageCount; seen++) {
      const message = await channel.get(queue);
      if (!message || !(await visit(message))) return;
    }
  } finally {
    channel.nackAll(true);
    // Answered in order: after this the queue has them again.
    await channel.checkQueue(queue);
  }
}
