import type { ExportedMetric } from './exported.ts';
import { nounOf } from './requests.ts';
import { type LevelSignal, selector } from './signal.ts';

const NEWEST =
  /(last|latest|newest|recent)_?.*(success|complet|finish|run|backup|sync|processed|event|record|import|export|update|publish|ingest|snapshot|refresh).*(timestamp|time|unixtime|unix)|success_timestamp|successful_time$/;
const NO_NEWS =
  /fail|error|start|creat|config|scrape|reload|expiry|modified|schedule|duration|^(process|prometheus|alertmanager|go|kube_(?!cronjob))_/;
const LAG_TIME =
  /(lag|delay|staleness|oldest_message|message_age|freshness).*(seconds|_ms|milliseconds)$|seconds_behind_(master|source)$|age_of_oldest/;
const BACKLOG =
  /(consumer_?group|consumer|kafka|records|topic).*lag(_max|_sum)?$|(^|_)queue_(messages_ready|messages|depth|length|size|backlog)$|(messages_ready|messages_visible|_backlog|_pending|jobs_waiting|_queued|queue_depth|queue_length|queue_size)$/;
const NO_BACKLOG =
  /(gc|eventloop|event_loop|otelcol|prometheus|go|process|thread|executor)_|limit|capacity|max_size/;
const THROUGHPUT =
  /(processed|consumed|produced|published|delivered|indexed|written|ingested|sent|received|completed)(_\w+)?_total$/;

export function isLevel(name: string): boolean {
  return isFreshness(name) || isLagTime(name) || isBacklog(name) || isThroughput(name);
}

function isFreshness(name: string): boolean {
  return NEWEST.test(name) && !NO_NEWS.test(name) && !/(_total|_count|_bucket|_sum)$/.test(name);
}

function isLagTime(name: string): boolean {
  return LAG_TIME.test(name) && !NO_BACKLOG.test(name) && !/(_bucket|_count|_sum|_total)$/.test(name);
}

function isBacklog(name: string): boolean {
  return BACKLOG.test(name) && !NO_BACKLOG.test(name) && !/(_total|_bucket|_count|seconds)$/.test(name);
}

function isThroughput(name: string): boolean {
  return (
    THROUGHPUT.test(name) &&
    !/bytes|fail|error|client|scrape|^(go|process|prometheus|otelcol|node|container)_/.test(name)
  );
}

/** How old the newest result is, and how much waits; throughput only where nothing tells more. */
export function levelSignals(metrics: readonly ExportedMetric[], countsOutcomes: boolean): LevelSignal[] {
  const levels: LevelSignal[] = [];
  const newest = metrics.filter(one => isFreshness(one.name)).sort((a, b) => success(b) - success(a))[0];
  if (newest !== undefined) {
    const { name } = newest;
    const unit = /(_ms|milliseconds)$/.test(name) ? ' / 1000' : '';
    levels.push({
      kind: 'freshness',
      metric: name,
      expr: `time() - max(${selector(name, newest.identity)})${unit}`,
      op: 'lte',
      unit: 's',
      says: 'the last success is at most {bound} old',
      act: 'See whether the last run failed, hangs or was never started, then run it again.',
    });
  }
  const late = metrics.find(one => isLagTime(one.name));
  const waiting = metrics.find(one => isBacklog(one.name) && !isLagTime(one.name));
  if (late !== undefined)
    levels.push({
      kind: newest === undefined ? 'freshness' : 'backlog',
      metric: late.name,
      expr: `max(${selector(late.name, late.identity)})`,
      op: 'lte',
      unit: /(_ms|milliseconds)$/.test(late.name) ? 'ms' : 's',
      says: 'it is at most {bound} behind',
      act: 'See whether what comes in grew, or what works it off got slower or stopped.',
    });
  else if (waiting !== undefined)
    levels.push({
      kind: 'backlog',
      metric: waiting.name,
      expr: `${waiting.name.endsWith('_max') ? 'max' : 'sum'}(${selector(waiting.name, waiting.identity)})`,
      op: 'lte',
      unit: 'items',
      says: 'at most {bound} wait',
      act: 'See whether what comes in grew, or what works it off got slower or stopped.',
    });
  const worked = metrics.find(one => isThroughput(one.name));
  if (worked !== undefined && !countsOutcomes && levels.length === 0)
    levels.push({
      kind: 'throughput',
      metric: worked.name,
      expr: `sum(rate(${selector(worked.name, worked.identity)}[5m]))`,
      op: 'gte',
      unit: 'per second',
      says: `at least {bound} ${nounOf(worked.name, 'work').replace('calls', 'items')} are processed`,
      act: 'See whether anything comes in at all, then whether the workers run.',
    });
  return levels;
}

function success({ name }: ExportedMetric): number {
  return Number(/success|complet/.test(name));
}
