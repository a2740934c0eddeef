import { z } from 'zod';
import type { KnownServices } from '../catalog/index.ts';
import { Instant, operationsOf } from '../kernel/index.ts';
import { Severity } from '../notify/index.ts';
import { Incident, IncidentId, IncidentStatus, RoleName } from './incident.ts';
import type { Incidents } from './incidents.ts';
import { TimelineEntry } from './timeline.ts';
import { entryLines, IncidentView, incidentView, renderView, summaryLine } from './view.ts';

const operation = operationsOf<{ incidents: Incidents; services: KnownServices }>();

const Text = z.string().min(1).max(4000);
const why = Text.max(1000);

const list = operation({
  name: 'incident.list',
  summary: 'List incidents, newest first.',
  effect: 'read',
  route: 'GET /incidents',
  input: z.object({
    status: IncidentStatus.optional().describe('Only incidents with this status'),
    active: z.boolean().default(false).describe('Only incidents that are not resolved'),
    service: z.string().max(63).optional().describe('Only incidents that affect this service'),
    limit: z.int().min(1).max(500).default(50).describe('At most so many'),
  }),
  output: z.object({ incidents: z.array(Incident) }),
  run: async (filter, { incidents, services, now }) => {
    const found = await incidents.list(filter);
    if (found.length === 0) await services.expectRecent(filter.service, now());
    return { incidents: found };
  },
  render: ({ incidents }) =>
    incidents.length === 0 ? 'No incidents.' : incidents.map(summaryLine).join('\n'),
  examples: ['nines incident list', 'nines incident list --active'],
});

const show = operation({
  name: 'incident.show',
  summary:
    'Show an incident: what is broken, for whom, why, the fix, what is safe to do now, and the timeline.',
  effect: 'read',
  route: 'GET /incidents/:id',
  args: ['id'],
  input: z.object({ id: IncidentId }),
  output: IncidentView,
  run: async ({ id }, context) => {
    const { incidents } = context;
    return incidentView(await incidents.get(id), await incidents.timeline(id), context.now());
  },
  render: renderView,
  examples: ['nines incident show INC-7'],
});

const timeline = operation({
  name: 'incident.timeline',
  summary: 'Show the timeline of an incident, in the order in which it was recorded.',
  effect: 'read',
  route: 'GET /incidents/:id/timeline',
  args: ['id'],
  input: z.object({
    id: IncidentId,
    after: z.int().min(0).default(0).describe('Only entries after this number'),
    limit: z.int().min(1).max(5000).default(1000).describe('At most so many'),
  }),
  output: z.object({ entries: z.array(TimelineEntry) }),
  run: async ({ id, ...page }, { incidents }) => ({ entries: await incidents.timeline(id, page) }),
  render: ({ entries }) => (entries.length === 0 ? 'No entries.' : entries.flatMap(entryLines).join('\n')),
  examples: ['nines incident timeline INC-7'],
});

const open = operation({
  name: 'incident.open',
  summary: 'Declare an incident by hand, and page whoever is on call if it is SEV1 or SEV2.',
  effect: 'write',
  route: 'POST /incidents',
  input: z.object({
    service: z.string().min(1).max(63).describe('The service where it shows'),
    title: z.string().min(1).max(200).describe('What is wrong, in a line'),
    severity: Severity.optional().describe('How bad; from the tier of the service if absent'),
    text: Text.optional().describe('What is known so far'),
    onset: Instant.optional().describe('When it began; now if absent'),
  }),
  output: Incident,
  run: ({ onset, service, title, severity, text }, { incidents, principal }) =>
    incidents.declare(
      {
        service,
        title,
        ...(severity === undefined ? {} : { severity }),
        ...(text === undefined ? {} : { text }),
        ...(onset === undefined ? {} : { onsetAt: onset }),
      },
      principal.name,
    ),
  render: summaryLine,
  examples: ['nines incident open --service payments --title "Refunds are stuck"'],
});

const acknowledge = operation({
  name: 'incident.acknowledge',
  summary: 'Take an incident: the paging stops, and you command unless somebody else does.',
  effect: 'write',
  route: 'POST /incidents/:id/acknowledge',
  args: ['id'],
  input: z.object({ id: IncidentId }),
  output: Incident,
  run: ({ id }, { incidents, principal }) => incidents.acknowledge(id, principal),
  render: incident => `${summaryLine(incident)}\nAcknowledged by ${incident.acknowledgedBy ?? 'nobody'}.`,
  examples: ['nines incident acknowledge INC-7'],
});

