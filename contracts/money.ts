/** Exact decimals with two places, as strings; in between, whole hundredths as bigint. Nothing is ever rounded. */
const amount = /^(-?)([0-9]+)(?:\.([0-9]{1,2})0*)?$/;

/** Hundredths of a decimal string such as `999.99`, `5` or `1.500`, or undefined if it needs more than two places. */
export function hundredths(decimal: string): bigint | undefined {
  const match = amount.exec(decimal);
  if (!match) return undefined;
  const [, sign, whole = '0', fraction = ''] = match;
  const value = BigInt(whole) * 100n + BigInt(fraction.padEnd(2, '0'));
  return sign === '-' ? -value : value;
}

/** `123456n` → `1234.56` */
export function decimalString(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(3, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
