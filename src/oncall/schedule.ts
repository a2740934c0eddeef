import { z } from 'zod';
import { defineKind, type Lookup, type TeamSpec } from '../catalog/index.ts';
import { isTimeZone, type Problem } from '../kernel/index.ts';

export const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const;

const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day is HH:MM, as 09:00');
const LocalDate = z.iso.date({ error: 'a date is YYYY-MM-DD' });
/** With an offset or Z it is that instant; without, it is wall-clock time in the schedule's zone. */
const WallTime = z
  .string()
  .regex(
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?$/,
    'a time is 2026-02-01T09:00 in the zone of the schedule, or ends with Z or an offset',
  );
const MemberName = z.string().min(1).max(63);
const LayerName = z.string().min(1).max(63);

export const Layer = z.strictObject({
  name: LayerName.describe('As primary or secondary'),
  participants: z
    .array(MemberName)
    .min(1)
    .max(100)
    .describe('Members of the team, in the order of their turns'),
  handoff: z
    .strictObject({
      every: z.enum(['day', 'week']).default('week'),
      interval: z.int().min(1).max(52).default(1).describe('Every so many days or weeks'),
      on: z.enum(WEEKDAYS).optional().describe('For weeks; monday if absent'),
      at: TimeOfDay.default('09:00').describe('Wall-clock time in the zone of the schedule'),
    })
    .prefault({})
    .describe('When the next participant takes over'),
  start: LocalDate.describe(
    'The first participant has the turn that begins at the first handoff on or after this day',
  ),
});
export type Layer = z.infer<typeof Layer>;

export const Override = z.strictObject({
  layer: LayerName,
  participant: MemberName,
  from: WallTime,
  to: WallTime.describe('Exclusive'),
  reason: z.string().max(200).optional(),
});
export type Override = z.infer<typeof Override>;

export const ScheduleSpec = z.strictObject({
  description: z.string().max(2000).optional(),
  team: z.string().min(1).max(63).describe('The Team whose members take turns'),
  timeZone: z
    .string()
    .max(64)
    .default('UTC')
    .refine(isTimeZone, { error: 'not a time zone of the IANA database, as Europe/Berlin' })
    .describe('IANA time zone of handoffs and overrides'),
  layers: z.array(Layer).min(1).max(8).describe('Each layer has exactly one person at any instant'),
  overrides: z.array(Override).max(500).default([]).describe('Swaps and absences'),
});
export type ScheduleSpec = z.infer<typeof ScheduleSpec>;

/** Who takes turns, and when. */
export const Schedule = defineKind({
  apiVersion: 'nines/v1',
  kind: 'Schedule',
  summary: 'An on-call schedule: layers of people who take turns, with overrides.',
  spec: ScheduleSpec,
  references: ({ spec }) => [{ kind: 'Team', name: spec.team, field: 'spec.team' }],
  check: ({ spec }, lookup) => [
    ...duplicateLayers(spec),
    ...strangers(spec, lookup),
    ...wrongHandoffs(spec),
    ...wrongOverrides(spec),
  ],
});

function duplicateLayers({ layers }: ScheduleSpec): Problem[] {
  return layers.flatMap(({ name }, index) =>
    layers.findIndex(layer => layer.name === name) === index
      ? []
      : [{ field: `spec.layers.${index}.name`, message: `two layers have the name ${name}` }],
  );
}

function strangers({ team, layers, overrides }: ScheduleSpec, lookup: Lookup): Problem[] {
  const found = lookup('Team', team);
  if (found === undefined) return [];
  const names = (found.spec as TeamSpec).members.map(member => member.name);
  const mentions = [
    ...layers.flatMap((layer, index) =>
      layer.participants.map((name, at) => ({ name, field: `spec.layers.${index}.participants.${at}` })),
    ),
    ...overrides.map(({ participant }, index) => ({
      name: participant,
      field: `spec.overrides.${index}.participant`,
    })),
  ];
  return mentions
    .filter(({ name }) => !names.includes(name))
    .map(({ name, field }) => ({
      field,
      message: `'${name}' is no member of Team '${team}', which has ${names.slice(0, 8).join(', ')}`,
    }));
}

function wrongHandoffs({ layers }: ScheduleSpec): Problem[] {
  return layers.flatMap(({ handoff }, index) =>
    handoff.every === 'day' && handoff.on !== undefined
      ? [{ field: `spec.layers.${index}.handoff.on`, message: 'a daily handoff has no weekday' }]
      : [],
  );
}

function wrongOverrides(spec: ScheduleSpec): Problem[] {
  const { layers, overrides } = spec;
  return overrides.flatMap((override, index) => {
    const field = `spec.overrides.${index}`;
    if (!layers.some(layer => layer.name === override.layer))
      return [
        {
          field: `${field}.layer`,
          message: `there is no layer '${override.layer}'; the schedule has ${layers.map(layer => layer.name).join(', ')}`,
        },
      ];
    const span = overrideSpan(spec, override);
    if (span === undefined)
      return [{ field: `${field}.from`, message: 'from and to are not both real dates' }];
    if (span.from >= span.to) return [{ field: `${field}.to`, message: 'an override ends after it begins' }];
    const other = overrides.slice(0, index).find(earlier => {
      const taken = overrideSpan(spec, earlier);
      return (
        earlier.layer === override.layer &&
        taken !== undefined &&
        taken.from < span.to &&
        span.from < taken.to
      );
    });
    return other === undefined
      ? []
      : [
          {
            field: `${field}.from`,
            message: `overlaps the override of ${other.participant} from ${other.from}`,
          },
        ];
  });
}

/** Epoch milliseconds [from, to) of an override; undefined if its text is no real date. */
export function overrideSpan(
  { timeZone }: Pick<ScheduleSpec, 'timeZone'>,
  { from, to }: Override,
): { from: number; to: number } | undefined {
  try {
    return { from: wallTimeMs(from, timeZone), to: wallTimeMs(to, timeZone) };
  } catch {
    return undefined;
  }
}

function wallTimeMs(text: string, timeZone: string): number {
  if (/(Z|[+-]\d{2}:\d{2})$/.test(text)) return Temporal.Instant.from(text).epochMilliseconds;
  return Temporal.PlainDateTime.from(text).toZonedDateTime(timeZone).epochMilliseconds;
}
