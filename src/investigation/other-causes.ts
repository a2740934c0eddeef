import { bothWindows, type Clue, operationsLink, spanQuery } from './clue.ts';
import { chainClues, type Hypothesis, LOCATION_POINTS, locationPart, part } from './hypothesis.ts';
import { BROAD, MECHANISM_POINTS, mechanismIn, saturationClue } from './mechanism.ts';
import { list, ms, percent, perSecond, quote } from './sentence.ts';
import { type Setting, shareOf } from './setting.ts';
import { broadlySlower } from './statement.ts';
import { objectiveClues, symptomClue } from './symptom.ts';

const LEAST_SHARE = 0.3;

/** The causes that no recorded change stands behind. */
export function otherCauses(setting: Setting): Hypothesis[] {
  if (!setting.location.slower && !setting.location.failing) return [];
  const located = setting.location.services.filter(place => place.share >= LEAST_SHARE || place.silent);
  const stores = storesInTrouble(setting);
  // What a caller shows of a slow database (its old statements are slow) is the database's story, told once.
  const isToldByStore = (name: string) => {
    const statement = mechanismIn(setting, name).statement;
    return (
      stores.length > 0 && statement?.what === 'slower' && stores.some(each => each.callers.includes(name))
    );
  };
  return [
    ...(setting.traffic.surge ? [traffic(setting)] : []),
    ...stores.map(each => each.hypothesis),
    ...located.filter(place => !isToldByStore(place.name)).map(place => inside(setting, place.name)),
    ...setting.neighbours.map(name => inside(setting, name)).filter(each => each.kind === 'query'),
  ].filter(hypothesis => hypothesis.parts.some(each => each.points > 0));
}

/** More load than before, and something that ran full under it. */
function traffic(setting: Setting): Hypothesis {
  const { observation, traffic: rate, saturations, location } = setting;
  const { service } = observation;
  const full = saturations.filter(each => each.what === 'full');
  const tightest = full[0]?.figures.service ?? location.services[0]?.name ?? service;
  const clue: Clue = {
    kind: 'trace',
    statement: `Requests to ${service} rose from ${perSecond(rate.before)} to ${perSecond(rate.after)} (${rate.ratio.toFixed(1)} times).`,
    query: spanQuery(observation, { service, kind: 'server' }),
    before: rate.before,
    after: rate.after,
    unit: 'requests per second',
    link: operationsLink(observation, service, bothWindows(observation)),
  };
  return {
    key: `traffic/${service}`,
    service: tightest,
    kind: 'traffic',
    title: `${rate.ratio.toFixed(1)} times the traffic on ${service}`,
    mechanism: [clue.statement, ...full.slice(0, 2).map(each => saturationClue(observation, each).statement)],
    parts: [
      part(
        'size',
        50 * Math.min(1, (rate.ratio - 1) / 1.5),
        50,
        `${rate.ratio.toFixed(1)} times the requests`,
      ),
      part(
        'mechanism',
        full.length > 0 ? MECHANISM_POINTS : 10,
        MECHANISM_POINTS,
        full.length > 0
          ? `${full[0]!.noun} of ${full[0]!.figures.service} ran full`
          : 'no resource is seen to run full',
      ),
    ],
    clues: [
      clue,
      ...symptomClues(setting),
      ...full.slice(0, 3).map(each => saturationClue(observation, each)),
    ],
    remedy: {
      kind: 'scale',
      service: tightest,
      reason: `Traffic is ${rate.ratio.toFixed(1)} times what it was; ${full.length > 0 ? `${full[0]!.noun} of ${tightest} are used up` : `${tightest} is where time was added`}.`,
    },
    complete: false,
    missing: full.length === 0 ? ['Which resource the added traffic used up is not in the metrics.'] : [],
  };
}

/** A database, queue or uninstrumented callee that got slower or fails for what ran on it before, too. */
function storesInTrouble(setting: Setting): { hypothesis: Hypothesis; callers: string[] }[] {
  const { observation, location, statements, storeShare, traffic: rate } = setting;
  return location.stores.flatMap(store => {
    const callers = [...observation.edges.incident, ...observation.edges.baseline]
      .filter(edge => edge.to === store.name)
      .map(edge => edge.from)
      .filter((name, index, all) => all.indexOf(name) === index)
      .sort();
    const startedOnIt = statements.some(each => each.what !== 'slower' && callers.includes(each.service));
    if (startedOnIt) return [];
    const broad = Math.max(0, ...callers.map(caller => broadlySlower(observation, caller) ?? 0));
    const failing = store.ownErrors.after - store.ownErrors.before > 0.02;
    const share = store.share * (location.slower ? Math.max(storeShare, failing ? 0.6 : 0) : 1);
    if ((broad < BROAD && !failing) || share < LEAST_SHARE) return [];
    const before = store.ownMs.before;
    const clue: Clue = {
      kind: 'trace',
      statement: `Calls from ${list(callers)} to ${store.name} take ${ms(store.ownMs.after)} per request (${ms(before)} before)${failing ? `; ${percent(store.ownErrors.after)} fail (${percent(store.ownErrors.before)} before)` : ''}.`,
      query: spanQuery(observation, { kind: 'client', peer: store.name }),
      before,
      after: store.ownMs.after,
      unit: 'ms',
      link: operationsLink(observation, callers[0] ?? observation.service, bothWindows(observation)),
    };
    const points = failing ? 22 : callers.length > 1 ? 22 : 18;
    const hypothesis: Hypothesis = {
      key: `dependency/${store.name}`,
      service: store.name,
      kind: 'dependency',
      title: `${store.name} ${failing ? 'fails' : 'became slower'} for ${list(callers)}`,
      mechanism: [
        clue.statement,
        ...(broad >= BROAD
          ? [`${percent(broad)} of the statements that ran before are slower now; none is new.`]
          : []),
      ],
      parts: [
        part(
          'location',
          LOCATION_POINTS * Math.min(1, share / 0.8),
          LOCATION_POINTS,
          `${percent(share)} of what was added is spent there`,
        ),
        part(
          'mechanism',
          rate.surge ? points / 2 : points,
          MECHANISM_POINTS,
          rate.surge
            ? 'it is slower, which more load explains'
            : failing
              ? 'calls to it fail'
              : 'what ran on it before is slower too, and nothing new runs on it',
        ),
      ],
      clues: [clue, ...symptomClues(setting)],
      complete: false,
      missing: [
        `Why ${store.name} is ${failing ? 'failing' : 'slower'} is not in the telemetry: it sends none of its own that was read.`,
      ],
    };
    return [{ hypothesis, callers }];
  });
}

