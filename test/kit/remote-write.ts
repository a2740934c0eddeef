import protobuf from 'protobufjs';
import { compress } from 'snappyjs';
import type { Labels, Series } from '../../src/telemetry/promql/index.ts';

const { root } = protobuf.parse(
  `syntax = "proto3";
  message WriteRequest { repeated TimeSeries timeseries = 1; }
  message Label { string name = 1; string value = 2; }
  message Sample { double value = 1; int64 timestamp = 2; }
  message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; }`,
);

/** A remote write 1.0 request of plain samples, packed. */
export function remoteWriteBody(
  series: readonly Pick<Series, 'labels' | 'timestamps' | 'values'>[],
): Uint8Array {
  const type = root.lookupType('WriteRequest');
  const timeseries = series.map(({ labels, timestamps, values }) => ({
    labels: sorted(labels).map(([name, value]) => ({ name, value })),
    samples: Array.from(timestamps, (timestamp, i) => ({ timestamp, value: values[i]! })),
  }));
  return compress(type.encode(type.fromObject({ timeseries })).finish());
}

function sorted(labels: Labels): [string, string][] {
  return Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Sends series to a receiver of remote write. */
export async function remoteWrite(
  url: string,
  series: readonly Pick<Series, 'labels' | 'timestamps' | 'values'>[],
): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
    body: Uint8Array.from(remoteWriteBody(series)),
  });
  if (!response.ok) throw new Error(`remote write: ${response.status} ${await response.text()}`);
}
