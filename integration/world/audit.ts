import { expect } from 'chai';
import { request } from './http.ts';
import type { World } from './world.ts';

interface Report {
  checked: Record<string, number>;
  unchecked: Record<string, number>;
  drift: Record<string, number>;
  findings: { kind: string; of: Record<string, string>; what: string; advice: string; repairable: boolean }[];
  repaired?: { kind: string; of: Record<string, string>; how: string }[];
}

/** Runs `npm run audit -- --json` to its end. */
export async function audit(
  world: World,
  parameters: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Report> {
  const run = world.run('auditor/main.ts', ['--json', ...parameters], { settingsOf: 'auditor', env });
  const { code } = await run.exited;
  expect(code, run.logs()).to.be.oneOf([0, 1]);
  const report = JSON.parse(run.logs()) as Report;
  expect(code, JSON.stringify(report.drift)).to.equal(Object.keys(report.drift).length === 0 ? 0 : 1);
  return report;
}

/** Audits, and expects these differences, to what they belong, and no others. @returns the report. */
export async function expectDrift(
  world: World,
  expected: readonly { kind: string; of: Record<string, string | number> }[],
  parameters: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Report> {
  const report = await audit(world, parameters, env);
  const named = report.findings.map(({ kind, of }) => ({ kind, of }));
  const texts = expected.map(({ kind, of }) => ({
    kind,
    of: Object.fromEntries(Object.entries(of).map(([what, id]) => [what, String(id)])),
  }));
  expect(named, JSON.stringify(report.findings)).to.have.deep.members(texts);
  return report;
}

/** Places an order. @returns its id and its event's. */
export async function order(world: World, customerId: number): Promise<{ order: string; event: string }> {
  const answer = await request(world.url('orderService', '/orders'), {
    json: { order: { customer_id: customerId, product_name: 'Laptop', quantity: 1, price: 999.99 } },
  });
  expect(answer.status).to.equal(201);
  return { order: String(answer.body.id), event: answer.headers.get('event-id')! };
}
