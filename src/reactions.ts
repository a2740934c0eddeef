import type { Alert } from './alerting/index.ts';
import { BUDGET_GATE } from './budget-gate.ts';
import type { Change } from './deploy/index.ts';
import type { Impact, Incident, Incidents } from './incident/index.ts';
import type { Investigation, Investigations } from './investigation/index.ts';
import { type Event, Fault, type Kernel } from './kernel/index.ts';
import type { Notifications } from './notify/index.ts';
import type { OnCall } from './oncall/index.ts';
import type { ActionRecord } from './platform/index.ts';
import type { Postmortem, Postmortems } from './postmortem/index.ts';
import type { Proposal, Runbooks } from './runbook/index.ts';
import { type LevelChanged, type Override, Purpose, type Slos } from './slo/index.ts';

const BAD_MEANS = {
  availability: 'requests fail',
  latency: 'requests are too slow',
  other: 'events are bad',
};
const RATIO_WINDOW = '5m';
/** What a declaration may say at most. */
const MAX_TEXT = 4_000;

export interface Reacting {
  slos: Slos;
  incidents: Incidents;
  investigations: Investigations;
  runbooks: Runbooks;
  oncall: OnCall;
  notifications: Notifications;
  postmortems: Postmortems;
  /** What users feel since the onset; undefined when no objective is missed. */
  impact(incident: Incident): Promise<Impact | undefined>;
}

/**
 * How the rooms react to each other: down by import, up by event. Every reaction is told at least once and changes
 * nothing the second time. Names of handlers are stored with what is under way, and never change.
 */
