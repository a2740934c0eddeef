import {
  durationMs,
  type Expr,
  type Labels,
  labelsKey,
  parse,
  type QueryOptions,
  queryInstant,
} from '../../src/telemetry/promql/index.ts';
import { notedLabels, notedPoints } from './promqltest/series-notation.ts';
import { Storage } from './promqltest/storage.ts';

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly WrittenRule[] }[];
}

interface WrittenRule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Labels;
}

/** One test group of promtool's unit-test format. */
export interface UnitTest {
  readonly interval?: string;
  readonly input_series?: readonly { readonly series: string; readonly values: string | number }[];
  readonly alert_rule_test?: readonly {
    readonly eval_time: string;
    readonly alertname: string;
    readonly exp_alerts?: readonly { readonly exp_labels?: Labels }[];
  }[];
  readonly promql_expr_test?: readonly {
    readonly expr: string;
    readonly eval_time: string;
    readonly exp_samples?: readonly { readonly labels: string; readonly value: number | string }[];
  }[];
}

interface Rule {
  readonly written: WrittenRule;
  readonly expr: Expr;
  /** Alerts by labels, with the time since which they are active. */
  readonly active: Map<string, { readonly labels: Labels; readonly since: number }>;
  /** Recorded series that have a sample from the last evaluation. */
  live: Map<string, Labels>;
}

function ms(text: string | number): number {
  return text === 0 || text === '0' ? 0 : (durationMs(String(text)) ?? Number(text) * 1000);
}

function ruleOf(written: WrittenRule): Rule {
  return { written, expr: parse(written.expr), active: new Map(), live: new Map() };
}

/** Plays the rules over the test's series and collects what differs from what is expected. Annotations are not compared. */
export class RuleRun {
  readonly #storage = new Storage();
  readonly #rules: readonly Rule[];
  readonly #options: QueryOptions;

  constructor(files: readonly RuleFile[], test: UnitTest, options: QueryOptions) {
    this.#rules = files.flatMap(file => file.groups).flatMap(group => group.rules.map(ruleOf));
    this.#options = options;
    for (const { series, values } of test.input_series ?? []) {
      const head = notedLabels(series);
      if (!head) throw new Error(`not a series: ${series}`);
      this.#storage.load(
        { labels: head.labels, points: notedPoints(String(values)), starts: false },
        ms(test.interval ?? '1m'),
      );
    }
  }

  async #samples(expr: Expr | string, at: number): Promise<{ labels: Labels; value: number }[]> {
    const result = await queryInstant(this.#storage, expr, at, this.#options);
    if (result.type === 'vector') return result.samples.map(({ labels, value }) => ({ labels, value }));
    return result.type === 'scalar' ? [{ labels: {}, value: result.value }] : [];
  }

  /** Evaluate all rules once, in order. */
  async step(at: number): Promise<void> {
    for (const rule of this.#rules) {
      const samples = await this.#samples(rule.expr, at);
      if (rule.written.alert) this.#alert(rule, samples, at);
      else {
        const live = new Map<string, Labels>();
        for (const { labels, value } of samples) {
          const recorded = { ...labels, ...rule.written.labels, __name__: rule.written.record! };
          live.set(labelsKey(recorded), recorded);
          this.#storage.append(recorded, at, value, false);
        }
        for (const [key, labels] of rule.live)
          if (!live.has(key)) this.#storage.append(labels, at, Number.NaN, true);
        rule.live = live;
      }
    }
  }

  #alert(rule: Rule, samples: readonly { labels: Labels }[], at: number): void {
    const seen = new Set<string>();
    for (const { labels } of samples) {
      const { __name__: _, ...others } = labels;
      const all: Labels = { ...others, ...rule.written.labels, alertname: rule.written.alert! };
      const key = labelsKey(all);
      seen.add(key);
      if (!rule.active.has(key)) rule.active.set(key, { labels: all, since: at });
    }
    for (const key of rule.active.keys()) if (!seen.has(key)) rule.active.delete(key);
  }

  firing(alertname: string, at: number): Labels[] {
    return this.#rules
      .filter(rule => rule.written.alert === alertname)
      .flatMap(rule =>
        [...rule.active.values()]
          .filter(each => at - each.since >= ms(rule.written.for ?? '0'))
          .map(each => each.labels),
      );
  }

  samples(expr: string, at: number): Promise<{ labels: Labels; value: number }[]> {
    return this.#samples(expr, at);
  }
}

function sortedKeys(labels: readonly Labels[]): string {
  return JSON.stringify(labels.map(labelsKey).sort());
}

/** Run one test group against rule files; the answer tells what differs. */
export async function runUnitTest(
  files: readonly RuleFile[],
  test: UnitTest,
  evaluationInterval: string,
  options: QueryOptions,
): Promise<string[]> {
  const run = new RuleRun(files, test, options);
  const step = ms(evaluationInterval);
  const alerts = test.alert_rule_test ?? [];
  const exprs = test.promql_expr_test ?? [];
  const end = Math.max(0, ...[...alerts, ...exprs].map(each => ms(each.eval_time)));
  const wrong: string[] = [];
  for (let at = 0; at <= end; at += step) {
    await run.step(at);
    for (const { eval_time, alertname, exp_alerts = [] } of alerts) {
      if (ms(eval_time) < at || ms(eval_time) >= at + step) continue;
      const wanted = exp_alerts.map(each => ({ ...each.exp_labels, alertname }));
      const got = run.firing(alertname, at);
      if (sortedKeys(wanted) !== sortedKeys(got))
        wrong.push(
          `${alertname} at ${eval_time}: expected ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`,
        );
    }
  }
  for (const { expr, eval_time, exp_samples = [] } of exprs) {
    const got = new Map(
      (await run.samples(expr, ms(eval_time))).map(each => [labelsKey(each.labels), each.value]),
    );
    const wanted = new Map(
      exp_samples.map(each => [labelsKey(notedLabels(each.labels)?.labels ?? {}), Number(each.value)]),
    );
    const same =
      wanted.size === got.size &&
      [...wanted].every(([key, value]) => Math.abs(got.get(key)! - value) <= 1e-9 * Math.abs(value));
    if (!same)
      wrong.push(
        `${expr} at ${eval_time}: expected ${JSON.stringify([...wanted])}, got ${JSON.stringify([...got])}`,
      );
  }
  return wrong;
}
