import type { Audit } from '../audit.ts';
import { kindNames, kinds, type Finding, type Kind } from '../findings.ts';
import type { Repaired } from '../repair/repair.ts';

/** What an audit has found, for people. */
export function reportText(
  audit: Audit,
  { limit, repaired }: { limit: number; repaired: Repaired | undefined },
): string {
  const { checked, seconds } = audit;
  const lines = [
    `Checked in ${seconds.toFixed(1)} s: ${checked.orders} orders, ${checked.events} events, ${checked.appliedIds} applied ids, ` +
      `${checked.customers} customers, ${checked.cached} of them cached, ${checked.deadLetters} dead letters.`,
    ...asides(audit),
  ];
  for (const kind of kindNames) {
    const number = audit.drift[kind];
    if (number === undefined) continue;
    lines.push('', `${kind} (${number}): ${kinds[kind]}`);
    lines.push(...theFirst(audit.findings, kind, limit).map((finding) => describe(finding, repaired)));
    if (number > limit) lines.push(`  … and ${number - limit} more: --limit, or --json`);
  }
  lines.push('', audit.total === 0 ? 'No drift.' : drift(audit, repaired));
  return lines.join('\n');
}

/** The same for programs, and the most memory that this process has taken. */
export function reportJson(audit: Audit, { limit, repaired }: Parameters<typeof reportText>[1]): string {
  const findings = kindNames.flatMap((kind) => theFirst(audit.findings, kind, limit));
  return JSON.stringify(
    {
      ...audit,
      residentMiB: process.resourceUsage().maxRSS / 1_024,
      findings: findings.map(({ repair, ...finding }) => ({
        ...finding,
        repairable: repair !== undefined,
      })),
      ...(repaired
        ? {
            repaired: [...repaired].map(([{ kind, of }, how]) => ({ kind, of, how })),
          }
        : {}),
    },
    null,
    2,
  );
}

function asides({ unchecked, horizonSeconds }: Audit): string[] {
  const say = (number: number, text: string) => (number > 0 ? [`  ${number} ${text}`] : []);
  return [
    ...say(
      unchecked.ordersOlderThanHistory,
      'orders are older than the history: checked by the counts alone',
    ),
    ...say(unchecked.idsOlderThanHistory, 'applied ids or events are older than what the other side keeps'),
    ...say(unchecked.younger, `events moved in the last ${horizonSeconds} s and may be on their way`),
    ...say(unchecked.discarded, 'events were discarded by a person, and are not counted'),
    ...say(
      unchecked.idsOfReplacedSystem,
      'messages of the replaced system were counted: no order of ours belongs to them',
    ),
  ];
}

const theFirst = (findings: readonly Finding[], kind: Kind, limit: number) =>
  findings.filter((finding) => finding.kind === kind).slice(0, limit);

function describe(finding: Finding, repaired: Repaired | undefined): string {
  const of = Object.entries(finding.of).map(([what, id]) => `${what} ${id}`);
  const done = repaired?.get(finding);
  return [
    `  ${of.join(', ')}`,
    `    ${finding.what}`,
    `    ${done ? `Repaired: ${done}.` : `${repaired ? 'Not repaired. ' : ''}${finding.advice}`}`,
  ].join('\n');
}

function drift({ total }: Audit, repaired: Repaired | undefined): string {
  const differences = `${total} ${total === 1 ? 'difference' : 'differences'}.`;
  if (!repaired) return differences;
  return `${differences} ${repaired.size} repaired, ${total - repaired.size} left. What was put into the outbox is counted when it has gone through: audit again then.`;
}
