import { Gauge, type Registry } from 'prom-client';
import type { Audit } from './audit.ts';
import { kindNames } from './findings.ts';

/** What the last audit has found, for Prometheus. @returns what takes an audit. */
export function auditMetrics(registers: Registry): (audit: Audit) => void {
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registers] });
  const drift = gauge('audit_drift', 'Differences that the last audit has found', ['kind']);
  const success = gauge(
    'audit_last_success_timestamp_seconds',
    'When an audit last came to its end, whatever it found',
  );
  const duration = gauge('audit_duration_seconds', 'How long the last audit took');
  const orders = gauge('audit_orders', 'Orders that the last audit has checked, and how', ['by']);
  return ({ drift: found, at, seconds, checked, unchecked }) => {
    // Every kind: a rule on one that has never been seen would find no series.
    for (const kind of kindNames) drift.set({ kind }, found[kind] ?? 0);
    success.set(Date.parse(at) / 1_000);
    duration.set(seconds);
    orders.set({ by: 'count' }, unchecked.ordersOlderThanHistory);
    orders.set({ by: 'event' }, checked.orders - unchecked.ordersOlderThanHistory);
  };
}
