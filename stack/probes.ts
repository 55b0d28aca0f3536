import { connect as connectTcp } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import amqp from 'amqplib';
import { Client } from 'pg';
import type { PostgresAddress } from './addresses.ts';

// One attempt each; a server that is still starting, or frozen, is a plain `false`.
const attemptMs = 2_000;

export async function postgresAnswers(address: PostgresAddress): Promise<boolean> {
  const client = new Client({ ...address, connectionTimeoutMillis: attemptMs, query_timeout: attemptMs });
  // Without a listener, a connection that ends while it is idle is thrown at the process.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    // A frozen server never answers the goodbye.
    await Promise.race([client.end(), delay(attemptMs, undefined, { ref: false })]).catch(() => {});
  }
}

/** Whether AMQP lets us in and the management API answers: the plugin comes up a little before or after the broker. */
export async function rabbitmqAnswers(address: { url: string; managementUrl: string }): Promise<boolean> {
  try {
    const connection = await amqp.connect(address.url, { timeout: attemptMs });
    connection.on('error', () => {});
    await connection.close();
    const management = new URL(address.managementUrl);
    const login = Buffer.from(`${management.username}:${management.password}`).toString('base64');
    management.username = management.password = '';
    const answer = await fetch(new URL('/api/overview', management), {
      // A connection that is kept open holds up the server's stop for five seconds.
      headers: { authorization: `Basic ${login}`, connection: 'close' },
      signal: AbortSignal.timeout(attemptMs),
    });
    await answer.text();
    return answer.ok;
  } catch {
    return false;
  }
}

/** `-LOADING` and `-NOAUTH` are no: only `+PONG` is. */
export async function redisAnswers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host, port, timeout: attemptMs });
    const answer = (answers: boolean) => {
      socket.destroy();
      resolve(answers);
    };
    socket
      .on('connect', () => socket.write('PING\r\n'))
      .on('data', (data) => answer(data.toString().startsWith('+PONG')))
      .on('timeout', () => answer(false))
      .on('error', () => answer(false))
      .on('close', () => answer(false));
  });
}

export async function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host, port, timeout: attemptMs });
    const answer = (answers: boolean) => {
      socket.destroy();
      resolve(answers);
    };
    socket
      .on('connect', () => answer(true))
      .on('timeout', () => answer(false))
      .on('error', () => answer(false));
  });
}
