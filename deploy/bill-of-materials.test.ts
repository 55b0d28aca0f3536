import { expect } from 'chai';
import { readFileSync } from 'node:fs';

const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const workspacesIn = (text: string) => [...text.matchAll(/--workspace ([a-z-]+)/g)].map(([, name]) => name);

describe('npm run sbom', () => {
  it('names the workspaces that the image is made of, and no other', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: { sbom: string } };
    const dockerfile = read('Dockerfile');
    const copied = [...dockerfile.matchAll(/^COPY ([a-z-]+)\/package\.json /gm)].map(([, name]) => name);
    expect(copied).to.include('auditor');
    expect(workspacesIn(dockerfile)).to.have.members(copied);
    expect(workspacesIn(scripts.sbom)).to.have.members(copied);
  });
});
