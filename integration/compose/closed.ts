import assert from 'node:assert/strict';

/** What `docker inspect` tells of a container, as far as it is looked at. */
export interface Container {
  Id: string;
  Config: { User: string; Labels: Record<string, string>; Env: string[] | null };
  HostConfig: {
    ReadonlyRootfs: boolean;
    CapDrop: string[] | null;
    CapAdd: string[] | null;
    SecurityOpt: string[] | null;
    Privileged: boolean;
    Memory: number;
    PidsLimit: number | null;
    PortBindings: Record<string, { HostIp: string }[]> | null;
  };
  Mounts: { Type: string; Name?: string; Destination: string; RW: boolean }[];
  NetworkSettings: { Networks: Record<string, { IPAddress: string }> };
  State: { ExitCode: number; Running: boolean };
}

export const serviceOf = ({ Config }: Container) => Config.Labels['com.docker.compose.service'] ?? '';

/** The networks of each container, and the ports of it that are published. */
const places: Record<string, { networks: string[]; published: string[] }> = {
  secrets: { networks: ['none'], published: [] },
  order_service: { networks: ['cache', 'edge_asking', 'http', 'orders'], published: ['3001/tcp'] },
  customer_web: { networks: ['cache', 'customers', 'edge_asked', 'http'], published: ['3002/tcp'] },
  customer_workers: { networks: ['broker', 'cache', 'customers', 'edge_asking'], published: ['3004/tcp'] },
  outbox_relay: { networks: ['broker', 'edge_asking', 'orders'], published: ['3003/tcp'] },
  migrations: { networks: ['customers', 'orders'], published: [] },
  postgres_order: { networks: ['orders'], published: [] },
  postgres_customer: { networks: ['customers'], published: [] },
  rabbitmq: { networks: ['broker', 'edge_asked'], published: ['15672/tcp'] },
  redis: { networks: ['cache'], published: [] },
};

/** Of those that are started by name only. */
const placesOnDemand: typeof places = {
  auditor: {
    networks: ['broker', 'cache', 'customers', 'edge_asking', 'orders'],
    published: ['3007/tcp'],
  },
};

/** A password, token or URL with a login, by value; the name of a file that holds one is none. */
const secretInVariable = /^[A-Z_]*(PASS|PASSWORD|TOKEN|SECRET)=|:\/\/[^/]*:[^/]*@/;

/** Everything that has to hold of every container. @throws {AssertionError} with the name of the first that it fails of */
export function assertClosed(containers: readonly Container[]): void {
  assert.deepEqual(containers.map(serviceOf).toSorted(), Object.keys(places).toSorted(), 'the containers');
  for (const container of containers) assertContainerClosed(container);
}

export function assertContainerClosed(container: Container): void {
  const { Config, HostConfig, Mounts, NetworkSettings } = container;
  const name = serviceOf(container);
  const { networks, published } = (places[name] ?? placesOnDemand[name])!;
  assert.doesNotMatch(Config.User, /^(|0|root)(:.*)?$/, `${name}: user`);
  assert.equal(HostConfig.ReadonlyRootfs, true, `${name}: read-only root file system`);
  assert.deepEqual(HostConfig.CapDrop, ['ALL'], `${name}: dropped capabilities`);
  assert.deepEqual(HostConfig.CapAdd ?? [], [], `${name}: added capabilities`);
  assert.equal(HostConfig.Privileged, false, `${name}: privileged`);
  assert.ok(HostConfig.SecurityOpt?.includes('no-new-privileges:true'), `${name}: no new privileges`);
  assert.ok(HostConfig.Memory > 0, `${name}: memory limit`);
  assert.ok((HostConfig.PidsLimit ?? 0) > 0, `${name}: limit of processes`);
  const bindings = HostConfig.PortBindings ?? {};
  assert.deepEqual(Object.keys(bindings).toSorted(), published, `${name}: published ports`);
  for (const { HostIp } of Object.values(bindings).flat())
    assert.equal(HostIp, '127.0.0.1', `${name}: address of a published port`);
  const project = `${Config.Labels['com.docker.compose.project']}_`;
  const own = Object.keys(NetworkSettings.Networks).map((network) => network.replace(project, ''));
  assert.deepEqual(own.toSorted(), networks, `${name}: networks`);
  for (const variable of Config.Env ?? [])
    assert.doesNotMatch(variable, secretInVariable, `${name}: a secret in its environment`);
  if (name === 'secrets') return;
  const secrets = Mounts.filter((mount) => mount.Name?.startsWith(`${project}secrets_`));
  assert.deepEqual(
    secrets.map(({ Name, Destination, RW }) => ({ Name, Destination, RW })),
    [{ Name: `${project}secrets_${name}`, Destination: '/run/secrets', RW: false }],
    `${name}: its secrets, as files that it cannot change, and no other`,
  );
  for (const mount of Mounts.filter(({ Type }) => Type === 'bind'))
    assert.equal(mount.RW, false, `${name}: can write to ${mount.Destination} of this machine`);
}

