import { type Document, LineCounter, parseAllDocuments, type Tags } from 'yaml';
import type { z } from 'zod';
import {
  Fault,
  milliseconds,
  offsetOfField,
  oneLine,
  type Place,
  type Problem,
  problemsOfIssue,
} from '../../kernel/index.ts';
import type { RuleResource } from '../prometheus/generate.ts';
import { type AlertWindows, type RuleSpec, ruleId } from '../prometheus/rule-spec.ts';
import { AlertWindowsV1, declaredWindows } from './alert-windows.ts';
import { isOpenSlo, openSloSpecs } from './openslo-v1.ts';
import { readV1Alpha, unreadable } from './openslo-v1alpha.ts';
import { PrometheusV1 } from './prometheus-v1.ts';
import { MONTH, type SlothOptions, slothRuleSpecs, v1AlphaRuleSpecs } from './rule-specs.ts';
import { asPrometheusV1, originalField, ServiceLevelHead } from './service-level.ts';

/** YAML as Sloth's reader takes it: `<<` merges, and yes and on are true, which a label then says. */
const YAML_OF_GO = {
  merge: true,
  customTags: (tags: Tags): Tags => [
    ...tags,
    ...([true, false] as const).map(value => ({
      tag: 'tag:yaml.org,2002:bool',
      default: true as const,
      test: value ? /^(?:[Yy]es|YES|[Oo]n|ON)$/ : /^(?:[Nn]o|NO|[Oo]ff|OFF)$/,
      resolve: () => value,
    })),
  ],
};

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
  const meant = catalogued(options, windowsIn(files, problems));
  const add = (read: SpecDocument, place: Place) => {
    for (const spec of read.specs) {
      const first = seen.get(ruleId(spec));
      if (first !== undefined)
        problems.push({
          message: `the SLO ${spec.name} of ${spec.service} is declared twice; first in ${first.file}, line ${first.line}`,
          place,
        });
      else seen.set(ruleId(spec), place);
    }
    documents.push(read);
  };
  for (const file of files) {
    const lines = new LineCounter();
    const all = parseAllDocuments(file.text, { ...YAML_OF_GO, lineCounter: lines, prettyErrors: false });
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
        const read = readDocument(document, file.path, placeOf, meant, problems, notes);
        if (read !== undefined) add(read, placeOf(''));
      }
    }
  }
  for (const { specs, place } of openSloSpecs(files, problems)) add({ specs }, place);
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
function windowsIn(
  files: readonly { path: string; text: string }[],
  problems: Problem[],
): Map<number, AlertWindows> {
  const found = new Map<number, AlertWindows>();
  for (const { path, text } of files) {
    if (!text.includes('AlertWindows')) continue;
    const all = parseAllDocuments(text, { ...YAML_OF_GO, prettyErrors: false });
    for (const document of Array.isArray(all) ? all : []) {
      if (document.errors.length > 0) continue;
      const checked = AlertWindowsV1.safeParse(document.toJS({ maxAliasCount: 100 }));
      if (!checked.success) continue;
      const { period, windows } = declaredWindows(checked.data);
      if (found.has(period))
        problems.push({
          message: `AlertWindows for ${checked.data.spec.sloPeriod} are declared twice; one catalogue for a period is right`,
          place: { file: path },
        });
      found.set(period, windows);
    }
  }
  return found;
}

/** Where no period is asked for and only one is declared that is not Sloth's own, that one is meant. */
function catalogued(options: SlothOptions, declared: ReadonlyMap<number, AlertWindows>): SlothOptions {
  const [only] = declared.size === 1 ? declared.keys() : [];
  const period = options.period ?? (only === undefined ? undefined : milliseconds(only));
  return {
    ...options,
    ...(period === undefined ? {} : { period }),
    catalogue: options.catalogue ?? declared,
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
  // OpenSLO's objects mention each other: they are read together. Nothing follows a last `---`.
  if (value === null || isOpenSlo(value)) return undefined;
  const parsed = <S extends z.ZodType>(schema: S, input: unknown, field = (name: string) => name) => {
    const checked = schema.safeParse(input);
    if (checked.success) {
      notes.push(
        ...unknownFields(input, checked.data, '').map(
          name => `${fileName(path)}: the field ${field(name)} is not known and was passed over.`,
        ),
      );
      return checked.data;
    }
    problems.push(
      ...checked.error.issues
        .flatMap(issue => problemsOfIssue(issue, name => placeOf(field(name))))
        .map(one => (one.field === undefined ? one : { ...one, field: field(one.field) })),
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
    const { name, namespace, labels, annotations } = head.metadata;
    return {
      specs: slothRuleSpecs(spec, { ...options, mode: 'cli-gen-k8s', spec: 'sloth.slok.dev/v1' }),
      resource: { name, namespace, labels: labels ?? {}, annotations: annotations ?? {} },
    };
  }
  if (apiVersion === 'openslo/v1alpha') {
    if (kind !== 'SLO') return { specs: [] };
    const { checked, ignored } = readV1Alpha(value, options.period ?? MONTH);
    notes.push(
      ...ignored.map(name => `${fileName(path)}: the field ${name} is not needed and was passed over.`),
    );
    if (!checked.success) {
      problems.push(...checked.error.issues.flatMap(issue => problemsOfIssue(issue, placeOf)));
      return undefined;
    }
    problems.push(...unreadable(checked.data).map(one => ({ ...one, place: placeOf(one.field) })));
    return { specs: v1AlphaRuleSpecs(checked.data, options) };
  }
  if (version !== undefined && apiVersion === undefined) {
    const spec = parsed(PrometheusV1, value);
    if (spec === undefined) return undefined;
    return { specs: slothRuleSpecs(spec, options) };
  }
  // A folder of reliability as code holds more than SLOs.
  if (typeof apiVersion === 'string' && apiVersion.startsWith('nines/')) return undefined;
  if (Array.isArray((value as { groups?: unknown }).groups)) return undefined;
  problems.push({
    message: `this is no SLO specification that is known${apiVersion === undefined ? '' : `: ${String(apiVersion).slice(0, 80)}`}; known are version prometheus/v1, and apiVersion sloth.slok.dev/v1, openslo/v1 and openslo/v1alpha`,
    place: placeOf(apiVersion === undefined ? '' : 'apiVersion'),
  });
  return undefined;
}

/** The name alone: notes stand in what is generated, which is the same on every machine. */
function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
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
