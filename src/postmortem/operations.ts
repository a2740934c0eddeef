import { z } from 'zod';
import { dateOf, operationsOf } from '../kernel/index.ts';
import { Postmortem } from './postmortem.ts';
import type { Postmortems } from './postmortems.ts';

const operation = operationsOf<{ postmortems: Postmortems }>();

const IncidentName = z.string().min(1).max(40).describe('Incident, as INC-7');

const draft = operation({
  name: 'postmortem.draft',
  summary: 'Draft the postmortem of an incident from its recorded facts.',
  description:
    'Timeline, impact, root cause with evidence, review, action items. Blameless: roles stand for names. One that people have edited is left as it is.',
  effect: 'write',
  route: 'POST /incidents/:incident/postmortem',
  args: ['incident'],
  input: z.object({ incident: IncidentName }),
  output: Postmortem,
  run: ({ incident }, { postmortems }) => postmortems.draft(incident),
  render: stateLine,
  examples: ['nines postmortem draft INC-7'],
});

const show = operation({
  name: 'postmortem.show',
  summary: 'Show a postmortem, as Markdown.',
  effect: 'read',
  route: 'GET /incidents/:incident/postmortem',
  args: ['incident'],
  input: z.object({
    incident: IncidentName,
    edition: z.int().min(1).optional().describe('An earlier version; the newest if absent'),
  }),
  output: Postmortem,
  run: ({ incident, edition }, { postmortems }) => postmortems.get(incident, edition),
  render: ({ markdown }) => markdown.trimEnd(),
  examples: ['nines postmortem show INC-7', 'nines postmortem show INC-7 --edition 1'],
});

const list = operation({
  name: 'postmortem.list',
  summary: 'List postmortems, newest first.',
  effect: 'read',
  route: 'GET /postmortems',
  input: z.object({ limit: z.int().min(1).max(200).default(50).describe('How many at most') }),
  output: z.object({ postmortems: z.array(Postmortem) }),
  run: async ({ limit }, { postmortems }) => ({ postmortems: await postmortems.list(limit) }),
  render: ({ postmortems }) =>
    postmortems.length === 0
      ? 'There is no postmortem yet.'
      : postmortems
          .map(({ incident, draftedAt, title, edited }) =>
            cut(`${incident.padEnd(8)} ${dateOf(draftedAt)} ${edited ? 'edited ' : 'draft  '} ${title}`),
          )
          .join('\n'),
  examples: ['nines postmortem list'],
});

const edit = operation({
  name: 'postmortem.edit',
  summary: 'Replace the text of a postmortem. It is then kept as people wrote it.',
  effect: 'write',
  route: 'PUT /incidents/:incident/postmortem',
  args: ['incident'],
  input: z.object({
    incident: IncidentName,
    markdown: z.string().min(1).max(500_000).describe('The whole new text, in Markdown'),
  }),
  output: Postmortem,
  run: ({ incident, markdown }, { postmortems, principal }) =>
    postmortems.edit(incident, markdown, principal.name),
  render: stateLine,
  examples: ['nines postmortem edit INC-7 --markdown "$(cat INC-7.md)"'],
});

function stateLine({ incident, version, edited, path, actions, problem }: Postmortem): string {
  const items = `${actions.length} action item${actions.length === 1 ? '' : 's'}`;
  const lines = [
    `Postmortem of ${incident}: version ${version}, ${edited ? 'edited by people, left as it is' : 'drafted from recorded facts'}, ${items}.`,
  ];
  if (path !== undefined) lines.push(path);
  if (problem !== undefined) lines.push(problem);
  return lines.join('\n');
}

function cut(line: string): string {
  return line.length <= 80 ? line : `${line.slice(0, 79)}…`;
}

export const postmortemOperations = [draft, show, list, edit] as const;
