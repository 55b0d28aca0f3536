import type { ServerAddresses } from './addresses.ts';

/** What a test does to a server. Its address stays the same throughout, and so does what it keeps on disk. */
export interface ServerControl {
  /** Asks the server to end, and waits until it has. */
  stop(): Promise<void>;
  /** Ends it at once, as a power cut would (SIGKILL to all of its processes). */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same data; resolves when it accepts connections. */
  start(): Promise<void>;
  /** Freezes it: connections stay open and nothing answers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

export type ServerName = 'postgresOrder' | 'postgresCustomer' | 'rabbitmq' | 'redis';
export const serverNames: readonly ServerName[] = ['postgresOrder', 'postgresCustomer', 'rabbitmq', 'redis'];

/** Names for people. */
export const serverTitles: Record<ServerName, string> = {
  postgresOrder: 'PostgreSQL (orders)',
  postgresCustomer: 'PostgreSQL (customers)',
  rabbitmq: 'RabbitMQ',
  redis: 'Redis',
};

export interface Servers {
  readonly how: 'environment' | 'docker' | 'native';
  readonly addresses: ServerAddresses;
  /**
   * Redis keeps nothing across a restart, here as in production: a cache that came back from disk could hold a value
   * whose eviction had not reached the disk, and serve it for a week.
   */
  readonly control: Readonly<Record<ServerName, ServerControl>>;
  /** Runs a command of `rabbitmqctl` on the broker, as its operator would. @returns what it wrote to stdout */
  rabbitmqctl(parameters: readonly string[]): Promise<string>;
  /** Ends everything that was started here and nothing else; with fresh data, deletes it too. Idempotent. */
  stop(onProgress?: (text: string) => void): Promise<void>;
}
