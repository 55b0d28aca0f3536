import type { Registry } from 'prom-client';
import { z } from 'zod';
import { readiness, type Check } from './health.ts';
import { reply, route, type Route } from './route.ts';

const tags = ['Operation'];

/** What every REST process answers to whoever operates it. */
export function systemRoutes({ checks, metrics }: { checks: readonly Check[]; metrics: Registry }): Route[] {
  return [
    route({
      method: 'GET',
      path: '/up',
      operationId: 'isUp',
      summary: 'Whether the process is alive',
      description: 'Asks no dependency: restart the process if this does not answer.',
      tags,
      responses: { 200: { description: 'Alive', body: z.object({ status: z.literal('up') }) } },
      handler: async () => reply(200, { status: 'up' as const }),
    }),
    route({
      method: 'GET',
      path: '/readyz',
      operationId: 'isReady',
      summary: 'Whether every dependency can be used',
      tags,
      responses: {
        200: {
          description: 'Ready',
          body: z.object({ status: z.literal('ready'), dependencies: z.record(z.string(), z.string()) }),
        },
      },
      problems: ['not-ready'],
      handler: async () => {
        const { ready, dependencies } = await readiness(checks);
        if (ready) return reply(200, { status: 'ready' as const, dependencies });
        const away = Object.entries(dependencies).filter(([, state]) => state !== 'ok');
        return {
          problem: 'not-ready',
          detail: `Not every dependency can be used: ${away.map(([name, state]) => `${name}: ${state}`).join('; ')}.`,
          extensions: { dependencies },
          headers: { 'Retry-After': '1' },
        };
      },
    }),
    route({
      method: 'GET',
      path: '/metrics',
      operationId: 'metrics',
      summary: 'Figures for Prometheus',
      tags,
      responses: {
        200: { description: 'Prometheus text format', contentType: metrics.contentType, body: z.string() },
      },
      handler: async () => reply(200, await metrics.metrics()),
    }),
  ];
}
