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
    // amqplib has no call for it: cuts the socket under a connection whose peer does not answer.
    (connection as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    end();
  }, closeTimeoutMs);
  try {
    connection.close(end);
  } catch {
    // Already closed.
    end();
  }
}
