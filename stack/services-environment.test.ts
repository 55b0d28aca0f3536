import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { addressesAt, seedPorts } from './addresses.ts';
import { checkout } from './folders.ts';
import { migrations, services, servicesEnvironment, usualServicePorts } from './services-environment.ts';

describe('The environment of our programs', () => {
  const environments = servicesEnvironment(addressesAt('127.0.0.1', seedPorts), usualServicePorts);

  it('points each at its own database', () => {
    expect(environments.orderService).to.include({
      DATABASE_PORT: '5433',
      DATABASE_NAME: 'orders_development',
    });
    expect(environments.outboxRelay).to.include({
      DATABASE_PORT: '5433',
      DATABASE_NAME: 'orders_development',
    });
    expect(environments.customerWeb).to.include({
      DATABASE_PORT: '5434',
      DATABASE_NAME: 'customers_development',
    });
    expect(environments.customerWorker).to.include({
      DATABASE_PORT: '5434',
      DATABASE_NAME: 'customers_development',
    });
    for (const both of [environments.migrations, environments.auditor])
      expect(both).to.include({ ORDER_DATABASE_PORT: '5433', CUSTOMER_DATABASE_PORT: '5434' });
  });

  it('tells the order service where the customer service is', () => {
    expect(environments.orderService).to.include({ CUSTOMER_SERVICE_URL: 'http://127.0.0.1:3002' });
  });

  it('is for programs that exist', () => {
    for (const { script } of [...Object.values(services), migrations]) {
      expect(existsSync(join(checkout, script)), script).to.equal(true);
    }
  });
});
