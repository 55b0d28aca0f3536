import { createHash, randomBytes } from 'node:crypto';

/** By the names of the users. */
export type Passwords = Readonly<Record<string, string>>;

/** Rules of each user of `deploy/redis/users.acl`, as ACL SETUSER takes them. */
export function redisRules(template: string): Map<string, string[]> {
  const rules = new Map<string, string[]>();
  for (const line of template.split('\n')) {
    const [keyword, name, ...rest] = line.trim().split(/\s+/);
    if (keyword === 'user' && name !== undefined) rules.set(name, rest);
  }
  return rules;
}

/** An ACL file for Redis, which knows no comments in it. Of a password it holds the hash. */
export function redisAcl(template: string, passwords: Passwords): string {
  return [...redisRules(template)]
    .map(([name, rules]) => {
      const password = passwords[name];
      const hash = password === undefined ? [] : [`#${createHash('sha256').update(password).digest('hex')}`];
      return `${['user', name, ...rules, ...hash].join(' ')}\n`;
    })
    .join('');
}

export interface Definitions {
  users: { name: string; password_hash: string }[];
  permissions: { user: string; vhost: string; configure: string; write: string; read: string }[];
  [other: string]: unknown;
}

/** Definitions for RabbitMQ to load when it starts. A user without a password cannot log in with one. */
export function rabbitmqDefinitions(template: string, passwords: Passwords): string {
  const definitions = JSON.parse(template) as Definitions;
  for (const user of definitions.users) {
    const password = passwords[user.name];
    if (password !== undefined) user.password_hash = rabbitmqHash(password, randomBytes(4));
  }
  return `${JSON.stringify(definitions, null, 2)}\n`;
}

/** https://www.rabbitmq.com/docs/passwords#computing-password-hash */
export function rabbitmqHash(password: string, salt: Buffer): string {
  const hash = createHash('sha256').update(salt).update(password).digest();
  return Buffer.concat([salt, hash]).toString('base64');
}
