import { Listr } from 'listr2';
import { serviceNames, services } from '../services-environment.ts';
import type { System } from './system.ts';

/** The reason of a start that was broken off by a person. */
export const interrupted = new Error('interrupted');

/** The progress display repeats a failure at every level, so it gets a word, and the reason is told once, at the end. */
export class TaskFailure extends Error {}

/**
 * Starts everything, with progress on the terminal, or in plain lines where there is none.
 * @throws {TaskFailure} whose cause is what went wrong, or `interrupted`
 */
export async function bringUp(system: System, signal: AbortSignal): Promise<void> {
  const tasks = new Listr(
    [
      {
        title: 'PostgreSQL, RabbitMQ, Redis',
        task: (_, task) =>
          briefly(async () => {
            await system.startServers((text) => (task.output = text), signal);
            task.title += ` (${system.servers.how})`;
          }),
      },
      {
        title: 'Migrations',
        task: (_, task) =>
          briefly(async () => {
            task.output = await system.migrate(signal);
          }),
      },
      {
        title: 'Services',
        // Begun in order, waited for together: each of them waits by itself for what it needs.
        task: (_, task) =>
          task.newListr(
            serviceNames.map((name) => ({
              title: services[name].name,
              task: () => briefly(() => system.startService(name, signal)),
            })),
            { concurrent: true, rendererOptions: { collapseSubtasks: false } },
          ),
      },
    ],
    {
      // The signals are ours: see start.ts.
      registerSignalListeners: false,
      renderer: 'default',
      fallbackRenderer: 'simple',
      rendererOptions: { showErrorMessage: false, collapseErrors: false },
      fallbackRendererOptions: {},
    },
  );
  await tasks.run();
  signal.throwIfAborted();
}

async function briefly(task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (cause) {
    throw new TaskFailure(cause === interrupted ? 'interrupted' : 'see below', { cause });
  }
}
