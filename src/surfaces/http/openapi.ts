import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiResponseObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { Fault, type FaultCode, faultCodes } from '../../kernel/index.ts';
import { type Capability, inQuery, partsOf, routeOf, toolName, withoutTimePattern } from '../field.ts';

export const API_ROOT = '/api/v1';

const Place = z.object({
  file: z.string(),
  line: z.int().optional().describe('Counts from 1'),
  column: z.int().optional().describe('Counts from 1'),
});

const Problem = z.object({
  message: z.string(),
  field: z.string().optional().describe('The field, as spec.target'),
  place: Place.optional(),
  hint: z.string().optional(),
});

/** The body of every answer that is not a success. */
const FaultAnswer = z
  .object({
    error: z.object({
      code: z.enum(faultCodes).describe('A closed set; decides the status'),
      message: z.string().describe('What is wrong, in one sentence'),
      field: z.string().optional().describe('The field, as spec.target'),
      place: Place.optional().describe('Where in a file'),
      hint: z.string().optional().describe('What would be right, or the next thing to try'),
      retryAfterSeconds: z.number().optional().describe('Seconds after which trying again is sensible'),
      problems: z.array(Problem).optional().describe('Several problems of one kind'),
    }),
  })
  .meta({ id: 'Fault', description: 'Why a request failed: what, where, and what would be right.' });

const MEANINGS: Partial<Record<FaultCode, string>> = {
  invalid: 'The request is wrong; the body says which field and what would be right.',
  unauthenticated: 'A token is needed, or the one sent is not known.',
  forbidden: 'The caller is known and not allowed.',
  not_found: 'There is no such thing.',
  conflict: 'The thing is in a state in which this cannot be done.',
  denied: 'A gate said no: error budget, guard, action budget.',
  too_large: 'The body is over the bound.',
  overloaded: 'Over a bound on requests; try again after Retry-After seconds.',
  internal: 'Something in Nines itself failed; its log has the details.',
  unavailable: 'Something that Nines depends on is away.',
  timeout: 'The request took too long.',
};

const READ_FAULTS: FaultCode[] = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'not_found',
  'overloaded',
  'internal',
  'unavailable',
  'timeout',
];
const WRITE_FAULTS: FaultCode[] = [...READ_FAULTS, 'conflict', 'denied', 'too_large'];

/** The OpenAPI 3.1 document of all operations that HTTP serves, and of the routes beside them. */
export function openapiDocument(operations: readonly Capability[], version: string) {
  const served = operations.filter(operation => operation.hidden?.http === undefined);
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const operation of served) {
    const { method, path } = routeOf(operation);
    const template = `${API_ROOT}${path.replace(/:([A-Za-z]\w*)/g, '{$1}')}`;
    paths[template] = { ...paths[template], [method.toLowerCase()]: describe(operation) };
  }
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'Nines',
        version,
        description:
          'A site reliability engineer that you run. Every operation here is also a command (`nines room verb`) and an MCP tool (`room_verb`).',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/', description: 'This server' }],
      tags: [...new Set(served.map(operation => partsOf(operation).room))].map(name => ({ name })),
      security: [{ token: [] }, {}],
      paths: { ...paths, ...besides() },
      components: {
        schemas: { Fault: FaultAnswer },
        responses: Object.fromEntries(WRITE_FAULTS.map(code => [code, faultResponse(code)])),
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description:
              'Needed as soon as the server has tokens configured; a server on loopback without tokens trusts its callers.',
          },
        },
      },
    },
    { override: withoutTimePattern },
  );
}

function describe(operation: Capability): ZodOpenApiOperationObject {
  const { method, params } = routeOf(operation);
  const shape = operation.input.shape as Record<string, z.ZodType>;
  const rest = Object.entries(shape).filter(([name]) => !params.includes(name));
  const path = z.object(Object.fromEntries(params.map(name => [name, shape[name]!])));
  const body = z.strictObject(Object.fromEntries(rest));
  return {
    operationId: toolName(operation),
    tags: [partsOf(operation).room],
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    'x-nines-effect': operation.effect,
    'x-nines-command': `nines ${partsOf(operation).room} ${partsOf(operation).verb}`,
    requestParams: {
      ...(params.length > 0 ? { path } : {}),
      ...(inQuery(method) && rest.length > 0 ? { query: body } : {}),
    },
    ...(inQuery(method) || rest.length === 0
      ? {}
      : {
          requestBody: {
            required: !body.safeParse({}).success,
            content: { 'application/json': { schema: body } },
          },
        }),
    responses: {
      '200': { description: 'Done.', content: { 'application/json': { schema: operation.output } } },
      ...faults(operation.effect === 'read' ? READ_FAULTS : WRITE_FAULTS),
    },
  };
}

