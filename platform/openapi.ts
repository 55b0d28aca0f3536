import { problem, problems, type ProblemCode } from '@event-sync/contracts/problems.ts';
import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { problemMediaType } from './problem.ts';
import type { Route } from './route.ts';

export interface ApiInfo {
  readonly title: string;
  readonly version: string;
  readonly description: string;
}
export type OpenApiDocument = ReturnType<typeof createDocument>;

const jsonMediaType = 'application/json';
/** What any request can be answered with; 422 for a query that is not known. */
const always: readonly ProblemCode[] = [
  'malformed-request',
  'unauthorized',
  'validation-failed',
  'too-many-requests',
  'internal-error',
  'temporarily-unavailable',
];
const withBody: readonly ProblemCode[] = [
  'malformed-json',
  'request-timeout',
  'body-too-large',
  'unsupported-media-type',
];

/** The OpenAPI 3.1 document of a service, from its routes and from nothing else. */
export function openApiDocument(info: ApiInfo, routes: readonly Route[]): OpenApiDocument {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    const path = route.path.replace(/:([a-z_]+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return createDocument({
    openapi: '3.1.1',
    info: { ...info },
    // Relative, so that "Try it out" asks the server that the page came from.
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'Wanted where the service was given `API_TOKENS`.',
        },
      },
    },
    security: [{ token: [] }, {}],
  });
}

function operationOf(route: Route): ZodOpenApiOperationObject {
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: [...route.tags],
    requestParams: {
      ...(route.params ? { path: route.params } : {}),
      ...(route.query ? { query: route.query } : {}),
      ...headersOf(route),
    },
    ...(route.body
      ? {
          requestBody: {
            required: true,
            content: {
              [jsonMediaType]: {
                schema: route.body,
                ...(route.bodyExample === undefined ? {} : { example: route.bodyExample }),
              },
            },
          },
        }
      : {}),
    responses: { ...successes(route), ...notModified(route), ...failures(route) },
  };
}

function successes(route: Route): ZodOpenApiOperationObject['responses'] {
  return Object.fromEntries(
    Object.entries(route.responses).map(([status, { description, body, contentType, headers }]) => [
      status,
      {
        description,
        headers: Object.fromEntries(
          Object.entries(headers ?? {}).map(([name, says]) => [
            name,
            { description: says, schema: { type: 'string' as const } },
          ]),
        ),
        content: { [contentType ?? jsonMediaType]: { schema: body } },
      },
    ]),
  );
}

/** A `GET` whose answer has an entity tag can be conditional: route.ts sees to it. */
const isConditional = ({ method, responses }: Route) =>
  method === 'GET' && responses[200]?.headers?.['ETag'] !== undefined;

const conditionalHeaders = z.object({
  'If-None-Match': z
    .string()
    .optional()
    .meta({ description: 'The `ETag` of what the client has: 304 if it is still that.', example: '"1"' }),
});

function headersOf(route: Route): { header?: z.ZodObject } {
  const headers = isConditional(route)
    ? conditionalHeaders.extend(route.headers?.shape ?? {})
    : route.headers;
  return headers ? { header: headers } : {};
}

function notModified(route: Route): ZodOpenApiOperationObject['responses'] {
  if (!isConditional(route)) return {};
  return { 304: { description: 'It is still what the client has; there is no body.' } };
}

function failures(route: Route): ZodOpenApiOperationObject['responses'] {
  const codes = new Set<ProblemCode>([
    ...(route.problems ?? []),
    ...(isConditional(route) ? (['precondition-failed'] as const) : []),
    ...(route.params ? [route.notFound ?? 'path-not-found'] : []),
    ...(route.body ? withBody : []),
    ...always,
  ]);
  const byStatus = Map.groupBy(codes, (code) => problems[code].status);
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, those]) => [
        String(status),
        {
          description: [...new Set(those.map((code) => problems[code].title))].join(', or '),
          content: { [problemMediaType]: { schema: problem } },
        },
      ]),
  );
}
