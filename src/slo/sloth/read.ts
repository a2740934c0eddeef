import { type Document, LineCounter, parseAllDocuments } from 'yaml';
import type { z } from 'zod';
import { checkFiles, type Resource } from '../../catalog/index.ts';
import {
  Fault,
  milliseconds,
  offsetOfField,
  oneLine,
  type Place,
  type Problem,
  problemsOfIssue,
} from '../../kernel/index.ts';
import { sloKinds } from '../kinds.ts';
import { objectivesOf } from '../objective.ts';
import { Sli, SliSpec } from '../openslo/sli.ts';
import { Slo, SloSpec } from '../openslo/slo.ts';
import { V1AlphaSlo } from '../openslo/v1alpha.ts';
import type { RuleResource } from '../prometheus/generate.ts';
import { type AlertWindows, type RuleSpec, ruleId } from '../prometheus/rule-spec.ts';
import { AlertWindowsV1, declaredWindows } from './alert-windows.ts';
import { objectiveRuleSpec } from './objective-rule-spec.ts';
import { isKnownPlugin } from './plugins.ts';
import { PrometheusV1 } from './prometheus-v1.ts';
import { type SlothOptions, slothRuleSpecs, v1AlphaRuleSpecs } from './rule-specs.ts';
import { asPrometheusV1, originalField, ServiceLevelHead } from './service-level.ts';

/** The SLOs of one document, and the Kubernetes resource that the rules go into, if it was one. */
export interface SpecDocument {
  specs: RuleSpec[];
  resource?: RuleResource;
}

export interface ReadSpecs {
  documents: SpecDocument[];
  /** What was passed over, in words. */
  notes: string[];
}

/**
 * Reads SLO specifications for rule generation: Sloth's `prometheus/v1`, its Kubernetes resource, OpenSLO v1alpha and
 * v1, several documents a file. Throws `invalid` with every problem's file, line and column.
 */
export function readSpecs(
  files: readonly { path: string; text: string }[],
  options: SlothOptions = {},
): ReadSpecs {
  const problems: Problem[] = [];
  const notes: string[] = [];
  const documents: SpecDocument[] = [];
  const seen = new Map<string, Place>();
  const catalogue = windowsIn(files);
  for (const file of files) {
    const lines = new LineCounter();
    const all = parseAllDocuments(file.text, { lineCounter: lines, prettyErrors: false });
    for (const document of Array.isArray(all) ? all : []) {
      const placeOf = (field: string): Place => {
        const { line, col } = lines.linePos(offsetOfField(document, field));
        return { file: file.path, line, column: col };
      };
      if (document.errors.length > 0)
        for (const error of document.errors) {
          const { line, col } = lines.linePos(error.pos[0]);
          problems.push({ message: oneLine(error.message), place: { file: file.path, line, column: col } });
        }
      else if (document.contents !== null) {
        const read = readDocument(
          document,
          file.path,
          placeOf,
          { ...catalogued(options, catalogue) },
          problems,
          notes,
        );
        if (read === undefined) continue;
        for (const spec of read.specs) {
          const first = seen.get(ruleId(spec));
          if (first !== undefined)
            problems.push({
              message: `the SLO ${spec.name} of ${spec.service} is declared twice; first in ${first.file}, line ${first.line}`,
              place: placeOf(''),
            });
          else seen.set(ruleId(spec), placeOf(''));
        }
        documents.push(read);
      }
    }
  }
  if (problems.length > 0)
    throw new Fault(
      'invalid',
      `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} in the SLO specifications.`,
      { problems: problems.slice(0, 100) },
    );
  if (documents.every(document => document.specs.length === 0))
    throw new Fault('invalid', 'There is no SLO in the files.', {
      hint: 'Sloth specs begin with version: prometheus/v1, OpenSLO with apiVersion: openslo/v1.',
    });
  return { documents, notes };
}

/** The windows that the files themselves declare, by period. */
function windowsIn(files: readonly { text: string }[]): Map<number, AlertWindows> {
  const found = new Map<number, AlertWindows>();
  for (const { text } of files) {
    if (!text.includes('AlertWindows')) continue;
    const all = parseAllDocuments(text, { prettyErrors: false });
    for (const document of Array.isArray(all) ? all : []) {
      if (document.errors.length > 0) continue;
      const checked = AlertWindowsV1.safeParse(document.toJS({ maxAliasCount: 100 }));
      if (!checked.success) continue;
      const { period, windows } = declaredWindows(checked.data);
      found.set(period, windows);
    }
  }
  return found;
}

/** Where no period is asked for and only one is declared that is not Sloth's own, that one is meant. */
function catalogued(options: SlothOptions, catalogue: ReadonlyMap<number, AlertWindows>): SlothOptions {
  const only = catalogue.size === 1 ? [...catalogue.keys()][0] : undefined;
  const period = options.period ?? (only === undefined ? undefined : milliseconds(only));
  const windows = options.windows ?? (period === undefined ? undefined : catalogue.get(period));
  return {
    ...options,
    ...(period === undefined ? {} : { period }),
    ...(windows === undefined ? {} : { windows }),
  };
}

