import { Fault } from '../../kernel/index.ts';
import { type Capability, fieldsOf, inQuery, readTexts, routeOf } from '../field.ts';
import { readBody } from './body.ts';

const MAX_BODY = 1024 * 1024;

/** Reads an operation's input from requests: path, then query string or JSON body. */
export function inputReader(operation: Capability) {
  const { method, params } = routeOf(operation);
  const fields = new Map(fieldsOf(operation).map(field => [field.name, field]));
  const query = inQuery(method);

  return async (request: Request, path: Record<string, string>): Promise<Record<string, unknown>> => {
    const given = query ? fromQuery(new URL(request.url).searchParams) : await fromBody(request);
    for (const name of params) {
      if (Object.hasOwn(given, name))
        throw new Fault(
          'invalid',
          `'${name}' is in the path; leave it out of the ${query ? 'query' : 'body'}.`,
          { field: name },
        );
      given[name] = readTexts(fields.get(name)!, [path[name] ?? '']);
    }
    return given;
  };

  function fromQuery(search: URLSearchParams): Record<string, unknown> {
    const given: [string, unknown][] = [];
    for (const name of new Set(search.keys())) {
      const field = fields.get(name);
      const texts = search.getAll(name);
      if (field !== undefined && !field.repeats && texts.length > 1)
        throw new Fault('invalid', `'${name}' is given ${texts.length} times and takes one value.`, {
          field: name,
        });
      given.push([name, field === undefined ? texts[0] : readTexts(field, texts)]);
    }
    return Object.fromEntries(given);
  }
}

async function fromBody(request: Request): Promise<Record<string, unknown>> {
  const bytes = await readBody(request, MAX_BODY);
  if (bytes.byteLength === 0) return {};
  const type = request.headers.get('content-type');
  if (type !== null && !/^application\/([a-z0-9.+-]+\+)?json\b/i.test(type))
    throw new Fault('invalid', `The body's content type is '${type.slice(0, 80)}'.`, {
      hint: 'Send JSON: Content-Type: application/json.',
    });
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new Fault('invalid', `The body is not JSON: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Fault('invalid', 'The body is not a JSON object.', {
      hint: 'Send the inputs as {"name": value}.',
    });
  return { ...body };
}
