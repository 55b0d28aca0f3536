export type Installable = 'postgres' | 'rabbitmq' | 'redis';

export const debianPackages: Record<Installable, string> = {
  postgres: 'postgresql',
  rabbitmq: 'rabbitmq-server',
  redis: 'redis-server',
};

const titles: Record<Installable, string> = {
  postgres: 'PostgreSQL 14 or later',
  rabbitmq: 'RabbitMQ',
  redis: 'Redis',
};
const fedora: Record<Installable, string> = {
  postgres: 'postgresql-server',
  rabbitmq: 'rabbitmq-server',
  redis: 'valkey',
};
const homebrew: Record<Installable, string> = {
  postgres: 'postgresql@17',
  rabbitmq: 'rabbitmq',
  redis: 'redis',
};

export function howToInstall(missing: readonly Installable[]): string {
  const names = (packages: Record<Installable, string>) => missing.map((each) => packages[each]).join(' ');
  return [
    `Missing on this machine: ${missing.map((each) => titles[each]).join(', ')}. Any one of these helps:`,
    '  Docker          start it; its containers are then used instead',
    `  Debian, Ubuntu  sudo apt-get install ${names(debianPackages)}`,
    `  Fedora          sudo dnf install ${names(fedora)}`,
    `  macOS           brew install ${names(homebrew)}`,
    '  other servers   set ORDER_DATABASE_URL, CUSTOMER_DATABASE_URL, RABBITMQ_URL, RABBITMQ_MANAGEMENT_URL and REDIS_URL',
    'Installed services need not run: private instances are started from the same binaries.',
  ].join('\n');
}
