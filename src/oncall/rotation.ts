import { epochMs, type Instant, instant } from '../kernel/index.ts';
import { type Layer, overrideSpan, type ScheduleSpec, WEEKDAYS } from './schedule.ts';

/** Who has a layer over [from, until). */
export interface Shift {
  layer: string;
  person: string;
  from: Instant;
  until: Instant;
  /** Why somebody else has it than whose turn it is; '' if no reason was given. */
  override?: string;
}

/** Who has each layer at an instant, in the order of the layers. Every layer has exactly one. */
export function shiftsAt(schedule: ScheduleSpec, now: Instant): Shift[] {
  return schedule.layers.map(layer => shiftAt(schedule, layer, now));
}

/** Who has the layer at an instant, since and until when. */
export function shiftAt(schedule: ScheduleSpec, layer: Layer, now: Instant): Shift {
  const at = epochMs(now);
  const turn = turnAt(schedule.timeZone, layer, at);
  const spans = spansOf(schedule, layer);
  const current = spans.find(span => span.from <= at && at < span.to);
  if (current !== undefined)
    return {
      layer: layer.name,
      person: current.person,
      from: instant(current.from),
      until: instant(current.to),
      override: current.reason,
    };
  const from = Math.max(turn.from, ...spans.filter(span => span.to <= at).map(span => span.to));
  const until = Math.min(turn.to, ...spans.filter(span => span.from > at).map(span => span.from));
  return { layer: layer.name, person: turn.person, from: instant(from), until: instant(until) };
}

/** The layer's shifts that touch [from, to), in order, without gap or overlap. */
export function shiftsBetween(
  schedule: ScheduleSpec,
  layer: Layer,
  from: Instant,
  to: Instant,
  limit = 1000,
): Shift[] {
  const shifts: Shift[] = [];
  for (let at = from; at < to && shifts.length < limit; ) {
    const shift = shiftAt(schedule, layer, at);
    shifts.push(shift);
    at = shift.until;
  }
  return shifts;
}

interface Turn {
  person: string;
  from: number;
  to: number;
}

/**
 * The turn without overrides. Handoffs are days apart in wall-clock time, so a turn over a change of the clocks is an
 * hour shorter or longer; a handoff in the hour that is skipped happens after it, one in the hour that comes twice
 * happens the first time (Temporal's `compatible`). The rotation goes on in both directions from its start, so that
 * every instant has somebody.
 */
function turnAt(timeZone: string, layer: Layer, at: number): Turn {
  const { handoff, participants } = layer;
  const days = handoff.interval * (handoff.every === 'week' ? 7 : 1);
  const first = firstHandoff(layer);
  const time = Temporal.PlainTime.from(handoff.at);
  const handoffMs = (n: number) =>
    first.add({ days: n * days }).toZonedDateTime({ timeZone, plainTime: time }).epochMilliseconds;
  const today = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate();
  let n = Math.floor(first.until(today, { largestUnit: 'day' }).days / days);
  while (handoffMs(n) > at) n--;
  while (handoffMs(n + 1) <= at) n++;
  const index = ((n % participants.length) + participants.length) % participants.length;
  return { person: participants[index]!, from: handoffMs(n), to: handoffMs(n + 1) };
}

function firstHandoff({ handoff, start }: Layer): Temporal.PlainDate {
  const day = Temporal.PlainDate.from(start);
  if (handoff.every === 'day') return day;
  const wanted = WEEKDAYS.indexOf(handoff.on ?? 'monday') + 1;
  return day.add({ days: (wanted - day.dayOfWeek + 7) % 7 });
}

function spansOf(schedule: ScheduleSpec, layer: Layer) {
  return schedule.overrides.flatMap(override => {
    const span = override.layer === layer.name ? overrideSpan(schedule, override) : undefined;
    return span === undefined
      ? []
      : [{ ...span, person: override.participant, reason: override.reason ?? '' }];
  });
}
