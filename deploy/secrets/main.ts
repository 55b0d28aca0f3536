import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { passwordNames, secretFiles } from './files.ts';

/**
 * Makes the secrets of the Compose file where there are none, and puts them in their places: for each container a volume
 * of its own, under /secrets. Runs before everything else, at each start; `renew` makes new ones (SECURITY.md).
 *
 * Not `secrets:` of Compose: their files would have to be there before `docker compose up`, and those that come from the
 * environment cannot be written into containers with a read-only file system.
 */
const folder = '/secrets';
const store = join(folder, 'store', 'passwords.json');
const template = (path: string) => readFileSync(join(import.meta.dirname, '..', path), 'utf8');

// A file is there as a whole or not at all: a start that was killed must not leave half a password.
function write(path: string, content: string, mode: number): void {
  writeFileSync(`${path}.new`, content, { mode });
  renameSync(`${path}.new`, path);
}

const [command, ...rest] = process.argv.slice(2);
if ((command !== undefined && command !== 'renew') || rest.length > 0) {
  process.stderr.write('Usage: node deploy/secrets/main.ts [renew]\n');
  process.exit(2);
}
const kept: Record<string, string> =
  existsSync(store) && command !== 'renew'
    ? (JSON.parse(readFileSync(store, 'utf8')) as Record<string, string>)
    : {};
// In the letters of base64url, which need no escaping in a URL, in SQL or in a shell.
const passwords = Object.fromEntries(
  passwordNames.map((name) => [name, kept[name] ?? randomBytes(24).toString('base64url')]),
) as Record<(typeof passwordNames)[number], string>;
write(store, JSON.stringify(passwords, null, 2), 0o400);

const files = secretFiles(passwords, {
  definitions: template('rabbitmq/definitions.json'),
  acl: template('redis/users.acl'),
});
for (const [container, contents] of Object.entries(files)) {
  // For every user of that container, of which each has one, and for no other container.
  for (const [name, content] of Object.entries(contents))
    write(join(folder, container, name), content, 0o444);
}
process.stdout.write(`Secrets are in place for ${Object.keys(files).length} containers\n`);
