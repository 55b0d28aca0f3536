import { expect } from 'chai';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from './folders.ts';

const read = (file: string) => readFileSync(join(checkout, file), 'utf8');

/** What stands between backticks in the last column of the table of guarantees. */
function namedTests(): string[] {
  const [, table = ''] = /^\| guarantee .*\n\|[- |]+\n((?:\|.*\n)+)/m.exec(read('README.md')) ?? [];
  const cells = table.split('\n').map((row) => row.split('|').at(-2) ?? '');
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
}

describe('the guarantees in the README', () => {
  it('name tests that exist: a title, a file or a folder, or a command', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const tests = globSync('*/**/*.test.ts', {
      cwd: checkout,
      exclude: (name) => name === 'node_modules',
    })
      .map(read)
      .join('\n')
      .replaceAll("\\'", "'");
    const exists = (name: string) =>
      name.startsWith('npm run ')
        ? name.slice('npm run '.length) in scripts
        : name.startsWith('integration/')
          ? [name, `${name}.test.ts`].some((path) => existsSync(join(checkout, path)))
          : tests.includes(name);
    const names = namedTests();
    expect(names.length, 'names found in the table').to.be.greaterThan(20);
    expect(names.filter((name) => !exists(name))).to.deep.equal([]);
  });
});
