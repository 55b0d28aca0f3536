import amqp from 'amqplib';
import { exchange, routingKey } from '../events.ts';
import { required } from '../../contender-environment.ts';

/** Resolves when the broker has confirmed it. */
export type Publish = (content: Buffer, messageId: string) => Promise<void>;

/**
 * One confirm channel, pipelined: the fastest way that amqplib has. What limits how much is in flight is the caller.
 * A connection that breaks ends the process, and with it the benchmark: nothing here is built to survive it.
 */
export async function openConfirmedPublish(): Promise<Publish> {
  const connection = await amqp.connect(required('RABBITMQ_URL'));
  const channel = await connection.createConfirmChannel();
  return (content, messageId) =>
    new Promise((resolve, reject) => {
      channel.publish(
        exchange,
        routingKey,
        content,
        { persistent: true, messageId, contentType: 'application/json' },
        (error: Error | null) => (error ? reject(error) : resolve()),
      );
    });
}
