export { createMcpServer, type McpOptions, serveMcp } from './mcp.ts';
