import { expect } from 'chai';
import { serviceTokens } from './bearer-token.ts';
import { faultsInProduction } from './production.ts';

describe('in production', () => {
  const good = {
    DATABASE_USER: 'orders',
    DATABASE_PASSWORD: 'x7!kd',
    RABBITMQ_URL: 'amqp://relay:s3%21cret9@mq',
  };

  it('nothing is wrong with secrets', () => {
    expect(faultsInProduction({ ...good, API_TOKENS: [] }, ['API_TOKENS'])).to.deep.equal([]);
    expect(faultsInProduction(good, [])).to.deep.equal([]);
  });

  const wrong: [object, string[], string][] = [
    [{ DATABASE_PASSWORD: 'password' }, [], 'DATABASE_PASSWORD'],
    [{ DATABASE_PASSWORD: '' }, [], 'DATABASE_PASSWORD'],
    [{ DATABASE_PASSWORD: 'orders' }, [], 'DATABASE_PASSWORD'],
    [{ RABBITMQ_URL: 'amqp://guest:s3cret@mq' }, [], 'RABBITMQ_URL'],
    [{ RABBITMQ_URL: 'amqp://mq' }, [], 'RABBITMQ_URL'],
    [{ RABBITMQ_URL: 'amqp://relay:relay@mq' }, [], 'RABBITMQ_URL'],
    [{ RABBITMQ_URL: 'amqp://relay:p%61ssword@mq' }, [], 'RABBITMQ_URL'],
    [{ REDIS_URL: 'redis://cache:6379/0' }, [], 'REDIS_URL'],
    [{ REDIS_URL: 'redis://web:changeme@cache' }, [], 'REDIS_URL'],
    [{ ADMIN_TOKEN: 'changemechangeme' }, [], 'ADMIN_TOKEN'],
    [{}, ['API_TOKENS'], 'API_TOKENS'],
  ];
  for (const [settings, names, fault] of wrong)
    it(`a start is refused with ${JSON.stringify(settings)} ${names.join()}`, () => {
      const faults = faultsInProduction({ ...good, ...settings }, names);
      expect(faults).to.have.length(1);
      expect(faults[0]).to.contain(fault);
    });
});

describe('service tokens', () => {
  it('are read with and without a name, by commas or lines', () => {
    expect(
      serviceTokens.parse('web=0123456789abcdef, 0123456789ABCDEF\nweb=x=3456789012345678\n'),
    ).to.deep.equal([
      { client: 'web', token: '0123456789abcdef' },
      { client: 'client', token: '0123456789ABCDEF' },
      { client: 'web', token: 'x=3456789012345678' },
    ]);
    expect(serviceTokens.parse(undefined)).to.equal(undefined);
  });
  for (const text of ['', ' , ', 'short', 'web=short', 'web=0123456789abcdef short'])
    it(`are refused as ${JSON.stringify(text)}`, () =>
      expect(serviceTokens.safeParse(text).success).to.equal(false));
});
