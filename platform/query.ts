export type ReadQuery =
  | { readonly ok: true; readonly query: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly fault: string };

/** The parameters after the `?`, each given once. */
export function readQuery(url: string): ReadQuery {
  const start = url.indexOf('?');
  if (start === -1) return { ok: true, query: {} };
  const text = url.slice(start + 1);
  try {
    decodeURIComponent(text);
  } catch {
    return { ok: false, fault: 'The query holds a "%" that encodes no UTF-8: encode it as "%25".' };
  }
  const query = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (query.has(name))
      return { ok: false, fault: 'A parameter of the query is given twice: keep one of them.' };
    query.set(name, value);
  }
  return { ok: true, query: Object.fromEntries(query) };
}

/** Without those that were given empty: they count as not given. One that nobody knows stays, and is refused. */
export const withoutEmpty = (
  query: Readonly<Record<string, string>>,
  known: object,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(query).filter(([name, value]) => value !== '' || !Object.hasOwn(known, name)),
  );
