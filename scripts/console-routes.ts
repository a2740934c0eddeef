/** What the console needs of an operation to call it over HTTP. */
interface Routed {
  readonly name: string;
  readonly route: string;
}

/** `web/src/routes.gen.ts`: by which method and path the console calls each operation. */
export function consoleRoutes(operations: readonly Routed[]): string {
  const lines = operations
    .map(({ name, route }) => {
      const [method, path] = route.split(' ') as [string, string];
      return `  '${name}': { method: '${method}', path: '${path}' },\n`;
    })
    .sort();
  return `// Made by \`npm run gen\` from the operations' declarations; do not edit.\nexport const routes = {\n${lines.join('')}} as const;\n`;
}
