import { asyncApiDocument } from '@event-sync/contracts/asyncapi.ts';
import { customerApiInfo, customerRoutes } from '@event-sync/customer-service/http/customers.routes.ts';
import {
  deadLetterApiInfo,
  deadLetterRoutes,
} from '@event-sync/customer-service/http/dead-letters.routes.ts';
import { orderApiInfo, orderRoutes } from '@event-sync/order-service/http/orders.routes.ts';
import { adminApiInfo, adminRoutes } from '@event-sync/outbox-relay/http/admin.routes.ts';
import { openApiDocument, type ApiInfo } from '@event-sync/platform/openapi.ts';
import type { Route } from '@event-sync/platform/route.ts';
import { systemRoutes } from '@event-sync/platform/system-routes.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as prettier from 'prettier';
import { Registry } from 'prom-client';

/** Where the documents are committed. */
export const folder = join(import.meta.dirname, '../../docs/api');

/** What the handlers are given: nothing, since none of them is called here. */
const nothing = <Options>() => ({ metrics: new Registry() }) as unknown as Options;

const openApi = (info: ApiInfo, routes: readonly Route[]) =>
  openApiDocument(info, [...routes, ...systemRoutes({ checks: [], metrics: new Registry() })]);

/** Every document by its file, as the code has it now. The same is served as `/openapi.json` and `/asyncapi.json`. */
export const documents = {
  'order-service.openapi.json': openApi(orderApiInfo, orderRoutes(nothing())),
  'customer-service.openapi.json': openApi(customerApiInfo, customerRoutes(nothing())),
  'outbox-admin.openapi.json': openApi(adminApiInfo, adminRoutes(nothing())),
  'dead-letters-admin.openapi.json': openApi(deadLetterApiInfo, deadLetterRoutes(nothing())),
  'events.asyncapi.json': asyncApiDocument(),
} as const;
export type DocumentName = keyof typeof documents;

export const textOf = async (name: DocumentName): Promise<string> =>
  prettier.format(JSON.stringify(documents[name]), {
    ...(await prettier.resolveConfig(import.meta.filename)),
    parser: 'json',
  });

export const committed = (name: DocumentName): string => readFileSync(join(folder, name), 'utf8');
