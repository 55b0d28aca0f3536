/**
 * How many seconds a client is willing to wait, from its `Prefer` header (RFC 7240): `wait=2`, the first one if there are
 * several. A preference that cannot be understood is no error there, it counts as not said.
 */
export function preferredWait(prefer: string | undefined): number | undefined {
  for (const preference of (prefer ?? '').split(',')) {
    const wait = /^\s*wait\s*=\s*(?:"([0-9]{1,9})"|([0-9]{1,9}))\s*(?:;.*)?$/i.exec(preference);
    if (wait) return Number(wait[1] ?? wait[2]);
  }
  return undefined;
}
