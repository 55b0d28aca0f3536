import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Whether what is in node_modules is what package-lock.json asks for, by the list that npm leaves there when it has
 * finished, scripts included. An optional package may be missing: it may be for another system.
 *
 * @param {string} checkout
 * @param {string} lock content of package-lock.json
 */
export function isInstalled(checkout, lock) {
  try {
    const installed = JSON.parse(readFileSync(join(checkout, 'node_modules', '.package-lock.json'), 'utf8'));
    return covers(installed.packages, JSON.parse(lock).packages);
  } catch {
    return false;
  }
}

/**
 * @typedef {{ version?: string, integrity?: string, link?: boolean, optional?: boolean, devOptional?: boolean }} Package
 * @param {Record<string, Package>} installed
 * @param {Record<string, Package>} wanted
 */
export function covers(installed, wanted) {
  return Object.entries(wanted)
    .filter(([path]) => path.includes('node_modules/'))
    .every(([path, { version, integrity, link, optional, devOptional }]) => {
      const present = installed[path];
      if (present === undefined) return Boolean(optional ?? devOptional);
      return link ? present.link : present.version === version && present.integrity === integrity;
    });
}
