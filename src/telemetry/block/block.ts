import { Bytes } from './bytes.ts';
import type { Column, Mark } from './column.ts';

/** Where all columns of a block were at some time. */
export interface Place {
  rows: number;
  bytes: number;
  columns: readonly Mark[];
}

/**
 * Rows for one table, column by column, as ClickHouse's Native format has them: the engine takes them without parsing.
 * Many requests append to one block; each can be taken back, or written by itself.
 */
export class Block {
  readonly #columns: readonly (readonly [name: string, column: Column])[];
  rows = 0;
  /** Set when it is being stored: further rows go into the next one. */
  sealed = false;

  constructor(columns: Readonly<Record<string, Column>>) {
    this.#columns = Object.entries(columns);
  }

  place(): Place {
    const columns = this.#columns.map(([, column]) => column.mark());
    let bytes = 0;
    for (const [index, [, column]] of this.#columns.entries()) bytes += column.size(columns[index]!);
    return { rows: this.rows, bytes, columns };
  }

  /** Forgets what was appended since then, whole rows or not. */
  back(place: Place): void {
    for (const [index, [, column]] of this.#columns.entries()) column.truncate(place.columns[index]!);
    this.rows = place.rows;
  }

  /** The rows between two places in Native format. */
  native(from: Place, to: Place): Uint8Array {
    const out = new Bytes(to.bytes - from.bytes + 16_384);
    out.varint(this.#columns.length);
    out.varint(to.rows - from.rows);
    for (const [index, [name, column]] of this.#columns.entries()) {
      out.text(name);
      out.text(column.type);
      column.prefix(out);
      column.write(out, from.columns[index]!, to.columns[index]!);
    }
    return out.taken();
  }
}
