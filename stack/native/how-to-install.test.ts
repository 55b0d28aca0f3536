import { expect } from 'chai';
import { howToInstall } from './how-to-install.ts';

describe('A machine that lacks servers', () => {
  it('is told the exact commands for what is missing and for nothing else', () => {
    const text = howToInstall(['rabbitmq', 'redis']);
    expect(text).to.include('sudo apt-get install rabbitmq-server redis-server');
    expect(text).to.include('sudo dnf install rabbitmq-server valkey');
    expect(text).to.include('brew install rabbitmq redis');
    expect(text).not.to.match(/postgresql/);
  });
});
