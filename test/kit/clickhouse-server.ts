/**
 * A ClickHouse server for tests: its HTTP interface over chDB, so that the engine and its dialect are real. It serves
 * what @clickhouse/client asks: statements with parameters and settings, inserts of JSONCompactEachRow and Native, errors with
 * their code in X-ClickHouse-Exception-Code. One statement at a time.
 * https://clickhouse.com/docs/interfaces/http
 */

import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

export interface TestClickHouse {
  url: string;
  /** Requests so far that carried this text in their statement. */
  asked(text: string): number;
  close(): Promise<void>;
}

export async function startClickHouse(folder: string): Promise<TestClickHouse> {
  const chdb = createRequire(import.meta.url)('chdb') as typeof import('chdb');
  const session = new chdb.Session(folder);
  const statements: string[] = [];
  let turn: Promise<unknown> = Promise.resolve();

  const run = async (url: URL, body: Buffer): Promise<Uint8Array> => {
    const inUrl = url.searchParams.get('query');
    const sql = inUrl ?? body.toString('utf8');
    statements.push(sql);
    session.query(`USE ${url.searchParams.get('database') ?? 'default'}`);
    const settings: string[] = [];
    for (const [name, value] of url.searchParams) {
      if (name.startsWith('param_')) session.query(`SET ${name} = '${literal(value)}'`);
      else if (/^(max_|result_|output_|input_)/.test(name)) settings.push(`${name} = '${literal(value)}'`);
    }
    const insert = /^INSERT INTO (\S+) \((.+)\) FORMAT (JSONCompactEachRow|Native)/s.exec(sql);
    if (insert?.[3] === 'Native' && inUrl !== null) {
      const file = `${folder}/rows.native`;
      writeFileSync(file, body);
      return (
        await session.queryAsync(sql.replace('FORMAT Native', `FROM INFILE '${literal(file)}' FORMAT Native`))
      ).bytes();
    }
    if (insert !== null && inUrl !== null) {
      await session.insert({
        table: insert[1]!,
        columns: insert[2]!.split(',').map(name => name.trim().replaceAll('`', '')),
        format: 'JSONCompactEachRow',
        values: body,
      });
      return new Uint8Array();
    }
    const statement =
      /^\s*(SELECT|WITH)/i.test(sql) && settings.length > 0 ? withSettings(sql, settings) : sql;
    return (await session.queryAsync(statement)).bytes();
  };

  const server = http.createServer({ maxHeaderSize: 1024 * 1024 }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const answer = turn.then(() => run(url, Buffer.concat(chunks)));
      turn = answer.catch(() => {});
      answer.then(
        bytes => {
          response.writeHead(200, {
            'content-type': 'application/octet-stream',
            'x-clickhouse-summary': '{}',
          });
          response.end(bytes);
        },
        error => {
          const code = String((error as { clickhouseCode?: number }).clickhouseCode ?? 1000);
          response.writeHead(code === '60' ? 404 : 500, { 'x-clickhouse-exception-code': code });
          response.end(error instanceof Error ? error.message : String(error));
        },
      );
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: text => statements.filter(sql => sql.includes(text)).length,
    close: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
      await turn;
      session.close();
      await chdb.drainPending();
    },
  };
}

/** Settings go before FORMAT. */
function withSettings(sql: string, settings: readonly string[]): string {
  const [, statement, format] = /^(.*?)(\s+FORMAT\s+\w+\s*)?$/s.exec(sql)!;
  return `${statement} SETTINGS ${settings.join(', ')}${format ?? ''}`;
}

function literal(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}
