import { EventEmitter } from 'node:events';
import type { SimulatedProcess } from '../time/simulated-process.ts';
import { ConfirmChannel, ConsumerChannel, type ServedChannel } from './broker-channels.ts';
import { illegalOperation, type BrokerSide, type ConnectionSide, type Onlooker } from './broker-sides.ts';
import { Wire } from './wire.ts';

/**
 * A connection as amqplib's callback API shows it to our publisher and to our consumer, with the broker at its other
 * end. What the process is told goes over one wire, what it says over the other.
 */
export class SimulatedConnection extends EventEmitter implements ConnectionSide {
  readonly process: SimulatedProcess;
  readonly broker: BrokerSide;
  readonly toBroker: Wire;
  readonly #toClient: Wire;
  readonly #channels: ServedChannel[] = [];
  readonly #onlooker: Onlooker | undefined;
  #closedHere = false;
  #mute = false;
  /** The broker has it no more. */
  #ended = false;

  constructor(broker: BrokerSide, process: SimulatedProcess, onlooker?: Onlooker) {
    super();
    this.broker = broker;
    this.process = process;
    this.toBroker = new Wire(broker.clock, process.latency);
    this.#toClient = new Wire(broker.clock, process.latency);
    this.#onlooker = onlooker;
    process.onKilled(() => this.sever({ arriving: process.heard ? Infinity : 0 }));
  }

  /** What amqplib has no call for, and our code does all the same: cutting the socket. What was sent can still arrive. */
  readonly connection = {
    stream: {
      destroy: () => {
        this.#toClient.cut();
        this.toBroker.send(() => this.#endAtBroker());
        this.process.after(0, () => this.#closeChannels());
      },
    },
  };

  get ended(): boolean {
    return this.#ended;
  }

  /** Nothing is under way in it. */
  get quiet(): boolean {
    return this.toBroker.empty && this.#toClient.empty;
  }

  createConfirmChannel(done: (error: Error | null, channel: ConfirmChannel) => void): void {
    this.#createChannel(new ConfirmChannel(this, this.#onlooker), done);
  }

  createChannel(done: (error: Error | null, channel: ConsumerChannel) => void): void {
    this.#createChannel(new ConsumerChannel(this), done);
  }

  #createChannel<C extends ServedChannel>(channel: C, done: (error: Error | null, channel: C) => void): void {
    if (this.#closedHere) throw illegalOperation('Connection closed');
    this.#channels.push(channel);
    this.ask(() => done(null, channel));
  }

  close(done: () => void): void {
    if (this.#closedHere) throw illegalOperation('Connection closed');
    // As in amqplib: what comes before the broker's answer is dropped, and the channels are told with the answer.
    this.#closedHere = true;
    this.toBroker.send(() => {
      this.#endAtBroker();
      this.#tell(() => {
        this.#closeChannels();
        done();
      });
    });
  }

  ask(answered: () => void): void {
    this.toBroker.send(() => this.answer(answered));
  }

  answer(hear: () => void): void {
    this.#tell(() => {
      if (!this.#closedHere) hear();
    });
  }

  #tell(hear: () => void): void {
    if (!this.#mute) this.#toClient.send(() => this.process.deliver(hear));
  }

  #closeChannels(): void {
    for (const channel of this.#channels) channel.closeHere();
  }

  /** From now on nothing that the broker says arrives. */
  mute(): void {
    this.#mute = true;
  }

  /** What the process says, or hears, takes longer. */
  stall({ sending, hearing }: { sending: number; hearing: number }): void {
    this.toBroker.stall(sending);
    this.#toClient.stall(hearing);
  }

  heal(): void {
    this.stall({ sending: 0, hearing: 0 });
    if (this.#mute) this.sever({ arriving: 0 });
  }

  /**
   * It breaks. Of what the process has said, the first so many things arrive; of what it should hear, nothing.
   *
   * @param tellAfterMs a broker can find out long before the process does
   */
  sever({ arriving, tellAfterMs = 0 }: { arriving: number; tellAfterMs?: number }): void {
    this.toBroker.cut(arriving);
    this.#toClient.cut();
    this.#endAtBroker();
    this.broker.clock.after(tellAfterMs, () => this.process.deliver(() => this.#broken()));
  }

  #broken(): void {
    if (this.#closedHere) return;
    this.#closedHere = true;
    this.emit('error', new Error('read ECONNRESET'));
    this.#closeChannels();
    this.emit('close', new Error('read ECONNRESET'));
  }

  #endAtBroker(): void {
    this.#ended = true;
    for (const channel of this.#channels) channel.closeAtBroker();
  }
}
