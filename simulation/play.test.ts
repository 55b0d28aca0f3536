import { expect } from 'chai';
import { Command } from './commands/command.ts';
import { simplify } from './play.ts';
import type { World } from './world/world.ts';

const harmless = (number: number) =>
  new Command({ kind: `harmless ${number}`, run: (world) => world.advance(1) });

describe('a schedule that breaks a promise', () => {
  it('is left with the commands, and the chance, that it needs', async () => {
    const prepared = new WeakSet<World>();
    const prepare = new Command({ kind: 'prepare', run: (world) => void prepared.add(world) });
    const breakIt = new Command({
      kind: 'break',
      run: (world) => {
        if (prepared.has(world)) world.promises.broken('prepared, then broken');
      },
    });
    const commands = [
      ...[1, 2, 3].map(harmless),
      prepare,
      ...[4, 5, 6].map(harmless),
      breakIt,
      ...[7, 8].map(harmless),
    ];
    const shortest = await simplify(12_345, commands);
    expect(shortest?.played.broken).to.equal('prepared, then broken');
    expect(shortest?.played.commands.map(String)).to.deep.equal(['prepare', 'break']);
    expect(shortest?.seed).to.equal(0);
  });

  it('is found although code of the system catches the error', async () => {
    const caught = new Command({
      kind: 'caught',
      run: (world) => {
        try {
          world.promises.broken('something');
        } catch {
          // As a publisher does that cannot send a message.
        }
      },
    });
    const shortest = await simplify(0, [harmless(1), caught]);
    expect(shortest?.played.broken).to.equal('something');
  });
});
