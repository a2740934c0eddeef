/** Reads a non-negative integer from the environment; a wrong one ends the program with one clear line. */
export function integerFromEnv(name: string, fallback: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  stop(`${name}=${text} is not a whole number`);
}

/** Reads an http(s) base URL from the environment, without its trailing slash. */
export function urlFromEnv(name: string, fallback: string): string {
  const text = process.env[name] || fallback;
  if (!URL.canParse(text)) stop(`${name}=${text} is not a URL; right would be ${fallback}`);
  return text.replace(/\/+$/, '');
}

function stop(message: string): never {
  console.error(message);
  process.exit(1);
}
