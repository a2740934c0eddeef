import type { Investigation } from './investigation/index.ts';
import type { On, Reacting } from './reacting.ts';

/** A verdict goes on the incident's timeline, and a fix is proposed that fits it. */
export function reactToVerdicts(on: On, { impact: impactOf, incidents, runbooks }: Reacting): void {
  on<{ investigation: Investigation }>(
    'investigation.concluded',
    'record-verdict',
    async ({ investigation }, { id }) => {
      // What users feel is measured anew first: the update that follows a verdict tells it.
      const impact = await impactOf(await incidents.get(investigation.incident));
      if (impact !== undefined) await incidents.setImpact(investigation.incident, impact);
      await incidents.addEntry(investigation.incident, {
        kind: 'verdict',
        text: `${investigation.verdict[0]!.toUpperCase()}${investigation.verdict.slice(1)}: ${investigation.summary}`,
        data: verdictData(investigation),
        dedupe: id,
      });
    },
  );
  on<{ investigation: Investigation }>(
    'investigation.concluded',
    'propose-fix',
    async ({ investigation }) => {
      const { remedy, verdict, causes, incident } = investigation;
      const cause = causes[0];
      if (remedy === undefined || cause === undefined || verdict === 'inconclusive') return;
      if ((await incidents.get(incident)).status !== 'open') return;
      await runbooks.propose({
        incident,
        service: remedy.service,
        causeKind: cause.kind,
        verdict,
        remedy: {
          kind: remedy.kind,
          reason: remedy.reason,
          ...(remedy.to === undefined
            ? {}
            : remedy.kind === 'scale'
              ? { replicas: Number(remedy.to) }
              : { to: remedy.to }),
        },
      });
    },
  );
}

function verdictData(investigation: Investigation): Record<string, unknown> {
  const { verdict, remedy, causes } = investigation;
  const cause = causes[0];
  return {
    verdict,
    ...(cause === undefined
      ? {}
      : {
          cause: cause.title,
          service: cause.service,
          kind: cause.kind,
          ...(cause.change?.to === undefined ? {} : { version: cause.change.to }),
        }),
    ...(remedy === undefined ? {} : { remedy }),
  };
}
