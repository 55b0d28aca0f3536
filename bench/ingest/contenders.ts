import { services } from '@event-sync/stack/services-environment.ts';

export type ContenderName = 'ours' | 'echo' | 'textbook' | 'order-without-outbox' | 'without-customer-check';

export interface IngestContender {
  readonly name: ContenderName;
  /** For the table and the chart. */
  readonly title: string;
  readonly script: string;
  readonly nodeOptions?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>>;
  /** Rows that one accepted order leaves in these tables. */
  readonly stores: { readonly orders: 0 | 1; readonly outbox: 0 | 1 };
}

const variant = 'bench/ingest/contenders/variant.main.ts';

export const contenders: readonly IngestContender[] = [
  { ...services.orderService, name: 'ours', title: 'this service', stores: { orders: 1, outbox: 1 } },
  {
    name: 'echo',
    title: 'bare Express, echoes the body',
    script: 'bench/ingest/contenders/echo.main.ts',
    stores: { orders: 0, outbox: 0 },
  },
  {
    name: 'textbook',
    title: 'with the textbook transaction of knex',
    script: variant,
    env: { VARIANT: 'textbook' },
    stores: { orders: 1, outbox: 1 },
  },
  {
    name: 'order-without-outbox',
    title: 'without the outbox row',
    script: variant,
    env: { VARIANT: 'order-without-outbox' },
    stores: { orders: 1, outbox: 0 },
  },
  {
    name: 'without-customer-check',
    title: 'without the check of the customer',
    script: variant,
    env: { VARIANT: 'without-customer-check' },
    stores: { orders: 1, outbox: 1 },
  },
];