const mitigate = operation({
  name: 'incident.mitigate',
  summary: 'Say that users no longer feel it. It is watched, and resolved once its alerts have stayed ended.',
  effect: 'write',
  route: 'POST /incidents/:id/mitigate',
  args: ['id'],
  input: z.object({ id: IncidentId, why: why.describe('What helped') }),
  output: Incident,
  run: ({ id, why }, { incidents, principal }) => incidents.mitigated(id, why, principal.name),
  render: summaryLine,
  examples: ['nines incident mitigate INC-7 --why "traffic moved to the other region"'],
});

const resolve = operation({
  name: 'incident.resolve',
  summary: 'Mark an incident resolved.',
  effect: 'write',
  route: 'POST /incidents/:id/resolve',
  args: ['id'],
  input: z.object({
    id: IncidentId,
    why: why.default('a person says so').describe('How it is known to be over'),
    anyway: z.boolean().default(false).describe('Although alerts still fire'),
  }),
  output: Incident,
  run: ({ id, why, anyway }, { incidents, principal }) =>
    incidents.resolve(id, { why, anyway, by: principal.name }),
  render: summaryLine,
  examples: ['nines incident resolve INC-7 --why "errors are back at 0.01 %"'],
});

const reopen = operation({
  name: 'incident.reopen',
  summary: 'Open a mitigated or resolved incident again, and page again if it is SEV1 or SEV2.',
  effect: 'write',
  route: 'POST /incidents/:id/reopen',
  args: ['id'],
  input: z.object({ id: IncidentId, why: why.default('a person says so').describe('What is seen again') }),
  output: Incident,
  run: ({ id, why }, { incidents, principal }) => incidents.reopen(id, why, principal.name),
  render: summaryLine,
  examples: ['nines incident reopen INC-7 --why "errors are up again since 04:10"'],
});

const note = operation({
  name: 'incident.note',
  summary: 'Add a note to the timeline of an incident.',
  effect: 'write',
  route: 'POST /incidents/:id/notes',
  args: ['id', 'text'],
  input: z.object({ id: IncidentId, text: Text.describe('What was seen, decided or done') }),
  output: TimelineEntry,
  run: ({ id, text }, { incidents, principal }) =>
    incidents.addEntry(id, { kind: 'note', text, actor: principal.name }),
  render: entry => entryLines(entry).join('\n'),
  examples: ['nines incident note INC-7 "The replica lags by 40 s."'],
});

const update = operation({
  name: 'incident.update',
  summary: 'Tell how an incident stands: in your words, or in sentences made from what is known.',
  effect: 'write',
  route: 'POST /incidents/:id/updates',
  args: ['id', 'text'],
  input: z.object({
    id: IncidentId,
    text: Text.optional().describe('The update; made from the recorded facts if absent'),
  }),
  output: TimelineEntry,
  run: ({ id, text }, { incidents, principal }) => incidents.update(id, principal.name, text),
  render: entry => entryLines(entry).join('\n'),
  examples: ['nines incident update INC-7'],
});

const role = operation({
  name: 'incident.role',
  summary: 'Give a role of an incident to a person.',
  effect: 'write',
  route: 'POST /incidents/:id/roles',
  args: ['id', 'role', 'person'],
  input: z.object({
    id: IncidentId,
    role: RoleName.describe('commander decides, opsLead acts, communicationsLead tells, scribe records'),
    person: z.string().min(1).max(128).describe('Who has it from now on'),
  }),
  output: Incident,
  run: ({ id, role, person }, { incidents, principal }) =>
    incidents.assignRole(id, role, person, principal.name),
  render: summaryLine,
  examples: ['nines incident role INC-7 scribe shop-lead'],
});

const severity = operation({
  name: 'incident.severity',
  summary: 'Change the severity of an incident. SEV1 and SEV2 page whoever is on call.',
  effect: 'write',
  route: 'POST /incidents/:id/severity',
  args: ['id', 'severity'],
  input: z.object({
    id: IncidentId,
    severity: Severity.describe('From SEV1 (users notice at once) to SEV4'),
    why: why.default('a person says so').describe('The reason'),
  }),
  output: Incident,
  run: ({ id, severity, why }, { incidents, principal }) =>
    incidents.setSeverity(id, severity, why, principal.name),
  render: summaryLine,
  examples: ['nines incident severity INC-7 SEV1 --why "all regions"'],
});

export const incidentOperations = [
  list,
  show,
  timeline,
  open,
  acknowledge,
  mitigate,
  resolve,
  reopen,
  note,
  update,
  role,
  severity,
];
