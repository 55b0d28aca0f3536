export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Where the backing servers are. The URLs carry the credentials: `amqp://guest:guest@127.0.0.1:5672`. */
export interface ServerAddresses {
  readonly postgresOrder: PostgresAddress;
  readonly postgresCustomer: PostgresAddress;
  readonly rabbitmqUrl: string;
  readonly rabbitmqManagementUrl: string;
  readonly redisUrl: string;
}

export interface ServerPorts {
  readonly postgresOrder: number;
  readonly postgresCustomer: number;
  readonly rabbitmq: number;
  readonly rabbitmqManagement: number;
  readonly redis: number;
}

/** Those of the replaced system. */
export const seedPorts: ServerPorts = {
  postgresOrder: 5433,
  postgresCustomer: 5434,
  rabbitmq: 5672,
  rabbitmqManagement: 15672,
  redis: 6379,
};

/** Names and passwords of the replaced system; they guard nothing, the servers listen on loopback only. */
export const postgresLogin = { user: 'postgres', password: 'password' } as const;
export const databaseNames = { order: 'orders_development', customer: 'customers_development' } as const;

export function addressesAt(host: string, ports: ServerPorts): ServerAddresses {
  return {
    postgresOrder: { host, port: ports.postgresOrder, ...postgresLogin, database: databaseNames.order },
    postgresCustomer: {
      host,
      port: ports.postgresCustomer,
      ...postgresLogin,
      database: databaseNames.customer,
    },
    rabbitmqUrl: `amqp://guest:guest@${host}:${ports.rabbitmq}`,
    rabbitmqManagementUrl: `http://guest:guest@${host}:${ports.rabbitmqManagement}`,
    redisUrl: `redis://${host}:${ports.redis}/0`,
  };
}
