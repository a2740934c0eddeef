import type { z } from 'zod';
import type { Instant } from './instant.ts';
import type { Principal } from './principal.ts';

/** `read` looks; `write` changes what Nines knows; `act` changes the world outside. */
export type Effect = 'read' | 'write' | 'act';
/** From where an operation is called. */
export type Surface = 'cli' | 'http' | 'mcp';

/** What every operation gets besides the rooms. */
export interface CallContext {
  principal: Principal;
  surface: Surface;
  now(): Instant;
  signal: AbortSignal;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type ParamsOf<Path extends string> = Path extends `${string}:${infer Param}/${infer Rest}`
  ? Param | ParamsOf<`/${Rest}`>
  : Path extends `${string}:${infer Param}`
    ? Param
    : never;
/** `GET /incidents/:id`, where each `:param` is a key of the input. */
type Route<Path extends string, Key> = [ParamsOf<Path>] extends [Key] ? Path : never;

/** The input of an operation: flat, so that each key is a flag, a query parameter and a tool argument alike. */
export type InputShape = z.ZodObject<z.core.$ZodLooseShape>;

/** A capability of Nines, declared once and served by every surface. `Rooms` is what it needs of the composition. */
export interface Operation<
  Rooms = never,
  In extends InputShape = InputShape,
  Out extends z.ZodType = z.ZodType,
> {
  /** `room.verb`: CLI `nines room verb`, MCP tool `room_verb`. */
  readonly name: `${string}.${string}`;
  /** One sentence for `--help`, OpenAPI and the model. */
  readonly summary: string;
  /** More for `--help` and the model, where the summary is not enough. */
  readonly description?: string;
  readonly effect: Effect;
  readonly route: `${Method} /${string}`;
  /** The CLI's positionals, in order; the last may be an array. Everything else of the input is a flag. */
  readonly args?: readonly (keyof z.output<In> & string)[];
  /** The input that holds files, `{ path, text }` each: the CLI takes paths there and reads them. */
  readonly files?: keyof z.output<In> & string;
  /** It asks nothing of what is stored, and needs no rooms: the CLI runs it by itself, as in a CI. */
  readonly standalone?: true;
  /** A flat object: cross-field rules live in the domain and throw `invalid`. */
  readonly input: In;
  readonly output: Out;
  readonly run: (input: z.output<In>, context: Rooms & CallContext) => Promise<z.input<Out>>;
  /** Text for a terminal (80 columns) and for a model. JSON is always beside it. */
  readonly render?: (output: z.output<Out>) => string;
  /** The surfaces it is not on, each with the reason. */
  readonly hidden?: Partial<Record<Surface, string>>;
  /** Examples for `--help`, as typed: `nines incident resolve INC-7`. */
  readonly examples?: readonly string[];
}

/** Any operation over some rooms, with its input and output forgotten. */
export type AnyOperation<Rooms> = Omit<Operation<Rooms>, 'run' | 'render' | 'args' | 'files'> & {
  readonly args?: readonly string[];
  readonly files?: string;
  readonly run: (input: never, context: Rooms & CallContext) => Promise<unknown>;
  readonly render?: (output: never) => string;
};

/**
 * Makes the declaring function for a room: `const operation = operationsOf<{ incidents: Incidents }>()`. The name is
 * kept as a literal type, so that typed clients can find an operation's input and output by it.
 */
export function operationsOf<Rooms>() {
  return <
    const Name extends `${string}.${string}`,
    const Path extends `${Method} /${string}`,
    In extends InputShape,
    Out extends z.ZodType,
  >(
    declared: Omit<Operation<Rooms, In, Out>, 'route' | 'name'> & {
      name: Name;
      route: Route<Path, keyof z.output<In>> & Path;
    },
  ): Operation<Rooms, In, Out> & { readonly name: Name } =>
    declared as unknown as Operation<Rooms, In, Out> & { readonly name: Name };
}

/** How surfaces, the console and agents call: by the operation's name, in this process or over HTTP. */
export type Caller = (name: string, input: unknown, options?: { signal?: AbortSignal }) => Promise<unknown>;
