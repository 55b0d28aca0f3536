import { orderEventsQueue } from '@event-sync/contracts/topology.ts';
import { sweepPendingEvictions } from '@event-sync/customer-service/customers/pending-evictions.ts';
import { Consumer } from '@event-sync/customer-service/events/consumer.ts';
import { evictOrNote } from '@event-sync/customer-service/events/evict-or-note.ts';
import { PutAside } from '@event-sync/customer-service/events/put-aside.ts';
import { ConfirmPublisher } from '@event-sync/platform/broker/confirm-publisher.ts';
import type { Connection } from 'amqplib/callback_api';
import type { Broker } from '../servers/broker.ts';
import type { SimulatedCache } from '../servers/cache.ts';
import type { CustomerDatabase } from '../servers/customer-database.ts';
import { simulatedKnex } from '../servers/simulated-knex.ts';
import type { SimulatedProcess } from '../time/simulated-process.ts';
import { listeningLogger } from './listening-logger.ts';

/** Small, so that a few events fill more than one batch. */
const maxBatch = 3;
const waitMs = 5;
const sweepEveryMs = 1_000;
const stopLimitMs = 3_000;

/** `customer-service/worker.main.ts`, on simulated servers. */
export class WorkerProcess {
  readonly process: SimulatedProcess;
  readonly #consumer: Consumer;
  readonly #publisher: ConfirmPublisher;
  readonly #stopping = new AbortController();

  constructor(
    process: SimulatedProcess,
    servers: { customers: CustomerDatabase; broker: Broker; cache: SimulatedCache },
    onDefect: (message: string) => void,
  ) {
    this.process = process;
    const { broker, cache } = servers;
    const logger = listeningLogger(onDefect);
    const knex = simulatedKnex(servers.customers);
    const connect = () => broker.connect() as unknown as Promise<Connection>;
    this.#publisher = new ConfirmPublisher({ connect, logger, confirmTimeoutMs: 4_000 });
    const onMissing = async () => {};
    const { signal } = this.#stopping;
    this.#consumer = new Consumer({
      link: { connect, restoreTopology: onMissing },
      queue: orderEventsQueue,
      knex,
      putAside: new PutAside({ publisher: this.#publisher, onMissing, logger, signal }),
      onApplied: () => {},
      evict: evictOrNote({ knex, cache, logger }),
      metrics: { redelivered: () => {}, batch: () => {}, applied: () => {}, ended: () => {} },
      logger,
      maxBatch,
      waitMs,
    });
    process.run(() => {
      void this.#publisher.start();
      void this.#consumer.start();
      setInterval(() => {
        sweepPendingEvictions(knex, cache).catch(() => {});
      }, sweepEveryMs);
    });
  }

  /** As on SIGTERM: works off what it has, or is left behind after a while. */
  stop(): void {
    this.process.deliver(() => {
      void (async () => {
        this.#stopping.abort();
        for (const component of [this.#consumer, this.#publisher])
          await Promise.race([component.stop(), new Promise((late) => setTimeout(late, stopLimitMs))]);
        this.process.kill();
      })();
    });
  }
}
