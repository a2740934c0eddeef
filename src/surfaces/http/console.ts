import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};
const PACKED = new Set(['.html', '.js', '.css', '.json', '.map', '.svg', '.txt', '.webmanifest']);
const MAX_FILES = 2_000;
const NOT_BUILT = 'The console is not built here. Build it with: npm run build\n';

interface Asset {
  bytes: Uint8Array<ArrayBuffer>;
  gzip: Uint8Array<ArrayBuffer> | undefined;
  etag: string;
}

/**
 * The console's files. Only what was found in the folder at the start is served, so a path can't lead out of it. A
 * path of the console's own router gets the index page.
 */
export function createConsole(folder: string) {
  const files = listFiles(folder);
  const assets = new Map<string, Asset>();

  function asset(path: string): Asset {
    const known = assets.get(path);
    if (known !== undefined) return known;
    const bytes = Uint8Array.from(readFileSync(join(folder, path)));
    const gzip =
      PACKED.has(extname(path)) && bytes.byteLength > 1024 ? Uint8Array.from(gzipSync(bytes)) : undefined;
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`;
    const made = { bytes, gzip, etag };
    assets.set(path, made);
    return made;
  }

  return (request: Request): Response | undefined => {
    const wanted = decodePath(new URL(request.url).pathname);
    if (wanted === undefined) return undefined;
    const path = files.has(wanted) ? wanted : extname(wanted) === '' ? 'index.html' : undefined;
    if (path === undefined) return undefined;
    if (!files.has(path))
      return new Response(NOT_BUILT, { status: 404, headers: { 'content-type': TYPES['.txt']! } });
    const { bytes, gzip, etag } = asset(path);
    const headers = new Headers({
      'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
      // Vite names what is in assets/ by its content, so it never changes; everything else is asked for again.
      'cache-control': path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      etag,
      vary: 'accept-encoding',
    });
    if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers });
    const packed = gzip !== undefined && /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '');
    if (packed) headers.set('content-encoding', 'gzip');
    return new Response(packed ? gzip : bytes, { headers });
  };
}

function listFiles(folder: string): Set<string> {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter(entry => entry.isFile()).slice(0, MAX_FILES);
    return new Set(
      files.map(file => relative(folder, join(file.parentPath, file.name)).split(sep).join('/')),
    );
  } catch {
    return new Set();
  }
}

function decodePath(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname).replace(/^\/+/, '');
  } catch {
    return undefined;
  }
}
