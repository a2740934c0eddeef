import type { Impact, Incident, Incidents } from './incident/index.ts';
import type { Investigations } from './investigation/index.ts';
import type { Event, Kernel } from './kernel/index.ts';
import type { Notifications } from './notify/index.ts';
import type { OnCall } from './oncall/index.ts';
import type { Postmortems } from './postmortem/index.ts';
import type { Runbooks } from './runbook/index.ts';
import type { Slos } from './slo/index.ts';

/** The rooms that react to what other rooms tell. */

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

/** Registers what follows from an event. The name is stored with what is under way, and never changes. */
export type On = <T>(
  type: string,
  name: string,
  handle: (data: T, event: Event<T>) => Promise<unknown>,
) => void;

export function reactionsOf({ events }: Kernel): On {
  return <T>(type: string, name: string, handle: (data: T, event: Event<T>) => Promise<unknown>) =>
    events.on<T>(type, `app.${name}`, async event => {
      await handle(event.data, event);
    });
}
