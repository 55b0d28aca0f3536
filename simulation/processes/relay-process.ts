import { ConfirmPublisher } from '@event-sync/platform/broker/confirm-publisher.ts';
import type { Connection } from 'amqplib/callback_api';
import { Ownership } from '@event-sync/outbox-relay/ownership/ownership.ts';
import { Relay } from '@event-sync/outbox-relay/relay/relay.ts';
import { Settler } from '@event-sync/outbox-relay/relay/settler.ts';
import type { Onlooker } from '../servers/broker-sides.ts';
import type { Broker } from '../servers/broker.ts';
import type { LeaseTable } from '../servers/lease-table.ts';
import type { OrderDatabase } from '../servers/order-database.ts';
import type { SimulatedProcess } from '../time/simulated-process.ts';
import { listeningLogger } from './listening-logger.ts';

/** Small, so that a few events fill them. */
const window = 3;
const batch = 3;
const maxAttempts = 3;
/** Shorter than a lease, as in production. */
const confirmTimeoutMs = 4_000;
/** An order also wakes the relay, as the hint does. */
const pollMs = 2_000;

/** `outbox-relay/main.ts`, on simulated servers. */
export class RelayProcess {
  readonly process: SimulatedProcess;
  readonly #publisher: ConfirmPublisher;
  readonly #ownership: Ownership;
  readonly #relay: Relay;

  constructor(
    process: SimulatedProcess,
    servers: { orders: OrderDatabase; leases: LeaseTable; broker: Broker; onlooker: Onlooker },
    onDefect: (message: string) => void,
  ) {
    this.process = process;
    const logger = listeningLogger(onDefect);
    const metrics = { outcome: () => {}, settled: () => {}, parked: () => {} };
    const { outbox } = servers.orders;
    this.#publisher = new ConfirmPublisher({
      connect: () => servers.broker.connect(servers.onlooker) as unknown as Promise<Connection>,
      logger,
      confirmTimeoutMs,
      onAvailable: () => {
        this.#ownership.wake();
        this.#relay.wake();
      },
    });
    this.#ownership = new Ownership({
      leases: servers.leases.leases,
      relayId: process.name,
      logger,
      drain: (partitions) => this.#relay.drain(partitions),
      onChange: () => this.#relay.wake(),
      canPublish: () => this.#publisher.connected,
    });
    const settler = new Settler({ outbox, logger, metrics, enough: window });
    this.#relay = new Relay({
      ...{ outbox, publisher: this.#publisher, ownership: this.#ownership, settler, metrics, logger },
      ...{ source: '/simulation', window, batch, pollMs, maxAttempts, maxMessageBytes: 16 * 2 ** 20 },
    });
    process.run(() => {
      for (const component of this.#components) void component.start();
    });
  }

  /** In the order in which they start. */
  get #components() {
    return [this.#publisher, this.#ownership, this.#relay];
  }

  hint(): void {
    this.process.deliver(() => this.#relay.wake());
  }

  /** As on SIGTERM: all of it comes to its end, or is left behind after a while. */
  stop(): void {
    this.process.deliver(() => {
      void (async () => {
        for (const component of this.#components.toReversed())
          await Promise.race([component.stop(), new Promise((late) => setTimeout(late, stopLimitMs))]);
        this.process.kill();
      })();
    });
  }
}

const stopLimitMs = 3_000;
