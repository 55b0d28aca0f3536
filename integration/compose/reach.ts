import assert from 'node:assert/strict';
import { serviceOf, type Container } from './closed.ts';

/** Where each server listens. */
const ports: Record<string, number> = {
  order_service: 3001,
  customer_web: 3002,
  outbox_relay: 3003,
  customer_workers: 3004,
  postgres_order: 5432,
  postgres_customer: 5432,
  rabbitmq: 5672,
  redis: 6379,
};

/** Whom each program talks to. Nobody else may be in its reach, by whatever network. */
const needs: Record<string, string[]> = {
  order_service: ['customer_web', 'postgres_order', 'redis'],
  customer_web: ['postgres_customer', 'redis'],
  customer_workers: ['postgres_customer', 'rabbitmq', 'redis'],
  outbox_relay: ['postgres_order', 'rabbitmq'],
};
/** Neighbours on a server's network; they take requests on the port of their health and metrics only. */
const neighbours: Record<string, string[]> = {
  order_service: ['outbox_relay', 'customer_workers'],
  customer_web: ['order_service', 'customer_workers'],
  customer_workers: ['order_service', 'customer_web', 'outbox_relay'],
  outbox_relay: ['order_service', 'customer_workers'],
};

/**
 * From inside each program, tries every address of every server, past all names.
 *
 * @param run a script of bash in a container
 * @returns how many addresses were tried
 */
export async function assertReach(
  containers: readonly Container[],
  run: (container: Container, script: string) => Promise<string>,
): Promise<number> {
  let tried = 0;
  for (const from of containers.filter((container) => serviceOf(container) in needs)) {
    const name = serviceOf(from);
    const script: string[] = [];
    for (const to of containers.filter((container) => serviceOf(container) in ports)) {
      if (serviceOf(to) === name) continue;
      for (const { IPAddress } of Object.values(to.NetworkSettings.Networks)) {
        const address = `/dev/tcp/${IPAddress}/${ports[serviceOf(to)]}`;
        script.push(`(timeout 5 bash -c '<${address}' 2>/dev/null && echo ${serviceOf(to)}) &`);
        tried++;
      }
    }
    const reached = (await run(from, `${script.join('\n')}\nwait`)).split('\n').filter(Boolean);
    const expected = needs[name]!;
    for (const needed of expected) assert.ok(reached.includes(needed), `${name} does not reach ${needed}`);
    const surplus = reached.filter((to) => !expected.includes(to) && !neighbours[name]!.includes(to));
    assert.deepEqual(surplus, [], `${name} reaches what it has no business with`);
  }
  return tried;
}
