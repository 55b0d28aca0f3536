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

/** The service but for one thing: see contenders/variant.main.ts. */
const variant = (
  name: Exclude<ContenderName, 'ours' | 'echo'>,
  title: string,
  stores: IngestContender['stores'],
): IngestContender => ({
  name,
  title,
  script: 'bench/ingest/contenders/variant.main.ts',
  env: { VARIANT: name },
  stores,
});
const both = { orders: 1, outbox: 1 } as const;

export const contenders: readonly IngestContender[] = [
  { ...services.orderService, name: 'ours', title: 'this service', stores: both },
  {
    name: 'echo',
    title: 'bare Express, echoes the body',
    script: 'bench/ingest/contenders/echo.main.ts',
    stores: { orders: 0, outbox: 0 },
  },
  variant('textbook', 'with the textbook transaction of knex', both),
  variant('order-without-outbox', 'without the outbox row', { orders: 1, outbox: 0 }),
  variant('without-customer-check', 'without the check of the customer', both),
];
