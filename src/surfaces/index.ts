// The light part of the surfaces. http/, cli/ and mcp/ each have a face of their own, so that a command line does not
// load a web server.
export { type RemoteOptions, remoteBytes, remoteCaller } from './remote.ts';
