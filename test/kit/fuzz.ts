/** Random and broken requests for whatever takes them, from a seed that is told. */
import fc from 'fast-check';

/** Another one: FUZZ_SEED=1234 npm test */
export const fuzzSeed = Number(process.env.FUZZ_SEED ?? 20_260_127);

/** So many examples, the same for the same seed. */
export function examples<T>(arbitrary: fc.Arbitrary<T>, count: number, turn = 0): T[] {
  return fc.sample(arbitrary, { seed: fuzzSeed + turn, numRuns: count });
}

export const randomBytes = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  fc.uint8Array({ maxLength: 2000 }),
  // Often enough a field of protobuf, and then anything.
  fc
    .tuple(fc.constantFrom(0x0a, 0x12, 0x1a, 0x32, 0x4a, 0x09, 0x08), fc.uint8Array({ maxLength: 300 }))
    .map(([tag, rest]) => Uint8Array.from([tag, ...rest])),
);

type Change = (body: number[], at: number, byte: number) => void;

/** Ways to break a message: other bytes, more or fewer of them, lengths that lie. */
const changes: readonly Change[] = [
  (body, at, byte) => {
    body[at] = byte;
  },
  (body, at, byte) => body.splice(at, 0, byte),
  (body, at) => body.splice(at, 1),
  (body, at) => body.splice(at),
  (body, at) => body.splice(at, 0, ...body.slice(at, at + 40)),
  // A length of almost 2^32, one of more than 2^64, a number without an end, a group that opens.
  (body, at) => body.splice(at, 1, 0xff, 0xff, 0xff, 0xff, 0x0f),
  (body, at) => body.splice(at, 1, ...new Array<number>(10).fill(0xff), 0x01),
  (body, at) => body.splice(at, 0, ...new Array<number>(16).fill(0x80)),
  (body, at) => body.splice(at, 0, 0x0b),
];

/** A message with up to five things changed. */
export function broken(messages: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.nat(changes.length - 1), fc.nat(), fc.integer({ min: 0, max: 255 }));
  return fc
    .tuple(fc.nat(messages.length - 1), fc.array(change, { minLength: 1, maxLength: 5 }))
    .map(([index, list]) => {
      const body = [...messages[index]!];
      for (const [which, place, byte] of list)
        changes[which]!(body, body.length === 0 ? 0 : place % body.length, byte);
      return Uint8Array.from(body);
    });
}

/** A length-delimited field. */
export function field(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([varint(number * 8 + 2), varint(content.byteLength), content]);
}

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** An AnyValue of lists in lists, so deep; made from the inside out. */
export function nested(depth: number): Uint8Array {
  // AnyValue { array_value = 5 { values = 1 } }: the tags from the inside, lengths grow with them.
  const parts: Buffer[] = [];
  let size = 0;
  for (let level = 0; level < depth; level++) {
    const values = Buffer.concat([Buffer.from([0x0a]), varint(size)]);
    size += values.length;
    const array = Buffer.concat([Buffer.from([0x2a]), varint(size)]);
    size += array.length;
    parts.push(values, array);
  }
  return Buffer.concat(parts.reverse());
}
