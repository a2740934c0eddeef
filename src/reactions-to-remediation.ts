import type { On, Reacting } from './reacting.ts';
import type { Proposal } from './runbook/index.ts';

/** What becomes of a fix goes on the incident's timeline; one that failed calls a person. */
export function reactToRemediation(on: On, { incidents, oncall }: Reacting): void {
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
