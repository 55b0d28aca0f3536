import { expect } from 'chai';
import { Acknowledgements } from './acknowledgements.ts';

describe('Acknowledgements', () => {
  const make = () => {
    const frames: string[] = [];
    const acknowledgements = new Acknowledgements({
      ack: (message, allUpTo) => void frames.push(`${allUpTo ? 'up to ' : ''}${message.fields.deliveryTag}`),
    });
    for (let tag = 1; tag <= 9; tag++) acknowledgements.delivered(tag);
    const add = async (...tags: number[]) => {
      for (const tag of tags) acknowledgements.add(tag);
      await Promise.resolve();
      return frames.splice(0);
    };
    return { add };
  };

  it('make one frame of a batch, in whatever order it is worked off', async () => {
    const { add } = make();
    expect(await add(2, 3, 1)).to.deep.equal(['up to 3']);
    expect(await add(4)).to.deep.equal(['up to 4']);
  });

  it('never speak for a delivery that is still out', async () => {
    const { add } = make();
    expect(await add(1, 2, 4, 5)).to.deep.equal(['4', '5', 'up to 2']);
    expect(await add(7)).to.deep.equal(['7']);
    // 3 closes the gap, but 4 and 5 are known already: naming one of them again would close the channel.
    expect(await add(3)).to.deep.equal(['up to 3']);
    expect(await add(6)).to.deep.equal(['up to 6']);
    expect(await add(8, 9)).to.deep.equal(['up to 9']);
  });
});
