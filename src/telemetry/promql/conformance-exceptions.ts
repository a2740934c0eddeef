/** Statements of Prometheus' engine tests that do not pass, each with its reason. */
export const notPassing: readonly {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}[] = [];
