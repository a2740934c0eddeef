import type { ProposalStep } from './incident.ts';

/** What a step does, as a sentence on a button: `Roll payments back to v1.2.2`. */
export function stepWords({ action, spec }: ProposalStep): string {
  if (action.kind === 'restart') return `Restart ${action.service}`;
  if (action.kind === 'scale')
    return `Scale ${action.service} to ${action.replicas} ${action.replicas === 1 ? 'replica' : 'replicas'}`;
  return spec.action === 'rollback'
    ? `Roll ${action.service} back to ${action.to}`
    : `Release ${action.service} ${action.to}`;
}

export interface Safety {
  kind: 'bound' | 'check' | 'undo';
  label: string;
  text: string;
}

/** Why a step is safe to start: what it may touch, how it is known that it helped, and what happens if it did not. */
export function safetyOf({ action, spec }: ProposalStep): Safety[] {
  const most =
    action.kind === 'scale' && spec.bound.maxReplicas !== undefined
      ? `, never more than ${spec.bound.maxReplicas} replicas`
      : '';
  const { verify } = spec;
  return [
    {
      kind: 'bound',
      label: 'Bound',
      text: `Touches only ${action.service}${most}; taken back if it is not done within ${spec.bound.timeout}.`,
    },
    {
      kind: 'check',
      label: 'Check',
      text:
        verify === undefined
          ? 'The runbook asks for no check afterwards: watch the charts.'
          : `The objectives must be met over ${verify.window}, at the latest ${verify.within} after it.`,
    },
    {
      kind: 'undo',
      label: 'Undo',
      text: !spec.undo
        ? 'It is not undone by itself.'
        : action.kind === 'restart'
          ? 'A restart changes nothing lasting, so there is nothing to undo.'
          : verify === undefined
            ? 'What ran before is kept, and can be brought back.'
            : 'If it does not help it is undone by itself.',
    },
  ];
}
