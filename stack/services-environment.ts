import type { PostgresAddress, ServerAddresses } from './addresses.ts';

export interface ServicePorts {
  readonly order: number;
  readonly customer: number;
  readonly relay: number;
  readonly worker: number;
}

/** The first three are those of the replaced system and of docker-compose.yml. */
export const usualServicePorts: ServicePorts = { order: 3001, customer: 3002, relay: 3003, worker: 3004 };

export type ServiceName = 'orderService' | 'customerWeb' | 'customerWorker' | 'outboxRelay';

export interface Program {
  readonly name: string;
  readonly script: string;
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[];
}

/** Our programs, in an order in which each finds what it needs. The options are also those of docker-compose.yml. */
export const services: Record<ServiceName, Program> = {
  customerWeb: { name: 'customer-web', script: 'customer-service/web.main.ts' },
  orderService: { name: 'order-service', script: 'order-service/main.ts' },
  customerWorker: { name: 'customer-worker', script: 'customer-service/worker.main.ts' },
  outboxRelay: {
    name: 'outbox-relay',
    script: 'outbox-relay/main.ts',
    // Node takes what memory the machine has before it cleans up: under load 258 MiB instead of 185, and 1.5 in a
    // hundred faster. See docs/decisions/0008.
    nodeOptions: ['--max-semi-space-size=8', '--max-old-space-size=512', '--single-threaded-gc'],
  },
};
export const serviceNames = Object.keys(services) as ServiceName[];

export const migrations = { name: 'migrations', script: 'migrations/main.ts', arguments: ['up'] };

/** The environment of each of our programs, for servers at these addresses and services on these ports. */
export function servicesEnvironment(
  addresses: ServerAddresses,
  ports: ServicePorts,
): Record<ServiceName | 'migrations' | 'auditor', Record<string, string>> {
  const servers = { REDIS_URL: addresses.redisUrl, RABBITMQ_URL: addresses.rabbitmqUrl };
  const order = databaseVariables('DATABASE', addresses.postgresOrder);
  const customer = databaseVariables('DATABASE', addresses.postgresCustomer);
  const both = {
    ...databaseVariables('ORDER_DATABASE', addresses.postgresOrder),
    ...databaseVariables('CUSTOMER_DATABASE', addresses.postgresCustomer),
  };
  return {
    orderService: {
      PORT: String(ports.order),
      CUSTOMER_SERVICE_URL: `http://127.0.0.1:${ports.customer}`,
      ...order,
      ...servers,
    },
    customerWeb: { PORT: String(ports.customer), ...customer, ...servers },
    customerWorker: { PORT: String(ports.worker), ...customer, ...servers },
    outboxRelay: { PORT: String(ports.relay), ...order, RABBITMQ_URL: addresses.rabbitmqUrl },
    migrations: both,
    auditor: { ...both, ...servers },
  };
}

function databaseVariables(prefix: string, address: PostgresAddress): Record<string, string> {
  return {
    [`${prefix}_HOST`]: address.host,
    [`${prefix}_PORT`]: String(address.port),
    [`${prefix}_USER`]: address.user,
    [`${prefix}_PASSWORD`]: address.password,
    [`${prefix}_NAME`]: address.database,
  };
}
