import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { listeningInodes, portHolders } from './port-holders.ts';
import { freePort, isFree } from './ports.ts';

describe('A port', () => {
  const hasIpv6 = Object.values(networkInterfaces())
    .flat()
    .some((entry) => entry?.address === '::1');
  let server: Server;
  const listen = async (host: string) => {
    server = createServer().listen(0, host);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  afterEach(() => server?.close());

  it('is taken when something listens on loopback, on all addresses, or on IPv6 only', async () => {
    for (const host of ['127.0.0.1', '0.0.0.0', ...(hasIpv6 ? ['::1'] : [])]) {
      const port = await listen(host);
      expect(await isFree(port), host).to.equal(false);
      server.close();
    }
  });

  it('is free when nothing listens, and lies below those that systems hand out', async () => {
    const port = await freePort();
    expect(await isFree(port)).to.equal(true);
    expect(port).to.be.within(20_000, 32_000);
  });

  it('is traced to the process that listens on it', async () => {
    const port = await listen('127.0.0.1');
    expect(portHolders(port).join()).to.match(new RegExp(`node.* \\(pid ${process.pid}\\)$`));
  });

  it('is not traced to who is connected to it', () => {
    const line = (local: string, state: string, inode: number) =>
      `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0`;
    // 5672 is 0x1628
    const lines = [
      line('0100007F:1628', '0A', 11),
      line('0100007F:1628', '01', 12),
      line('0100007F:1629', '0A', 13),
      line('00000000000000000000000001000000:1628', '0A', 14),
    ];
    expect([...listeningInodes(lines, 5672)]).to.deep.equal(['11', '14']);
  });
});
