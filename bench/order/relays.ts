import { partitionCount } from '@event-sync/outbox/migrations/0001-outbox.ts';
import { RabbitmqManagement } from '@event-sync/stack/rabbitmq-management.ts';
import type { PostgresAddress } from '@event-sync/stack/servers.ts';
import type { Service } from '@event-sync/stack/services.ts';
import { waitUntil } from '@event-sync/stack/wait-until.ts';
import { metricsOf } from '../metrics-of.ts';
import { ours } from '../relay/contenders.ts';
import { startContender, type Stage } from '../relay/run-contender.ts';

/** How long a relay may take until it is as it should be: far longer than it does. */
const deadlineMs = 60_000;
/** By which the relay's connections are told from ours. */
const connectionName = 'outbox-relay';

/** Two relays on one outbox, and what happens to them. */
export class Relays {
  readonly #stage: Stage;
  readonly #address: PostgresAddress;
  readonly #management: RabbitmqManagement;
  readonly #vhost: string;
  readonly #working: Service[] = [];
  readonly #all: Service[] = [];
  #next = 0;

  constructor(stage: Stage, address: PostgresAddress, managementUrl: string) {
    this.#stage = stage;
    this.#address = address;
    this.#management = new RabbitmqManagement(managementUrl);
    this.#vhost = decodeURIComponent(new URL(stage.rabbitmqUrl).pathname.slice(1)) || '/';
  }

  async start(): Promise<void> {
    for (let index = 0; index < 2; index++) await this.#start(index);
  }

  async #start(index: number): Promise<void> {
    const service = await startContender(ours, this.#stage, this.#address);
    this.#working[index] = service;
    this.#all.push(service);
  }

  /** Both publish: neither still takes over from one that was killed. */
  async bothAtWork(): Promise<void> {
    const { signal } = this.#stage;
    await Promise.all(this.#working.map((service) => service.ready({ signal, deadlineMs })));
    let shares: (number | undefined)[] = [];
    await waitUntil(
      async () => {
        const samples = await Promise.all(this.#working.map(({ url }) => metricsOf(url!)));
        shares = samples.map((sample) => sample.get('outbox_owned_partitions'));
        return shares.every((share) => share === partitionCount / 2);
      },
      {
        deadlineMs,
        intervalMs: 200,
        signal,
        otherwise: () => `two relays have ${shares.join(' and ')} partitions after ${deadlineMs / 1_000} s`,
      },
    );
  }

  /** @returns their connections, at least one of each */
  async connections(): Promise<string[]> {
    const { signal } = this.#stage;
    await Promise.all(this.#working.map((service) => service.ready({ signal, deadlineMs })));
    let names: string[] = [];
    await waitUntil(
      async () => {
        names = await this.#management.connections(this.#vhost, connectionName);
        return names.length >= this.#working.length;
      },
      {
        deadlineMs,
        intervalMs: 100,
        signal,
        otherwise: () => `RabbitMQ shows only ${names.length} connections`,
      },
    );
    return names;
  }

  /** @returns how many of them there still were */
  async cut(connections: readonly string[]): Promise<number> {
    const closed = await Promise.all(connections.map((name) => this.#management.closeConnection(name)));
    return closed.filter(Boolean).length;
  }

  /** Kills one and starts another in its place; the next time it is the turn of the other. @returns whether it died of that */
  async kill(): Promise<boolean> {
    const index = this.#next++ % 2;
    const service = this.#working[index]!;
    await service.kill();
    const { signal } = await service.exited;
    await this.#start(index);
    return signal === 'SIGKILL';
  }

  /** Of all that there ever were. */
  logs(): string {
    return this.#all.map((service) => `--- pid ${service.pid}\n${service.logs()}`).join('\n');
  }

  async stop(): Promise<void> {
    await Promise.all(this.#working.map((service) => service.stop()));
  }
}