/** One way for each of the above in which a container would be open. */
const openings: Record<string, (container: Container) => void> = {
  'a user that is root': ({ Config }) => (Config.User = '0:0'),
  'no user': ({ Config }) => (Config.User = ''),
  'a root file system that can be written': ({ HostConfig }) => (HostConfig.ReadonlyRootfs = false),
  'a capability that is not dropped': ({ HostConfig }) => (HostConfig.CapDrop = ['NET_RAW']),
  'a capability that is added': ({ HostConfig }) => (HostConfig.CapAdd = ['NET_ADMIN']),
  'all privileges': ({ HostConfig }) => (HostConfig.Privileged = true),
  'privileges to gain': ({ HostConfig }) => (HostConfig.SecurityOpt = null),
  'no memory limit': ({ HostConfig }) => (HostConfig.Memory = 0),
  'no limit of processes': ({ HostConfig }) => (HostConfig.PidsLimit = null),
  'one more published port': ({ HostConfig }) =>
    (HostConfig.PortBindings = { ...HostConfig.PortBindings, '5432/tcp': [{ HostIp: '127.0.0.1' }] }),
  'a port on every address': ({ HostConfig }) => {
    for (const binding of Object.values(HostConfig.PortBindings ?? {}).flat()) binding.HostIp = '';
  },
  'a password in the environment': ({ Config }) =>
    (Config.Env = [...(Config.Env ?? []), 'DATABASE_PASSWORD=known']),
  'a login in the environment': ({ Config }) =>
    (Config.Env = [...(Config.Env ?? []), 'RABBITMQ_URL=amqp://user:known@rabbitmq:5672']),
  'secrets that it can change': ({ Mounts }) => {
    for (const mount of Mounts) if (mount.Destination === '/run/secrets') mount.RW = true;
  },
  'secrets of others': ({ Config, Mounts }) => {
    const project = Config.Labels['com.docker.compose.project'];
    if (serviceOf({ Config } as Container) === 'secrets') return;
    Mounts.push({ Type: 'volume', Name: `${project}_secrets_store`, Destination: '/mnt', RW: false });
  },
  'a folder of this machine that it can write to': ({ Mounts }) => {
    for (const mount of Mounts) if (mount.Type === 'bind') mount.RW = true;
  },
  'one more network': ({ NetworkSettings }) => (NetworkSettings.Networks['bridge'] = { IPAddress: '' }),
};

/**
 * Opens each container in each way, on paper, and looks whether `assertClosed` notices: an assertion that cannot fail
 * asserts nothing.
 *
 * @returns how many openings were noticed
 */
export function assertEachOpeningIsNoticed(containers: readonly Container[]): number {
  let noticed = 0;
  for (const [opening, open] of Object.entries(openings)) {
    for (const { Id } of containers) {
      const opened = structuredClone(containers) as Container[];
      const container = opened.find((candidate) => candidate.Id === Id)!;
      const before = JSON.stringify(container);
      open(container);
      if (JSON.stringify(container) === before) continue;
      assert.throws(() => assertClosed(opened), `${serviceOf(container)}: nobody notices ${opening}`);
      noticed++;
    }
  }
  return noticed;
}