/** Answers for these faults, each a reference to the one description in the components. */
function faults(codes: readonly FaultCode[]): ZodOpenApiResponsesObject {
  const answers: ZodOpenApiResponsesObject = {};
  for (const code of codes) {
    const status = String(new Fault(code, '').httpStatus) as `4${string}`;
    answers[status] = { $ref: `#/components/responses/${code}` };
  }
  return answers;
}

function faultResponse(code: FaultCode): ZodOpenApiResponseObject {
  const again = code === 'overloaded' || code === 'unavailable';
  return {
    description: MEANINGS[code] ?? code,
    ...(again
      ? { headers: { 'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer' } } } }
      : {}),
    content: { 'application/json': { schema: FaultAnswer } },
  };
}

/** The routes that are no operations: health, metrics, events and telemetry. */
function besides(): Record<string, Record<string, ZodOpenApiOperationObject>> {
  const Checks = z.object({
    status: z.enum(['ready', 'not_ready']),
    checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string().optional() })),
  });
  const readiness = { content: { 'application/json': { schema: Checks } } };
  const otlp = (signal: string): ZodOpenApiOperationObject => ({
    operationId: `ingest_${signal}`,
    tags: ['ingest'],
    summary: `Take ${signal} as OTLP over HTTP (protobuf or JSON, gzip or not).`,
    requestBody: {
      required: true,
      content: {
        'application/x-protobuf': { schema: { type: 'string', format: 'binary' } },
        'application/json': { schema: { type: 'object' } },
      },
    },
    responses: {
      '200': { description: 'Stored; a partial success says how many records were refused.' },
      '400': { description: 'Not OTLP.' },
      '413': { description: MEANINGS.too_large! },
      '429': { description: 'Overloaded; send again after Retry-After seconds.' },
      '503': { description: 'The store is away; send again after Retry-After seconds.' },
    },
  });
  return {
    '/healthz': {
      get: {
        operationId: 'healthz',
        tags: ['health'],
        summary: 'Whether the process lives.',
        security: [],
        responses: {
          '200': {
            description: 'Alive.',
            content: { 'application/json': { schema: z.object({ status: z.literal('alive') }) } },
          },
        },
      },
    },
    '/readyz': {
      get: {
        operationId: 'readyz',
        tags: ['health'],
        summary: 'Whether everything that Nines depends on answers.',
        security: [],
        responses: {
          '200': { description: 'Ready.', ...readiness },
          '503': { description: 'Not ready.', ...readiness },
        },
      },
    },
    '/metrics': {
      get: {
        operationId: 'metrics',
        tags: ['health'],
        summary: 'Nines’s own metrics, in Prometheus’s text format.',
        responses: {
          '200': { description: 'The metrics.', content: { 'text/plain': { schema: { type: 'string' } } } },
        },
      },
    },
    [`${API_ROOT}/events`]: {
      get: {
        operationId: 'events',
        tags: ['events'],
        summary: 'Follow what happens, as server-sent events.',
        description:
          'Each message has the number of the event as its id and the event as JSON. Begins now unless told where to begin.',
        requestParams: {
          query: z.object({
            after: z.int().min(0).optional().describe('The number of the last event seen; 0 for all'),
            subject: z.string().optional().describe('Only events about this, as INC-7'),
          }),
          header: z.object({
            'Last-Event-ID': z.int().min(0).optional().describe('As after; a browser sends it by itself'),
          }),
        },
        responses: {
          '200': {
            description: 'The events.',
            content: { 'text/event-stream': { schema: { type: 'string' } } },
          },
          ...faults(['invalid', 'unauthenticated', 'overloaded']),
        },
      },
    },
    [`${API_ROOT}/logs/tail`]: {
      get: {
        operationId: 'logs-tail',
        tags: ['logs'],
        summary: 'Follow the log records that arrive, as server-sent events.',
        description:
          'Each message has a record as JSON. Who reads too slowly, or asks for too much, is told with the event `left` how many records were left out.',
        requestParams: {
          query: z.object({
            query: z.string().optional().describe('A log query; all records without one'),
            service: z.string().optional().describe('Only of this service'),
            level: z.string().optional().describe('This level and those above'),
          }),
        },
        responses: {
          '200': {
            description: 'The records.',
            content: { 'text/event-stream': { schema: { type: 'string' } } },
          },
          ...faults(['invalid', 'unauthenticated', 'overloaded']),
        },
      },
    },
    '/v1/traces': { post: otlp('traces') },
    '/v1/metrics': { post: otlp('metrics') },
    '/v1/logs': { post: otlp('logs') },
  };
}
