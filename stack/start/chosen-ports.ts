import { seedPorts, type ServerPorts } from '../addresses.ts';
import { portHolders } from '../port-holders.ts';
import { freePort, isFree } from '../ports.ts';
import { usualServicePorts, type ServicePorts } from '../services-environment.ts';

/** What listens where in a started system, and the variable that puts it elsewhere. */
export const portVariables = {
  ORDER_PORT: { title: 'order API', usual: usualServicePorts.order },
  CUSTOMER_PORT: { title: 'customer API', usual: usualServicePorts.customer },
  RELAY_PORT: { title: 'relay', usual: usualServicePorts.relay },
  WORKER_PORT: { title: 'worker', usual: usualServicePorts.worker },
  POSTGRES_ORDER_PORT: { title: 'PostgreSQL (orders)', usual: seedPorts.postgresOrder },
  POSTGRES_CUSTOMER_PORT: { title: 'PostgreSQL (customers)', usual: seedPorts.postgresCustomer },
  RABBITMQ_PORT: { title: 'RabbitMQ', usual: seedPorts.rabbitmq },
  RABBITMQ_MANAGEMENT_PORT: { title: 'RabbitMQ UI', usual: seedPorts.rabbitmqManagement },
  REDIS_PORT: { title: 'Redis', usual: seedPorts.redis },
} as const;
export type PortVariable = keyof typeof portVariables;

const variableNames = Object.keys(portVariables) as PortVariable[];
const ofServices: readonly PortVariable[] = ['ORDER_PORT', 'CUSTOMER_PORT', 'RELAY_PORT', 'WORKER_PORT'];

export interface ChosenPorts {
  readonly services: ServicePorts;
  readonly servers: ServerPorts;
}

/** @throws {Error} that lists every variable that is no port, and every port that is chosen twice */
export function choosePorts(environment: NodeJS.ProcessEnv): ChosenPorts {
  const faults: string[] = [];
  const chosen = Object.fromEntries(
    variableNames.map((name) => {
      const text = environment[name];
      const port = text ? Number(text) : portVariables[name].usual;
      if (!Number.isInteger(port) || port < 1 || port > 65_535) {
        faults.push(`${name}=${text} is not a port: use a whole number from 1 to 65535`);
      }
      return [name, port];
    }),
  ) as Record<PortVariable, number>;
  variableNames.forEach((name, index) => {
    const first = variableNames.slice(0, index).find((other) => chosen[other] === chosen[name]);
    if (first) faults.push(`${first} and ${name} are both ${chosen[name]}: choose another for one of them`);
  });
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return {
    services: {
      order: chosen.ORDER_PORT,
      customer: chosen.CUSTOMER_PORT,
      relay: chosen.RELAY_PORT,
      worker: chosen.WORKER_PORT,
    },
    servers: {
      postgresOrder: chosen.POSTGRES_ORDER_PORT,
      postgresCustomer: chosen.POSTGRES_CUSTOMER_PORT,
      rabbitmq: chosen.RABBITMQ_PORT,
      rabbitmqManagement: chosen.RABBITMQ_MANAGEMENT_PORT,
      redis: chosen.REDIS_PORT,
    },
  };
}

/**
 * Asks of all ports whether they are free, so that a person hears of all that are not at once.
 * @throws {Error} that says by what each is taken, and how to choose another
 */
export async function refuseTakenPorts(ports: ChosenPorts, serversAreGiven: boolean): Promise<void> {
  const byVariable: Record<PortVariable, number> = {
    ORDER_PORT: ports.services.order,
    CUSTOMER_PORT: ports.services.customer,
    RELAY_PORT: ports.services.relay,
    WORKER_PORT: ports.services.worker,
    POSTGRES_ORDER_PORT: ports.servers.postgresOrder,
    POSTGRES_CUSTOMER_PORT: ports.servers.postgresCustomer,
    RABBITMQ_PORT: ports.servers.rabbitmq,
    RABBITMQ_MANAGEMENT_PORT: ports.servers.rabbitmqManagement,
    REDIS_PORT: ports.servers.redis,
  };
  const needed = serversAreGiven ? ofServices : variableNames;
  const free = await Promise.all(needed.map((name) => isFree(byVariable[name])));
  const taken = needed.filter((_, index) => !free[index]);
  if (taken.length === 0) return;
  const lines = taken.map((name) => {
    const port = byVariable[name];
    const holders = portHolders(port).join(', ') || 'a process that this user may not see';
    return `  ${String(port).padEnd(5)}  for ${portVariables[name].title.padEnd(22)}  taken by ${holders}`;
  });
  const others = await Promise.all(taken.map(async (name) => `${name}=${await freePort()}`));
  throw new Error(
    [
      taken.length === 1 ? 'A port that is needed is taken:' : 'Ports that are needed are taken:',
      ...lines,
      'End what holds them, or choose others, for instance:',
      `  ${others.join(' ')} npm start`,
    ].join('\n'),
  );
}
