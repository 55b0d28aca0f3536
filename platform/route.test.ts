import { problem } from '@event-sync/contracts/problems.ts';
import { expect } from 'chai';
import { z } from 'zod';
import { createHttpApp } from './http-app.ts';
import { HttpServer } from './http-server.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { reply, route } from './route.ts';

const logger = createLogger({ name: 'test', LOG_LEVEL: 'silent', LOG_FORMAT: 'json' });
const thing = z.object({ id: z.string(), name: z.string() }).meta({ id: 'Thing' });
const id = z.string().regex(/^[0-9]+$/, { error: 'must be a number' });

const routes = [
  route({
    method: 'GET',
    path: '/things/:id',
    operationId: 'showThing',
    summary: 'One thing',
    tags: ['Things'],
    params: z.object({ id }),
    query: z.strictObject({ colour: z.string(), size: z.string().optional() }),
    responses: { 200: { description: 'It', body: thing, headers: { 'X-Colour': 'Its colour.' } } },
    problems: ['missing-parameter'],
    handler: async ({ params, query }) =>
      reply(200, { id: params.id, name: 'a thing' }, { 'X-Colour': query.colour }),
  }),
  route({
    method: 'POST',
    path: '/things',
    operationId: 'makeThing',
    summary: 'Make a thing',
    tags: ['Things'],
    body: z.strictObject({ thing: z.strictObject({ name: z.string() }) }),
    responses: { 201: { description: 'Made', body: thing } },
    handler: async ({ body: { thing: made } }) => {
      if (made.name === 'defect') throw new Error('the secret reason');
      if (made.name === 'away') throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
      if (made.name === 'late')
        return { problem: 'not-ready', detail: 'Later.', headers: { 'Retry-After': '9' } };
      return reply(201, { id: '1', name: made.name });
    },
  }),
];

describe('a route', () => {
  const app = createHttpApp({
    info: { title: 'Things', version: '1.0.0', description: 'For this test.' },
    routes,
    checks: [],
    metrics: createMetrics({ service: 'test' }),
    logger,
  });
  const server = new HttpServer(app, { host: '127.0.0.1', port: 0, logger });
  before(() => server.start());
  after(() => server.stop());

  const ask = (path: string, options: RequestInit = {}) => fetch(`${server.url}${path}`, options);
  const post = (text: string) =>
    ask('/things', { method: 'POST', headers: { 'content-type': 'application/json' }, body: text });
  const make = (name: string) => post(JSON.stringify({ thing: { name } }));
  const problemOf = async (response: Response) => {
    expect(response.headers.get('content-type')).to.equal('application/problem+json');
    const body = problem.parse(await response.json());
    expect(body.status).to.equal(response.status);
    expect(body.instance).to.equal(response.headers.get('x-request-id'));
    return body;
  };

  it('gives the handler what the schemas made, and sends its reply', async () => {
    const response = await ask('/things/7?colour=red');
    expect(response.status).to.equal(200);
    expect(response.headers.get('x-colour')).to.equal('red');
    expect(await response.json()).to.deep.equal({ id: '7', name: 'a thing' });
    expect((await make('Laptop 💻')).status).to.equal(201);
  });

  it('answers 404 for a path that can name nothing, and for one that is not there', async () => {
    expect((await problemOf(await ask('/things/abc?colour=red'))).detail).to.contain('id must be a number');
    expect((await problemOf(await ask('/nothing'))).error).to.equal('Not found');
  });

  it('answers 400 for a missing parameter and 422 for an unknown one', async () => {
    const missing = await problemOf(await ask('/things/7'));
    expect(missing).to.include({ status: 400, error: 'Missing parameter' });
    expect(missing.errors).to.deep.equal(['colour must be given']);
    expect((await problemOf(await ask('/things/7?colour=red&x=1'))).status).to.equal(422);
  });

  it('answers 422 with a sentence for each fault of the body', async () => {
    const body = await problemOf(await post('{"thing":{"name":1,"x":2}}'));
    expect(body).to.include({ status: 422, error: 'Validation failed' });
    expect(body.errors).to.deep.equal(['name must be a string', '"x" is not known in thing: leave it out']);
  });

  it('sends a problem that the handler returns, with its headers', async () => {
    const response = await make('late');
    expect(response.headers.get('retry-after')).to.equal('9');
    expect((await problemOf(response)).detail).to.equal('Later.');
  });

  it('answers 503 when a dependency is away, and 500 without the reason for anything else', async () => {
    const away = await make('away');
    expect(away.headers.get('retry-after')).to.equal('1');
    expect((await problemOf(away)).status).to.equal(503);
    const defect = await make('defect');
    expect(defect.status).to.equal(500);
    expect(await defect.text()).not.to.contain('secret');
  });

  it('answers HEAD, OPTIONS, and 405 with Allow', async () => {
    const head = await ask('/things/7?colour=red', { method: 'HEAD' });
    expect(head.status).to.equal(200);
    expect(await head.text()).to.equal('');
    const options = await ask('/things', { method: 'OPTIONS' });
    expect(options.status).to.equal(204);
    expect(options.headers.get('allow')).to.equal('POST, OPTIONS');
    const wrong = await ask('/things/7', { method: 'DELETE' });
    expect(wrong.headers.get('allow')).to.equal('GET, HEAD, OPTIONS');
    expect((await problemOf(wrong)).status).to.equal(405);
  });

  it('takes the request id of the caller if it is sane, and makes one otherwise', async () => {
    const given = await ask('/up', { headers: { 'x-request-id': 'abc-1.2' } });
    expect(given.headers.get('x-request-id')).to.equal('abc-1.2');
    const made = await ask('/up', { headers: { 'x-request-id': 'no thanks' } });
    expect(made.headers.get('x-request-id')).to.match(/^[0-9a-f-]{36}$/);
  });

  it('is described in the OpenAPI document, with every answer it can give', async () => {
    const document = (await (await ask('/openapi.json')).json()) as {
      openapi: string;
      paths: Record<
        string,
        Record<string, { responses: object; parameters: { name: string; required: boolean }[] }>
      >;
    };
    expect(document.openapi).to.match(/^3\.1\./);
    const operation = document.paths['/things/{id}']?.['get'];
    expect(operation?.responses).to.have.all.keys(
      ...['200', '400', '401', '404', '422', '429', '500', '503'],
    );
    expect(operation?.parameters.map(({ name, required }) => [name, required ?? false])).to.deep.equal([
      ['id', true],
      ['colour', true],
      ['size', false],
    ]);
    expect(document.paths['/things']?.['post']?.responses).to.include.keys('201', '413', '415', '422');
  });

  it('can be tried in Swagger UI, which fetches nothing from elsewhere', async () => {
    const page = await ask('/api-docs');
    expect(page.url).to.equal(`${server.url}/api-docs/`);
    const html = await page.text();
    for (const [, link = ''] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect(link).to.match(/^\.\//);
      expect((await ask(`/api-docs/${link}`)).status, link).to.equal(200);
    }
    expect(await (await ask('/api-docs/swagger-ui-init.js')).text()).to.contain('"/openapi.json"');
  });

  it('tells Prometheus how long it took, by route', async () => {
    await ask('/things/7?colour=red');
    await ask('/nowhere');
    const metrics = await (await ask('/metrics')).text();
    const sample = metrics.split('\n').find((line) => /_count\{.*route="\/things\/:id"/.test(line));
    expect(sample).to.match(/^http_request_duration_seconds_count\{.*method="GET"/);
    expect(sample).to.contain('status="200"');
    expect(metrics).to.contain('route="unmatched"');
  });
});
