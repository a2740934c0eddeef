import type { LocalRun } from '../../catalog/index.ts';

/** What of this program's own environment a service gets: enough to find programs, and no secrets of ours. */
const PASSED_ON = ['HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];

export interface ProcessPlace {
  service: string;
  telemetryName: string;
  release: string;
  instance: string;
  healthPort: number;
  otlpEndpoint: string;
  /** What a process sends with its telemetry where a token is needed. */
  otlpToken?: string | undefined;
}

/** The environment of one process; the service's own settings win, except for what tells it who it is. */
export function environmentFor(
  run: LocalRun,
  place: ProcessPlace,
  inherited: Record<string, string | undefined>,
  programFolder: string,
): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = inherited[name];
    if (value !== undefined) passed[name] = value;
  }
  // The Node that runs Nines is found first, so that `node` in a command is a Node that runs TypeScript too.
  const path = [programFolder, inherited.PATH ?? '/usr/local/bin:/usr/bin:/bin'].join(':');
  const attributes = [
    run.env.OTEL_RESOURCE_ATTRIBUTES,
    `service.version=${encodeURIComponent(place.release)}`,
    `service.instance.id=${encodeURIComponent(place.instance)}`,
  ];
  return {
    ...passed,
    PATH: path,
    OTEL_EXPORTER_OTLP_ENDPOINT: place.otlpEndpoint,
    ...tokenFor(run, place),
    ...run.env,
    OTEL_SERVICE_NAME: place.telemetryName,
    OTEL_RESOURCE_ATTRIBUTES: attributes.filter(Boolean).join(','),
    SERVICE_VERSION: place.release,
    SERVICE_INSTANCE_ID: place.instance,
    HEALTH_PORT: String(place.healthPort),
    ...(run.port === undefined ? {} : { PORT: String(run.port) }),
  };
}

/** Our token goes to us: not to where a service sends its telemetry by its own settings. */
function tokenFor({ env }: LocalRun, { otlpToken }: ProcessPlace): Record<string, string> {
  const elsewhere = Object.keys(env).some(name => /^OTEL_EXPORTER_OTLP_(\w+_)?ENDPOINT$/.test(name));
  if (otlpToken === undefined || elsewhere) return {};
  // Values are percent-encoded: https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables
  return { OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${otlpToken}` };
}

/** The command of a release: `${release}` in any argument becomes the version. */
export function commandFor(run: LocalRun, release: string): string[] {
  return run.command.map(part => part.replaceAll('${release}', release));
}
