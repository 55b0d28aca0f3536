import type { Connection } from 'amqplib/callback_api';

/** How long a broker may take to answer the close of a connection; a half-open one never does. */
const closeTimeoutMs = 1_000;

/**
 * Closes a connection politely, and cuts it if its peer does not answer. `done` is called once, in either case.
 */
export function endConnection(connection: Connection, done: () => void): void {
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    done();
  };
  connection.on('error', () => {});
  const timer = setTimeout(() => {
    // amqplib has no call for it: cuts the socket under a connection whose peer does not answer. With an error: amqplib
    // does not listen for the end of a socket without one, and would notice it only by the next heartbeat.
    (
      connection as unknown as { connection: { stream: { destroy(error: Error): void } } }
    ).connection.stream.destroy(new Error('the broker does not answer the close of the connection'));
    end();
  }, closeTimeoutMs);
  try {
    connection.close(end);
  } catch {
    // Already closed.
    end();
  }
}
