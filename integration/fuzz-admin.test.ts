import { freePort } from '@event-sync/stack/ports.ts';
import type { Service } from '@event-sync/stack/services.ts';
import { expect } from 'chai';
import fc from 'fast-check';
import { committed, type DocumentName } from './api-documents/documents.ts';
import { canary, requestsTo, telling, type OpenApi } from './fuzz/requests.ts';
import { send } from './fuzz/send.ts';
import { expectDocumented } from './world/documented.ts';
import { World, type ServiceName } from './world/world.ts';

const token = 'a-token-for-made-up-requests';
const requestsEach = 300;

describe('requests made up from the documents of the admin APIs', function () {
  this.timeout(240_000);
  let world: World;
  before(async () => {
    world = await World.create();
  });
  after(() => world.destroy());

  const apis: [ServiceName, DocumentName][] = [
    ['customerWorker', 'dead-letters-admin.openapi.json'],
    ['outboxRelay', 'outbox-admin.openapi.json'],
  ];
  for (const [name, document] of apis) {
    it(`get no 5xx, and an answer that the document has: ${requestsEach} to ${document}`, async () => {
      const port = String(await freePort());
      const service: Service = await world.start(name, { ADMIN_TOKEN: token, ADMIN_PORT: port });
      const origin = `http://127.0.0.1:${port}`;
      const statuses = new Set<number>();
      await fc.assert(
        fc.asyncProperty(requestsTo(JSON.parse(committed(document)) as OpenApi), async (made) => {
          const request = { ...made, headers: { ...made.headers, authorization: `Bearer ${token}` } };
          const answer = await send(origin, request);
          statuses.add(answer.status);
          expect(answer.status, answer.text).to.be.lessThan(500);
          expectDocumented(new URL(request.path.split('?')[0]!, origin), request.method, answer);
        }),
        { ...telling, numRuns: requestsEach, interruptAfterTimeLimit: 180_000, markInterruptAsFailure: true },
      );
      expect([...statuses]).to.include.members([200, 400, 404, 422]);
      const logs = service.logs();
      expect(logs, 'a body or a token in a log line').not.to.contain(canary).and.not.to.contain(token);
      expect(logs, 'a stack in a log line').not.to.match(/\\n {4}at |"level":50/);
    });
  }
});