function readDocument(
  document: Document.Parsed,
  path: string,
  placeOf: (field: string) => Place,
  options: SlothOptions,
  problems: Problem[],
  notes: string[],
): SpecDocument | undefined {
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  const { version, apiVersion, kind } = (value ?? {}) as Record<string, unknown>;
  if (Array.isArray(value) || apiVersion === 'openslo/v1') {
    const { resources, problems: found } = checkFiles([{ path, text: String(document) }], sloKinds);
    // The document was printed again to be checked alone: its own lines are counted from where it stands.
    const begin = (placeOf('').line ?? 1) - 1;
    problems.push(
      ...found.map(one => ({
        ...one,
        ...(one.place === undefined ? {} : { place: { ...one.place, line: (one.place.line ?? 1) + begin } }),
      })),
    );
    return { specs: openSloSpecs(resources) };
  }
  const parsed = <S extends z.ZodType>(schema: S, input: unknown, field = (name: string) => name) => {
    const checked = schema.safeParse(input);
    if (checked.success) {
      notes.push(
        ...unknownFields(input, checked.data, '').map(
          name => `${path}: the field ${field(name)} is not known and was passed over.`,
        ),
      );
      return checked.data;
    }
    problems.push(
      ...checked.error.issues.flatMap(issue => problemsOfIssue(issue, name => placeOf(field(name)))),
    );
    return undefined;
  };
  if (apiVersion === 'sloth.slok.dev/v1' && kind === 'AlertWindows') {
    return parsed(AlertWindowsV1, value) === undefined ? undefined : { specs: [] };
  }
  if (apiVersion === 'sloth.slok.dev/v1') {
    const head = parsed(ServiceLevelHead, value);
    if (head === undefined) return undefined;
    const spec = parsed(PrometheusV1, asPrometheusV1(head.spec), originalField);
    if (spec === undefined) return undefined;
    notes.push(...unknownPlugins(spec, path));
    const { name, namespace, labels, annotations } = head.metadata;
    return {
      specs: slothRuleSpecs(spec, { ...options, mode: 'cli-gen-k8s', spec: 'sloth.slok.dev/v1' }),
      resource: { name, namespace, labels: labels ?? {}, annotations: annotations ?? {} },
    };
  }
  if (apiVersion === 'openslo/v1alpha') {
    if (kind !== 'SLO') return { specs: [] };
    const slo = parsed(V1AlphaSlo, value);
    if (slo !== undefined)
      problems.push(...unreadable(slo).map(one => ({ ...one, place: placeOf(one.field) })));
    return slo === undefined ? undefined : { specs: v1AlphaRuleSpecs(slo) };
  }
  if (version !== undefined && apiVersion === undefined) {
    const spec = parsed(PrometheusV1, value);
    if (spec === undefined) return undefined;
    notes.push(...unknownPlugins(spec, path));
    return { specs: slothRuleSpecs(spec, options) };
  }
  problems.push({
    message: `this is no SLO specification that is known${apiVersion === undefined ? '' : `: ${String(apiVersion).slice(0, 80)}`}; known are version prometheus/v1, and apiVersion sloth.slok.dev/v1, openslo/v1 and openslo/v1alpha`,
    place: placeOf(apiVersion === undefined ? '' : 'apiVersion'),
  });
  return undefined;
}

/** What of OpenSLO v1alpha no rule can be made of: other sources than Prometheus, thresholds. */
function unreadable({ spec }: V1AlphaSlo): { field: string; message: string }[] {
  return spec.objectives.flatMap((objective, index) => {
    const at = `spec.objectives.${index}`;
    const { ratioMetrics } = objective;
    if (ratioMetrics === undefined)
      return [{ field: at, message: 'ratioMetrics is needed: rules are made of good ÷ total' }];
    return (['good', 'total'] as const).flatMap(part => {
      const { source, queryType } = ratioMetrics[part];
      return [
        ...(/^(prometheus|sloth)$/.test(source)
          ? []
          : [
              {
                field: `${at}.ratioMetrics.${part}.source`,
                message: `the source is prometheus, not ${source}`,
              },
            ]),
        ...(queryType === 'promql'
          ? []
          : [
              {
                field: `${at}.ratioMetrics.${part}.queryType`,
                message: `the query type is promql, not ${queryType}`,
              },
            ]),
      ];
    });
  });
}

function openSloSpecs(resources: readonly Resource[]): RuleSpec[] {
  const slis = new Map(
    resources.filter(one => one.kind === Sli.kind).map(one => [one.metadata.name, SliSpec.parse(one.spec)]),
  );
  return resources
    .filter(one => one.kind === Slo.kind)
    .flatMap(one =>
      objectivesOf({ ...one, spec: SloSpec.parse(one.spec) }, name => slis.get(name)).map(objectiveRuleSpec),
    );
}

/** Plugins are programs in Go: those that are not known here change the rules in Sloth and not here. */
function unknownPlugins(spec: PrometheusV1, path: string): string[] {
  const chains = [spec.slo_plugins, ...spec.slos.map(slo => slo.plugins)].flatMap(one => one?.chain ?? []);
  return [...new Set(chains.map(one => one.id))]
    .filter(id => !isKnownPlugin(id))
    .map(id => `${path}: the plugin ${id} is not known here; the rules are without it.`);
}

/** The fields that a lenient schema let fall. */
function unknownFields(input: unknown, output: unknown, at: string): string[] {
  if (Array.isArray(input) && Array.isArray(output))
    return input.flatMap((one, index) =>
      unknownFields(one, output[index], `${at}${at === '' ? '' : '.'}${index}`),
    );
  if (typeof input !== 'object' || input === null || typeof output !== 'object' || output === null) return [];
  return Object.entries(input).flatMap(([key, inner]) => {
    const field = at === '' ? key : `${at}.${key}`;
    return key in output ? unknownFields(inner, (output as Record<string, unknown>)[key], field) : [field];
  });
}
