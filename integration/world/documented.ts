import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { committed, type DocumentName } from '../api-documents/documents.ts';

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
const read = new Map<DocumentName, Document>();
const origins = new Map<string, DocumentName>();

/** From now on every answer that comes from there must be in the document. */
export function documentedBy(origin: string, name: DocumentName): void {
  origins.set(origin, name);
  if (read.has(name)) return;
  const document = JSON.parse(committed(name)) as Document;
  ajv.addSchema(document, name);
  read.set(name, document);
}

/** What the server itself can answer before a request is one of an operation: as malformed as a 400, and as its body. */
const beforeAnyOperation = new Set([400, 408, 417, 431]);
const outside = /^\/(?:api-docs(?:\/|$)|openapi\.json$|asyncapi\.json$)/;

/**
 * @throws {Error} that says what is not as the service's OpenAPI document has it: a status, a media type, or a body
 *   that its schema does not allow.
 */
export function expectDocumented(
  url: URL,
  method: string,
  answer: { status: number; contentType: string; text: string },
): void {
  const name = origins.get(url.origin);
  if (!name || outside.test(url.pathname) || method === 'OPTIONS') return;
  const { paths } = read.get(name)!;
  const template = Object.keys(paths).find((path) => matches(path, url.pathname));
  const fail = (what: string): never => {
    throw new Error(`${name}: ${method} ${url.pathname} was answered with ${answer.status}, ${what}`);
  };
  if (template === undefined) {
    if (![401, 404].includes(answer.status) && !beforeAnyOperation.has(answer.status))
      fail('and there is no such path');
    return;
  }
  const verb = (method === 'HEAD' ? 'GET' : method).toLowerCase();
  const operation = paths[template]![verb];
  if (!operation) {
    if (answer.status !== 405 && !beforeAnyOperation.has(answer.status)) fail('and there is no such method');
    return;
  }
  const status =
    !(answer.status in operation.responses) && beforeAnyOperation.has(answer.status)
      ? '400'
      : String(answer.status);
  const response = operation.responses[status];
  if (!response) return fail('which is not documented');
  if (!response.content) {
    if (answer.text !== '') fail('which has a body, and none is documented');
    return;
  }
  if (method === 'HEAD') return;
  const mediaType = Object.keys(response.content).find((type) => bare(type) === bare(answer.contentType));
  if (mediaType === undefined) return fail(`as ${answer.contentType}, which is not documented`);
  const pointer = ['paths', template, verb, 'responses', status, 'content', mediaType, 'schema'];
  const validate = ajv.getSchema(`${name}#/${pointer.map(escaped).join('/')}`);
  if (!validate) return fail('and its schema was not found');
  const value: unknown = /json/.test(mediaType) ? JSON.parse(answer.text) : answer.text;
  if (validate(value) !== true) fail(`whose body is not as documented: ${ajv.errorsText(validate.errors)}`);
}

const matches = (template: string, path: string) =>
  new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{[^}]+\}/g, '[^/]+')}/?$`).test(path);

const bare = (mediaType: string) => mediaType.split(';')[0]!.trim().toLowerCase();

/** For a JSON pointer in a URI. */
const escaped = (token: string) => encodeURIComponent(token.replaceAll('~', '~0').replaceAll('/', '~1'));
