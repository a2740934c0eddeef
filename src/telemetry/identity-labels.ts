import type { ServiceIdentity } from './otlp/envelope.ts';
import type { Labels } from './promql/index.ts';

/** Who sent something, as labels of what is counted of it; what is not told has no label. */
export function identityLabels({ name, version, environment }: ServiceIdentity): Labels {
  return {
    ...(name === '' ? {} : { service_name: name }),
    ...(version === '' ? {} : { service_version: version }),
    ...(environment === '' ? {} : { deployment_environment_name: environment }),
  };
}
