import fc from 'fast-check';
import { naughtyStrings, valueFor, type Schema } from './values.ts';

export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly schema: Schema;
}
interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

/** For `fc.assert`: what was wrong stands in the failure. */
export const telling = { includeErrorInReport: true };

/** Stands in bodies and headers, and must stand in no log and in no answer to a request that was refused. */
export const canary = 'c4n4ry-5ecret';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];

/** Requests to the operations of a document: most as it allows them, the rest wrong in one way or another. */
export function requestsTo(document: OpenApi): fc.Arbitrary<FuzzRequest> {
  const resolve = (ref: string) => document.components!.schemas![ref.split('/').at(-1)!]!;
  const operations = Object.entries(document.paths).flatMap(([path, those]) =>
    Object.entries(those).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  // Those that can change something are worth the most.
  const weighted = operations.map((operation) => ({
    weight: operation.operation.requestBody ? 12 : 3,
    arbitrary: requestTo(operation, resolve),
  }));
  return fc.oneof(...weighted);
}

function requestTo(
  { path, method, operation }: { path: string; method: string; operation: Operation },
  resolve: (ref: string) => Schema,
): fc.Arbitrary<FuzzRequest> {
  const { parameters = [], requestBody } = operation;
  const of = (place: string) => parameters.filter((parameter) => parameter.in === place);
  const schema = requestBody?.content['application/json']?.schema;
  return fc
    .record({
      method: mostly(fc.constant(method), fc.constantFrom(...methods)),
      path: pathOf(path, of('path'), resolve),
      query: queryOf(of('query'), resolve),
      headers: headersOf(of('header'), resolve),
      contentType: mostly(fc.constant('application/json'), contentTypes),
      body: schema ? bodyOf(schema, resolve) : mostly(fc.constant(undefined), fc.constant(Buffer.from('{}'))),
    })
    .map(({ query, contentType, body, ...rest }) => ({
      ...rest,
      path: `${rest.path}${query}`,
      headers: { ...rest.headers, ...(body && contentType !== '' ? { 'content-type': contentType } : {}) },
      body,
    }));
}

const mostly = <T>(usual: fc.Arbitrary<T>, else_: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 25, arbitrary: usual }, { weight: 1, arbitrary: else_ });

const contentTypes = fc.constantFrom(
  ...[
    '',
    'text/plain',
    'application/json; charset=utf-8',
    'application/json; charset=latin1',
    'application/xml',
  ],
  ...[
    'application/json;',
    'APPLICATION/JSON',
    'application/problem+json',
    'multipart/form-data; boundary=x',
    'json',
  ],
);

/** Percent-encoded, or as it stands where a request line can hold it. */
const written = (value: unknown): fc.Arbitrary<string> => {
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed();
  const bare = text.replace(/[^\x21-\x7e]|[?#]/g, '');
  return mostly(fc.constant(encodeURIComponent(text)), fc.constantFrom(bare, `${bare}%`, `%ff${bare}`));
};

function pathOf(template: string, parameters: readonly Parameter[], resolve: (ref: string) => Schema) {
  const values = parameters.map(({ schema }) => valueFor(schema, resolve).chain(written));
  return fc.tuple(...values).map((texts) => {
    let next = 0;
    return template.replace(/\{[^}]+\}/g, () => texts[next++] ?? '');
  });
}

function queryOf(parameters: readonly Parameter[], resolve: (ref: string) => Schema): fc.Arbitrary<string> {
  const pairs = parameters.map(({ name, schema }) =>
    fc.oneof(
      {
        weight: 8,
        arbitrary: valueFor(schema, resolve)
          .chain(written)
          .map((value) => [`${name}=${value}`]),
      },
      { weight: 3, arbitrary: fc.constant<string[]>([]) },
      { weight: 1, arbitrary: fc.constant([`${name}=1`, `${name}=1`]) },
    ),
  );
  const more = mostly(fc.constant<string[]>([]), fc.constantFrom(['x=1'], ['__proto__=1'], ['&&=&'], [`%`]));
  return fc.tuple(...pairs, more).map((all) => (all.flat().length === 0 ? '' : `?${all.flat().join('&')}`));
}

/** What a header line can hold: Latin-1 without control characters. */
const headerText = (value: unknown): string =>
  (typeof value === 'string' ? value : JSON.stringify(value)).replace(/[^\t\x20-\x7e\x80-\xff]/g, '').trim();

function headersOf(parameters: readonly Parameter[], resolve: (ref: string) => Schema) {
  const headers = parameters.map(({ name, schema }) => {
    const value = mostly(
      // A wait would only take time: it has tests of its own.
      name === 'Prefer'
        ? fc.constantFrom('wait=0', 'respond-async, wait=0', 'wait=x')
        : valueFor(schema, resolve),
      fc.constantFrom(...naughtyStrings.map((text) => text.slice(0, 1_000))),
    );
    return fc.oneof(
      fc.constant([]),
      value.map((it) => [[name, headerText(it)] as const]),
    );
  });
  const odd = mostly(
    fc.constant<readonly (readonly [string, string])[]>([]),
    fc.constantFrom(
      [['Accept', 'text/html']] as const,
      [['X-Request-Id', '<script>']] as const,
      [['traceparent', '00-zz']] as const,
      [['Expect', '200-ok']] as const,
      [['Content-Encoding', 'gzip']] as const,
      [['Range', 'bytes=0-1']] as const,
      [['If-Match', '"nonsense"']] as const,
    ),
  );
  return fc
    .tuple(...headers, odd)
    .map((lists) => ({ ...Object.fromEntries(lists.flat()), authorization: `Bearer ${canary}` }));
}

function bodyOf(schema: Schema, resolve: (ref: string) => Schema): fc.Arbitrary<Buffer> {
  const value = valueFor(schema, resolve);
  const whole = value.map((it) => JSON.stringify(it) ?? '');
  return mostly(
    whole.map((text) => Buffer.from(text)),
    fc.oneof(
      whole.map((text) => Buffer.from(text.slice(0, -1))),
      whole.map((text) => Buffer.from(`${text}${text}`)),
      whole.map((text) => Buffer.from(text.replace('{', `{"${canary}":"${canary}",`))),
      whole.map((text) => Buffer.from(text, 'utf16le')),
      whole.map((text) => Buffer.from(text.padEnd(101 * 1024))),
      fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
    ),
  );
}
