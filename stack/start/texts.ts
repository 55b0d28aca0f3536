import { relative } from 'node:path';
import type { ServerAddresses } from '../addresses.ts';
import { checkout, logsFolder } from '../folders.ts';
import type { ServicePorts } from '../services-environment.ts';
import { portVariables } from './chosen-ports.ts';

export const help = `Usage: npm start

Brings up PostgreSQL (twice), RabbitMQ and Redis, applies the migrations, starts the order service, the customer
service (web and worker) and the relay, and stops all of it on Ctrl-C. Data and logs stay in .local/.

The servers are, first that applies:
  1. those given in the environment, all five together:
     ORDER_DATABASE_URL  CUSTOMER_DATABASE_URL  RABBITMQ_URL  RABBITMQ_MANAGEMENT_URL  REDIS_URL
  2. containers, if a Docker engine answers
  3. binaries of this machine, as private instances on 127.0.0.1
  4. on Debian and Ubuntu as root: the same, after apt-get has installed what is missing
STACK=environment|docker|native  allows only that way.

Ports (on 127.0.0.1):
${Object.entries(portVariables)
  .map(([name, { title, usual }]) => `  ${name.padEnd(26)}${String(usual).padEnd(8)}${title}`)
  .join('\n')}

To begin with empty databases, stop it and delete .local/.`;

/** What a person who has just started the system wants to know. */
export function greeting(addresses: ServerAddresses, ports: ServicePorts, seconds: number): string {
  const management = new URL(addresses.rabbitmqManagementUrl);
  const login = `${decodeURIComponent(management.username)} / ${decodeURIComponent(management.password)}`;
  const port = management.port ? `:${management.port}` : '';
  const host = management.hostname === '127.0.0.1' ? 'localhost' : management.hostname;
  const order = `http://localhost:${ports.order}`;
  const customer = `http://localhost:${ports.customer}`;
  const post = (method: string, url: string, body: object) =>
    `  curl -X ${method} ${url} -H 'Content-Type: application/json' \\\n    -d '${JSON.stringify(body)}'`;
  return `
Event Sync runs (started in ${seconds.toFixed(1)} s). Ctrl-C stops it.

  Order API      ${order.padEnd(24)}  documentation: ${order}/api-docs
  Customer API   ${customer.padEnd(24)}  documentation: ${customer}/api-docs
  RabbitMQ UI    ${`${management.protocol}//${host}${port}`.padEnd(24)}  login: ${login}
  Relay          http://localhost:${ports.relay}/readyz
  Logs           ${relative(checkout, logsFolder)}/

Create a customer, place an order, see the customer's orders_count rise:

${post('PUT', `${customer}/customers/1`, { customer: { name: 'Juan Pérez', address: 'Calle 123, Ciudad' } })}
${post('POST', `${order}/orders`, { order: { customer_id: 1, product_name: 'Laptop', quantity: 1, price: 999.99 } })}
  curl ${customer}/customers/1
`;
}
