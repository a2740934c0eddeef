export { type CliOptions, type Connection, createProgram, Exit, type GlobalFlags, runCli } from './cli.ts';
export { createStyle, jsonText, printable, type Terminal } from './terminal.ts';