/** What a service itself shows: a statement, a full resource, silence, or only that it is there. */
function inside(setting: Setting, service: string): Hypothesis {
  const { observation, saturations, traffic: rate, location } = setting;
  const mechanism = mechanismIn(setting, service);
  const place = location.services.find(each => each.name === service);
  const own = saturations.filter(each => each.figures.service === service && each.what === 'full');
  const base = {
    service,
    mechanism: mechanism.sentences,
    statement: mechanism.statement,
    parts: [
      locationPart(setting, service),
      part(
        'mechanism',
        rate.surge ? mechanism.points / 2 : mechanism.points,
        MECHANISM_POINTS,
        mechanism.why,
      ),
    ],
    clues: [...symptomClues(setting), ...chainClues(setting, service), ...mechanism.clues],
    complete: false,
    missing: [] as string[],
  };
  if (place?.silent)
    return {
      ...base,
      key: `silent/${service}`,
      kind: 'dependency',
      title: `${service} stopped answering`,
      missing: [`Why ${service} stopped answering is not in the telemetry.`],
      ...(service in observation.dependsOn
        ? { remedy: { kind: 'restart' as const, service, reason: `${service} has stopped answering.` } }
        : {}),
    };
  if (place !== undefined && place.calls.before === 0 && place.calls.after === 0) {
    const failing = place.ownErrors.after > place.ownErrors.before + 0.01;
    const told = failing
      ? `Calls to ${service} fail: ${percent(place.ownErrors.after)} of requests (${percent(place.ownErrors.before)} before).`
      : `Calls to ${service} take ${ms(place.ownMs.after)} per request (${ms(place.ownMs.before)} before).`;
    return {
      ...base,
      key: `dependency/${service}`,
      kind: 'dependency',
      title: `${service} ${failing ? 'fails' : 'became slower'} for its callers`,
      mechanism: [told],
      parts: [
        base.parts[0]!,
        part('mechanism', rate.surge ? 10 : 20, MECHANISM_POINTS, 'its callers wait for it or fail'),
      ],
      missing: [
        `${service} sends no spans of its own: why it ${failing ? 'fails' : 'is slower'} is not known.`,
      ],
    };
  }
  if (mechanism.statement !== undefined) {
    const { statement } = mechanism;
    const text = quote(statement.text, 60);
    return {
      ...base,
      key: `query/${service}/${statement.text.slice(0, 500)}`,
      kind: 'query',
      title: `${service}: ${statement.what === 'new' ? 'a new statement' : statement.what === 'more_often' ? 'a more frequent statement' : 'a slower statement'} \`${text}\``,
      missing: [`No recorded change of ${service} goes with the statement.`],
    };
  }
  if (own.length > 0) {
    const [first] = own;
    const restart =
      ['heap', 'database_pool', 'event_loop', 'cpu'].includes(first!.figures.resource) && !rate.surge;
    return {
      ...base,
      key: `saturation/${service}/${first!.figures.resource}`,
      kind: 'saturation',
      title: `${first!.noun} of ${service} ${first!.figures.resource === 'database_pool' ? 'are' : 'is'} used up`,
      parts: [
        base.parts[0]!,
        part(
          'mechanism',
          rate.surge ? 8 : 20,
          MECHANISM_POINTS,
          rate.surge ? 'full, which more load explains' : `${first!.noun} ran full without more load`,
        ),
      ],
      missing: [`What used up ${first!.noun} of ${service} is not in the telemetry.`],
      ...(restart
        ? {
            remedy: {
              kind: 'restart' as const,
              service,
              reason: `${first!.noun} of ${service} ran full without more load or a change.`,
            },
          }
        : {}),
    };
  }
  return {
    ...base,
    key: `unknown/${service}`,
    kind: 'unknown',
    title: `${service} ${location.slower ? 'became slower' : 'began to fail'}${mechanism.points > 0 ? `: ${mechanism.why}` : ', for a reason that telemetry does not show'}`,
    missing: [`No recorded change of ${service} and no resource explains it.`],
  };
}

function symptomClues({ symptom, observation }: Setting): Clue[] {
  return [
    ...(symptom === undefined ? [] : [symptomClue(observation, symptom)]),
    ...objectiveClues(observation.objectives),
  ];
}

/** Whether a hypothesis without a change says the same as one with a change of that service: then it is no rival. */
export function isCoveredBy(other: Hypothesis, change: Hypothesis, setting: Setting): boolean {
  if (other.service === change.service) return other.kind !== 'traffic';
  // Trouble of the database that the changed service brings about through its statements.
  return other.kind === 'query' && shareOf(setting, change.service) > shareOf(setting, other.service);
}
