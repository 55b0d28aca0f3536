import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** The names in all calls of `probe`, sorted. */
export async function probesInTheCode(): Promise<string[]> {
  const names = new Set<string>();
  for await (const file of glob('{platform,outbox,order-service,outbox-relay,customer-service}/**/*.ts', {
    cwd: root,
    exclude: (name) => name === 'node_modules',
  })) {
    const source = await readFile(join(root, file), 'utf8');
    for (const [, name] of source.matchAll(/\bprobe\('([^']+)'\)/g)) names.add(name!);
  }
  return [...names].sort();
}
