// A toy MCP server over the notes of the surfaces' tests, run as a child process by the contract test.
import { serveMcp } from '../../src/surfaces/mcp/index.ts';
import { noteOperations, notesApp } from '../../src/surfaces/testing.ts';

const app = notesApp();
await serveMcp({
  operations: noteOperations,
  version: '0.1.0',
  caller: (name, input, options) =>
    app.call(noteOperations.find(operation => operation.name === name)!, input, {
      principal: { name: 'claude', kind: 'agent', role: 'responder' },
      surface: 'mcp',
      ...options,
    }),
});
