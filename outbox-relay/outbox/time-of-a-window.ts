import { z } from 'zod';

/**
 * A time that Postgres takes: its years begin with 1 and its offsets end before 16 hours, where ISO 8601 has the year 0
 * and RFC 3339 offsets up to 23:59.
 */
export const timeOfAWindow = z.iso
  .datetime({
    offset: true,
    error: (issue) => `${String(issue.input)} is not a time like 2026-01-31T08:00:00Z`,
  })
  .refine((text) => !/[+-](?:1[6-9]|2\d):?\d\d$/.test(text) && /^(?!0000)\d{4}-/.test(utc(text)), {
    error: (issue) =>
      `${String(issue.input)} is outside of the years 1 to 9999, or its offset is not below 16 hours`,
  });

function utc(text: string): string {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? '' : time.toISOString();
}
