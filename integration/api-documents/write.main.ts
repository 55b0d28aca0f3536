/** `npm run api:docs`: writes the documents of the APIs and the events to docs/api, from the code. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { documents, folder, textOf, type DocumentName } from './documents.ts';

mkdirSync(folder, { recursive: true });
for (const name of Object.keys(documents) as DocumentName[]) {
  writeFileSync(join(folder, name), await textOf(name));
  console.log(`docs/api/${name}`);
}
