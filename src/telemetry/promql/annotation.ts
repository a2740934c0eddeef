import type { Position } from './promql-error.ts';

/** What an evaluation has to say about its data: kept once per text and place. */
export class Annotations {
  readonly #warnings = new Set<string>();
  readonly #infos = new Set<string>();

  warn(message: string, at: Position): void {
    this.#warnings.add(`PromQL warning: ${message} (${at.line}:${at.column})`);
  }

  info(message: string, at: Position): void {
    this.#infos.add(`PromQL info: ${message} (${at.line}:${at.column})`);
  }

  get warnings(): string[] {
    return [...this.#warnings];
  }

  get infos(): string[] {
    return [...this.#infos];
  }
}

/** ` for metric name "x"`, or nothing when the series has no name. */
export function forMetric(name: string | undefined): string {
  return name ? ` for metric name ${JSON.stringify(name)}` : '';
}
