import { KnownHeaders, KnownMethods } from './known-bytes.ts';
import type { OutgoingMessage } from './outgoing-message.ts';

/**
 * A message as AMQP 0-9-1 frames: the method `basic.publish` (mandatory), the content header, and the body in as many
 * frames as it takes. What amqplib writes for the same message, to the byte (the test compares them), but into one
 * buffer for many messages: amqplib makes four buffers and a write to the socket of each message.
 * https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, sections 2.3.5 and 4.2
 */
export class PublishFrames {
  #buffer: Buffer;
  #end = 0;
  readonly #channel: number;
  /** Bytes of one frame, without its overhead. */
  readonly #maxFrame: number;
  readonly #methods = new KnownMethods();
  readonly #headers = new KnownHeaders();

  /** @param frameMax the frame size that was agreed on with the broker; 0: no limit */
  constructor(channel: number, frameMax: number) {
    this.#channel = channel;
    this.#maxFrame = (frameMax || 0x7fff_ffff) - frameOverhead;
    this.#buffer = Buffer.allocUnsafe(firstSize);
  }

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.#end;
  }

  /** Everything added since the last call. The buffer is the caller's; nothing is written into it any more. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#end);
    this.#buffer = Buffer.allocUnsafe(firstSize);
    this.#end = 0;
    return taken;
  }

  /** @throws {RangeError | TypeError} when AMQP cannot express it; nothing was added then. */
  add(message: OutgoingMessage): void {
    const start = this.#end;
    try {
      const { content } = message;
      const bytes = typeof content === 'string' ? Buffer.byteLength(content) : content.length;
      this.#method(message);
      this.#header(message, bytes);
      if (typeof content === 'string' && bytes > 0 && bytes <= this.#maxFrame) this.#text(content, bytes);
      else this.#body(typeof content === 'string' ? Buffer.from(content) : content);
    } catch (error) {
      this.#end = start;
      throw error;
    }
  }

  #method({ exchange, routingKey }: OutgoingMessage): void {
    const known = this.#methods.get(exchange, routingKey);
    if (known) return this.#copy(known);
    const start = this.#end;
    const size = this.#frame(frameMethod);
    this.#reserve(1024);
    this.#uint32(basicPublish);
    this.#uint16(0);
    this.#shortString('exchange', exchange);
    this.#shortString('routing key', routingKey);
    this.#byte(mandatory);
    this.#endFrame(size);
    this.#methods.keep(exchange, routingKey, this.#copyOf(start));
  }

  #header({ messageId, properties }: OutgoingMessage, bodyBytes: number): void {
    const { contentType, correlationId, timestamp, type } = properties;
    const headers = (properties.headers ?? {}) as Record<string, unknown>;
    const size = this.#frame(frameHeader);
    this.#reserve(2048);
    this.#uint16(basicClass);
    this.#uint16(0);
    this.#uint32(0);
    this.#uint32(bodyBytes);
    const flagsAt = this.#end;
    this.#uint16(0);
    let flags = flag.headers | flag.deliveryMode | flag.messageId;
    if (contentType !== undefined) {
      flags |= flag.contentType;
      this.#shortString('contentType', contentType);
    }
    this.#table(headers);
    this.#byte(persistent);
    if (correlationId !== undefined) {
      flags |= flag.correlationId;
      this.#shortString('correlationId', correlationId);
    }
    this.#shortString('messageId', messageId);
    if (timestamp !== undefined) {
      flags |= flag.timestamp;
      this.#uint32(Math.floor(timestamp / 2 ** 32));
      this.#uint32(timestamp >>> 0);
    }
    if (type !== undefined) {
      flags |= flag.type;
      this.#shortString('type', type);
    }
    // Only a body may be split. A larger frame would end the connection, and with it what else is in flight.
    if (this.#end - size - 4 > this.#maxFrame) throw new RangeError('its headers do not fit into one frame');
    this.#buffer.writeUInt16BE(flags, flagsAt);
    this.#endFrame(size);
  }

  /** A body of one frame, encoded where it is sent from. */
  #text(content: string, bytes: number): void {
    const size = this.#frame(frameBody);
    this.#reserve(bytes + 1);
    this.#end += this.#buffer.write(content, this.#end);
    this.#endFrame(size);
  }

  #body(content: Buffer): void {
    for (let from = 0; from < content.length; from += this.#maxFrame) {
      const to = Math.min(content.length, from + this.#maxFrame);
      const size = this.#frame(frameBody);
      this.#reserve(to - from + 1);
      this.#end += content.copy(this.#buffer, this.#end, from, to);
      this.#endFrame(size);
    }
  }

  /** @returns where the frame's size belongs, which is known at its end. */
  #frame(kind: number): number {
    this.#reserve(frameOverhead);
    this.#byte(kind);
    this.#uint16(this.#channel);
    this.#end += 4;
    return this.#end - 4;
  }

  #endFrame(sizeAt: number): void {
    this.#buffer.writeUInt32BE(this.#end - sizeAt - 4, sizeAt);
    this.#byte(frameEnd);
  }

  /** There is room for 256 bytes: more than 255 show themselves, be they all written or not. */
  #shortString(name: string, text: string): void {
    const bytes = this.#buffer.write(text, this.#end + 1);
    if (bytes > 255)
      throw new RangeError(`${name} has ${Buffer.byteLength(text)} bytes, and AMQP allows 255`);
    this.#buffer[this.#end] = bytes;
    this.#end += 1 + bytes;
  }

  #table(headers: Record<string, unknown>): void {
    const sizeAt = this.#end;
    this.#end += 4;
    for (const name in headers) {
      const value = headers[name];
      if (value === undefined) continue;
      const known = this.#headers.get(name, value);
      if (known) {
        this.#copy(known);
        continue;
      }
      const start = this.#end;
      this.#reserve(260);
      this.#shortString('the name of a header', name);
      if (typeof value === 'string') {
        // A UTF-16 code unit becomes three bytes at the most.
        this.#reserve(value.length * 3 + 5);
        this.#byte(0x53); // S
        const bytes = this.#buffer.write(value, this.#end + 4);
        this.#uint32(bytes);
        this.#end += bytes;
        if (this.#headers.repeats(name, value)) this.#headers.keep(name, this.#copyOf(start));
      } else throw new TypeError(`header ${name} is no string`);
    }
    this.#reserve(1024);
    this.#buffer.writeUInt32BE(this.#end - sizeAt - 4, sizeAt);
  }

  #copy(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** What was written since. Of its own memory: the buffer is given away. */
  #copyOf(start: number): Uint8Array {
    return Uint8Array.from(this.#buffer.subarray(start, this.#end));
  }

  #byte(value: number): void {
    this.#buffer[this.#end++] = value;
  }

  #uint16(value: number): void {
    this.#end = this.#buffer.writeUInt16BE(value, this.#end);
  }

  #uint32(value: number): void {
    this.#end = this.#buffer.writeUInt32BE(value, this.#end);
  }

  /** Room for this many bytes more. */
  #reserve(bytes: number): void {
    const needed = this.#end + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#end);
    this.#buffer = larger;
  }
}

/** Bytes of a new buffer; it grows for what does not fit. */
export const firstSize = 64 * 1024;
/** Kind, channel, size and end. */
const frameOverhead = 8;
const frameMethod = 1;
const frameHeader = 2;
const frameBody = 3;
const frameEnd = 0xce;
const basicClass = 60;
const basicPublish = (basicClass << 16) | 40;
const mandatory = 1;
const persistent = 2;
const flag = {
  contentType: 0x8000,
  headers: 0x2000,
  deliveryMode: 0x1000,
  correlationId: 0x0400,
  messageId: 0x0080,
  timestamp: 0x0040,
  type: 0x0020,
};
