/**
 * Loaded before the program (node --import): whoever loads an embedded engine fails, as on a machine where the optional
 * packages are not installed.
 */
import { registerHooks } from 'node:module';

const EMBEDDED = /^(?:@electric-sql\/pglite|chdb)(?:\/|$)/;

registerHooks({
  resolve: (specifier, context, next) => {
    if (EMBEDDED.test(specifier)) throw new Error(`${specifier} is not installed here`);
    return next(specifier, context);
  },
});
