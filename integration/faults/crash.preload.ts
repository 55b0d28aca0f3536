import { registerHooks } from 'node:module';

/**
 * `node --import` of this puts deadly-probe.ts in the place of platform/probe.ts; nothing else of the program differs
 * from production.
 */
const harmless = import.meta.resolve('@event-sync/platform/probe.ts');
const deadly = import.meta.resolve('./deadly-probe.ts');

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    return resolved.url === harmless ? { ...resolved, url: deadly } : resolved;
  },
});
