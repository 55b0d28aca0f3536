import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rabbitmqDefinitions, rabbitmqHash, redisAcl } from './render.ts';

const fileOf = (path: string) => readFileSync(join(import.meta.dirname, '..', path), 'utf8');

describe('what servers are given of secrets', () => {
  it('is no password: Redis gets hashes, for the users that have one', () => {
    const acl = redisAcl(fileOf('redis/users.acl'), { customer_web: 'secret' });
    expect(acl).to.not.include('secret');
    expect(acl).to.match(/^user default off /);
    // From `echo -n secret | sha256sum`.
    const hash = '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b';
    expect(acl.split('\n').filter((line) => line.endsWith(` #${hash}`))).to.have.length(1);
    expect(acl).to.not.match(/^\s*#/m);
  });

  it("is RabbitMQ's salted hash, and nobody else gets one", () => {
    // The example of the documentation.
    const salt = Buffer.from('908DC60A', 'hex');
    expect(rabbitmqHash('test12', salt)).to.equal('kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR');
    const { users } = JSON.parse(
      rabbitmqDefinitions(fileOf('rabbitmq/definitions.json'), { outbox_relay: 'secret' }),
    ) as { users: { name: string; password_hash: string }[] };
    const given = users.filter(({ password_hash }) => password_hash !== '').map(({ name }) => name);
    expect(given).to.deep.equal(['outbox_relay']);
  });
});
