/**
 * Which of two samples of one series and one time counts, whichever came first: a value before a staleness marker, the
 * greater value before the lesser, a number before NaN. VictoriaMetrics decides so too:
 * https://docs.victoriametrics.com/victoriametrics/#deduplication
 */
export function outranks(value: number, stale: boolean, than: number, thanStale: boolean): boolean {
  if (stale !== thanStale) return thanStale;
  return value > than || (Number.isNaN(than) && !Number.isNaN(value));
}
