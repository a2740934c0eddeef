import { timeOfDay } from '../kernel/index.ts';
import { wrap } from '../platform/index.ts';
import { approvalsNeeded, type Proposal, type ProposalStep } from './proposal.ts';

export function renderLine(proposal: Proposal): string {
  return `${proposal.id}  ${proposal.incident.padEnd(8)} ${proposal.state.padEnd(9)} ${proposal.title.slice(0, 38)}`.trimEnd();
}

export function renderList(proposals: readonly Proposal[]): string {
  return proposals.length === 0 ? 'No remediation yet.' : proposals.map(renderLine).join('\n');
}

/** All of a proposal in 80 columns: what, why, who may start it, each step with its figures, and what comes next. */
export function renderProposal(proposal: Proposal): string {
  const lines = [
    `${proposal.id}  ${proposal.title}`,
    `  ${proposal.state.replace('_', ' ')} for ${proposal.incident}, service ${proposal.service}, since ${timeOfDay(proposal.proposedAt)} UTC`,
    wrap(proposal.why, 2),
  ];
  if (proposal.lowered !== undefined) lines.push(wrap(proposal.lowered, 2));
  for (const { by, at } of proposal.approvals) lines.push(`  approved by ${by} at ${timeOfDay(at)} UTC`);
  if (proposal.runner?.kind === 'policy') lines.push('  started by the runbook itself, as the policy allows');
  lines.push('Steps:');
  for (const [index, step] of proposal.steps.entries()) lines.push(...renderStep(step, index));
  if (proposal.outcome !== undefined) lines.push(wrap(proposal.outcome, 0));
  const next = nextStep(proposal);
  if (next !== undefined) lines.push(next);
  return lines.join('\n');
}

function renderStep(step: ProposalStep, index: number): string[] {
  const lines = [`  ${index + 1}. ${step.description}: ${step.state.replace('_', ' ')}`];
  if (step.waitsFor !== undefined && step.state === 'acting')
    lines.push(wrap(`It waits. ${step.waitsFor}`, 5));
  if (step.verification !== undefined) lines.push(wrap(step.verification.figures, 5));
  if (step.state === 'verifying' && step.verifyUntil !== undefined)
    lines.push(
      `     ${step.checks} ${step.checks === 1 ? 'reading' : 'readings'} so far; it has until ${timeOfDay(step.verifyUntil, 'second')} UTC`,
    );
  if (step.summary !== undefined && step.summary !== step.verification?.figures)
    lines.push(wrap(step.summary, 5));
  return lines;
}

function nextStep(proposal: Proposal): string | undefined {
  if (proposal.state !== 'proposed') return undefined;
  const missing = approvalsNeeded(proposal.start) - proposal.approvals.length;
  return `It waits for ${missing === 1 ? 'one person' : `${missing} people`}: nines remediation approve ${proposal.id}`;
}
