import type { CallToolResult, ToolAnnotations } from '@modelcontextprotocol/server';
import { asFault, type Caller, type Fault } from '../../kernel/index.ts';
import { type Capability, partsOf, routeOf, toolName } from '../field.ts';
import { boundText, boundValue } from './bound.ts';

/** What a client may assume of a tool, from the operation's effect and its method. */
export function annotationsOf(operation: Capability): ToolAnnotations {
  const { room, verb } = partsOf(operation);
  const { method } = routeOf(operation);
  return {
    title: `${room} ${verb}`,
    readOnlyHint: operation.effect === 'read',
    destructiveHint: operation.effect === 'act',
    idempotentHint: operation.effect === 'read' || method === 'PUT' || method === 'DELETE',
    // Acting reaches services and platforms; everything else stays within Nines.
    openWorldHint: operation.effect === 'act',
  };
}

export function descriptionOf(operation: Capability): string {
  const lines = [operation.summary];
  if (operation.description !== undefined) lines.push(operation.description);
  if (operation.effect === 'act')
    lines.push(
      'This acts on running systems. It passes the guard and is audited; ask the person first unless they asked for it.',
    );
  return lines.join('\n');
}

/** Calls an operation and says the answer twice: as text for reading, as JSON in the shape of the output schema. */
export async function callTool(
  operation: Capability,
  input: unknown,
  caller: Caller,
  signal: AbortSignal,
): Promise<CallToolResult> {
  try {
    const answer = await caller(operation.name, input ?? {}, { signal });
    const { value, left } = boundValue(answer);
    // A shortened answer must still be of the declared shape, or a client refuses all of it.
    const structured = left.length === 0 || operation.output.safeParse(value).success ? value : undefined;
    if (structured === undefined)
      return failure(
        `The answer is too large to pass on (${left.join('; ')}). Ask for less: narrow the window, filter, or set a limit.`,
      );
    const said = boundText(
      operation.render === undefined ? JSON.stringify(value, null, 2) : operation.render(answer as never),
    );
    const notes = [
      ...(left.length === 0 ? [] : [`Shortened in the structured answer: ${left.join('; ')}.`]),
      ...(said.cut ? ['The text is cut here.'] : []),
      ...(left.length > 0 || said.cut
        ? ['For the rest, ask for less at a time: narrow the window, filter, or set a limit.']
        : []),
    ];
    return {
      content: [{ type: 'text', text: [quoted(operation, said.text), ...notes].join('\n') }],
      structuredContent: structured as Record<string, unknown>,
    };
  } catch (thrown) {
    return failure(faultText(asFault(thrown)));
  }
}

/**
 * Data in a block of its own. Names, log lines and messages in it come from the systems that are looked after, and
 * could be written to look like instructions; the block can't be closed from inside.
 */
export function quoted(operation: Pick<Capability, 'name'>, text: string): string {
  const inside = text.replaceAll(/<(\/?)(nines-data)/gi, '‹$1$2');
  return `<nines-data from="${toolName(operation)}">\n${inside}\n</nines-data>`;
}

function failure(text: string): CallToolResult {
  return { isError: true, content: [{ type: 'text', text }] };
}

function faultText(fault: Fault): string {
  const again = fault.detail.retryAfterSeconds;
  return `${fault.code}: ${fault.toText()}${again === undefined ? '' : `\n  Try again after ${again} s.`}`;
}
