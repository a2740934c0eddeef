import { epochMs, humanDuration } from '../kernel/index.ts';
import { times, wrapped } from '../slo/index.ts';
import type { Alert } from './alert.ts';

const NAME = 24;

/** One line an alert, 80 columns, and of which nothing is known. */
export function alertTable(alerts: readonly Alert[]): string {
  if (alerts.length === 0) return 'There are no alerts.';
  const unknown = alerts.filter(alert => alert.noDataSince !== undefined);
  return [
    ...alerts.map(alert => {
      const name = alert.objective ?? alert.name;
      const short = name.length > NAME ? `${name.slice(0, NAME - 1)}…` : name;
      const at = stamp(alert.firedAt ?? alert.startsAt).slice(5, 16);
      return `${alert.state.padEnd(8)} ${alert.severity.padEnd(6)} ${at} ${short.padEnd(NAME)} ${times(alert.value).padStart(6)} ${alert.id}`;
    }),
    ...(unknown.length === 0 ? [] : ['', 'Nothing is known now of these; their state is that of before:']),
    ...unknown.map(alert => `  ${alert.id} since ${stamp(alert.noDataSince!)}`),
  ].join('\n');
}

/** All that is known of an alert. */
export function alertView(alert: Alert): string {
  const { annotations, onsetAt, firedAt, clearSince, noDataSince, fires } = alert;
  const rows: [what: string, value: string][] = [
    [
      'State',
      `${alert.state}${clearSince === undefined ? '' : `, clear since ${stamp(clearSince)}`}${noDataSince === undefined ? '' : `, no data since ${stamp(noDataSince)}`}`,
    ],
    ['Severity', alert.severity],
    ['Service', alert.service],
    ['Objective', alert.objective ?? '–'],
    ...alert.rules.map((rule, index): [string, string] => [index === 0 ? 'Rules' : '', rule]),
    ['Onset', onsetAt === undefined ? 'not known' : stamp(onsetAt)],
    [
      'Fired',
      firedAt === undefined
        ? '–'
        : `${stamp(firedAt)}${onsetAt === undefined ? '' : `, ${humanDuration(epochMs(firedAt) - epochMs(onsetAt))} after the onset`}`,
    ],
    ...(fires > 1
      ? [
          [
            'Came back',
            `${fires === 2 ? 'once' : `${fires - 1} times`}; it ends when its long window is fine`,
          ] as [string, string],
        ]
      : []),
    ['Ended', alert.endsAt === undefined ? '–' : stamp(alert.endsAt)],
  ];
  return [
    ...wrapped(annotations.summary || `${alert.name} is ${alert.state}.`),
    ...(annotations.description === '' ? [] : wrapped(annotations.description)),
    ...(annotations.resolution === undefined ? [] : wrapped(annotations.resolution)),
    '',
    ...rows.map(([what, value]) => `${what.padEnd(10)} ${value}`),
  ].join('\n');
}

function stamp(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 19)}`;
}
