import { lazyPart } from './lazy-part.ts';

/** The pages, each fetched when it is first opened. */
export const Overview = lazyPart(async () => (await import('./overview/page.tsx')).Overview);
export const IncidentList = lazyPart(async () => (await import('./incident/list.tsx')).IncidentList);
export const IncidentPage = lazyPart(async () => (await import('./incident/page.tsx')).IncidentPage);
export const PostmortemPage = lazyPart(async () => (await import('./postmortem/page.tsx')).PostmortemPage);
export const SloList = lazyPart(async () => (await import('./slo/list.tsx')).SloList);
export const SloPage = lazyPart(async () => (await import('./slo/page.tsx')).SloPage);
export const ServicesPage = lazyPart(async () => (await import('./service/page.tsx')).ServicesPage);
export const OnCallPage = lazyPart(async () => (await import('./oncall/page.tsx')).OnCallPage);
export const TracePage = lazyPart(async () => (await import('./trace/page.tsx')).TracePage);
export const MetricsPage = lazyPart(async () => (await import('./metrics/page.tsx')).MetricsPage);
export const TraceSearchPage = lazyPart(
  async () => (await import('./trace/search-page.tsx')).TraceSearchPage,
);
export const BottleneckPage = lazyPart(async () => (await import('./bottleneck/page.tsx')).BottleneckPage);
export const LogsPage = lazyPart(async () => (await import('./logs/page.tsx')).LogsPage);
export const ProbeList = lazyPart(async () => (await import('./probe/list.tsx')).ProbeList);
export const ProbePage = lazyPart(async () => (await import('./probe/page.tsx')).ProbePage);
export const TelemetryPage = lazyPart(async () => (await import('./telemetry/page.tsx')).TelemetryPage);
export const WhatIfPage = lazyPart(async () => (await import('./slo/what-if.tsx')).WhatIfPage);
export const SloDocumentPage = lazyPart(
  async () => (await import('./slo/document-page.tsx')).SloDocumentPage,
);
export const SuggestPage = lazyPart(async () => (await import('./suggest/page.tsx')).SuggestPage);
export const SignIn = lazyPart(async () => (await import('./sign-in.tsx')).SignIn);
