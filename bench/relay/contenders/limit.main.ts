/**
 * What the broker confirms at all over one channel: no database, nothing but publishing, 500 messages in flight. No
 * relay that waits for confirms over one channel can be faster.
 */
import { randomUUID } from 'node:crypto';
import { bodyBytes } from '../events.ts';
import { openConfirmedPublish } from './confirmed-publish.ts';
import { required } from '../../contender-environment.ts';

const inFlight = 500;
const messages = Number(required('BENCH_MESSAGES'));

const publish = await openConfirmedPublish();
let sent = 0;

async function lane(): Promise<void> {
  while (sent < messages) {
    const number = sent++;
    const head = `{"id":"${randomUUID()}","data":{"key":0,"sequence":${number},"text":"`;
    await publish(Buffer.from(`${head.padEnd(bodyBytes - 3, 'x')}"}}`), String(number));
  }
}

await Promise.all(Array.from({ length: inFlight }, lane));
process.exit(0);
