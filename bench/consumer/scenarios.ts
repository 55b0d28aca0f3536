import { services } from '@event-sync/stack/services-environment.ts';
import type { Load } from './messages.ts';

export type ScenarioName =
  | 'limit'
  | 'ours'
  | 'textbook'
  | 'ours-hot'
  | 'textbook-hot'
  | 'ours-twice'
  | 'limit-2'
  | 'ours-2'
  | 'textbook-2'
  | 'ours-hot-2'
  | 'textbook-hot-2';

export interface Scenario extends Pick<Load, 'customers' | 'twice'> {
  readonly name: ScenarioName;
  /** For the table and the chart. */
  readonly title: string;
  readonly script: string;
  readonly nodeOptions?: readonly string[] | undefined;
  readonly workers: number;
  /** Of the messages of the limit: a slow one is measured with fewer. */
  readonly share: number;
  /** Whether it counts; the limit does not. */
  readonly counts: boolean;
}

const program = (name: string) => `bench/consumer/contenders/${name}.main.ts`;
const limit = { title: 'rascal subscription, no work', script: program('limit'), share: 1, counts: false };
const ours = { title: 'this worker', ...services.customerWorker, share: 1, counts: true };
const textbook = {
  title: 'textbook: one transaction a message',
  script: program('textbook'),
  share: 0.1,
  counts: true,
};
const many = { customers: 1_000, workers: 1 };
const hot = { customers: 10, workers: 1 };

/** With one worker: what `--quick` runs. */
export const scenarios: readonly Scenario[] = [
  { ...limit, ...many, name: 'limit' },
  { ...ours, ...many, name: 'ours' },
  { ...textbook, ...many, name: 'textbook' },
  { ...ours, ...hot, name: 'ours-hot', title: `${ours.title}, 10 customers` },
  { ...textbook, ...hot, name: 'textbook-hot', title: `${textbook.title}, 10 customers` },
  { ...ours, ...many, name: 'ours-twice', title: `${ours.title}, every event twice`, twice: true },
];

export const scenariosOfTwo: readonly Scenario[] = scenarios
  .filter(({ twice }) => !twice)
  .map((scenario) => ({
    ...scenario,
    name: `${scenario.name as Exclude<ScenarioName, 'ours-twice' | `${string}-2`>}-2`,
    title: `${scenario.title}, two of them`,
    workers: 2,
  }));
