import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConfigError,
  count,
  databaseSettings,
  parseConfig,
  port,
  rabbitmqSettings,
  withDefaults,
} from './config.ts';

const complete = {
  DATABASE_HOST: 'localhost',
  DATABASE_USER: 'postgres',
  DATABASE_PASSWORD: 'secret',
  DATABASE_NAME: 'orders',
};

function faultsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('parseConfig', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'config-test-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('takes numbers from text and fills in defaults', () => {
    const config = parseConfig(
      { ...databaseSettings, PORT: port(3001), BATCH: count(7) },
      { ...complete, PORT: '80' },
    );
    expect(config).to.include({ PORT: 80, BATCH: 7, DATABASE_PORT: 5432 });
  });

  it('lists every fault, and prints no value', () => {
    const faults = faultsOf(() =>
      parseConfig(
        { ...databaseSettings, ...rabbitmqSettings, PORT: port(1) },
        { DATABASE_HOST: 'localhost', DATABASE_PASSWORD: 'hush', PORT: '70000', RABBITMQ_URL: 'http://hush' },
      ),
    );
    expect(faults).to.have.length(4);
    expect(faults.join('\n'))
      .to.match(/DATABASE_USER is not set/)
      .and.match(/DATABASE_NAME is not set/)
      .and.match(/PORT is not valid/)
      .and.match(/RABBITMQ_URL is not valid: must be a URL that starts with amqp/)
      .and.not.match(/hush/);
  });

  it('reads a setting from the file that NAME_FILE names, without its line break', () => {
    const file = join(folder, 'password');
    writeFileSync(file, 's3cret\n');
    const { DATABASE_PASSWORD: _, ...rest } = complete;
    const config = parseConfig(databaseSettings, { ...rest, DATABASE_PASSWORD_FILE: file });
    expect(config.DATABASE_PASSWORD).to.equal('s3cret');
  });

  it('refuses a setting that is given twice, and a file that cannot be read', () => {
    const twice = faultsOf(() => parseConfig(databaseSettings, { ...complete, DATABASE_NAME_FILE: '/x' }));
    expect(twice).to.deep.equal(['DATABASE_NAME and DATABASE_NAME_FILE are both set: keep one of them']);
    const { DATABASE_NAME: _, ...rest } = complete;
    const missing = faultsOf(() =>
      parseConfig(databaseSettings, { ...rest, DATABASE_NAME_FILE: join(folder, 'none') }),
    );
    expect(missing).to.have.length(1);
    expect(missing[0]).to.contain('ENOENT');
  });

  it('takes an empty variable for one that is not set', () => {
    expect(faultsOf(() => parseConfig(databaseSettings, { ...complete, DATABASE_HOST: '' }))).to.deep.equal([
      'DATABASE_HOST is not set',
    ]);
  });

  it('has a default of its own only for what is given in neither way', () => {
    const local = { RABBITMQ_URL: 'amqp://localhost' };
    expect(withDefaults(local, { RABBITMQ_URL: '' })).to.deep.equal(local);
    const given = { RABBITMQ_URL_FILE: '/run/secrets/rabbitmq_url' };
    expect(withDefaults(local, given)).to.deep.equal(given);
    expect(withDefaults(local, { RABBITMQ_URL: 'amqp://other' }).RABBITMQ_URL).to.equal('amqp://other');
  });
});