export function react(kernel: Kernel, rooms: Reacting): void {
  const { incidents, investigations, runbooks, oncall, postmortems } = rooms;
  const on = <T>(type: string, name: string, handle: (data: T, event: Event<T>) => Promise<unknown>) =>
    kernel.events.on<T>(type, `app.${name}`, async event => {
      await handle(event.data, event);
    });

  on<{ alert: Alert }>('alert.fired', 'open-incident', async ({ alert }) =>
    incidents.open(await alertFacts(alert, rooms.slos)),
  );
  on<{ alert: Alert }>('alert.resolved', 'alert-ended', ({ alert }) => incidents.alertResolved(alert));

  on<{ incident: Incident }>('incident.opened', 'investigate', ({ incident }) =>
    investigations.begin(incident.id),
  );
  // Somebody watches the watcher: work that was given up may be a page that nobody got, so it is an incident of its own.
  on<{ kind: string; message: string }>('job.given_up', 'watch-the-watcher', async ({ kind, message }) => {
    if (kind === 'on:app.watch-the-watcher') return;
    await incidents.declare(
      {
        service: 'nines',
        title: `Nines gave up on work: ${kind}`,
        severity: 'SEV2',
        text: `${message}. What it was to do has not been done: a page, an entry or a step may be missing. The log of Nines has each attempt.`,
      },
      'nines',
    );
  });
  on<{ rule: string; service: string; since: string; reason: string }>(
    'alert.no_data',
    'tell-no-data',
    async ({ rule, service, since, reason }, { id }) =>
      rooms.notifications.broadcast({
        id: `no-data/${id}`,
        kind: 'notice',
        subject: `${service}: no data`,
        text: `Since ${since} nothing is known of ${service} by the rule ${rule} (${reason}): it can neither fire nor end. ${rule.startsWith('probe:') ? 'nines probe list shows what probes tell.' : 'nines slo prove shows which series are missing.'}`,
      }),
  );
  // What was kept for people is gone before its time: they must hear of it, once a day for a signal.
  on<{ signal: string; why: string; from: string; to: string }>(
    'telemetry.shed',
    'tell-shed',
    async ({ signal, why, from, to }, { at }) =>
      rooms.notifications.broadcast({
        id: `shed/${signal}/${at.slice(0, 10)}`,
        kind: 'notice',
        subject: `Nines drops old ${signal}: the disk is getting full`,
        text: `${why[0]?.toUpperCase() ?? ''}${why.slice(1)}. The ${signal} of ${from} to ${to} were dropped before their time, and more may follow. nines telemetry storage shows what takes the disk.`,
      }),
  );
  on<{ signals: string[]; why: string }>('telemetry.refusing', 'tell-refusing', async ({ signals, why }) =>
    incidents.declare(
      {
        service: 'nines',
        title: `Nines takes no more ${signals.join(', ')}: the disk is full`,
        severity: 'SEV2',
        text: `${why[0]?.toUpperCase() ?? ''}${why.slice(1)}, and nothing old is left to drop. Senders are told to come back (503). Rules that need what is refused go blind. Make room, or shorten retention: nines telemetry storage.`,
      },
      'nines',
    ),
  );
  on<{ metrics: number; worst: { count: number; sentence: string }[] }>(
    'telemetry.series_refused',
    'tell-series-refused',
    async ({ metrics, worst }, { id }) =>
      rooms.notifications.broadcast({
        id: `series-refused/${id}`,
        kind: 'notice',
        subject: `Nines refuses new series of ${metrics === 1 ? 'a metric' : `${metrics} metrics`}`,
        text: `${worst.map(one => one.sentence).join(' ')} What is known is taken as before. nines telemetry cardinality shows which label to drop.`,
      }),
  );

  // It is back: what is so now may differ from what was found then.
  on<{ incident: Incident }>('incident.reopened', 'investigate-again', ({ incident }) =>
    investigations.investigate(incident.id),
  );
  on<{ investigation: Investigation }>(
    'investigation.concluded',
    'record-verdict',
    async ({ investigation }, { id }) => {
      // What users feel is measured anew first: the update that follows a verdict tells it.
      const impact = await rooms.impact(await incidents.get(investigation.incident));
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

  const record = (
    type: string,
    name: string,
    kind: 'proposal' | 'approval' | 'action' | 'verification',
    say: (proposal: Proposal) => string,
  ) =>
    on<{ proposal: Proposal }>(type, name, ({ proposal }, { id }) =>
      incidents.addEntry(proposal.incident, {
        kind,
        text: say(proposal),
        data: proposalData(proposal),
        dedupe: id,
      }),
    );
  record(
    'remediation.proposed',
    'record-proposal',
    'proposal',
    proposal => `Proposed: ${proposal.title}. ${proposal.why} ${startSentence(proposal)}`,
  );
  record('remediation.approved', 'record-approval', 'approval', proposal =>
    proposal.approvals.length === 0
      ? `Approved by the runbook ${proposal.runbook} itself: the verdict is ${proposal.verdict}, and it may start without a person.`
      : `Approved by ${proposal.approvals.map(one => one.by).join(' and ')}: ${proposal.title}.`,
  );
  record(
    'remediation.started',
    'record-start',
    'action',
    proposal => `Started: ${proposal.steps[proposal.cursor]?.description ?? proposal.title}.`,
  );
  record(
    'remediation.verified',
    'record-verification',
    'verification',
    proposal => `Verified: ${figuresOf(proposal)}`,
  );
  record(
    'remediation.undone',
    'record-undo',
    'verification',
    proposal =>
      `It did not help and was undone: ${proposal.problem ?? proposal.title}. ${figuresOf(proposal)}`,
  );
  record(
    'remediation.failed',
    'record-failure',
    'verification',
    proposal => `The fix failed: ${proposal.problem ?? 'the reason is not known'}. A person has to go on.`,
  );
  record(
    'remediation.rejected',
    'record-rejection',
    'approval',
    proposal => `Not carried out: ${proposal.title}. ${proposal.outcome ?? 'Rejected'}.`,
  );
  on<{ incident: string; service: string; why: { runbook: string; why: string }[] }>(
    'remediation.none',
    'record-none',
    ({ incident, why }, { id }) =>
      incidents.addEntry(incident, {
        kind: 'note',
        text: `No runbook fits: ${why.length === 0 ? 'none is declared' : why.map(one => `${one.runbook}: ${one.why}`).join('; ')}.`,
        dedupe: id,
      }),
  );
  on<{ proposal: Proposal }>('remediation.verified', 'mitigate', ({ proposal }) =>
    incidents.mitigated(proposal.incident, `${proposal.title} helped. ${figuresOf(proposal)}`),
  );

  // What Nines tried did not end it, and it does nothing more by itself: whoever has it, or is next, must know.
  const pageAgain = (type: string) =>
    on<{ proposal: Proposal }>(type, `page-${type}`, async ({ proposal }) => {
      const incident = await incidents.get(proposal.incident);
      if (incident.status !== 'open') return;
      // An undo that was performed and failed has called already, as `action.undo_failed`: one page for one thing.
      const step = proposal.steps[proposal.cursor];
      if (step?.state === 'undo_failed' && step.undoActionId !== undefined) return;
      await oncall.page({
        key: `${proposal.incident}/${proposal.id}`,
        incident: proposal.incident,
        service: incident.service,
        severity: incident.severity,
        title: `${incident.title}: the fix did not help`,
        text: `${proposal.title} ${proposal.state === 'undone' ? 'did not help and was undone' : 'failed'}: ${proposal.problem ?? 'the reason is not known'}. Nines does nothing more by itself.`,
        respond: `nines incident acknowledge ${proposal.incident}`,
      });
    });
  pageAgain('remediation.undone');
  pageAgain('remediation.failed');

  /** Whoever acts names the incident as they like; one that is not there must not hold up what follows. */
  const known = async (id: string | undefined): Promise<Incident | undefined> => {
    if (id === undefined) return undefined;
    return incidents.get(id.toUpperCase()).catch(error => {
      if (error instanceof Fault && error.code === 'not_found') return undefined;
      throw error;
    });
  };
  const acted = (type: string) =>
    on<{ action: ActionRecord }>(type, `record-${type}`, async ({ action }, { id }) => {
      const incident = await known(action.incident);
      if (incident === undefined) return;
      await incidents.addEntry(incident.id, {
        kind: 'action',
        actor: action.principal.name,
        text: `${action.status === 'done' ? 'Done' : 'Failed'}: ${action.description}. ${action.summary ?? ''}`,
        data: { action: action.id, status: action.status, kind: action.action.kind, service: action.service },
        dedupe: id,
      });
    });
  acted('action.done');
  acted('action.failed');
  on<{ action: ActionRecord }>('action.undo_failed', 'page-undo-failed', async ({ action }) => {
    const { service } = action;
    const title = `${service} was left half changed`;
    const text = `${action.description} failed and could not be taken back: ${action.summary ?? 'the reason is not known'}. Nines does nothing more by itself.`;
    const incident = await known(action.incident);
    // A page that belongs to no incident could be taken by nobody: it becomes one, which calls by itself.
    if (incident === undefined || incident.status === 'resolved') {
      await incidents.declare({ service, title, severity: 'SEV1', text: text.slice(0, MAX_TEXT) }, 'nines');
      return;
    }
    await oncall.page({
      key: `${action.id}/undo`,
      incident: incident.id,
      service,
      severity: 'SEV1',
      title,
      text: `${text}\nSee: nines action show ${action.id}`,
      respond: `nines incident acknowledge ${incident.id}`,
    });
  });
  // A change made while an incident is open belongs on its timeline, whoever made it; what the fix does is there already.
  on<{ change: Change }>('change.recorded', 'record-change', async ({ change }, { id }) => {
    if (change.incident !== undefined) return;
    for (const incident of await incidents.list({ active: true }))
      if (incident.affectedServices.includes(change.service))
        await incidents.addEntry(incident.id, {
          kind: 'change',
          actor: change.by,
          text: `${change.service}: ${change.kind} ${change.from === undefined ? '' : `${change.from} → `}${change.to ?? ''}.`,
          data: { change: change.id },
          dedupe: id,
        });
  });

  // An override of the budget's gate belongs on the timeline of every open incident that feels the service.
  const overriding = (
    type: string,
    say: (override: Override) => string,
    who: (override: Override) => string,
  ) =>
    on<{ override: Override }>(type, `record-${type}`, async ({ override }, { id }) => {
      const felt = await rooms.slos.gates.speaking(override.service);
      for (const incident of await incidents.list({ active: true }))
        if (incident.affectedServices.some(one => felt.includes(one)))
          await incidents.addEntry(incident.id, {
            kind: 'note',
            actor: who(override),
            text: say(override),
            data: { override: override.id },
            dedupe: id,
          });
    });
  const lets = ({ service, purposes }: Override) =>
    `the error budget gate for ${purposes.join(', ').replaceAll('_', ' ')} of ${service}`;
  overriding(
    'slo.overridden',
    one =>
      one.action === undefined
        ? `Overridden: ${lets(one)}, until ${one.until.slice(0, 16).replace('T', ' ')} UTC, at the level ${one.level.replaceAll('_', ' ')}. ${one.reason}`
        : `Overridden for one action (${one.action}): ${lets(one)}, at the level ${one.level.replaceAll('_', ' ')}. ${one.reason}`,
    one => one.by,
  );
  overriding(
    'slo.override_confirmed',
    one => `Confirmed as the second person: the override of ${lets(one)} (${one.id}).`,
    one => one.confirmedBy ?? 'nines',
  );
  overriding(
    'slo.override_ended',
    one => `Taken back: the override of ${lets(one)} (${one.id}).`,
    one => one.endedBy ?? 'nines',
  );
  // Whom the policy names is told when a budget has come to another level.
  on<LevelChanged>('slo.level_changed', 'tell-level', async (changed, { id }) => {
    if (changed.tell.length > 0) await oncall.inform(changed.tell, levelNotice(changed, id));
  });
  // One person's word for one action is an override too, and is kept with the others.
  on<{ action: ActionRecord }>('action.started', 'keep-override', async ({ action }) => {
    const no = action.gates.find(gate => gate.gate === BUDGET_GATE && !gate.allowed);
    if (action.override === undefined || no === undefined) return;
    await rooms.slos.gates.overrides.noteAction({
      id: action.id,
      service: action.service,
      purpose: Purpose.catch('release').parse(no.asked),
      by: action.principal.name,
      reason: action.override,
      at: action.requestedAt,
      level: no.level ?? 'no_data',
      action: action.description,
    });
  });

  // What waits for a yes must not be started against a system that is well again.
  on<{ incident: Incident }>('incident.resolved', 'withdraw-fix', ({ incident }) =>
    runbooks.withdraw(incident.id, 'the incident is resolved'),
  );
  on<{ incident: Incident }>('incident.resolved', 'draft-postmortem', ({ incident }) =>
    postmortems.draft(incident.id),
  );
  on<{ postmortem: Postmortem }>('postmortem.drafted', 'record-postmortem', ({ postmortem }, { id }) =>
    incidents.addEntry(postmortem.incident, {
      kind: 'postmortem',
      text: `Postmortem drafted, with ${postmortem.actions.length} action items: nines postmortem show ${postmortem.incident}`,
      dedupe: id,
    }),
  );
}

/** That a budget has come to another level, and what follows from it. */
function levelNotice({ service, from, to, worse, reason }: LevelChanged, id: string) {
  const [now, before] = [to, from].map(level => level.replaceAll('_', ' '));
  return {
    id: `level/${id}`,
    subject: `${service}: the error budget is at the level ${now}`,
    text: `${reason} Before it was ${before}. ${worse ? `What may go on: nines slo gate ${service} --for release --ask. What it went on: nines slo list --service ${service}.` : 'It is better again.'}`,
  };
}

/** What an incident needs to know of an alert: the figures, and what counts as bad in words. */
async function alertFacts(alert: Alert, slos: Slos) {
  const {
    id,
    fingerprint,
    name,
    service,
    objective,
    severity,
    firedAt,
    onsetAt,
    annotations,
    errorRatio,
    value,
  } = alert;
  // An SLO that was taken away since is no reason not to open an incident.
  const declared = objective === undefined ? undefined : await slos.find(objective).catch(() => undefined);
  return {
    id,
    fingerprint,
    name,
    service,
    severity,
    ...(objective === undefined ? {} : { objective }),
    ...(firedAt === undefined ? {} : { firedAt }),
    ...(onsetAt === undefined ? {} : { onsetAt }),
    // Of what is no objective the value is no burn rate.
    ...(value >= 0 && objective !== undefined ? { burnRate: value } : {}),
    ...(errorRatio === undefined ? {} : { errorRatio: Math.min(Math.max(errorRatio, 0), 1) }),
    ...(declared === undefined
      ? annotations.what === undefined
        ? {}
        : { badMeans: annotations.what }
      : {
          allowedRatio: 1 - declared.objective.target,
          badMeans: `${BAD_MEANS[declared.objective.sli.kind]} (${declared.objective.slo})`,
          source: declared.objective.sli.ratioExpr(RATIO_WINDOW),
        }),
    annotations,
  };
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

function proposalData({ id, runbook, state, action, start }: Proposal): Record<string, unknown> {
  const waits = state === 'proposed' && start !== 'automatic';
  return {
    proposal: id,
    runbook,
    state,
    action,
    start,
    ...(waits ? { approve: `nines remediation approve ${id}` } : {}),
  };
}

function startSentence({ start, lowered }: Proposal): string {
  const how = {
    automatic: 'It starts by itself.',
    one_click: 'It waits for one approval.',
    two_people: 'It waits for two approvals.',
  }[start];
  return lowered === undefined ? how : `${how} (${lowered})`;
}

function figuresOf(proposal: Proposal): string {
  const verification = proposal.steps.findLast(step => step.verification !== undefined)?.verification;
  return verification?.figures ?? 'no reading was possible.';
}
