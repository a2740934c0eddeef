import { Writable } from 'node:stream';
import { z } from 'zod';
import { type AnyKind, Metadata } from '../src/catalog/index.ts';
import { createProgram } from '../src/surfaces/cli/index.ts';
import { type Capability, type Field, fieldsOf, partsOf, routeOf, toolName } from '../src/surfaces/field.ts';
import { openapiDocument } from '../src/surfaces/http/index.ts';

export interface ReferenceInput {
  operations: readonly Capability[];
  kinds: readonly AnyKind[];
  config: z.ZodType;
  version: string;
  /** The help of `nines` itself and of the commands that are no operations, as they print it. */
  commandPages: readonly { title: string; text: string }[];
}

/** Every page of `docs/reference/`, by its path there. The same input gives the same bytes. */
export function referencePages(input: ReferenceInput): Map<string, string> {
  const pages = new Map([
    ['operations.md', operationsPage(input.operations)],
    ['cli.md', cliPage(input)],
    ['openapi.json', json(openapiDocument(input.operations, input.version))],
    ['config.schema.json', json({ title: 'Configuration of Nines', ...schemaOf(input.config) })],
  ]);
  for (const kind of input.kinds) pages.set(`schemas/${schemaFile(kind)}`, json(resourceSchema(kind)));
  return pages;
}

/** `nines/v1` `Service` → `nines-v1.service.json`. */
function schemaFile({ apiVersion, kind }: AnyKind): string {
  return `${apiVersion.replaceAll(/[^a-z0-9]+/gi, '-')}.${kind}.json`.toLowerCase();
}

function resourceSchema({ apiVersion, kind, summary, spec, metadata = Metadata }: AnyKind) {
  const resource = z.strictObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal(kind),
    metadata,
    spec,
  });
  return { title: `${kind} (${apiVersion})`, description: summary, ...schemaOf(resource) };
}

function schemaOf(schema: z.ZodType) {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}

const MADE = '<!-- Made by npm run gen. Change the code, not this page. -->';

function operationsPage(operations: readonly Capability[]): string {
  const rooms = [...Map.groupBy(operations, operation => partsOf(operation).room)];
  const parts = [
    MADE,
    '# Operations',
    'Every capability is declared once and served on the command line, over HTTP and to models (MCP). ' +
      '`read` looks; `write` changes what Nines knows; `act` changes the world outside.',
  ];
  for (const [room, list] of rooms) {
    parts.push(`## ${room}`);
    for (const operation of list) parts.push(operationSection(operation));
  }
  return `${parts.join('\n\n')}\n`;
}

function operationSection(operation: Capability): string {
  const { room, verb } = partsOf(operation);
  const { method, path } = routeOf(operation);
  const fields = fieldsOf(operation);
  const args = (operation.args ?? [])
    .map(name => ` <${fields.find(field => field.name === name)?.flag ?? name}>`)
    .join('');
  const on = {
    cli: `\`nines ${room} ${verb}${args}\``,
    http: `\`${method} /api/v1${path}\``,
    mcp: `\`${toolName(operation)}\``,
  };
  const places = (['cli', 'http', 'mcp'] as const).map(surface => {
    const reason = operation.hidden?.[surface];
    return `- ${surface.toUpperCase()}: ${reason === undefined ? on[surface] : `not there: ${reason}`}`;
  });
  const parts = [`### ${operation.name}`, `${operation.summary} (${operation.effect})`];
  if (operation.description !== undefined) parts.push(operation.description);
  parts.push(places.join('\n'));
  if (fields.length > 0) parts.push(fieldTable(fields));
  if (operation.examples !== undefined && operation.examples.length > 0)
    parts.push(['```sh', ...operation.examples, '```'].join('\n'));
  return parts.join('\n\n');
}

function fieldTable(fields: readonly Field[]): string {
  const rows = fields.map(field => {
    const type = `${field.choices?.map(choice => `\`${choice}\``).join(', ') ?? field.type}${field.repeats ? ', repeated' : ''}`;
    const given =
      field.default === undefined
        ? field.required
          ? 'required'
          : ''
        : `\`${JSON.stringify(field.default)}\``;
    return `| \`${field.name}\` | ${type} | ${given} | ${field.description.replaceAll('|', '\\|')} |`;
  });
  return ['| input | type | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function cliPage({ operations, version, commandPages }: ReferenceInput): string {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = { stdout: nowhere, stderr: nowhere, env: {} };
  const connect = () => Promise.reject(new Error('only for help'));
  const program = createProgram({ operations, version, connect }, terminal, false);
  const pages = [...commandPages];
  for (const operation of operations.filter(one => one.hidden?.cli === undefined)) {
    const { room, verb } = partsOf(operation);
    const command = program.commands
      .find(one => one.name() === room)
      ?.commands.find(one => one.name() === verb);
    pages.push({ title: `nines ${room} ${verb}`, text: command?.helpInformation() ?? '' });
  }
  const sections = pages.map(({ title, text }) => `## ${title}\n\n\`\`\`text\n${text.trimEnd()}\n\`\`\``);
  return `${[MADE, '# Commands', ...sections].join('\n\n')}\n`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
