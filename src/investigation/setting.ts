import { type Location, locate } from './location.ts';
import { type PatternFinding, patternFindings } from './log-pattern.ts';
import type { Observation } from './observation.ts';
import { type Saturation, saturations } from './resource.ts';
import { type StatementFinding, statementFindings } from './statement.ts';
import { type Symptom, type Traffic, trafficOf, worstSymptom } from './symptom.ts';

/** The observation with what was read off it once, for all hypotheses. */
export interface Setting {
  observation: Observation;
  location: Location;
  symptom: Symptom | undefined;
  traffic: Traffic;
  statements: readonly StatementFinding[];
  patterns: readonly PatternFinding[];
  saturations: readonly Saturation[];
  /** Services outside the call graph that use a database inside it. */
  neighbours: readonly string[];
  /** 0 to 1: how much of the added time is spent waiting for databases and queues. */
  storeShare: number;
}

export function settingOf(observation: Observation): Setting {
  const location = locate(observation);
  const symptom = worstSymptom(observation);
  const reached = location.services.map(place => place.name);
  const stores = new Set(location.stores.map(place => place.name));
  const neighbours = [
    ...new Set(
      [...observation.edges.baseline, ...observation.edges.incident]
        .filter(edge => stores.has(edge.to) && !reached.includes(edge.from))
        .map(edge => edge.from),
    ),
  ].sort();
  const added = (places: Location['services']) =>
    places.reduce((sum, place) => sum + Math.max(0, place.ownMs.after - place.ownMs.before), 0);
  const addedInServices = added(location.services);
  return {
    observation,
    location,
    symptom,
    traffic: trafficOf(observation, symptom),
    statements: statementFindings(observation, [...reached, ...neighbours]),
    patterns: patternFindings(observation, reached),
    saturations: saturations(observation.resources).filter(({ figures }) =>
      reached.includes(figures.service),
    ),
    neighbours,
    storeShare: addedInServices <= 0 ? 0 : Math.min(1, added(location.stores) / addedInServices),
  };
}

/** 0 to 1: how much of the symptom arises in a service. A neighbour acts only through the database that it shares. */
export function shareOf({ location, neighbours, storeShare }: Setting, service: string): number {
  const place = location.services.find(each => each.name === service);
  if (place !== undefined) return place.share;
  return neighbours.includes(service) ? storeShare * 0.8 : 0;
}
