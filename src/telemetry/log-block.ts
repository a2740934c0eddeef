import { Block } from './block/block.ts';
import { Maps, Names, Octets, Texts, Words } from './block/column.ts';

/** Rows for otel_logs, in the order of its columns. */
export class LogBlock extends Block {
  readonly columns: ReturnType<typeof logColumns>;

  constructor() {
    const columns = logColumns();
    super(columns);
    this.columns = columns;
  }
}

function logColumns() {
  return {
    Timestamp: new Words('DateTime64(9)'),
    TraceId: new Texts(),
    SpanId: new Texts(),
    TraceFlags: new Octets(),
    SeverityText: new Names(),
    SeverityNumber: new Octets(),
    ServiceName: new Names(),
    Body: new Texts(),
    ResourceSchemaUrl: new Names(),
    ResourceAttributes: new Maps(),
    ScopeSchemaUrl: new Names(),
    ScopeName: new Texts(),
    ScopeVersion: new Names(),
    ScopeAttributes: new Maps(),
    LogAttributes: new Maps(),
    NinesTemplate: new Words('UInt64'),
  };
}
