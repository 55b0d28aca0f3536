import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Service } from '@event-sync/stack/services.ts';
import { committed, type DocumentName } from './api-documents/documents.ts';
import { canary, requestsTo, telling, type FuzzRequest, type OpenApi } from './fuzz/requests.ts';
import { answerTo } from './fuzz/send.ts';
import { expectDocumented } from './world/documented.ts';
import { eventually } from './world/eventually.ts';
import { World } from './world/world.ts';

const requestsEach = 2_600;
/** Requests between two looks at the logs. */
const chunk = 650;

describe('requests made up from the OpenAPI documents', function () {
  this.timeout(240_000);
  let world: World;
  let services: { name: DocumentName; service: Service }[];
  const statuses = new Map<number, number>();

  before(async () => {
    world = await World.create();
    const [customerWeb, orderService] = await Promise.all([
      world.start('customerWeb'),
      world.start('orderService'),
    ]);
    services = [
      { name: 'order-service.openapi.json', service: orderService },
      { name: 'customer-service.openapi.json', service: customerWeb },
    ];
    for (const id of [1, 2, 3, 4, 5]) await world.putCustomer(id);
  });
  after(() => world.destroy());

  const memoryOf = (service: Service) => world.metric(service, 'process_resident_memory_bytes');

  async function expectGoodAnswer(origin: string, request: FuzzRequest): Promise<void> {
    const answer = await answerTo(origin, request);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    expect(answer.status, answer.text).to.be.lessThan(500);
    expectDocumented(new URL(request.path.split('?')[0]!, origin), request.method, answer);
    if (answer.status < 400) return;
    if (request.method !== 'HEAD') expect(answer.contentType).to.equal('application/problem+json');
    expect(answer.text).not.to.match(/\bSELECT\b|\bINSERT INTO\b| at .*\(.*:\d+:\d+\)|node_modules/);
  }

  for (const name of ['order-service.openapi.json', 'customer-service.openapi.json'] as const) {
    it(`get no 5xx, and an answer that the document has: ${requestsEach} to ${name}`, async () => {
      const { service } = services.find((one) => one.name === name)!;
      const origin = service.url!;
      const requests = requestsTo(JSON.parse(committed(name)) as OpenApi);
      for (let done = 0; done < requestsEach; done += chunk) {
        await fc.assert(
          fc.asyncProperty(requests, (request) => expectGoodAnswer(origin, request)),
          { ...telling, numRuns: chunk, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
        );
        const logs = service.logs();
        expect(logs).to.contain('"msg":"request"');
        expect(logs, 'a body or a token in a log line').not.to.contain(canary);
        expect(logs, 'a stack in a log line').not.to.match(/\\n {4}at |"level":50/);
      }
    });
  }

  it('were understood as often as they were refused', () => {
    const all = [...statuses.values()].reduce((sum, count) => sum + count, 0);
    expect(all).to.be.at.least(5_000);
    const counts = [...statuses].map(([status, count]) => `${status}: ${count}`).join(', ');
    const good = [...statuses].filter(([status]) => status < 300).reduce((sum, [, count]) => sum + count, 0);
    expect(good / all, counts).to.be.within(0.2, 0.8);
    for (const status of [200, 201, 400, 404, 405, 412, 415, 422])
      expect([...statuses.keys()], counts).to.include(status);
  });

  it('leave no row that is not as it should be', async () => {
    const { rows: orders } = await world.orderDb.query(
      `SELECT FROM orders WHERE btrim(product_name) = '' OR total_amount <> price * quantity
         OR NOT EXISTS (SELECT FROM outbox WHERE (outbox.body -> 'data' ->> 'order_id')::bigint = orders.id
           AND outbox.body -> 'data' ->> 'product_name' = orders.product_name)`,
    );
    expect(orders).to.have.length(0);
    expect(await world.rowsIn('orders')).to.equal(await world.rowsIn('outbox'));
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    ajv.addSchema(JSON.parse(committed('events.asyncapi.json')) as object, 'events');
    const isEvent = ajv.getSchema('events#/components/messages/order_created/payload')!;
    const { rows: events } = await world.orderDb.query<{ body: unknown }>('SELECT body FROM outbox');
    expect(events.length).to.be.greaterThan(100);
    for (const { body } of events) expect(isEvent(body), ajv.errorsText(isEvent.errors)).to.equal(true);
    const { rows: customers } = await world.customerDb.query(
      "SELECT FROM customers WHERE btrim(name) = '' OR btrim(address) = '' OR orders_count <> 0",
    );
    expect(customers).to.have.length(0);
    await eventually(async () => expect(await world.rowsIn('pending_evictions')).to.equal(0));
  });

  it('leave two services that need no more memory after as many again', async () => {
    for (const { name, service } of services) {
      const requests = requestsTo(JSON.parse(committed(name)) as OpenApi);
      // V8 takes more once or twice until it has what it wants; what leaks takes more each time.
      const growth: number[] = [];
      do {
        const before = await memoryOf(service);
        await fc.assert(
          fc.asyncProperty(requests, (request) => expectGoodAnswer(service.url!, request)),
          { ...telling, numRuns: chunk, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
        );
        growth.push((await memoryOf(service)) / before);
      } while (growth.at(-1)! >= 1.1 && growth.length < 6);
      expect(growth.at(-1), `${name}: ${growth.join(', ')}`).to.be.lessThan(1.1);
    }
  });
});
