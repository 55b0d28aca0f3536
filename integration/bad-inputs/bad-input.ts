/**
 * Requests that no client should send. Each must be answered with the status given, as problem+json, and leave no row.
 * The bodies are texts, not objects: most of these cannot be said in JavaScript's own values.
 */
export interface BadInput {
  readonly name: string;
  readonly service: 'orders' | 'customers';
  /** Written to the socket as it is. */
  readonly bytes: Buffer;
  readonly status: number;
}

export type Service = BadInput['service'];
interface Parts {
  readonly method?: string;
  readonly path: string;
  readonly headers?: readonly string[];
  readonly body?: string | Buffer;
}

export const json = 'Content-Type: application/json';

export function http(
  service: Service,
  name: string,
  status: number,
  { method = 'GET', path, headers = [], body }: Parts,
): BadInput {
  const content = Buffer.from(body ?? '');
  const length = body === undefined ? [] : [`Content-Length: ${content.length}`];
  const head = [`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...length, ...headers];
  return {
    name,
    service,
    status,
    bytes: Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), content]),
  };
}

export const raw = (service: Service, name: string, status: number, ...lines: string[]): BadInput => ({
  name,
  service,
  status,
  bytes: Buffer.from(lines.join('\r\n'), 'latin1'),
});

export const postOrder = (
  name: string,
  status: number,
  body: string | Buffer,
  headers: readonly string[] = [json],
) => http('orders', name, status, { method: 'POST', path: '/orders', headers, body });

/** An order that would be good, with one or more members replaced by the text given; `undefined` leaves it out. */
export function order(members: Readonly<Record<string, string | undefined>>): string {
  const good = { customer_id: '1', product_name: '"Laptop"', quantity: '1', price: '999.99' };
  const all = Object.entries({ ...good, ...members }).filter(([, text]) => text !== undefined);
  return `{"order":{${all.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}}`;
}
export const badOrder = (name: string, members: Readonly<Record<string, string | undefined>>, status = 422) =>
  postOrder(name, status, order(members));

export const putCustomer = (
  name: string,
  status: number,
  body: string | Buffer,
  path = '/customers/900001',
) => http('customers', name, status, { method: 'PUT', path, headers: [json], body });
export const postCustomer = (
  name: string,
  status: number,
  body: string | Buffer,
  headers: readonly string[] = [json],
) => http('customers', name, status, { method: 'POST', path: '/customers', headers, body });
export const details = (name: string, address = '"Calle 123, Ciudad"') =>
  `{"customer":{"name":${name},"address":${address}}}`;
