import { isNode, type ParsedNode, parseAllDocuments } from 'yaml';
import { type Lookup, parseFile } from '../../catalog/index.ts';
import { Fault, type Place, type Problem } from '../../kernel/index.ts';
import { sloKinds } from '../kinds.ts';
import { objectivesOf } from '../objective.ts';
import { Sli, type SliSpec } from '../openslo/sli.ts';
import { problemsWithIndicators, Slo, SloSpec } from '../openslo/slo.ts';
import type { RuleSpec } from '../prometheus/rule-spec.ts';
import { objectiveRuleSpec } from './objective-rule-spec.ts';

/** A document of OpenSLO v1, or a list of OpenSLO's objects. */
export function isOpenSlo(value: unknown): boolean {
  return (
    Array.isArray(value) ||
    (typeof value === 'object' &&
      value !== null &&
      'apiVersion' in value &&
      value.apiVersion === 'openslo/v1')
  );
}

/**
 * The SLOs of all OpenSLO documents of all files, whichever else is in them: an indicator may be declared in another
 * document or file than the SLO that mentions it. What is wrong goes into `problems`, with its place.
 */
export function openSloSpecs(
  files: readonly { path: string; text: string }[],
  problems: Problem[],
): { specs: RuleSpec[]; place: Place }[] {
  const parsed = files.flatMap(({ path, text }) => {
    const read = parseFile({ path, text: openSloAlone(text) }, sloKinds);
    problems.push(...read.problems);
    return read.parsed;
  });
  const find: Lookup = (kind, name) =>
    parsed.find(({ resource }) => resource.kind === kind && resource.metadata.name === name)?.resource;
  return parsed.flatMap(({ resource, placeOf }) => {
    if (resource.kind !== Slo.kind) return [];
    const slo = { ...resource, spec: SloSpec.parse(resource.spec) };
    const found = problemsWithIndicators(slo.spec, find);
    problems.push(...found.map(one => ({ ...one, place: placeOf(one.field ?? '') })));
    if (found.length > 0) return [];
    try {
      const objectives = objectivesOf(slo, name => find(Sli.kind, name)?.spec as SliSpec | undefined);
      return [{ specs: objectives.map(objectiveRuleSpec), place: placeOf('') }];
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const { field = '', hint } = error.detail;
      problems.push({
        message: error.message,
        field,
        place: placeOf(field),
        ...(hint === undefined ? {} : { hint }),
      });
      return [];
    }
  });
}

/**
 * A file with every other document blanked, so that what remains stands on its own lines and columns. Nothing remains of
 * one that is no YAML: whoever reads the other documents says so.
 */
function openSloAlone(text: string): string {
  const documents = parseAllDocuments<ParsedNode>(text, { prettyErrors: false, merge: true });
  if (!Array.isArray(documents) || documents.some(one => one.errors.length > 0)) return '';
  return documents.reduce((kept, document) => {
    const { contents } = document;
    if (!isNode(contents) || isOpenSlo(document.toJS({ maxAliasCount: 100 }))) return kept;
    const [from, , to] = contents.range;
    return kept.slice(0, from) + kept.slice(from, to).replaceAll(/[^\n]/g, ' ') + kept.slice(to);
  }, text);
}
