export { AccessToken, type Auth, createAuth, hashToken } from './auth.ts';
export { createHttp } from './http.ts';
export { type Listening, listen, parseListen } from './listen.ts';
export { openapiDocument } from './openapi.ts';
export type { HttpLimits, HttpOptions } from './options.ts';
export type { Ingest, IngestAnswer, Signal } from './otlp.ts';
export type { PrometheusAnswer, PrometheusHandler } from './prometheus.ts';
export type { Check, ReadinessCheck } from './ready.ts';
