import { collectDefaultMetrics, Registry } from 'prom-client';

/** A registry of one process, with Node's own figures in it and the process's name on every sample. */
export function createMetrics({ service }: { service: string }): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
}
