/** Runs one measurement by its name: `npm run bench -- ingest`. Without a name it lists them. */
import { readdirSync } from 'node:fs';

const names = readdirSync(import.meta.dirname)
  .filter(file => file.endsWith('.ts') && file !== 'main.ts')
  .map(file => file.slice(0, -3))
  .sort();
const name = process.argv.slice(2).find(arg => !arg.startsWith('-'));
if (name === undefined || !names.includes(name)) {
  console.log(`Measurements: ${names.join(', ')}. Run one: npm run bench -- ${names[0]}`);
  process.exitCode = name === undefined ? 0 : 2;
} else await import(`./${name}.ts`);
